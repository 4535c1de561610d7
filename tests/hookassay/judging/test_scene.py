"""What a scenario does and sees, against a shop of a few lines that is honest unless it is told otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from toy_shop import ToyShop, answer, bench

from hookassay.config import EffectsSettings, EndpointSettings, OrdersSettings, PurchaseSettings, Settings
from hookassay.errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from hookassay.judging.journal import ERROR, FAILED, PASSED, ScenarioRecord
from hookassay.judging.scene import Scene
from hookassay.sender.signature import DAY_OLD
from hookassay.wire.connection import Answer, Request

DAY = 86_400
FORGERY = "the signature of another secret"

Staging = Callable[..., Scene]


@pytest.fixture
def shop() -> ToyShop:
    return ToyShop()


@pytest.fixture
def staging(shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> Staging:
    """Makes the scene of a run with these settings."""

    def stage(settings: Settings | None = None, **options: Any) -> Scene:
        the_bench = bench(shop, monkeypatch, settings, **options)
        return Scene(the_bench, the_bench.journal.open("RP-03", "a scenario"))

    return stage


@pytest.fixture
def scene(staging: Staging) -> Scene:
    return staging()


def ended(scene: Scene) -> ScenarioRecord:
    """The scenario's record after it passed so far, and what it left to be watched was read."""
    scene.record.end(PASSED)
    scene.bench.watchlist.settle(lambda _: None)
    return scene.record


def declaring(**endpoint: Any) -> Settings:
    return Settings(endpoint=EndpointSettings(**endpoint))


def types_sent(shop: ToyShop) -> list[str]:
    return [json.loads(request.body)["type"] for request in shop.received]


def refuse(status: int = 400) -> Callable[[Request], Answer | None]:
    return lambda _: answer(status)


def second_order(shop: ToyShop, scene: Scene) -> None:
    session_id = scene.role().purchase.session_id
    shop.orders[session_id].append(dict(shop.orders[session_id][0]))


# --- it takes effect --------------------------------------------------------------------------------------------------


def test_takes_effect(scene: Scene) -> None:
    """A delivery that is acknowledged and shows in the orders has taken effect."""
    scene.deliver("the payment")
    scene.takes_effect()


def test_takes_no_effect(scene: Scene, shop: ToyShop) -> None:
    """A delivery that is acknowledged and shows nowhere has not."""
    shop.instead = refuse(200)
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"no order, as before it; answered 200 \(\d times\)"):
        scene.takes_effect()


def test_effect_without_acknowledgement(scene: Scene, shop: ToyShop) -> None:
    """An effect under nothing but refusals is a violation: Stripe would go on for three days."""
    shop.afterwards = lambda _: answer(500)
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match="a 2xx on some attempt"):
        scene.takes_effect()


def test_accepted_on_a_retry(scene: Scene, shop: ToyShop) -> None:
    """An endpoint that refuses once and accepts the retry is as good as any."""
    shop.instead = lambda _: answer(503) if len(shop.received) <= 3 else None
    scene.deliver("the payment")
    scene.takes_effect()


@pytest.mark.parametrize("status", [200, 500])
def test_wire_only(staging: Staging, shop: ToyShop, status: int) -> None:
    """Without an order reader the acknowledgement alone is judged."""
    scene = staging(readable=False)
    shop.instead = refuse(status)
    scene.deliver("the payment")

    if status == 200:
        scene.takes_effect()
    else:
        with pytest.raises(ContractViolation, match="a 2xx on some attempt"):
            scene.takes_effect()


# --- the scene is set -------------------------------------------------------------------------------------------------


def test_established(scene: Scene) -> None:
    """What set the scene is the state that what follows is compared with."""
    scene.establish("the payment", "paid")

    assert len(scene.role().before) == 1
    assert scene.role().past == ["the payment"]


@pytest.mark.parametrize(
    ("facts", "promised_by"),
    [
        ([("the payment", "paid")], "OR-01"),
        ([("the payment", "paid"), ("a full refund", "refunded")], "RF-01"),
        ([("the payment", "paid"), ("a dispute", "disputed")], "DP-01"),
    ],
)
def test_not_established(scene: Scene, shop: ToyShop, facts: list[tuple[str, str]], promised_by: str) -> None:
    """A scene that cannot be set is no violation; it rests on the clause that promises what is missing."""
    *before, last = facts
    for fact in before:
        scene.establish(*fact)
    shop.instead = refuse()

    with pytest.raises(HarnessError, match="the scene could not be set"):
        scene.establish(*last)
    assert scene.record.rests_on == promised_by


