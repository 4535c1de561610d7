"""The proof: what an order must read, as far as it was acknowledged, and what is told of one that does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hookassay.config import OrdersSettings, Settings
from hookassay.judging.bench import Bench
from hookassay.orders.book import OrderBook
from hookassay.orders.settling import Settling
from hookassay.orders.vocabulary import Vocabulary
from hookassay.reference import EXACT_COLUMNS
from hookassay.storm.proof import Proof
from hookassay.storm.receipts import Receipts
from hookassay.storm.script import Repertoire

Rows = dict[str, list[dict[str, Any]]]

ORDERS = OrdersSettings(source="sqlite:///orders.db", money="minor", columns=EXACT_COLUMNS)


class Shop:
    """Orders that are kept in a table of Checkout Session ids, shown after so many readings."""

    kind = "sqlite"
    many = True
    overhead = 0.0

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.hidden: dict[str, int] = {}

    def check(self) -> None:
        """There is nothing to try."""

    def read(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        """The orders of a session."""
        left = self.hidden.get(session_id, 0)
        self.hidden[session_id] = left - 1
        return [] if left > 0 else self.rows.get(session_id, [])

    def close(self) -> None:
        """There is nothing to close."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come right is not waited for."""
    monkeypatch.setattr("hookassay.storm.proof.STUCK", 0.1)


def bench(shop: Shop, effects: Callable[[Mapping[str, Any]], int] | None = None, **orders: Any) -> Bench:
    settings = Settings(orders=replace(ORDERS, **orders))
    made = SimpleNamespace(
        settings=settings,
        book=OrderBook(shop, Vocabulary(settings.orders)),
        effects=effects,
        settling=Settling(0.1),
        barrier=lambda _: None,
    )
    return cast(Bench, made)


def row(facts: Sequence[str]) -> list[dict[str, Any]]:
    """The order that these facts come to."""
    if not {"the payment", "the delayed payment's success"} & set(facts):
        return []
    refunded = {"a full refund": 1000, "a refund of 600": 600, "a refund of 400": 400, "another refund of 600": 600}
    amount = sum(refunded.get(fact, 0) for fact in facts)
    disputes = {
        "a dispute": "disputed",
        "the dispute's closing as won": "won",
        "the dispute's closing as lost": "lost",
    }
    return [
        {
            "id": 1,
            "status": "paid",
            "refund_status": "none" if not amount else "refunded" if amount == 1000 else "partially_refunded",
            "dispute_status": next((disputes[fact] for fact in reversed(facts) if fact in disputes), "none"),
            "total_amount": 1000,
            "amount_refunded": amount,
        }
    ]


def shop_of(repertoire: Repertoire) -> Shop:
    """A shop in which everything is as it must be."""
    places = range(repertoire.forecast.purchases)
    return Shop({repertoire.session_id(place): row(repertoire.script(place).facts) for place in places})


def all_of(repertoire: Repertoire) -> Receipts:
    """Everything was acknowledged."""
    receipts = Receipts(repertoire.forecast.purchases)
    for place in range(repertoire.forecast.purchases):
        for event in range(repertoire.script(place).half):
            receipts.give(place, event)
    return receipts


def with_facts(repertoire: Repertoire, *facts: str) -> int:
    """The place of the first purchase to which just this happens."""
    return next(place for place in range(40) if repertoire.script(place).facts == facts)


def test_orders_that_read_as_they_must_are_proved(repertoire: Repertoire) -> None:
    """Where each order reads as its facts determine, none is wrong."""
    proof = Proof(bench(shop_of(repertoire)), repertoire, all_of(repertoire))

    assert proof.unconverged() == []
    assert (proof.claimed, proof.unclaimed) == (repertoire.forecast.purchases, 0)


def test_an_order_that_is_missing_is_told(repertoire: Repertoire) -> None:
    """An acknowledged payment without an order is wrong, and told with all that was delivered about it."""
    place = with_facts(repertoire, "the payment")
    shop = shop_of(repertoire)
    shop.rows[repertoire.session_id(place)] = []
    proof = Proof(bench(shop), repertoire, all_of(repertoire))

    assert proof.unconverged() == [place]
    told = proof.explained(place)
    assert (told.expected, told.seen) == ("paid", "no order")
    assert [step.type for step in told.deliveries] == [
        repertoire.script(place).events[event][1] for group in repertoire.course(place)[1] for event in group
    ]


@pytest.mark.parametrize("acknowledged", [True, False])
def test_an_order_that_is_there_twice_is_wrong(repertoire: Repertoire, acknowledged: bool) -> None:
    """Two orders of one session are one too many, whatever was acknowledged."""
    place = with_facts(repertoire, "the payment")
    shop = shop_of(repertoire)
    shop.rows[repertoire.session_id(place)] *= 2
    receipts = all_of(repertoire) if acknowledged else Receipts(repertoire.forecast.purchases)
    proof = Proof(bench(shop), repertoire, receipts)

    assert place in proof.unconverged()
    assert proof.explained(place).expected == "exactly one order"


