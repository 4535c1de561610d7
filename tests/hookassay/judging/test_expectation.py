"""What a scenario expects, and who is to blame when it does not hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from toy_shop import Staging, ToyShop, answer, declaring, ended, refuse, second_order

from hookassay.config import DEFAULT_COLUMNS, EffectsSettings, OrdersSettings, Settings
from hookassay.errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from hookassay.judging.expectation import Expectation
from hookassay.judging.journal import ERROR, FAILED, NOT_TESTABLE, PASSED
from hookassay.judging.scene import Scene
from hookassay.wire.connection import Answer, Request

DAY = 86_400
FORGERY = "the signature of another secret"
SHOWING_REFUNDS = Settings(
    orders=OrdersSettings(columns={**DEFAULT_COLUMNS, "amount_refunded": "amount_refunded"}),
)


def header(request: Request) -> str:
    return next((value for name, value in request.headers if name == "Stripe-Signature"), "")


def test_takes_effect(scene: Scene) -> None:
    """A delivery that is acknowledged and shows in the orders has taken effect."""
    scene.deliver("the payment")
    Expectation(scene).takes_effect()

    assert scene.courier.outstanding == 0


def test_takes_no_effect(scene: Scene, shop: ToyShop) -> None:
    """A delivery that is acknowledged and shows nowhere has not."""
    shop.instead = refuse(200)
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"no order, as before it; answered 200 \(\d times\)"):
        Expectation(scene).takes_effect()


def test_effect_without_acknowledgement(scene: Scene, shop: ToyShop) -> None:
    """An effect under nothing but refusals is a violation: Stripe would go on for three days."""
    shop.afterwards = lambda _: answer(500)
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match="a 2xx on some attempt"):
        Expectation(scene).takes_effect()


def test_accepted_on_a_retry(scene: Scene, shop: ToyShop) -> None:
    """An endpoint that refuses once and accepts the retry is as good as any."""
    shop.instead = lambda _: answer(503) if len(shop.received) <= 3 else None
    scene.deliver("the payment")
    Expectation(scene).takes_effect()

    assert len(shop.received) > 3


@pytest.mark.parametrize("status", [200, 500])
def test_wire_only(staging: Staging, shop: ToyShop, status: int) -> None:
    """Without an order reader the acknowledgement alone is judged."""
    scene = staging(readable=False)
    shop.instead = refuse(status)
    scene.deliver("the payment")

    if status == 200:
        Expectation(scene).takes_effect()
    else:
        with pytest.raises(ContractViolation, match="a 2xx on some attempt"):
            Expectation(scene).takes_effect()


@pytest.mark.parametrize(
    ("when", "date"),
    [
        ("three days ago", lambda created, _: created - 3 * DAY),
        ("in the same second", lambda created, _: created),
        ("in the reverse of their order", lambda created, own: 2 * created - own),
    ],
)
def test_redated(scene: Scene, shop: ToyShop, when: str, date: Callable[[int, int], int]) -> None:
    """Events are dated otherwise on delivery, and their signatures are of now."""
    scene.date(when)
    scene.deliver("the payment")
    purchase = scene.role().purchase
    dated = {json.loads(request.body)["id"]: json.loads(request.body)["created"] for request in shop.received}

    assert dated == {event.id: date(purchase.created, event.created) for event in purchase.paid()}
    Expectation(scene).takes_effect()


def test_forgery_without_effect(scene: Scene) -> None:
    """A forgery that is refused and changes nothing passes, now and at the end."""
    scene.forge("the payment", FORGERY)
    Expectation(scene).has_no_effect()

    assert ended(scene).status == PASSED


def test_forgery_with_effect(scene: Scene, shop: ToyShop) -> None:
    """A forgery that makes an order fails its scenario."""
    shop.verifies = False
    scene.forge("the payment", FORGERY)
    Expectation(scene).has_no_effect()
    record = ended(scene)

    assert (record.status, record.expected) == (FAILED, "no effect: no order, as before")
    assert record.seen.startswith("one order (status=paid")


def test_forgery_with_late_effect(scene: Scene, shop: ToyShop) -> None:
    """An effect that shows only behind the barrier is seen."""
    scene.forge("the payment", FORGERY)
    Expectation(scene).has_no_effect()
    shop.orders[scene.role().purchase.session_id] = [{"status": "paid", "intent": ""}]

    assert ended(scene).status == FAILED


def test_forged_news_of_a_paid_order(scene: Scene, shop: ToyShop) -> None:
    """What was paid stays as it was, and a forged refund that shows is a violation."""
    scene.establish("the payment", "paid")
    shop.verifies = False
    scene.forge("a full refund", FORGERY)
    Expectation(scene).has_no_effect()
    record = ended(scene)

    assert "refund_status=refunded" in record.seen


def test_forged_then_genuine(scene: Scene) -> None:
    """When the genuine event follows, the orders may change: what was watched is watched no more."""
    scene.forge("the payment", FORGERY)
    Expectation(scene).has_no_effect()
    scene.deliver("the payment")
    Expectation(scene).takes_effect()

    assert ended(scene).status == PASSED


@pytest.mark.parametrize(("status", "raises"), [(200, True), (400, False)])
def test_forgery_wire_only(staging: Staging, shop: ToyShop, status: int, raises: bool) -> None:
    """Without an order reader a refusal is all that can be seen, and a 2xx proves nothing."""
    scene = staging(readable=False)
    shop.instead = refuse(status)
    scene.forge("the payment", FORGERY)

    if raises:
        with pytest.raises(NotTestable, match="--orders"):
            Expectation(scene).has_no_effect()
    else:
        Expectation(scene).has_no_effect()


@pytest.mark.parametrize("status", [200, 204, 302])
def test_not_refused(scene: Scene, shop: ToyShop, status: int) -> None:
    """A 2xx or 3xx refuses nothing."""
    shop.instead = refuse(status)
    scene.forge("the payment", FORGERY)

    with pytest.raises(ContractViolation, match="a status that refuses"):
        Expectation(scene).is_refused()


@pytest.mark.parametrize(("status", "notes"), [(400, 0), (401, 0), (404, 0), (500, 1), (None, 1)])
def test_refused(scene: Scene, shop: ToyShop, status: int | None, notes: int) -> None:
    """Any 4xx refuses; a 5xx or no answer refuses too, and is remarked on."""
    shop.instead = lambda _: answer(status, problem="" if status else "no answer within 2 s")
    scene.forge("the payment", FORGERY)
    Expectation(scene).is_refused()

    assert len(scene.record.notes) == notes


def test_twin(scene: Scene, shop: ToyShop) -> None:
    """What was forged takes effect when it is honest and for another purchase, all that was before it included."""
    scene.establish("the payment", "paid")
    scene.forge("a full refund", FORGERY)
    Expectation(scene).twin_takes_effect()
    rows = [row for rows in shop.orders.values() for row in rows]

    assert sorted(row["refund_status"] for row in rows) == ["none", "refunded"]


def test_twin_is_refused_too(scene: Scene, shop: ToyShop) -> None:
    """Where the honest twin has no effect either, the forgery's having none proves nothing: it rests on SG-01."""
    shop.instead = refuse()
    scene.forge("the payment", FORGERY)

    with pytest.raises(HarnessError, match="the honest twin of the forgery was not accepted"):
        Expectation(scene).twin_takes_effect()
    assert scene.record.rests_on == "SG-01"


