"""The order book: rows through the reader and the vocabulary, and when two readings are the same."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from fake_clock import FakeClock

from hookassay.config import OrdersSettings
from hookassay.errors import HarnessError, NotApplicable, NotTestable, Unanswered
from hookassay.orders.book import OrderBook, describe, same
from hookassay.orders.vocabulary import Order, Vocabulary

PAID = Order(frozenset(["paid"]), Decimal(10), words={"status": "paid", "total_amount": "10"})
OPEN = Order(frozenset(), Decimal(10), words={"status": "open", "total_amount": "10"})


class Reader:
    """Yields what it was given, for one session."""

    kind = "sqlite"
    many = True
    overhead = 0.25

    def __init__(self, *rows: Mapping[str, Any]) -> None:
        self.rows = rows
        self.closed = False

    def check(self) -> None:
        """Nothing can be wrong."""

    def read(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        return self.rows if session_id == "cs_1" else ()

    def close(self) -> None:
        self.closed = True


def book(reader: Reader | None) -> OrderBook:
    return OrderBook(reader, Vocabulary(OrdersSettings()))


def test_reads_in_the_contracts_words() -> None:
    """Every row of the session is an order in the contract's words."""
    found = book(Reader({"status": "complete"}, {"status": "open"})).of("cs_1")

    assert [order.states for order in found] == [{"paid"}, set()]


class PublicReader(Reader):
    """Shows one session's order to anyone."""

    kind = "http"

    def is_public(self, session_id: str) -> bool:
        return session_id == "cs_1"

    def takes_any_credentials(self, session_id: str) -> bool:
        return session_id == "cs_2"


def test_public() -> None:
    """Whether anyone is shown an order is the reader's to say."""
    found = book(PublicReader())

    assert [found.is_public(session_id) for session_id in ("cs_1", "cs_2")] == [True, False]
    assert [found.takes_any_credentials(session_id) for session_id in ("cs_1", "cs_2")] == [False, True]


@pytest.mark.parametrize("reader", [None, Reader()], ids=["no reader", "a database"])
def test_nobody_to_ask(reader: Reader | None) -> None:
    """Where orders are not read over HTTP, nobody could be shown one."""
    with pytest.raises(NotApplicable, match="not read over HTTP"):
        book(reader).is_public("cs_1")
    with pytest.raises(NotApplicable, match="not read over HTTP"):
        book(reader).takes_any_credentials("cs_1")


def test_no_row_no_order() -> None:
    """A session without rows has no order."""
    assert book(Reader({"status": "paid"})).of("cs_2") == ()


def test_observer_is_told_of_every_reading() -> None:
    """Whoever keeps the evidence is told what was read, and of which session."""
    seen: list[tuple[str, int]] = []
    found = OrderBook(
        Reader({"status": "paid"}),
        Vocabulary(OrdersSettings()),
        lambda session_id, orders: seen.append((session_id, len(orders))),
    )
    found.of("cs_1")
    found.of("cs_2")

    assert seen == [("cs_1", 1), ("cs_2", 0)]


@pytest.mark.parametrize(("seconds", "quick"), [(0.0001, True), (0.002, False)])
def test_quick(seconds: float, quick: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader is quick where one reading was, although others had to wait; before the first nobody knows."""
    clock = FakeClock()
    monkeypatch.setattr("hookassay.orders.book.time", clock)
    reader = Reader()
    waits = iter((1.0, seconds, 1.0))
    monkeypatch.setattr(reader, "read", lambda _: clock.sleep(next(waits)) or ())
    found = book(reader)
    before = found.quick
    for _ in range(3):
        found.of("cs_1")

    assert (before, found.quick) == (False, quick)


def test_says_what_its_reader_is() -> None:
    """Kind, uniqueness and overhead are the reader's."""
    found = book(Reader())

    assert (found.readable, found.kind, found.many, found.overhead) == (True, "sqlite", True, 0.25)


def test_without_reader() -> None:
    """Without a reader nothing can be read, and the reason says what to give."""
    found = book(None)

    assert (found.readable, found.kind, found.many, found.overhead) == (False, None, False, 0.0)
    with pytest.raises(NotTestable, match="--orders"):
        found.of("cs_1")
    found.close()


def test_close() -> None:
    """Closing the book gives back what the reader holds."""
    reader = Reader()
    book(reader).close()

    assert reader.closed


@pytest.mark.parametrize(
    ("before", "after", "equal"),
    [
        ((), (), True),
        ((PAID,), (PAID,), True),
        ((PAID, OPEN), (OPEN, PAID), True),
        ((), (PAID,), False),
        ((PAID,), (), False),
        ((PAID,), (OPEN,), False),
        ((PAID,), (PAID, PAID), False),
        ((PAID, OPEN), (PAID, PAID), False),
        ((PAID, PAID), (PAID, OPEN), False),
    ],
)
def test_same(before: tuple[Order, ...], after: tuple[Order, ...], equal: bool) -> None:
    """Two readings are the same when they hold the same orders the same number of times, in whatever order."""
    assert same(before, after) is equal


def test_describe() -> None:
    """What was read is told with the words that were read."""
    assert describe(()) == "no order"
    assert describe((PAID,)) == "one order (status=paid total_amount=10)"
    assert describe((PAID, OPEN)) == "2 orders (status=paid total_amount=10; status=open total_amount=10)"


class Failing(Reader):
    """Fails each reading after a while."""

    def read(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        time.sleep(0.05)
        raise HarnessError("the shop answered nothing.")


def test_a_reader_that_fails_for_long() -> None:
    """A reader that goes on failing, each time after a long wait, ends the run."""
    failing = OrderBook(Failing(), Vocabulary(OrdersSettings()), timeout=0.04)
    for _ in range(2):
        with pytest.raises(HarnessError):
            failing.of("cs_1")
    with pytest.raises(Unanswered, match=r"cannot be read back any more: the shop answered nothing\."):
        failing.of("cs_1")


def test_a_reader_that_fails_at_once() -> None:
    """A reader that fails without a wait is asked again, as often as need be."""
    failing = OrderBook(Failing(), Vocabulary(OrdersSettings()), timeout=60.0)
    for _ in range(10):
        with pytest.raises(HarnessError):
            failing.of("cs_1")
