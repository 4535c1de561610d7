"""Orders read back from SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import re
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import mariadb
import postgres
import pytest

from hookassay.config import OrdersSettings
from hookassay.errors import HarnessError, UsageError
from hookassay.orders.adapter import open_reader
from hookassay.orders.reader import OrderReader

Opening = Callable[..., OrderReader]
SPLIT = {"status": "state", "refund_status": "state", "dispute_status": "state"}


@pytest.fixture
def reader_of(tmp_path: Path) -> Iterator[Opening]:
    """Opens readers and closes them after the test."""
    opened: list[OrderReader] = []

    def reader_of(source: str, **settings: Any) -> OrderReader:
        reader = open_reader(OrdersSettings(source=source, **settings), tmp_path)
        assert reader is not None
        opened.append(reader)
        return reader

    yield reader_of
    for reader in opened:
        reader.close()


def test_no_source(tmp_path: Path) -> None:
    """Without a source there is no reader."""
    assert open_reader(OrdersSettings(), tmp_path) is None


def test_read(kept: Any, reader_of: Opening) -> None:
    """An order is read under the standard names."""
    kept.keep("cs_1")

    (row,) = reader_of(kept.url).read("cs_1")

    assert (row["status"], row["user_id"], Decimal(str(row["total_amount"]))) == ("paid", "42", Decimal(10))


def test_kind(kept: Any, reader_of: Opening) -> None:
    """The reader says what kind of database it reads."""
    assert reader_of(kept.url).kind == kept.kind


def test_no_order(kept: Any, reader_of: Opening) -> None:
    """A session without an order has no rows."""
    kept.keep("cs_1")

    assert reader_of(kept.url).read("cs_2") == []


def test_several_orders(kept: Any, reader_of: Opening) -> None:
    """Every order of the session is read."""
    kept.keep("cs_1", number=1)
    kept.keep("cs_1", number=2)

    assert [row["id"] for row in reader_of(kept.url).read("cs_1")] == [1, 2]


def test_fresh_data(kept: Any, reader_of: Opening) -> None:
    """Each reading sees what was committed before it, also on a connection that read already."""
    reader = reader_of(kept.url)
    kept.keep("cs_1", "pending")
    before = reader.read("cs_1")[0]["status"]

    kept.execute("UPDATE orders SET status = 'paid'")

    assert (before, reader.read("cs_1")[0]["status"]) == ("pending", "paid")


def test_ids_that_differ_in_case(kept: Any, reader_of: Opening) -> None:
    """Session ids are case-sensitive, whatever the database's collation."""
    kept.keep("cs_a", number=1)
    kept.keep("cs_A", number=2)

    assert [row["id"] for row in reader_of(kept.url).read("cs_A")] == [2]


@pytest.mark.parametrize("session_id", ["cs_'; DROP TABLE orders; --", 'cs_"x', "cs_%s", "cs_:x", "cs_\\", "cs_é"])
def test_odd_ids(kept: Any, reader_of: Opening, session_id: str) -> None:
    """An id is only ever a value."""
    assert reader_of(kept.url).read(session_id) == []


def test_reading_from_many_threads(kept: Any, reader_of: Opening) -> None:
    """A reader serves several threads at once."""
    for number in range(10):
        kept.keep(f"cs_{number}", number=number)
    reader = reader_of(kept.url)

    with ThreadPoolExecutor(10) as pool:
        ids = list(pool.map(lambda number: reader.read(f"cs_{number}")[0]["id"], [*range(10)] * 5))

    assert ids == [*range(10)] * 5


@pytest.mark.parametrize(("declared", "many"), [(None, True), (True, True), (False, False)])
def test_many(reader_of: Opening, declared: bool | None, many: bool) -> None:
    """A database yields every row, unless the user says that it cannot."""
    assert reader_of("sqlite:///shop.db", many=declared).many is many