def test_order_is(scene: Scene) -> None:
    """The order comes into the state, and stays in it."""
    scene.deliver("the payment")
    Expectation(scene).order_is("paid")

    assert ended(scene).status == PASSED


def test_order_is_not(scene: Scene, shop: ToyShop) -> None:
    """An order that never comes into the state is a violation, told in the implementation's own words."""
    shop.instead = refuse(200)
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"paid: an order with status paid/complete, within .* saw no order"):
        Expectation(scene).order_is("paid")


def test_order_does_not_stay(scene: Scene, shop: ToyShop) -> None:
    """An order that leaves the state again fails its scenario."""
    scene.deliver("the payment")
    Expectation(scene).order_is("paid")
    shop.orders.clear()
    record = ended(scene)

    assert (record.status, record.seen) == (FAILED, "no order later")


def test_word_that_nobody_declared(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is in nobody's vocabulary is told with the setting that may explain it."""
    usual = shop.row
    monkeypatch.setattr(shop, "row", lambda session: {**usual(session), "status": "settled"})
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"If 'settled' is this shop's word .* \[orders.values\]"):
        Expectation(scene).order_is("paid")


def test_exactly_once(scene: Scene) -> None:
    """One order is one."""
    scene.deliver("the payment")
    Expectation(scene).happened_once()

    assert ended(scene).status == PASSED


