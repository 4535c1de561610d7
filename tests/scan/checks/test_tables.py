"""The orders table in code: what it is called, what one file says of another, and what cannot be read."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from hookassay.scan.engine import Scan, ScanSettings, scan

ALL = (
    "id BIGINT PRIMARY KEY, user_id BIGINT, stripe_session_id TEXT UNIQUE, status TEXT, refund_status TEXT, "
    "dispute_status TEXT, total_amount NUMERIC(12, 3), created_at TIMESTAMPTZ"
)


def scanned(folder: Path, files: dict[str, str], settings: ScanSettings | None = None) -> Scan:
    """The scan of these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return scan(folder, settings)


def messages(result: Scan, rule: str) -> list[str]:
    """What it says of this rule."""
    return [one.message for one in result.findings if one.rule.id == rule]


def test_the_missing_columns_are_listed(tmp_path: Path) -> None:
    """A finding names the table and each column that it lacks."""
    table = "CREATE TABLE orders (id INT PRIMARY KEY, stripe_session_id TEXT UNIQUE, status TEXT, created_at TEXT);"

    found = messages(scanned(tmp_path, {"schema.sql": table}), "SC-10")

    assert found == ["orders has no user_id, refund_status, dispute_status and total_amount."]


def test_the_table_may_be_called_something_else(tmp_path: Path) -> None:
    """A table that the settings name is looked at under that name, whatever its columns look like."""
    files = {"schema.sql": "CREATE TABLE purchases (id INT PRIMARY KEY); CREATE TABLE orders (stripe_session_id TEXT);"}

    result = scanned(tmp_path, files, ScanSettings(table="purchases"))

    assert [one.message.partition(" has")[0] for one in result.findings if one.rule.id == "SC-10"] == ["purchases"]
    assert not messages(result, "SC-11")


def test_columns_may_be_called_something_else(tmp_path: Path) -> None:
    """A column that the settings map is looked for under the other name, and held to the same rules."""
    table = f"CREATE TABLE orders ({ALL.replace('stripe_session_id TEXT UNIQUE', 'zahlung TEXT')});"
    settings = ScanSettings(columns={"stripe_session_id": "zahlung"})

    result = scanned(tmp_path, {"schema.sql": table}, settings)

    assert not messages(result, "SC-10")
    assert messages(result, "SC-11")


def test_a_mapped_column_may_be_missing_too(tmp_path: Path) -> None:
    """A mapped column that is not there is named with what it stands for."""
    settings = ScanSettings(columns={"refund_status": "erstattung"})

    result = scanned(tmp_path, {"schema.sql": f"CREATE TABLE orders ({ALL});"}, settings)

    assert messages(result, "SC-10") == ["orders has no erstattung (for refund_status)."]


def test_a_column_that_there_is_not_is_not_asked_for(tmp_path: Path) -> None:
    """A column that the settings map to nothing is not missing."""
    table = f"CREATE TABLE orders ({ALL.replace('dispute_status TEXT, ', '')});"
    settings = ScanSettings(columns={"dispute_status": ""})

    assert not messages(scanned(tmp_path, {"schema.sql": table}, settings), "SC-10")


def test_one_fault_in_a_model_and_its_migration_is_one_finding(tmp_path: Path) -> None:
    """What a model and its migration both do wrong is shown at the model, with the migration beside it."""
    files = {
        "prisma/schema.prisma": "model orders {\n  stripe_session_id String @unique\n  total_amount Float\n}\n",
        "prisma/migrations/1/migration.sql": (
            'CREATE TABLE "orders" ("stripe_session_id" TEXT UNIQUE, "total_amount" DOUBLE PRECISION);'
        ),
    }

    found = [one for one in scanned(tmp_path, files).findings if one.rule.id == "SC-12"]

    assert [(one.place.path, one.place.line) for one in found] == [("prisma/schema.prisma", 3)]
    assert [place.path for place in found[0].hit.also] == ["prisma/migrations/1/migration.sql"]


def test_a_contradiction_names_both_places(tmp_path: Path) -> None:
    """Two definitions that contradict are one finding at the second, with the first beside it."""
    files = {
        "a.sql": f"CREATE TABLE orders ({ALL});",
        "b/b.sql": f"CREATE TABLE orders ({ALL.replace('NUMERIC(12, 3)', 'BIGINT')});",
    }

    found = [one for one in scanned(tmp_path, files).findings if one.rule.id == "SC-13"]

    assert [one.place.path for one in found] == ["b/b.sql"]
    assert [place.path for place in found[0].hit.also] == ["a.sql"]
    assert "total_amount is an integer here and a decimal there" in found[0].message