def test_mapped_columns(kept: Any, reader_of: Opening) -> None:
    """Columns and table may have other names, and one column may serve several standard ones."""
    q = "`" if kept.kind == "mysql" else '"'
    kept.execute(
        f"CREATE TABLE {q}Order{q} ({q}sessionId{q} varchar(99), state text, {q}totalPaid{q} integer)",
        f"INSERT INTO {q}Order{q} VALUES ('cs_1', 'refunded', 1000)",
    )
    columns = {"stripe_session_id": "sessionId", "total_amount": "totalPaid", **SPLIT}

    rows = reader_of(kept.url, table="Order", columns=columns).read("cs_1")

    assert rows == [
        {
            "stripe_session_id": "cs_1",
            "status": "refunded",
            "refund_status": "refunded",
            "dispute_status": "refunded",
            "total_amount": 1000,
        }
    ]


def test_optional_columns_when_mapped(kept: Any, reader_of: Opening) -> None:
    """The refunded amount and the currency are read where they are mapped, and only there."""
    kept.execute("ALTER TABLE orders ADD COLUMN amount_refunded integer", "ALTER TABLE orders ADD COLUMN currency text")
    kept.execute("INSERT INTO orders VALUES (1, '42', 'cs_1', 'paid', 'none', 'none', 10, 'now', 3, 'usd')")

    plain = reader_of(kept.url).read("cs_1")[0]
    mapped = reader_of(kept.url, columns={"amount_refunded": "amount_refunded"}).read("cs_1")[0]

    assert ("amount_refunded" in plain, "currency" in plain, mapped["amount_refunded"]) == (False, False, 3)


def test_columns_not_shown(kept: Any, reader_of: Opening) -> None:
    """What is declared as not shown is not read."""
    kept.execute("ALTER TABLE orders DROP COLUMN refund_status", "ALTER TABLE orders DROP COLUMN total_amount")
    kept.execute("INSERT INTO orders VALUES (1, '42', 'cs_1', 'paid', 'none', 'now')")

    (row,) = reader_of(kept.url, columns={"refund_status": "", "total_amount": False}).read("cs_1")

    assert ("refund_status" in row, "total_amount" in row, row["status"]) == (False, False, "paid")


def test_columns_that_nothing_depends_on(kept: Any, reader_of: Opening) -> None:
    """A table without id, user and time is read all the same."""
    for name in ("user_id", "created_at"):
        kept.execute(f"ALTER TABLE orders DROP COLUMN {name}")

    reader_of(kept.url).check()


def test_whole_query(kept: Any, reader_of: Opening) -> None:
    """A whole query may join and cast, and name its columns by the standard names or mapped ones."""
    kept.keep("cs_1")
    query = (
        "SELECT 'x:y' AS note, o.status AS state, 'none' AS refund_status, 'none' AS dispute_status, o.total_amount "
        "FROM orders o WHERE o.stripe_session_id = :session_id;"
    )

    (row,) = reader_of(kept.url, query=query, columns={"status": "state"}).read("cs_1")

    assert (row["status"], row["refund_status"], sorted(row)) == (
        "paid",
        "none",
        ["dispute_status", "refund_status", "status", "total_amount"],
    )


@pytest.mark.parametrize(
    "query",
    ["SELECT status FROM orders", "SELECT status FROM orders WHERE stripe_session_id = :id", "SELECT ':session_id'"],
)
def test_query_without_session_id(reader_of: Opening, query: str) -> None:
    """A query that does not ask for one session is a wrong configuration."""
    with pytest.raises(UsageError, match="must have :session_id"):
        reader_of("sqlite:///shop.db", query=query)


def test_query_without_status(kept: Any, reader_of: Opening) -> None:
    """A query that leaves out what clauses look at is told so, with what it gives."""
    query = "SELECT status, refund_status FROM orders WHERE stripe_session_id = :session_id"

    with pytest.raises(
        UsageError, match=r"result of .orders. query has no column dispute_status.*It has: status, refund"
    ):
        reader_of(kept.url, query=query).check()


