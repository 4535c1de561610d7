"""What a scenario does: how its scene is set, and what is delivered and forged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from toy_shop import Staging, ToyShop, answer, declaring, refuse, types_sent

from hookassay.config import FaultsSettings, Settings
from hookassay.errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from hookassay.judging.scene import Scene
from hookassay.sender.dispatch import STRIPE_HEADERS
from hookassay.sender.signature import DAY_OLD

DAY = 86_400
FORGERY = "the signature of another secret"
WITHOUT_SECRET = "http://127.0.0.1:8/webhook"


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
    scene.cast("the other")
    scene.deliver_in_turn("the payment", ("it", "the other"))

    sent = types_sent(shop)
    assert sent[::2] == sent[1::2]
    assert len(shop.orders) == 2


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


def test_varied(scene: Scene, shop: ToyShop) -> None:
    """Every event of a fact is delivered in the variation that is asked for."""
    scene.deliver("the payment", variation="no request")

    assert [json.loads(request.body)["request"] for request in shop.received] == [None] * 3


def test_large(scene: Scene, shop: ToyShop) -> None:
    """Every body has exactly the size that is asked for, and means the same."""
    scene.deliver_large("the payment", 262_144)

    assert {len(request.body) for request in shop.received} == {262_144}
    assert list(shop.orders) == [scene.role().purchase.session_id]


@pytest.mark.parametrize("declared", [262_143, 262_144])
def test_larger_than_declared(staging: Staging, declared: int) -> None:
    """What is larger than the endpoint declares to accept is not sent."""
    scene = staging(declaring(max_body=declared))

    if declared < 262_144:
        with pytest.raises(NotApplicable, match="max_body = 262143"):
            scene.deliver_large("the payment", 262_144)
    else:
        scene.deliver_large("the payment", 262_144)


def test_as_stripe(scene: Scene, shop: ToyShop) -> None:
    """Deliveries and their retries carry the headers that Stripe's servers send."""
    shop.instead = lambda _: answer(503) if len(shop.received) == 1 else None
    scene.deliver_as_stripe("the payment")
    scene.courier.pump(last=True)

    assert {request.headers[: len(STRIPE_HEADERS)] for request in shop.received} == {STRIPE_HEADERS}
    assert len(shop.received) == 4


def test_nothing_is_refused_early(scene: Scene) -> None:
    """An endpoint that refuses no early event cannot be seen to forget one."""
    scene.tell("the payment")

    with pytest.raises(NotApplicable, match="no early event is refused"):
        scene.deliver_refused("a full refund")


def test_refused_early(scene: Scene, shop: ToyShop) -> None:
    """One that refuses some goes on to be judged."""
    shop.instead = lambda _: answer(409) if len(shop.received) == 1 else None
    scene.tell("the payment")
    scene.deliver_refused("a full refund")

    assert scene.courier.outstanding == 0


def test_store_down(staging: Staging, shop: ToyShop, tmp_path: Path) -> None:
    """The store is away for the first attempts, and back for the retries."""
    down = tmp_path / "down"
    scene = staging(Settings(folder=tmp_path, faults=FaultsSettings(store_down="touch down", store_up="rm down")))
    shop.instead = lambda _: answer(503) if down.exists() else None
    scene.deliver_without_store("the payment")
    firsts = [one.status for one in scene.courier.answers]
    scene.courier.pump(last=True)

    assert set(firsts) == {503}
    assert scene.courier.outstanding == 0