def test_a_guarded_block_is_looked_into(tmp_path: Path) -> None:
    """What PostgreSQL does in a DO block is done."""
    table = f"CREATE TABLE orders ({ALL.replace(' UNIQUE', '')});"
    block = """
DO $$ BEGIN
  ALTER TABLE "orders" ADD CONSTRAINT "once" UNIQUE ("stripe_session_id");
EXCEPTION WHEN duplicate_object THEN null;
END $$;
"""

    assert not messages(scanned(tmp_path, {"1.sql": table, "2.sql": block}), "SC-11")


def test_sql_that_cannot_be_parsed_is_noted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A statement that nobody understands is skipped with a note, and nothing is printed."""
    files = {"1.sql": f"CREATE TABLE orders ({ALL});\nALTER TABLE orders FROBNICATE THE COLUMN total !! (;\n"}

    with caplog.at_level(logging.DEBUG):
        result = scanned(tmp_path, files)

    assert [one.path for one in result.skipped] == ["1.sql"]
    assert not result.findings
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_the_unread_half_of_a_table_is_not_held_against_it(tmp_path: Path) -> None:
    """A table of which one statement was not understood lacks no column and no unique key, as far as anybody knows."""
    files = {
        "1.sql": "CREATE TABLE orders (id INT PRIMARY KEY, stripe_session_id TEXT);",
        "2.sql": "ALTER TABLE orders ADD FROBNICATED UNIQUE !! (stripe_session_id;",
    }

    assert not scanned(tmp_path, files).findings


def test_a_broken_module_is_passed_over(tmp_path: Path) -> None:
    """Python that does not parse, and a class that inherits from itself, end nothing."""
    files = {
        "broken.py": "class Order(models.Model):\n    total = models.FloatField(\n",
        "loop.py": "class Order(Order):\n    __tablename__ = 'orders'\n    stripe_session_id = Column(String)\n",
    }

    result = scanned(tmp_path, files)

    assert messages(result, "SC-11")
    assert not any("fault" in one.reason for one in result.skipped)


def test_revisions_that_follow_each_other_end(tmp_path: Path) -> None:
    """Alembic revisions that name each other as their predecessor do not stop the scan."""
    page = """
from alembic import op
import sqlalchemy as sa

revision = "{one}"
down_revision = "{other}"


def upgrade():
    op.create_table("orders_{one}", sa.Column("stripe_session_id", sa.String()))
"""
    files = {"a.py": page.format(one="a", other="b"), "b.py": page.format(one="b", other="a")}

    assert not scanned(tmp_path, files).findings


@pytest.mark.parametrize("name", ["tests/schema.sql", "spec/schema.sql", "test_models.py"])
def test_tables_of_tests_do_not_count(tmp_path: Path, name: str) -> None:
    """What tests define is nobody's orders table."""
    text = "CREATE TABLE orders (stripe_session_id TEXT, total_amount REAL);"
    if name.endswith(".py"):
        text = f'connection.execute("{text}")\n'

    assert not scanned(tmp_path, {name: text}).findings


def test_other_tables_are_nobodys_business(tmp_path: Path) -> None:
    """Without a definition of the orders table nothing is said, whatever else is defined and handled."""
    files = {
        "schema.sql": "CREATE TABLE payments (stripe_session_id TEXT, amount REAL);",
        "hook.py": 'if event.type == "checkout.session.completed": save(event)\n',
    }

    assert not [one for one in scanned(tmp_path, files).findings if one.rule.id in ("SC-10", "SC-11", "SC-12", "SC-13")]


