"""The states that the contract speaks of."""

from __future__ import annotations

import pytest

from hookassay.config import DEFAULT_VALUES
from hookassay.judging.condition import CONDITIONS, condition
from hookassay.orders.vocabulary import COLUMN_OF, Order


def orders(*states: str) -> tuple[Order, ...]:
    """One order for each argument, in the states that it names between spaces."""
    return tuple(Order(frozenset(words.split())) for words in states)


@pytest.mark.parametrize(
    ("words", "seen", "holds"),
    [
        ("paid", orders("paid"), True),
        ("paid", orders("paid refunded"), True),
        ("paid", orders(""), False),
        ("paid", (), False),
        ("paid", orders("", "paid"), True),
        ("not paid", (), True),
        ("not paid", orders(""), True),
        ("not paid", orders("paid"), False),
        ("not paid", orders("", "paid"), False),
        ("refunded", orders("paid refunded"), True),
        ("refunded", orders("paid partially_refunded"), False),
        ("not refunded", orders("partially_refunded"), True),
        ("not refunded", orders("refunded"), False),
        ("disputed", orders("paid disputed"), True),
        ("disputed", orders("dispute_lost"), False),
        ("lost", orders("dispute_lost"), True),
        ("lost", orders("dispute_lost dispute_won"), False),
        ("lost", orders("disputed"), False),
        ("lost", orders("refunded"), True),
        ("not lost", orders("paid disputed"), True),
        ("not lost", orders("dispute_lost"), False),
        ("not lost", orders("refunded"), False),
        ("partially refunded", orders("paid partially_refunded"), True),
        ("partially refunded", orders("paid"), False),
        ("partially refunded", orders("paid refunded"), False),
        ("partially refunded", orders("partially_refunded disputed"), False),
        ("partially refunded or won", orders("dispute_won"), True),
        ("partially refunded or won", orders("dispute_won dispute_lost"), False),
        ("neither won nor lost", orders("paid disputed"), True),
        ("neither won nor lost", orders("dispute_won"), False),
        ("neither won nor lost", orders("dispute_lost"), False),
        ("neither disputed nor lost", orders("paid dispute_won"), True),
        ("neither disputed nor lost", orders("disputed"), False),
        ("neither disputed nor lost", orders("dispute_lost"), False),
        ("neither disputed nor lost", orders("refunded"), False),
    ],
)
def test_holds(words: str, seen: tuple[Order, ...], holds: bool) -> None:
    """A condition asks for a state of some order, or that no order is in a state."""
    assert condition(words).holds(seen) is holds


@pytest.mark.parametrize("words", CONDITIONS)
def test_words_nobody_declared(words: str) -> None:
    """An order whose words are in nobody's vocabulary satisfies only what asks for a state's absence."""
    assert condition(words).holds(orders("")) is not bool(condition(words).has)


def test_expected_in_the_implementations_words() -> None:
    """What is expected is told in the words that the implementation was said to use."""
    values = {**DEFAULT_VALUES, "dispute_lost": ("chargeback",)}

    assert condition("lost").expected(values) == (
        "lost: an order with dispute_status chargeback or refund_status refunded, and no order with dispute_status won"
    )
    assert condition("paid").expected(values) == "paid: an order with status paid/complete"


def test_states_exist() -> None:
    """Every state of a condition is one that an order can be in."""
    assert {state for one in CONDITIONS.values() for state in one.has | one.lacks} <= set(COLUMN_OF)


def test_unknown() -> None:
    """A condition that does not exist is a mistake of the feature, told with those that do."""
    with pytest.raises(LookupError, match="no condition is called 'payed'; there are paid, "):
        condition("payed")