def test_store_is_not_looked_at_while_it_is_down(
    staging: Staging, shop: ToyShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is made and read before the store goes, and no connection of ours keeps it from going."""
    down = tmp_path / "down"
    scene = staging(Settings(folder=tmp_path, faults=FaultsSettings(store_down="touch down", store_up="rm down")))
    events: list[tuple[str, bool]] = []
    scene.bench.create = lambda _: events.append(("made", down.exists()))
    scene.bench.rest = lambda: events.append(("closed", down.exists()))
    read = shop.read
    monkeypatch.setattr(shop, "read", lambda session_id: events.append(("read", down.exists())) or read(session_id))
    scene.deliver_without_store("the payment")

    assert events == [("made", False), ("read", False), ("closed", False)]


def test_store_up_whatever_happens(staging: Staging, tmp_path: Path) -> None:
    """The store is given back although nothing could be delivered."""
    faults = FaultsSettings(store_down="touch down", store_up="rm down")
    scene = staging(Settings(folder=tmp_path, faults=faults, endpoint=declaring(events=()).endpoint))

    with pytest.raises(NotApplicable):
        scene.deliver_without_store("the payment")
    assert not (tmp_path / "down").exists()


@pytest.mark.parametrize("faults", [{}, {"store_down": "true"}, {"store_up": "true"}])
def test_no_faults(staging: Staging, shop: ToyShop, faults: dict[str, str]) -> None:
    """Without the commands that take the store away and give it back nothing is sent."""
    scene = staging(Settings(faults=FaultsSettings(**faults)))

    with pytest.raises(NotApplicable, match="store_down and store_up"):
        scene.deliver_without_store("the payment")
    assert shop.received == []


def test_fault_that_fails(staging: Staging, shop: ToyShop) -> None:
    """A command that fails is an error of the run's, and nothing is delivered."""
    scene = staging(Settings(faults=FaultsSettings(store_down="false", store_up="true")))

    with pytest.raises(HarnessError, match="false"):
        scene.deliver_without_store("the payment")
    assert shop.received == []


def test_roll(staging: Staging, shop: ToyShop) -> None:
    """A payment each is signed with one secret before and after the roll, and with two while it lasts, ours in turn."""
    scene = staging(declaring(events=("checkout.session.completed",)))
    scene.deliver_through_roll()
    headers = [dict(request.headers)["Stripe-Signature"] for request in shop.received]

    assert [header.count("v1=") for header in headers] == [1, 2, 2, 1]
    assert len(shop.orders) == 4


def test_other_method(scene: Scene, shop: ToyShop) -> None:
    """A method is tried once for each event, rightly signed, and never retried."""
    shop.instead = refuse(405)
    scene.send_by("PATCH", "the payment")
    scene.courier.pump(last=True)

    assert [request.method for request in shop.received] == ["PATCH"] * 3
    assert [one.status for one in scene.forged] == [405] * 3
    assert all("Stripe-Signature" in dict(request.headers) for request in shop.received)


def test_unknown_refund(scene: Scene, shop: ToyShop) -> None:
    """A refund of a payment that no order knows is reported, by the same customer, and nothing of the payment."""
    scene.cast()
    scene.deliver_unknown_refund()
    refunds = [json.loads(request.body)["data"]["object"] for request in shop.received]

    assert refunds
    assert scene.role().purchase.payment_intent not in str(refunds)
    assert scene.role("the stranger").purchase.customer == scene.role().purchase.customer


def test_settles_without_an_effect(scene: Scene, shop: ToyShop) -> None:
    """What need not show at all settles as well, and belongs to the scene."""
    shop.instead = refuse(200)
    scene.let_settle("a declined attempt")

    assert scene.role().past == ["a declined attempt"]


def test_shown(scene: Scene) -> None:
    """A state that the shop has belongs to the scene."""
    scene.establish("the payment", "paid")
    scene.let_show("a full refund", "refunded")

    assert scene.role().past == ["the payment", "a full refund"]


def test_not_shown(scene: Scene, shop: ToyShop) -> None:
    """Where the shop has no such state, what is about it does not apply."""
    scene.establish("the payment", "paid")
    shop.instead = refuse(200)

    with pytest.raises(NotApplicable, match="a full refund does not make the order refunded"):
        scene.let_show("a full refund", "refunded")


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


def test_forgery_turned_away_for_its_rate(scene: Scene, shop: ToyShop) -> None:
    """A forgery answered 429 was not looked at: a fresh one is made, until it is."""
    statuses = iter([429, 429])
    shop.instead = lambda _: next((answer(status) for status in statuses), None)
    scene.forge("the payment", FORGERY)

    assert [forged.status for forged in scene.forged] == [400, 400, 400]
    assert len(shop.received) == 5


def test_every_forgery_turned_away_for_its_rate(scene: Scene, shop: ToyShop) -> None:
    """Where no forgery is ever looked at, nothing can be said."""
    shop.instead = lambda _: answer(429, (("Retry-After", "60"),))

    with pytest.raises(NotTestable, match="--rate"):
        scene.forge("the payment", FORGERY)


def test_no_tolerance(scene: Scene) -> None:
    """What lies past the declared tolerance does not apply where none is declared."""
    with pytest.raises(NotApplicable, match="no tolerance is declared"):
        scene.forge("the payment", "a signature a minute past the declared tolerance")


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


def test_no_barrier_for_nothing(scene: Scene, shop: ToyShop) -> None:
    """Where nothing waits for it, no barrier is sent."""
    scene.bench.settle_watches()

    assert shop.received == []