def test_wrong_query(kept: Any, reader_of: Opening) -> None:
    """A query that the database refuses is a wrong configuration, with the database's own words."""
    with pytest.raises(UsageError, match=r"(?s)Orders cannot be read.*purchases.*\[orders\] in hookassay.toml"):
        reader_of(kept.url, query="SELECT status FROM purchases WHERE id = :session_id").check()


def test_missing_table(kept: Any, reader_of: Opening) -> None:
    """A missing table is told with the tables there are."""
    with pytest.raises(
        UsageError, match=r"has no table order \(did you mean orders\?\). It has: orders. Set table under"
    ):
        reader_of(kept.url, table="order").check()


def test_missing_column(kept: Any, reader_of: Opening) -> None:
    """A missing column is told with the columns there are, the nearest one, and what to set."""
    kept.execute("ALTER TABLE orders RENAME COLUMN refund_status TO refundState")

    with pytest.raises(UsageError) as caught:
        reader_of(kept.url).check()

    name = "refundstate" if kept.kind == "postgresql" else "refundState"
    assert f"has no column refund_status (did you mean {name}?)" in str(caught.value)
    assert "Set refund_status under [orders.columns] in hookassay.toml" in str(caught.value)
    assert 'or to "" if an order does not show it' in str(caught.value)


def test_missing_quoted_column(sqlite_kept: Any, reader_of: Opening) -> None:
    """SQLite's habit of taking an unknown quoted name for a string never invents a status."""
    with pytest.raises(UsageError, match="no column orderStatus"):
        reader_of(sqlite_kept.url, columns={"status": "orderStatus"}).read("cs_1")


def test_view(kept: Any, reader_of: Opening) -> None:
    """A view is as good as a table."""
    kept.keep("cs_1")
    kept.execute("CREATE VIEW contract AS SELECT * FROM orders")

    assert len(reader_of(kept.url, table="contract").read("cs_1")) == 1


@pytest.mark.parametrize("how", ["table", "schema", "search path"])
def test_schema(postgresql_kept: Any, reader_of: Opening, how: str) -> None:
    """A table in another schema is reached by its qualified name, Prisma's `schema` or a search path."""
    postgresql_kept.execute("CREATE SCHEMA shop", "ALTER TABLE orders SET SCHEMA shop")
    postgresql_kept.execute("INSERT INTO shop.orders VALUES (1, '42', 'cs_1', 'paid', 'none', 'none', 10, 'now')")
    url = postgresql_kept.url
    parameters = {
        "table": "",
        "schema": "?schema=shop&connection_limit=5",
        "search path": "?options=-csearch_path%3Dshop",
    }

    reader = reader_of(url + parameters[how], table="shop.orders" if how == "table" else "orders")

    assert len(reader.read("cs_1")) == 1


def test_postgresql_enum(postgresql_kept: Any, reader_of: Opening) -> None:
    """An enum column is read as its word."""
    postgresql_kept.execute(
        "CREATE TYPE state AS ENUM ('paid')", "ALTER TABLE orders ALTER status TYPE state USING status::state"
    )
    postgresql_kept.keep("cs_1")

    assert reader_of(postgresql_kept.url).read("cs_1")[0]["status"] == "paid"


def test_sqlite_is_opened_read_only(sqlite_kept: Any, reader_of: Opening) -> None:
    """A query that writes is refused."""
    query = "DELETE FROM orders WHERE stripe_session_id = :session_id"

    with pytest.raises(UsageError, match="readonly"):
        reader_of(sqlite_kept.url, query=query).check()


def test_sqlite_file_is_never_created(tmp_path: Path, reader_of: Opening) -> None:
    """A missing file is told, and stays missing."""
    with pytest.raises(UsageError, match=r"nothing\.db does not exist; it is never created"):
        reader_of("sqlite:///nothing.db").check()

    assert not (tmp_path / "nothing.db").exists()


def test_three_slashes_for_an_absolute_path(sqlite_kept: Any, reader_of: Opening) -> None:
    """The commonest slip in an SQLite URL is told."""
    with pytest.raises(UsageError, match="An absolute path has four slashes: sqlite:////"):
        reader_of(sqlite_kept.url.replace("sqlite:////", "sqlite:///")).check()