def test_control(scene: Scene, shop: ToyShop) -> None:
    """The control is another purchase than the one that the scenario is about."""
    scene.control("a full refund", "refunded")

    assert scene.role().purchase.session_id not in shop.orders
    assert len(shop.orders) == 1


# --- what is delivered ------------------------------------------------------------------------------------------------


def test_not_subscribed(staging: Staging, shop: ToyShop) -> None:
    """A fact of whose events none is subscribed to does not apply, and nothing is sent."""
    scene = staging(declaring(events=("charge.refunded",)))

    with pytest.raises(NotApplicable, match=r"not subscribed to .*checkout\.session\.completed"):
        scene.deliver("the payment")
    assert shop.received == []


@pytest.mark.parametrize("signing", ["a timestamp four minutes old", "a timestamp ten seconds old"])
def test_beyond_tolerance(staging: Staging, signing: str) -> None:
    """A delivery older than the declared tolerance does not apply; within it, it does."""
    with pytest.raises(NotApplicable, match="declares a tolerance of 60 s"):
        staging(declaring(tolerance=60)).deliver("the payment", signing=signing)
    staging(declaring(tolerance=300)).deliver("the payment", signing=signing)


@pytest.mark.parametrize(
    ("how", "ids", "bodies"),
    [("unchanged", 1, 1), ("as other events", 3, 3), ("with another count of pending webhooks", 1, 2)],
)
def test_again(staging: Staging, shop: ToyShop, how: str, ids: int, bodies: int) -> None:
    """A fact is delivered twice more: the same event, other events, or the same in other bytes."""
    scene = staging(declaring(events=("checkout.session.completed",)))
    scene.establish("the payment", "paid")
    scene.deliver_again("the payment", how)

    assert len({json.loads(request.body)["id"] for request in shop.received}) == ids
    assert len({request.body for request in shop.received}) == bodies
    assert len(shop.received) == 3


def test_byte_for_byte(scene: Scene, shop: ToyShop) -> None:
    """Each event goes out twice, with the very header and bytes of the first time."""
    scene.deliver_bytes_twice("the payment")

    assert shop.received[::2] == shop.received[1::2]


def test_types_in_order(scene: Scene, shop: ToyShop) -> None:
    """Reports of one payment are delivered in the order that is asked for."""
    types = ["charge.succeeded", "checkout.session.async_payment_succeeded", "checkout.session.completed"]
    scene.deliver_types(types)

    assert types_sent(shop) == types


def test_in_turn(scene: Scene, shop: ToyShop) -> None:
    """Two purchases' events are delivered one of each in turn."""
    scene.cast()
    scene.cast_twin("the other")
    scene.deliver_in_turn("the payment", ("it", "the other"))

    sent = types_sent(shop)
    assert sent[::2] == sent[1::2]
    assert len(shop.orders) == 2


def test_twins(scene: Scene) -> None:
    """The other purchase has the same customer, amount and second, and ids of its own."""
    first, second = scene.cast().purchase, scene.cast_twin("the other").purchase

    assert (first.customer, first.amount, first.created) == (second.customer, second.amount, second.created)
    assert first.session_id != second.session_id


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
    scene.takes_effect()


def test_needed_field(staging: Staging) -> None:
    """What the shop declares that it needs is never nulled."""
    scene = staging(Settings(purchase=PurchaseSettings(metadata={"user_id": "42"})))

    with pytest.raises(NotApplicable, match="declares that it needs metadata"):
        scene.cast_with("metadata", "null")


def test_subscription_is_declared(staging: Staging) -> None:
    """A subscription is sold only to a shop that declares them."""
    with pytest.raises(NotApplicable, match="does not declare subscriptions"):
        staging().cast_subscription()


def test_written_down_for_clean_up(scene: Scene) -> None:
    """Every purchase is written down, those too that the shop is never told of."""
    scene.cast()
    scene.cast_unannounced("the stranger")

    assert len(scene.bench.journal.created) == 2


def test_shop_creates_the_order(scene: Scene) -> None:
    """Where the shop makes the order, it is made when the purchase is issued; not for a stranger, nor for a set-up."""
    made: list[object] = []
    scene.bench.create = lambda values: made.append(values["session_id"])
    purchase = scene.cast().purchase
    scene.cast_unannounced("the stranger")
    scene.cast("a card kept", mode="setup")

    assert made == [purchase.session_id]


# --- what is forged ---------------------------------------------------------------------------------------------------


