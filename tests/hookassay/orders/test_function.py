"""Orders that a function of the user's gives."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from hookassay.config import OrdersSettings
from hookassay.errors import HarnessError, NotJudged
from hookassay.orders.function import FunctionReader

ORDER = {"status": "paid", "refund_status": None, "dispute_status": None, "total_amount": Decimal("19.99")}


def reader(function: Callable[[str], Any]) -> FunctionReader:
    return FunctionReader(OrdersSettings(), function)


@pytest.mark.parametrize(
    ("given", "rows"),
    [(None, []), ([], []), (ORDER, [ORDER]), ([ORDER, ORDER], [ORDER, ORDER]), ((ORDER,), [ORDER])],
)
def test_what_it_gives(given: Any, rows: list[dict[str, Any]]) -> None:
    """No order, one order, and several are read as they are given."""
    assert list(reader(lambda _: given).read("cs_1")) == rows


def test_it_is_asked_for_the_session() -> None:
    """The function is given the session's id."""
    asked: list[str] = []

    reader(lambda session_id: asked.append(session_id)).read("cs_1")

    assert asked == ["cs_1"]


def test_several_are_seen() -> None:
    """A second order would be seen, unless the function gives single orders."""
    lists, single = reader(lambda _: [ORDER]), reader(lambda _: ORDER)
    lists.read("cs_1")
    single.read("cs_1")

    assert (lists.many, single.many) == (True, False)


def test_one_that_raises() -> None:
    """What it raises is told with its line: an error of the order reader, never the endpoint's."""

    def orders(session_id: str) -> None:
        raise KeyError(session_id)

    with pytest.raises(HarnessError, match=r"KeyError: 'cs_1' \(.*test_function\.py:\d+\)"):
        reader(orders).read("cs_1")


def test_one_that_raises_at_a_stranger() -> None:
    """A function that fails for a session without an order ends the run before it begins."""
    with pytest.raises(NotJudged, match="must give None or"):
        reader(lambda _: 1 / 0).check()


def test_what_is_no_order() -> None:
    """What is no mapping is refused."""
    with pytest.raises(NotJudged, match="must give an object or a list of objects"):
        reader(lambda _: ["paid"]).read("cs_1")
