"""Counting the business effects of a purchase: by SQL, by a URL, by a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hookassay.config import EffectsSettings, OrdersSettings
from hookassay.endpoint import Secret
from hookassay.errors import HarnessError, UsageError
from hookassay.orders.effects import EffectCounter, open_counter

Opening = Callable[..., EffectCounter]


@pytest.fixture
def counter_of(tmp_path: Path) -> Iterator[Opening]:
    """Opens counters and closes them after the test."""
    opened: list[EffectCounter] = []

    def counter_of(count: str, value: str | None = None, **orders: Any) -> EffectCounter:
        counter = open_counter(EffectsSettings(count=count, value=value), OrdersSettings(**orders), tmp_path, 5.0)
        assert counter is not None
        opened.append(counter)
        return counter

    yield counter_of
    for counter in opened:
        counter.close()


def test_not_given(tmp_path: Path) -> None:
    """Without a setting there is no counter."""
    assert open_counter(EffectsSettings(), OrdersSettings(), tmp_path) is None


@pytest.mark.parametrize(("what", "number"), [("count(*)", 2), ("sum(id)", 3), ("sum(total_amount)", 20)])
def test_sql(kept: Any, counter_of: Opening, values: dict[str, Any], what: str, number: int) -> None:
    """A query gives the number, of whichever type."""
    kept.keep("cs_test_1", number=1)
    kept.keep("cs_test_1", number=2)
    query = f"SELECT {what} FROM orders WHERE stripe_session_id = :session_id;"

    assert counter_of(query, source=kept.url).count(values) == number


@pytest.mark.parametrize("what", ["sum(id)", "id"])
def test_sql_of_nothing(kept: Any, counter_of: Opening, values: dict[str, Any], what: str) -> None:
    """Null and no row are zero."""
    query = f"SELECT {what} FROM orders WHERE stripe_session_id = :session_id"

    assert counter_of(query, source=kept.url).count(values) == 0


def test_sql_that_fails(sqlite_kept: Any, counter_of: Opening, values: dict[str, Any]) -> None:
    """A query that the database refuses is our error, after retries, by the setting's name."""
    with pytest.raises(HarnessError, match=r"\[effects\] count failed on sqlite:.*no such table: mails"):
        counter_of("SELECT count(*) FROM mails", source=sqlite_kept.url).count(values)


@pytest.mark.parametrize(
    ("answer", "value", "number"),
    [(3, None, 3), ({"credits": {"granted": 2}}, "credits.granted", 2), ([1, 2], "length(@)", 2), (None, "x", 0)],
)
def test_url(
    shop: Any, counter_of: Opening, values: dict[str, Any], answer: Any, value: str | None, number: int
) -> None:
    """A URL answers with the number, or with JSON in which an expression finds it."""
    shop.answer(answer)

    assert counter_of(f"{shop.url}/mails?to={{client_reference_id}}", value).count(values) == number


def test_url_placeholders(shop: Any, counter_of: Opening, values: dict[str, Any]) -> None:
    """Placeholders in the URL are percent-encoded."""
    shop.answer(0)
    counter_of(f"{shop.url}/mails?to={{client_reference_id}}").count(values)

    assert shop.asked[0][1] == "/mails?to=cart%201%3B%20rm%20-rf"


def test_url_of_nothing(shop: Any, counter_of: Opening, values: dict[str, Any]) -> None:
    """404 is zero."""
    shop.answer(b"", 404)

    assert counter_of(f"{shop.url}/mails").count(values) == 0


@pytest.mark.parametrize(("source", "sent"), [("{shop}/orders/{{session_id}}", True), ("sqlite:///shop.db", False)])
def test_order_headers_stay_at_their_origin(
    shop: Any, counter_of: Opening, values: dict[str, Any], source: str, sent: bool
) -> None:
    """The order headers go to the origin they were declared for, and to no other."""
    shop.answer(0)
    headers = (("X-Token", Secret("canary")),)
    counter_of(f"{shop.url}/mails", source=source.format(shop=shop.url), headers=headers).count(values)

    assert ("X-Token" in shop.asked[0][2]) is sent


def test_program(program: Callable[[str, str], str], counter_of: Opening, values: dict[str, Any]) -> None:
    """A program prints the number."""
    assert counter_of(f"cmd:{program('count', 'echo $1')} {{n}}").count(values) == 7


@pytest.mark.parametrize("printed", ["", "none", "-1", "1.5", "true", "1 2"])
def test_no_whole_number(
    program: Callable[[str, str], str], counter_of: Opening, values: dict[str, Any], printed: str
) -> None:
    """What is no whole number is our error."""
    with pytest.raises(HarnessError, match="must give one whole number; it gave"):
        counter_of(f"cmd:{program('count', f'echo {printed}')}").count(values)


@pytest.mark.parametrize(
    ("count", "value", "told"),
    [
        ("SELECT 1", None, r"\[effects\] count is neither"),
        ("http://h/{sesion_id}", None, "did you mean session_id"),
        ("http://h/", "a[", r"\[effects\] value is no JMESPath"),
    ],
)
def test_wrong_setting(counter_of: Opening, count: str, value: str | None, told: str) -> None:
    """A setting that cannot work is a wrong usage."""
    with pytest.raises(UsageError, match=told):
        counter_of(count, value)
