"""The orders table of a live database: looked at as it is, and never written to."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import mariadb
import psycopg
import pytest

from hookassay.errors import UsageError
from hookassay.scan.engine import Scan, ScanSettings, scan

RIGHT = """
    CREATE TABLE orders (
        id INTEGER PRIMARY KEY,
        user_id INTEGER,
        stripe_session_id VARCHAR(255) NOT NULL UNIQUE,
        status TEXT,
        refund_status TEXT,
        dispute_status TEXT,
        total_amount NUMERIC(12, 3),
        created_at TIMESTAMP
    )
"""
WRONG = "CREATE TABLE orders (id INTEGER PRIMARY KEY, stripe_session_id TEXT, status TEXT, total_amount {real})"


def made(folder: Path, statements: str) -> str:
    """The URL of an SQLite database in which these statements were run."""
    path = folder / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(statements)
    connection.close()
    return f"sqlite:///{path}"


def scanned(folder: Path, database: str, files: dict[str, str] | None = None) -> Scan:
    """The scan of these files together with that database."""
    root = folder / "code"
    root.mkdir(exist_ok=True)
    for name, text in (files or {"README.md": "A shop.\n"}).items():
        (root / name).write_text(text, encoding="utf-8")
    return scan(root, ScanSettings(database=database))


def broken(result: Scan) -> list[str]:
    """The rules that it breaks."""
    return sorted({one.rule.id for one in result.findings})


def test_a_right_table_is_no_finding(tmp_path: Path) -> None:
    """A live table that has every column, a unique key and exact money breaks no rule."""
    assert broken(scanned(tmp_path, made(tmp_path, RIGHT))) == []


def test_a_wrong_table_is_seen(tmp_path: Path) -> None:
    """Missing columns, a missing unique key and float money are seen in SQLite."""
    result = scanned(tmp_path, made(tmp_path, WRONG.format(real="REAL")))

    assert broken(result) == ["SC-10", "SC-11", "SC-12"]


def test_a_unique_index_counts(tmp_path: Path) -> None:
    """A unique index, also one on some rows only, keeps sessions apart."""
    table = RIGHT.replace(" UNIQUE", "")
    index = "CREATE UNIQUE INDEX once ON orders (stripe_session_id) WHERE stripe_session_id <> ''"

    assert broken(scanned(tmp_path, made(tmp_path, f"{table}; {index}"))) == []


def test_a_finding_says_where_in_the_table_it_is(tmp_path: Path) -> None:
    """The place of a finding is the database, and the column stands in its text."""
    found = scanned(tmp_path, made(tmp_path, WRONG.format(real="REAL"))).findings

    places = {one.rule.id: (one.place.path, one.place.text) for one in found}
    assert places["SC-11"] == (f"sqlite:///{tmp_path / 'shop.db'}", "orders.stripe_session_id TEXT")


def test_code_that_contradicts_the_database_is_seen(tmp_path: Path) -> None:
    """A model with a column that the database lacks is another definition than the database's."""
    model = """
from peewee import CharField, Model


class Order(Model):
    stripe_session_id = CharField(unique=True)
    nickname = CharField()

    class Meta:
        table_name = "orders"
"""
    result = scanned(tmp_path, made(tmp_path, RIGHT), {"models.py": model})

    assert [(one.rule.id, one.place.path, one.place.line) for one in result.findings] == [("SC-13", "models.py", 5)]


def test_a_database_without_the_table_is_noted(tmp_path: Path) -> None:
    """A database that has no orders table is named among what was not read."""
    result = scanned(tmp_path, made(tmp_path, "CREATE TABLE users (id INTEGER)"))

    assert [one.reason for one in result.skipped] == ["has no table orders"]


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    """A SQLite file that does not exist is a usage error, and does not exist afterwards either."""
    with pytest.raises(UsageError, match="no SQLite file"):
        scanned(tmp_path, f"sqlite:///{tmp_path / 'nothing.db'}")

    assert not (tmp_path / "nothing.db").exists()


@pytest.mark.parametrize("url", ["mongodb://localhost/shop", "shop", "oracle+cx://shop@localhost/xe"])
def test_other_databases_are_refused(tmp_path: Path, url: str) -> None:
    """A URL of an unknown kind is a usage error that says which are known."""
    with pytest.raises(UsageError, match="must be sqlite"):
        scanned(tmp_path, url)


@pytest.mark.parametrize(
    "url", ["file:{path}", "sqlite:///{path}", "sqlite3:{path}", "{path}", "sqlite+pysqlite:///{path}?timeout=3"]
)
def test_sqlite_is_spelled_as_frameworks_do(tmp_path: Path, url: str) -> None:
    """The spellings of Prisma, SQLAlchemy and Rails, and a bare path, name the same file."""
    made(tmp_path, WRONG.format(real="REAL"))

    assert "SC-12" in broken(scanned(tmp_path, url.format(path=tmp_path / "shop.db")))


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    """An error about a database that cannot be opened shows neither user nor password."""
    with pytest.raises(UsageError) as caught:
        scanned(tmp_path, "postgresql://shop:hunter2-canary@127.0.0.1:1/shop")

    assert "hunter2-canary" not in str(caught.value)
    assert "cannot be opened" in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_is_seen(tmp_path: Path, postgres_database: str, scheme: str) -> None:
    """Missing columns, a missing unique key and float money are seen in PostgreSQL, whatever its scheme is called."""
    with psycopg.connect(postgres_database) as connection:
        connection.execute(WRONG.format(real="DOUBLE PRECISION"))

    result = scanned(tmp_path, postgres_database.replace("postgresql", scheme, 1))

    assert broken(result) == ["SC-10", "SC-11", "SC-12"]
    assert not any("pg-canary-password" in one.place.path for one in result.findings)


@pytest.mark.parametrize(
    ("kind", "found"), [("DOUBLE", ["SC-10", "SC-11", "SC-12"]), ("DECIMAL(12, 3)", ["SC-10", "SC-11"])]
)
def test_mariadb_is_seen(tmp_path: Path, mariadb_database: str, kind: str, found: list[str]) -> None:
    """Missing columns, a missing unique key and float money are seen in MariaDB, and decimals are right."""
    mariadb.execute(mariadb_database, WRONG.format(real=kind))

    assert broken(scanned(tmp_path, mariadb_database)) == found


def test_a_right_table_of_mariadb_is_no_finding(tmp_path: Path, mariadb_database: str) -> None:
    """A live table of MariaDB that has every column, a unique key and exact money breaks no rule."""
    mariadb.execute(mariadb_database, RIGHT)

    assert broken(scanned(tmp_path, mariadb_database)) == []


def test_another_schema_of_postgresql_is_looked_at(tmp_path: Path, postgres_database: str) -> None:
    """`?schema=` names where the table stands, as in Prisma's URLs."""
    with psycopg.connect(postgres_database) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute(RIGHT.replace("TABLE orders", "TABLE shop.orders"))

    result = scanned(tmp_path, f"{postgres_database}?schema=shop")

    assert broken(result) == []
    assert result.skipped == ()