STATES = {
    "a check": {
        "s.sql": "CREATE TABLE orders (\n  {columns},\n  CHECK (status IN ('paid', 'refunded', 'disputed'))\n);",
    },
    "a type of its own": {
        "s.sql": (
            "CREATE TYPE order_status AS ENUM ('paid', 'partially_refunded', 'refunded', 'charged_back');\n"
            "CREATE TABLE orders (\n  {columns},\n  state order_status\n);"
        ),
    },
    "an enumeration": {
        "schema.prisma": (
            "enum Status {{\n  PAID\n  REFUNDED\n  DISPUTED\n}}\n\nmodel Order {{\n  id Int @id\n  userId Int\n"
            "  stripeSessionId String @unique\n  status Status\n  totalAmount Int\n  createdAt DateTime\n}}\n"
        ),
    },
    "choices elsewhere": {
        "orders/states.py": (
            "class OrderState(TextChoices):\n    PAID = 'paid'\n    REFUNDED = 'r'\n    DISPUTED = 'd'\n"
        ),
        "orders/models.py": (
            "from django.db import models\n\n\nclass Order(models.Model):\n"
            "    user = models.ForeignKey('auth.User', on_delete=models.PROTECT)\n"
            "    stripe_session_id = models.CharField(max_length=255, unique=True)\n"
            "    status = models.CharField(max_length=20, choices=OrderState.choices)\n"
            "    total_amount = models.IntegerField()\n    created_at = models.DateTimeField()\n"
        ),
    },
}


@pytest.mark.parametrize("files", STATES.values(), ids=STATES.keys())
def test_one_status_may_hold_every_state(tmp_path: Path, files: dict[str, str]) -> None:
    """A status that is said to be `refunded` or `disputed` at times needs no columns of their own for that."""
    columns = ALL.replace("refund_status TEXT, dispute_status TEXT, ", "")
    written = {name: text.format(columns=columns) for name, text in files.items()}

    assert not messages(scanned(tmp_path, written), "SC-10")


def test_the_states_of_another_table_do_not_count(tmp_path: Path) -> None:
    """That something else can be refunded says nothing of an order's status."""
    columns = ALL.replace("refund_status TEXT, ", "")
    files = {
        "s.sql": (
            "CREATE TABLE tickets (\n  state TEXT CHECK (state IN ('sold', 'refunded'))\n);\n"
            f"CREATE TABLE orders (\n  {columns}\n);\n"
        )
    }

    assert messages(scanned(tmp_path, files), "SC-10") == ["orders has no refund_status."]


def test_a_table_that_is_called_otherwise_than_its_model_is_one(tmp_path: Path) -> None:
    """A model of Django's with a table name of its own, and the migration that makes it, are one definition."""
    files = {
        "shop/models.py": (
            "from django.db import models\n\n\nclass Order(models.Model):\n"
            "    stripe_session_id = models.CharField(max_length=255)\n\n"
            "    class Meta:\n        db_table = 'orders'\n"
        ),
        "shop/migrations/0001_initial.py": (
            "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
            "    operations = [\n        migrations.CreateModel(\n            name='Order',\n            fields=[\n"
            "                ('id', models.BigAutoField(primary_key=True)),\n"
            "                ('stripe_session_id', models.CharField(max_length=255)),\n            ],\n"
            "            options={'db_table': 'orders'},\n        ),\n    ]\n"
        ),
    }

    found = [one for one in scanned(tmp_path, files).findings if one.rule.id == "SC-11"]

    assert [(one.place.path, [place.path for place in one.hit.also]) for one in found] == [
        ("shop/models.py", ["shop/migrations/0001_initial.py"])
    ]


def test_a_schema_in_another_language_of_ruby_is_not_misread(tmp_path: Path) -> None:
    """A `create_table` of the gem Sequel's, whose columns are no calls of a block's parameter, lacks nothing."""
    files = {
        "db/migrations/1.rb": (
            "Sequel.migration do\n  change do\n    create_table :orders do\n      primary_key :id\n"
            "      String :stripe_session_id, unique: true\n    end\n  end\nend\n"
        ),
        "hook.rb": "save if event.type == 'checkout.session.completed'\n",
    }

    assert not messages(scanned(tmp_path, files), "SC-10")


def test_a_name_that_is_mapped_to_itself_is_not_told(tmp_path: Path) -> None:
    """Settings that spell the defaults out change nothing: other words for a column still count."""
    table = f"CREATE TABLE orders ({ALL.replace('user_id', 'customer_id').replace('total_amount', 'amount_total')});"
    settings = ScanSettings(columns={name: name for name in ("user_id", "stripe_session_id", "total_amount")})

    assert not messages(scanned(tmp_path, {"schema.sql": table}, settings), "SC-10")
