"""Vocabulary: rows in anybody's words are orders in the contract's."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any

import pytest

from hookassay.config import OrdersSettings
from hookassay.errors import HarnessError, UsageError
from hookassay.orders.vocabulary import Order, Vocabulary

ROW = {"status": "paid", "refund_status": "none", "dispute_status": "none", "total_amount": Decimal("10.00")}


class Status(enum.Enum):
    SETTLED = "paid"


def order(row: dict[str, Any] | None = None, **settings: Any) -> Order:
    return Vocabulary(OrdersSettings(**settings)).order(ROW if row is None else row)


@pytest.mark.parametrize(
    ("row", "states"),
    [
        ({"status": "paid"}, {"paid"}),
        ({"status": "complete", "refund_status": "refunded"}, {"paid", "refunded"}),
        ({"status": "paid", "refund_status": "partially_refunded"}, {"paid", "partially_refunded"}),
        ({"status": "paid", "dispute_status": "disputed"}, {"paid", "disputed"}),
        ({"dispute_status": "won"}, {"dispute_won"}),
        ({"dispute_status": "lost"}, {"dispute_lost"}),
        ({"status": "pending", "refund_status": "none", "dispute_status": None}, set()),
        ({"status": "refunded"}, set()),
    ],
)
def test_default_words(row: dict[str, Any], states: set[str]) -> None:
    """The default words are those of the contract, each looked for in its own column."""
    assert order(row).states == states


@pytest.mark.parametrize(
    "value",
    [" PAID\n", b"paid", Status.SETTLED, ["shipped", "paid"], '["paid", "shipped"]', "{paid,shipped}", "shipped;paid"],
)
def test_spellings_of_a_word(value: Any) -> None:
    """Case, surrounding space, bytes, enums, arrays and lists in a text are all read."""
    assert order({"status": value}).states == {"paid"}


def test_several_words_in_one_text() -> None:
    """Words apart by a space are several states where each of them is declared."""
    row = dict.fromkeys(("status", "refund_status", "dispute_status"), "paid disputed")

    assert order(row).states == {"paid", "disputed"}


@pytest.mark.parametrize("value", ["not paid", "unpaid", "paid later", "payment_paid", ""])
def test_a_phrase_is_no_state(value: str) -> None:
    """A declared word inside a phrase that nobody declared is no state."""
    assert order({"status": value}).states == frozenset()


def test_a_whole_phrase_can_be_declared() -> None:
    """A value of several words matches as a whole before it is taken apart."""
    values = {"paid": ("paid",), "partially_refunded": ("partially refunded",), "refunded": ("refunded",)}

    assert order({"refund_status": "Partially Refunded"}, values=values).states == {"partially_refunded"}


@pytest.mark.parametrize("value", [True, 1, "t", "true", "TRUE", b"\x01", Decimal(1), 1.0])
def test_true_in_every_database(value: Any) -> None:
    """A boolean is true as Python, MySQL, SQLite, PostgreSQL and JSON give it."""
    assert order({"refund_status": value}, values={"refunded": (True,)}).states == {"refunded"}


@pytest.mark.parametrize("value", [False, 0, "f", b"\x00", None, 10, "yes"])
def test_not_true(value: Any) -> None:
    """What is not true does not match true."""
    assert order({"refund_status": value}, values={"refunded": (True,)}).states == frozenset()


def test_null_as_a_word() -> None:
    """The word "null" stands for NULL."""
    assert order({"status": None}, values={"paid": ("null",)}).states == {"paid"}


def test_a_number_as_a_word() -> None:
    """An integer column of codes is compared with numbers."""
    assert order({"status": 20}, values={"paid": (20,)}).states == {"paid"}


@pytest.mark.parametrize("value", [Decimal("19.99"), 19.99, "19.99", " 19.99 ", b"19.99"])
def test_money(value: Any) -> None:
    """An amount is what was written, whichever type brings it."""
    assert order({**ROW, "total_amount": value}).total == Decimal("19.99")


@pytest.mark.parametrize(
    "value", ["1,140.99", "$10.00", "10 USD", "", "NaN", float("inf"), Decimal("NaN"), True, "1e3"]
)
def test_money_that_is_no_plain_number(value: Any) -> None:
    """An amount that is no plain number is our error, and it names the column."""
    with pytest.raises(HarnessError, match=r"total_amount is .* no plain number such as 19\.99"):
        order({**ROW, "total_amount": value})


def test_amounts_that_are_not_shown() -> None:
    """Null and absent amounts and currencies are None."""
    read = order({"status": "paid", "total_amount": None})

    assert (read.total, read.amount_refunded, read.currency) == (None, None, None)


def test_currency_and_refunded_amount() -> None:
    """The optional columns are read where they are there."""
    read = order({**ROW, "amount_refunded": "3.00", "currency": " EUR "})

    assert (read.amount_refunded, read.currency) == (Decimal("3.00"), "eur")


def test_describe() -> None:
    """A message shows what was read, column by column."""
    assert order().describe() == "status=paid refund_status=none dispute_status=none total_amount=10.00"


def test_describe_odd_values() -> None:
    """NULL, blank, unprintable and endless values are shown legibly."""
    row = {"status": None, "refund_status": "", "dispute_status": "a\x1b[0m", "currency": "x" * 100}

    assert order(row).describe() == (f"status=null refund_status='' dispute_status='a\\x1b[0m' currency={'x' * 59}…")


def test_a_shared_column_is_described_once() -> None:
    """One column that serves several standard ones is shown once."""
    row = dict.fromkeys(("status", "refund_status", "dispute_status"), "refunded")
    columns = {"status": "state", "refund_status": "state", "dispute_status": "state"}

    assert order(row, columns=columns).describe() == "status=refunded"


def test_the_same() -> None:
    """Two readings of one unchanged row are the same, though a serial number or time differs."""
    assert order({**ROW, "created_at": 1}).same_as(order({**ROW, "created_at": 2}))


@pytest.mark.parametrize(
    "change",
    [
        {"status": "pending"},
        {"status": "complete"},
        {"refund_status": "under review"},
        {"total_amount": Decimal("10.01")},
        {"amount_refunded": 1},
        {"currency": "eur"},
    ],
)
def test_not_the_same(change: dict[str, Any]) -> None:
    """A state, the word for it, an amount or the currency makes a difference."""
    assert not order().same_as(order({**ROW, **change}))


def test_amounts_are_compared_as_numbers() -> None:
    """10.0 is the same amount as 10.00."""
    assert order().same_as(order({**ROW, "total_amount": 10.0}))


def test_an_unknown_state_is_refused() -> None:
    """A state that does not exist is a wrong configuration, with the nearest one."""
    with pytest.raises(UsageError, match=r"no state 'refund' \(did you mean refunded\?\)"):
        order(values={"refund": ("x",)})
