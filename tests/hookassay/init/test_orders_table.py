"""Which table holds the orders, and in which columns and unit."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hookassay.init import orders_table
from hookassay.scan.checks.tables.table import DECIMAL, INTEGER, LIVE, MODEL, TEXT, Column, Table
from hookassay.scan.finding import Place

HERE = Place("schema.sql", 1, 1, 2, "")


def table(name: str, *columns: str, kind: str = TEXT, rank: int = MODEL, entity: str = "") -> Table:
    return Table(name, tuple(Column(one, kind, HERE) for one in columns), (), HERE, "SQL", rank, entity=entity)


def name_of(tables: Sequence[Table]) -> str | None:
    found = orders_table.find(tables)
    return found.table.name if found else None


def test_a_table_needs_a_column_for_the_session() -> None:
    """Without one no order can be found."""
    assert name_of([table("orders", "id", "status")]) is None


def test_the_one_that_is_called_so_is_taken() -> None:
    """Beside carts and log entries that know of the session too."""
    tables = [table("carts", "session_id"), table("orders", "session_id", "status"), table("log", "session_id")]

    assert name_of(tables) == "orders"


def test_what_it_holds_counts_too() -> None:
    """A table of another name that shows what became of a payment."""
    tables = [table("sessions", "session_id"), table("sales", "checkout", "state", "refund_status", "dispute_status")]

    assert name_of(tables) == "sales"


def test_two_that_are_alike_are_doubted() -> None:
    """A person is asked."""
    found = orders_table.find([table("purchases", "session_id", "status"), table("bookings", "session_id", "status")])

    assert found is not None
    assert found.doubt


def test_the_live_table_is_believed() -> None:
    """It has what the code may not have any more, and all definitions of it are known."""
    found = orders_table.find(
        [table("orders", "session_id", entity="Order"), table("orders", "session_id", "status", rank=LIVE)]
    )

    assert found is not None
    assert (found.table.rank, len(found.definitions)) == (LIVE, 2)


def test_an_answer_names_another_one() -> None:
    """In any spelling."""
    assert orders_table.chosen([table("shop_orders", "session_id")], 'public."shop_orders"') is not None
    assert orders_table.chosen([], "orders") is None


def test_two_columns_that_are_alike_are_doubted() -> None:
    """Either may be the one."""
    found = orders_table.find([table("orders", "session_id", "status", "state")])
    assert found is not None

    assert not orders_table.column_guess(found, "status").sure


@pytest.mark.parametrize(
    ("kind", "text", "value", "sure"),
    [(INTEGER, "", "minor", True), (DECIMAL, "", "major", True), (INTEGER, "amount_total / 100", "minor", False)],
)
def test_the_unit_of_the_amounts(kind: str, text: str, value: str, sure: bool) -> None:
    """A division in the code makes whole numbers doubtful."""
    guess = orders_table.money(Column("total", kind, HERE), text)

    assert (guess.value, guess.sure) == (value, sure)