def test_an_effect_that_happened_twice_is_wrong(repertoire: Repertoire) -> None:
    """Where effects are counted, a second one is seen though there is one row."""
    place = with_facts(repertoire, "the payment")
    session = repertoire.session_id(place)
    made = bench(shop_of(repertoire), effects=lambda values: 2 if values["session_id"] == session else 1)
    proof = Proof(made, repertoire, all_of(repertoire))

    assert proof.unconverged() == [place]
    assert proof.explained(place).seen == "2 effects"


def test_an_amount_that_was_added_twice_is_wrong(repertoire: Repertoire) -> None:
    """Where the refunded amount is shown, it must be what was refunded."""
    place = with_facts(repertoire, "the payment", "a refund of 600")
    shop = shop_of(repertoire)
    shop.rows[repertoire.session_id(place)][0]["amount_refunded"] = 1200
    proof = Proof(bench(shop), repertoire, all_of(repertoire))

    assert proof.unconverged() == [place]
    assert proof.explained(place).expected == "amount_refunded=600"


def test_what_was_never_acknowledged_claims_nothing(repertoire: Repertoire) -> None:
    """A purchase that nothing was acknowledged about may have an order, or none."""
    receipts = Receipts(repertoire.forecast.purchases)
    for shop in (shop_of(repertoire), Shop({})):
        proof = Proof(bench(shop), repertoire, receipts)
        assert proof.unconverged() == []
        assert proof.claimed == 0
        assert proof.unclaimed == sum(repertoire.script(place).half for place in range(40))


@pytest.mark.parametrize("applied", [True, False])
def test_a_fact_acknowledged_in_part_may_be_there_or_not(repertoire: Repertoire, applied: bool) -> None:
    """Of a refund one of whose events never got a 2xx nobody knows; the payment before it is claimed."""
    facts = ("the payment", "a full refund")
    place = with_facts(repertoire, *facts)
    script = repertoire.script(place)
    whole, receipts = all_of(repertoire), Receipts(repertoire.forecast.purchases)
    lost = next(event for event in range(script.half) if script.events[event][0] == "a full refund")
    for one in range(repertoire.forecast.purchases):
        for event in range(repertoire.script(one).half):
            if whole.has(one, event) and (one, event) != (place, lost):
                receipts.give(one, event)
    shop = shop_of(repertoire)
    shop.rows[repertoire.session_id(place)] = row(facts if applied else facts[:1])
    proof = Proof(bench(shop), repertoire, receipts)

    assert proof.unconverged() == []
    assert proof.unclaimed == 1
    shop.rows[repertoire.session_id(place)] = []
    assert proof.unconverged() == [place]


def test_a_type_that_was_never_acknowledged_is_not_waited_for(repertoire: Repertoire) -> None:
    """An endpoint that takes checkout.session.completed alone must keep the payments that it tells of."""
    receipts = Receipts(repertoire.forecast.purchases)
    for place in range(repertoire.forecast.purchases):
        for event, (_, kind) in enumerate(repertoire.script(place).events):
            if kind == "checkout.session.completed":
                receipts.give(place, event)
    place = with_facts(repertoire, "the payment")
    shop = shop_of(repertoire)
    shop.rows[repertoire.session_id(place)] = []
    proof = Proof(bench(shop), repertoire, receipts)

    assert proof.handled == {"checkout.session.completed"}
    assert proof.unconverged() == [place]


def test_a_second_event_counts_for_the_first(repertoire: Repertoire) -> None:
    """Where only the other Event about the same thing was acknowledged, the fact is claimed."""
    place = with_facts(repertoire, "the payment")
    half = repertoire.script(place).half
    whole, receipts = all_of(repertoire), Receipts(repertoire.forecast.purchases)
    for one in range(repertoire.forecast.purchases):
        for event in range(repertoire.script(one).half):
            assert whole.has(one, event)
            receipts.give(one, event + half if one == place else event)
    shop = shop_of(repertoire)
    shop.rows[repertoire.session_id(place)] = []

    assert Proof(bench(shop), repertoire, receipts).unconverged() == [place]


def test_what_comes_right_later_is_waited_for(repertoire: Repertoire) -> None:
    """An endpoint that acknowledges first and applies later converges."""
    shop = shop_of(repertoire)
    shop.hidden = dict.fromkeys(shop.rows, 3)

    assert Proof(bench(shop), repertoire, all_of(repertoire)).unconverged() == []


def test_what_comes_right_behind_the_barrier_is_right(repertoire: Repertoire) -> None:
    """As long as something may be under way nothing is wrong for good."""
    shop = shop_of(repertoire)
    shop.hidden = dict.fromkeys(shop.rows, 1_000_000)
    made = bench(shop)
    made.barrier = lambda _: shop.hidden.clear()  # type: ignore[method-assign]

    assert Proof(made, repertoire, all_of(repertoire)).unconverged() == []


def test_it_is_known_whether_a_second_order_would_be_seen(repertoire: Repertoire) -> None:
    """A reader of one row sees none, unless effects are counted."""
    shop = shop_of(repertoire)
    shop.many = False

    assert not Proof(bench(shop), repertoire, all_of(repertoire)).sees_twice
    assert Proof(bench(shop, effects=lambda _: 1), repertoire, all_of(repertoire)).sees_twice