def test_forged_once(scene: Scene, shop: ToyShop) -> None:
    """A forgery is one attempt for each event, and is not tried again whatever it was answered."""
    scene.forge("the payment", FORGERY)
    scene.courier.pump(last=True)

    assert len(shop.received) == len(scene.role().purchase.paid())
    assert (scene.courier.outstanding, scene.courier.acknowledgements) == (0, 0)


@pytest.mark.parametrize("forgery", DAY_OLD)
def test_tolerance_of_a_day(staging: Staging, forgery: str) -> None:
    """An endpoint that declares to accept what is a day old may accept what is a day old."""
    with pytest.raises(NotApplicable, match="a tolerance of 86400 s"):
        staging(declaring(tolerance=DAY)).forge("the payment", forgery)


def test_no_tolerance(scene: Scene) -> None:
    """What lies past the declared tolerance does not apply where none is declared."""
    with pytest.raises(NotApplicable, match="no tolerance is declared"):
        scene.forge("the payment", "a signature a minute past the declared tolerance")


def test_forgery_without_effect(scene: Scene) -> None:
    """A forgery that is refused and changes nothing passes, now and at the end."""
    scene.forge("the payment", FORGERY)
    scene.has_no_effect()

    assert ended(scene).status == PASSED


def test_forgery_with_effect(scene: Scene, shop: ToyShop) -> None:
    """A forgery that makes an order fails its scenario."""
    shop.verifies = False
    scene.forge("the payment", FORGERY)
    scene.has_no_effect()
    record = ended(scene)

    assert (record.status, record.expected) == (FAILED, "no effect: no order, as before")
    assert record.seen.startswith("one order (status=paid")


def test_forgery_with_late_effect(scene: Scene, shop: ToyShop) -> None:
    """An effect that shows only behind the barrier is seen."""
    scene.forge("the payment", FORGERY)
    scene.has_no_effect()
    shop.orders[scene.role().purchase.session_id] = [{"status": "paid", "intent": ""}]

    assert ended(scene).status == FAILED


def test_forged_news_of_a_paid_order(scene: Scene, shop: ToyShop) -> None:
    """What was paid stays as it was, and a forged refund that shows is a violation."""
    scene.establish("the payment", "paid")
    shop.verifies = False
    scene.forge("a full refund", FORGERY)
    scene.has_no_effect()
    record = ended(scene)

    assert "refund_status=refunded" in record.seen


def test_forged_then_genuine(scene: Scene) -> None:
    """When the genuine event follows, the orders may change: what was watched is watched no more."""
    scene.forge("the payment", FORGERY)
    scene.has_no_effect()
    scene.deliver("the payment")
    scene.takes_effect()

    assert ended(scene).status == PASSED


@pytest.mark.parametrize(("status", "raises"), [(200, True), (400, False)])
def test_forgery_wire_only(staging: Staging, shop: ToyShop, status: int, raises: bool) -> None:
    """Without an order reader a refusal is all that can be seen, and a 2xx proves nothing."""
    scene = staging(readable=False)
    shop.instead = refuse(status)
    scene.forge("the payment", FORGERY)

    if raises:
        with pytest.raises(NotTestable, match="--orders"):
            scene.has_no_effect()
    else:
        scene.has_no_effect()


@pytest.mark.parametrize("status", [200, 204, 302])
def test_not_refused(scene: Scene, shop: ToyShop, status: int) -> None:
    """A 2xx or 3xx refuses nothing."""
    shop.instead = refuse(status)
    scene.forge("the payment", FORGERY)

    with pytest.raises(ContractViolation, match="a status that refuses"):
        scene.is_refused()


@pytest.mark.parametrize(("status", "notes"), [(400, 0), (401, 0), (404, 0), (500, 1), (None, 1)])
def test_refused(scene: Scene, shop: ToyShop, status: int | None, notes: int) -> None:
    """Any 4xx refuses; a 5xx or no answer refuses too, and is remarked on."""
    shop.instead = lambda _: answer(status, problem="" if status else "no answer within 2 s")
    scene.forge("the payment", FORGERY)
    scene.is_refused()

    assert len(scene.record.notes) == notes


def test_twin(scene: Scene, shop: ToyShop) -> None:
    """What was forged takes effect when it is honest and for another purchase, all that was before it included."""
    scene.establish("the payment", "paid")
    scene.forge("a full refund", FORGERY)
    scene.twin_takes_effect()
    rows = [row for rows in shop.orders.values() for row in rows]

    assert sorted(row["refund_status"] for row in rows) == ["none", "refunded"]