def test_two_orders(scene: Scene, shop: ToyShop) -> None:
    """Two orders are one too many, at once or behind the barrier."""
    scene.deliver("the payment")
    Expectation(scene).happened_once()
    second_order(shop, scene)
    with pytest.raises(ContractViolation, match="exactly one order, saw 2 orders"):
        Expectation(scene).happened_once()

    assert ended(scene).status == FAILED


def test_reader_of_one_row(scene: Scene, shop: ToyShop) -> None:
    """Where a second order would not be seen, uniqueness is not testable."""
    shop.many = False
    scene.deliver("the payment")

    with pytest.raises(NotTestable, match="yields one row"):
        Expectation(scene).happened_once()


@pytest.mark.parametrize("count", [1, 2])
def test_effects(staging: Staging, shop: ToyShop, count: int) -> None:
    """A counter of effects judges what a single row cannot show."""
    shop.many = False
    scene = staging(Settings(effects=EffectsSettings(count="cmd:count")))
    scene.bench.effects = lambda values: count
    scene.deliver("the payment")

    if count == 1:
        Expectation(scene).happened_once()
    else:
        with pytest.raises(ContractViolation, match=r"exactly one effect .* saw 2 effects"):
            Expectation(scene).happened_once()


def test_nothing_more(scene: Scene, shop: ToyShop) -> None:
    """What is delivered again changes nothing; when it does, the scenario fails."""
    scene.establish("the payment", "paid")
    scene.deliver_again("the payment", "unchanged")
    Expectation(scene).nothing_more_happens()
    assert ended(scene).status == PASSED
    second_order(shop, scene)
    scene.bench.watchlist.read_again()

    assert scene.record.status == FAILED


def test_acknowledged_at_last(scene: Scene, shop: ToyShop) -> None:
    """Every delivery gets a 2xx, on a retry at the latest."""
    shop.instead = lambda _: answer(409) if len(shop.received) <= 2 else None
    scene.deliver("the payment")
    Expectation(scene).is_acknowledged()

    assert scene.courier.outstanding == 0


def test_never_acknowledged(scene: Scene, shop: ToyShop) -> None:
    """A delivery that never gets one is named."""
    shop.instead = lambda request: answer(409) if b'"type":"charge.succeeded"' in request.body else None
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"none for charge\.succeeded; answered "):
        Expectation(scene).is_acknowledged()


def test_redirected(scene: Scene, shop: ToyShop) -> None:
    """A redirect at the URL as configured is a violation that says where it leads."""
    shop.instead = lambda _: answer(308, (("Location", "/webhook/"),))
    scene.deliver_bare()

    with pytest.raises(ContractViolation, match="saw 308 to /webhook/"):
        Expectation(scene).is_not_redirected()


def test_not_redirected(scene: Scene) -> None:
    """An answer that is no redirect is none."""
    scene.deliver_bare()
    Expectation(scene).is_not_redirected()
    Expectation(scene).is_not_turned_away()

    assert {one.status for one in scene.courier.answers} == {200}


def test_turned_away(scene: Scene, shop: ToyShop) -> None:
    """An endpoint that asks for a login asks for more than the signature."""
    shop.instead = lambda _: answer(401, (("WWW-Authenticate", "Basic"),))
    scene.deliver_bare()

    with pytest.raises(ContractViolation, match="401, asking for a login"):
        Expectation(scene).is_not_turned_away()


def test_refused_for_another_reason(scene: Scene, shop: ToyShop) -> None:
    """What is refused for another reason says nothing about tokens and cookies."""
    shop.instead = refuse(500)
    scene.deliver_bare()

    with pytest.raises(NotTestable, match="refused for another reason"):
        Expectation(scene).is_not_turned_away()


