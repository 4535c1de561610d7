"""What a scenario does: how its scene is set, and what is delivered and forged."""

from __future__ import annotations

import json

import pytest
from toy_shop import Staging, ToyShop, answer, declaring, refuse, types_sent

from hookassay.config import PurchaseSettings, Settings
from hookassay.errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from hookassay.judging.scene import Scene
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