def test_twin_is_refused_too(scene: Scene, shop: ToyShop) -> None:
    """Where the honest twin has no effect either, the forgery's having none proves nothing: it rests on SG-01."""
    shop.instead = refuse()
    scene.forge("the payment", FORGERY)

    with pytest.raises(HarnessError, match="the honest twin of the forgery was not accepted"):
        scene.twin_takes_effect()
    assert scene.record.rests_on == "SG-01"


# --- an instance without a secret -------------------------------------------------------------------------------------

WITHOUT_SECRET = "http://127.0.0.1:8/webhook"


def test_without_secret_accepts(staging: Staging, shop: ToyShop) -> None:
    """An instance without its secret that acknowledges is a violation."""
    scene = staging(declaring(url_without_secret=WITHOUT_SECRET))
    shop.instead = refuse(200)

    with pytest.raises(ContractViolation, match="an answer other than 2xx"):
        scene.forge_without_secret("the payment", "no signature header")


@pytest.mark.parametrize("intended", [True, False])
def test_without_secret_does_not_start(staging: Staging, shop: ToyShop, intended: bool) -> None:
    """That nothing listens there is a pass only where the user says that it is intended."""
    scene = staging(declaring(url_without_secret=WITHOUT_SECRET, refuses_to_start=intended))
    shop.instead = lambda _: answer(None, problem="connection refused")

    if intended:
        scene.forge_without_secret("the payment", "no signature header")
        assert "as declared (refuses_to_start)" in scene.record.notes[0]
    else:
        with pytest.raises(NotTestable, match="refuses_to_start = true"):
            scene.forge_without_secret("the payment", "no signature header")


# --- what the order is ------------------------------------------------------------------------------------------------


def test_order_is(scene: Scene) -> None:
    """The order comes into the state, and stays in it."""
    scene.deliver("the payment")
    scene.order_is("paid")

    assert ended(scene).status == PASSED


def test_order_is_not(scene: Scene, shop: ToyShop) -> None:
    """An order that never comes into the state is a violation, told in the implementation's own words."""
    shop.instead = refuse(200)
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"paid: an order with status paid/complete, within .* saw no order"):
        scene.order_is("paid")


def test_order_does_not_stay(scene: Scene, shop: ToyShop) -> None:
    """An order that leaves the state again fails its scenario."""
    scene.deliver("the payment")
    scene.order_is("paid")
    shop.orders.clear()
    record = ended(scene)

    assert (record.status, record.seen) == (FAILED, "no order later")


def test_word_that_nobody_declared(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is in nobody's vocabulary is told with the setting that may explain it."""
    usual = shop.row
    monkeypatch.setattr(shop, "row", lambda session: {**usual(session), "status": "settled"})
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"If 'settled' is this shop's word .* \[orders.values\]"):
        scene.order_is("paid")


def test_exactly_once(scene: Scene) -> None:
    """One order is one."""
    scene.deliver("the payment")
    scene.happened_once()

    assert ended(scene).status == PASSED


def test_two_orders(scene: Scene, shop: ToyShop) -> None:
    """Two orders are one too many, at once or behind the barrier."""
    scene.deliver("the payment")
    scene.happened_once()
    second_order(shop, scene)
    with pytest.raises(ContractViolation, match="exactly one order, saw 2 orders"):
        scene.happened_once()

    assert ended(scene).status == FAILED


def test_reader_of_one_row(scene: Scene, shop: ToyShop) -> None:
    """Where a second order would not be seen, uniqueness is not testable."""
    shop.many = False
    scene.deliver("the payment")

    with pytest.raises(NotTestable, match="yields one row"):
        scene.happened_once()


@pytest.mark.parametrize("count", [1, 2])
def test_effects(staging: Staging, shop: ToyShop, count: int) -> None:
    """A counter of effects judges what a single row cannot show."""
    shop.many = False
    scene = staging(Settings(effects=EffectsSettings(count="cmd:count")))
    scene.bench.effects = lambda values: count
    scene.deliver("the payment")

    if count == 1:
        scene.happened_once()
    else:
        with pytest.raises(ContractViolation, match=r"exactly one effect .* saw 2 effects"):
            scene.happened_once()


def test_nothing_more(scene: Scene, shop: ToyShop) -> None:
    """What is delivered again changes nothing; when it does, the scenario fails."""
    scene.establish("the payment", "paid")
    scene.deliver_again("the payment", "unchanged")
    scene.nothing_more_happens()
    assert ended(scene).status == PASSED
    second_order(shop, scene)
    scene.bench.watchlist.read_again()

    assert scene.record.status == FAILED