def test_key_is_a_part_of_the_secret(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that takes the secret without its prefix for the key is found out by what it accepts."""
    key = scene.bench.endpoint.secret.reveal().removeprefix("whsec_")
    usual = shop.exchange

    def exchange(endpoint: Any, request: Request) -> Answer:
        return usual(replace(endpoint, secret=type(endpoint.secret)(key)), request)

    monkeypatch.setattr("hookassay.sender.dispatch.exchange", exchange)
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match="what a key without whsec_ signed is accepted"):
        Expectation(scene).is_keyed_by_whole_secret()


@pytest.mark.parametrize(
    ("amount", "currency", "money", "shown", "notes"),
    [
        (500, "usd", "major", 5, 0),
        (500, "usd", "minor", 500, 0),
        (500, "jpy", "major", 500, 0),
        (5120, "kwd", "major", "5.120", 0),
        (500, "isk", "major", 5, 0),
        (500, "isk", "major", 500, 1),
    ],
)
def test_amount(
    staging: Staging,
    shop: ToyShop,
    monkeypatch: pytest.MonkeyPatch,
    amount: int,
    currency: str,
    money: str,
    shown: object,
    notes: int,
) -> None:
    """The amount is right in the declared unit; one that ISO 4217 counts otherwise than Stripe is remarked on."""
    usual = shop.row
    monkeypatch.setattr(shop, "row", lambda session: {**usual(session), "total_amount": shown})
    scene = staging(Settings(orders=OrdersSettings(money=money)))
    scene.cast(amount=amount, currency=currency)
    scene.deliver("the payment")
    Expectation(scene).shows_amount(amount, currency)

    assert len(scene.record.notes) == notes


def test_wrong_amount(scene: Scene) -> None:
    """A zero-decimal amount that was divided by a hundred is a violation."""
    scene.cast(amount=500, currency="jpy")
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"total_amount 500 \(major units of jpy\), saw .*total_amount=5.0"):
        Expectation(scene).shows_amount(500, "jpy")


@pytest.mark.parametrize(("shown", "right"), [(25, True), (10, False)])
def test_its_amount(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch, shown: int, right: bool) -> None:
    """The amount of an order is what its purchase cost, and no other."""
    usual = shop.row
    monkeypatch.setattr(shop, "row", lambda session: {**usual(session), "total_amount": shown})
    scene.cast(amount=2500, currency="usd")
    scene.deliver("the payment")

    with nullcontext() if right else pytest.raises(ContractViolation, match="total_amount 25"):
        Expectation(scene).shows_its_amount()


def test_no_amount(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that shows no amount shows no wrong one."""
    monkeypatch.setattr(shop, "row", lambda session: {"status": "paid", "intent": ""})
    scene.deliver("the payment")

    with pytest.raises(NotTestable, match="shows no total_amount"):
        Expectation(scene).shows_amount(1000, "usd")


def test_no_refunded_amount(scene: Scene) -> None:
    """Where the refunded amount is not shown, it is not judged."""
    with pytest.raises(NotApplicable, match="shows no amount_refunded"):
        Expectation(scene).shows_refunded("300")


@pytest.mark.parametrize(("price", "shown"), [(1000, "3.00"), (250, "0.75")])
def test_refunded_amount(staging: Staging, shop: ToyShop, price: int, shown: str) -> None:
    """So many thousandths of the price are shown as refunded, and go on to be."""
    scene = staging(SHOWING_REFUNDS)
    scene.cast(amount=price)
    scene.deliver("the payment")
    (row,) = shop.orders[scene.role().purchase.session_id]
    row["amount_refunded"] = shown
    Expectation(scene).shows_refunded("300")
    assert ended(scene).status == PASSED
    row["amount_refunded"] = "9.99"
    scene.bench.watchlist.read_again()

    assert (scene.record.status, scene.record.expected) == (FAILED, f"amount_refunded {shown}")


def test_wrong_refunded_amount(staging: Staging, shop: ToyShop) -> None:
    """Another amount than was refunded is a violation."""
    scene = staging(SHOWING_REFUNDS)
    scene.deliver("the payment")
    shop.orders[scene.role().purchase.session_id][0]["amount_refunded"] = "5.00"

    with pytest.raises(ContractViolation, match=r"amount_refunded 3.00, saw .*amount_refunded=5.00"):
        Expectation(scene).shows_refunded("300")


@pytest.mark.parametrize("refused", [set(), {2}])
def test_each_payment_of_a_roll(scene: Scene, shop: ToyShop, refused: set[int]) -> None:
    """Each payment around the rolling of a secret takes effect; one that does not is told by its time."""
    shop.instead = lambda request: answer(400) if header(request).count("v1=") in refused else None
    scene.deliver_through_roll()

    if refused:
        with pytest.raises(ContractViolation, match=r"\(with the new signature after ours\)"):
            Expectation(scene).each_takes_effect()
    else:
        Expectation(scene).each_takes_effect()


def test_partial_again(scene: Scene, shop: ToyShop) -> None:
    """Behind a dispute that was won the partial refund shows as before it."""
    scene.deliver("the payment")
    (row,) = shop.orders[scene.role().purchase.session_id]
    row.update(refund_status="partially_refunded", dispute_status="won")
    Expectation(scene).order_is_partial_again()
    row.update(refund_status="none")

    with pytest.raises(ContractViolation, match="partially refunded"):
        Expectation(scene).order_is_partial_again()


@pytest.mark.parametrize("word", ["partially_refunded", "won"])
def test_partial_again_in_one_column(staging: Staging, shop: ToyShop, word: str) -> None:
    """Where one column shows both, the word for the dispute that was won stands for it as well."""
    columns = {**DEFAULT_COLUMNS, "refund_status": "status", "dispute_status": "status"}
    scene = staging(Settings(orders=OrdersSettings(columns=columns)))
    shop.orders[scene.role().purchase.session_id] = [
        {"status": word, "refund_status": word, "dispute_status": word, "total_amount": 10}
    ]
    Expectation(scene).order_is_partial_again()


@pytest.mark.parametrize(("status", "waits"), [("free", False), ("paid", False), ("pending", True)])
def test_waits_like(scene: Scene, shop: ToyShop, status: str, waits: bool) -> None:
    """An order that needs no payment is not shown as one that waits for it, whatever its word."""
    for name, word in (("it", status), ("the one that waits", "pending")):
        session_id = scene.role(name).purchase.session_id
        shop.orders[session_id] = [{"status": word, "refund_status": "none", "dispute_status": "none"}]

    if waits:
        with pytest.raises(ContractViolation, match="as one that is unpaid"):
            Expectation(scene).does_not_wait_like("the one that waits")
    else:
        Expectation(scene).does_not_wait_like("the one that waits")
        shop.orders[scene.role().purchase.session_id][0]["status"] = "pending"
        assert ended(scene).status == FAILED


@pytest.mark.parametrize(("seconds", "in_time"), [(0.4, True), (0.6, False)])
def test_in_time(staging: Staging, shop: ToyShop, seconds: float, in_time: bool) -> None:
    """Each answer comes within the declared limit."""
    scene = staging(declaring(response_limit=0.5))
    shop.afterwards = lambda given: replace(given, answered_at=given.sent_at + seconds)
    scene.deliver("the payment")

    if in_time:
        Expectation(scene).is_answered_in_time()
    else:
        with pytest.raises(ContractViolation, match=r"each answer within 0.5 s, saw one after 0.6 s"):
            Expectation(scene).is_answered_in_time()


def test_not_waited_for(staging: Staging) -> None:
    """A limit beyond what is waited for cannot be seen to be kept."""
    scene = staging(declaring(response_limit=60.0))
    scene.deliver("the payment")

    with pytest.raises(NotTestable, match="--timeout"):
        Expectation(scene).is_answered_in_time()


def test_barrier(scene: Scene, shop: ToyShop) -> None:
    """The barrier is three genuine purchases of its own, waited for."""
    scene.forge("the payment", FORGERY)
    Expectation(scene).has_no_effect()
    scene.bench.settle_watches()

    assert len(shop.orders) == 3
    assert scene.bench.watchlist.waiting is None
    assert "barriers" in scene.bench.journal.phases


def test_barrier_with_a_broken_reader(scene: Scene, shop: ToyShop) -> None:
    """When orders cannot be read any more, what waited for the barrier is an error and no pass."""
    scene.forge("the payment", FORGERY)
    Expectation(scene).has_no_effect()
    scene.record.end(PASSED)
    shop.failing = HarnessError("HTTP 500")
    scene.bench.settle_watches()

    assert (scene.record.status, scene.record.message) == (ERROR, "HTTP 500")


def test_no_barrier_behind_harm(scene: Scene, shop: ToyShop) -> None:
    """Where the endpoint does not work any more, what waits for a barrier is not testable, and nobody's error."""
    scene.forge("the payment", FORGERY)
    Expectation(scene).has_no_effect()
    scene.record.end(PASSED)
    scene.bench.harmed_by = "FL-03"
    sent = len(shop.received)
    scene.bench.settle_watches()

    assert (scene.record.status, scene.record.message) == (
        NOT_TESTABLE,
        "the endpoint does not work any more (FL-03)",
    )
    assert len(shop.received) == sent