def test_prisma_folder(tmp_path: Path, reader_of: Opening) -> None:
    """Prisma's paths start from its own folder, which is pointed at."""
    (tmp_path / "prisma").mkdir()
    (tmp_path / "prisma" / "dev.db").touch()

    with pytest.raises(UsageError, match=r"did you mean .*prisma/dev\.db\?"):
        reader_of("file:./dev.db").check()


def test_a_file_that_is_no_database(tmp_path: Path, reader_of: Opening) -> None:
    """A file of another kind is told."""
    (tmp_path / "shop.db").write_bytes(b"no database" * 100)

    with pytest.raises(UsageError, match="not a database"):
        reader_of("shop.db").check()


def test_an_empty_database(tmp_path: Path, reader_of: Opening) -> None:
    """A database without tables says so."""
    (tmp_path / "shop.db").touch()

    with pytest.raises(UsageError, match=r"has no table orders\. It has: none"):
        reader_of("shop.db").check()


def test_a_closed_wal_database(sqlite_kept: Any, reader_of: Opening, tmp_path: Path) -> None:
    """A database in WAL mode that nobody has open at the moment is read."""
    sqlite_kept.keep("cs_1")
    copy = tmp_path / "copy.db"
    with sqlite3.connect(copy) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("ATTACH ? AS shop", (str(tmp_path / "shop.db"),))
        connection.execute("CREATE TABLE orders AS SELECT * FROM shop.orders")
    connection.close()

    assert len(reader_of("copy.db").read("cs_1")) == 1


def test_a_lasting_failure_while_reading(sqlite_kept: Any, reader_of: Opening, monkeypatch: Any) -> None:
    """What fails in the midst of a run is our error, after retries."""
    monkeypatch.setattr("hookassay.orders.database._PAUSES", (0.001, 0.001))
    reader = reader_of(sqlite_kept.url)
    reader.check()
    sqlite_kept.execute("DROP TABLE orders")

    with pytest.raises(HarnessError, match=r"Reading orders failed on sqlite:.*no such table: orders"):
        reader.read("cs_1")


def test_a_lost_connection_is_made_again(postgresql_kept: Any, reader_of: Opening) -> None:
    """A connection that the server ended is replaced."""
    postgresql_kept.keep("cs_1")
    reader = reader_of(postgresql_kept.url)
    reader.check()
    postgresql_kept.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )

    assert len(reader.read("cs_1")) == 1


WRONG: dict[str, Callable[[str], str]] = {
    "password": lambda url: url.replace(":pg-canary-password@", ":pg-canary-wrong@").replace("%3F@", "%3F-canary@"),
    "database": lambda url: f"{url}_nowhere",
    "port": lambda url: re.sub(r"(127\.0\.0\.1):\d+", r"\1:1", url),
    "unencoded": lambda url: url.replace("canary", "can/ary?canary#", 1),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_database_that_cannot_be_opened(
    request: pytest.FixtureRequest, reader_of: Opening, kind: str, wrong: str
) -> None:
    """What keeps us out is told as a wrong usage, without the password in message or traceback."""
    url = WRONG[wrong](request.getfixturevalue(f"{kind}_kept").url)

    with pytest.raises(UsageError) as caught:
        reader_of(url).check()

    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "canary" not in told
    for secret in (postgres.PASSWORD, mariadb.PASSWORD, mariadb.ENCODED_PASSWORD):
        assert secret not in told


def test_speed(sqlite_kept: Any, reader_of: Opening) -> None:
    """Reading an order from SQLite costs well below a millisecond of processor time."""
    import time

    sqlite_kept.keep("cs_1")
    reader = reader_of(sqlite_kept.url)
    reader.read("cs_1")
    began = time.thread_time()

    for _ in range(200):
        reader.read("cs_1")

    assert (time.thread_time() - began) / 200 < 0.001