def test_acknowledged_at_last(scene: Scene, shop: ToyShop) -> None:
    """Every delivery gets a 2xx, on a retry at the latest."""
    shop.instead = lambda _: answer(409) if len(shop.received) <= 2 else None
    scene.deliver("the payment")
    scene.is_acknowledged()


def test_never_acknowledged(scene: Scene, shop: ToyShop) -> None:
    """A delivery that never gets one is named."""
    shop.instead = lambda request: answer(409) if b'"type":"charge.succeeded"' in request.body else None
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"none for charge\.succeeded; answered "):
        scene.is_acknowledged()


def test_redirected(scene: Scene, shop: ToyShop) -> None:
    """A redirect at the URL as configured is a violation that says where it leads."""
    shop.instead = lambda _: answer(308, (("Location", "/webhook/"),))
    scene.deliver_bare()

    with pytest.raises(ContractViolation, match="saw 308 to /webhook/"):
        scene.is_not_redirected()


def test_not_redirected(scene: Scene) -> None:
    """An answer that is no redirect is none."""
    scene.deliver_bare()
    scene.is_not_redirected()
    scene.is_not_turned_away()


def test_turned_away(scene: Scene, shop: ToyShop) -> None:
    """An endpoint that asks for a login asks for more than the signature."""
    shop.instead = lambda _: answer(401, (("WWW-Authenticate", "Basic"),))
    scene.deliver_bare()

    with pytest.raises(ContractViolation, match="401, asking for a login"):
        scene.is_not_turned_away()


def test_refused_for_another_reason(scene: Scene, shop: ToyShop) -> None:
    """What is refused for another reason says nothing about tokens and cookies."""
    shop.instead = refuse(500)
    scene.deliver_bare()

    with pytest.raises(NotTestable, match="refused for another reason"):
        scene.is_not_turned_away()


def test_key_is_a_part_of_the_secret(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that takes the secret without its prefix for the key is found out by what it accepts."""
    key = scene.bench.endpoint.secret.reveal().removeprefix("whsec_")
    usual = shop.exchange

    def exchange(endpoint: Any, request: Request) -> Answer:
        return usual(replace(endpoint, secret=type(endpoint.secret)(key)), request)

    monkeypatch.setattr("hookassay.sender.dispatch.exchange", exchange)
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match="what a key without whsec_ signed is accepted"):
        scene.is_keyed_by_whole_secret()


# --- amounts ----------------------------------------------------------------------------------------------------------


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
    scene.shows_amount(amount, currency)

    assert len(scene.record.notes) == notes


def test_wrong_amount(scene: Scene) -> None:
    """A zero-decimal amount that was divided by a hundred is a violation."""
    scene.cast(amount=500, currency="jpy")
    scene.deliver("the payment")

    with pytest.raises(ContractViolation, match=r"total_amount 500 \(major units\), saw .*total_amount=5.0"):
        scene.shows_amount(500, "jpy")


def test_no_amount(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that shows no amount shows no wrong one."""
    monkeypatch.setattr(shop, "row", lambda session: {"status": "paid", "intent": ""})
    scene.deliver("the payment")

    with pytest.raises(NotTestable, match="shows no total_amount"):
        scene.shows_amount(1000, "usd")


def test_no_refunded_amount(scene: Scene) -> None:
    """Where the refunded amount is not shown, it is not judged."""
    with pytest.raises(NotApplicable, match="shows no amount_refunded"):
        scene.shows_refunded(300)


# --- barriers ---------------------------------------------------------------------------------------------------------


def test_barrier(scene: Scene, shop: ToyShop) -> None:
    """The barrier is three genuine purchases of its own, waited for."""
    scene.forge("the payment", FORGERY)
    scene.has_no_effect()
    scene.bench.settle_watches()

    assert len(shop.orders) == 3
    assert scene.bench.watchlist.waiting is None
    assert "barriers" in scene.bench.journal.phases


def test_barrier_with_a_broken_reader(scene: Scene, shop: ToyShop) -> None:
    """When orders cannot be read any more, what waited for the barrier is an error and no pass."""
    scene.forge("the payment", FORGERY)
    scene.has_no_effect()
    scene.record.end(PASSED)
    shop.failing = HarnessError("HTTP 500")
    scene.bench.settle_watches()

    assert (scene.record.status, scene.record.message) == (ERROR, "HTTP 500")


def test_no_barrier_for_nothing(scene: Scene, shop: ToyShop) -> None:
    """Where nothing waits for it, no barrier is sent."""
    scene.bench.settle_watches()

    assert shop.received == []
