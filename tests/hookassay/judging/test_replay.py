"""Recordings delivered again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from results import clause, result
from toy_shop import ToyShop, answer

from hookassay.judging.recording import Recording
from hookassay.judging.replay import Replay, Replayed
from hookassay.judging.scene import Scene

RUN, OTHER = "a1b2c3d4", "0f9e8d7c"

Again = Callable[..., Replayed]


@pytest.fixture
def again(scene: Scene) -> Again:
    """Delivers again what was delivered in the scene so far."""

    def replay(**changes: object) -> Replayed:
        found = Recording.of(clause("OO-01"), scene.record, result(run=RUN, settle=0.03))
        assert found is not None
        return Replay(scene.bench).run(replace(found, **changes), OTHER)  # type: ignore[arg-type]

    return replay


def types(replayed: Replayed) -> list[str]:
    return [delivery.event_type for delivery in replayed.record.deliveries]


def test_the_same_about_another_purchase(scene: Scene, shop: ToyShop, again: Again) -> None:
    """The same is delivered in the same order, and makes an order of its own."""
    scene.deliver("the payment")
    scene.deliver("a full refund")
    sent = [delivery.event_type for delivery in scene.record.deliveries]
    replayed = again()

    assert types(replayed) == sent
    assert len(shop.orders) == 2
    ((order,),) = replayed.orders.values()
    assert "refund_status=refunded" in order.describe()


def test_signatures_are_fresh(scene: Scene, shop: ToyShop, again: Again) -> None:
    """What is delivered again is accepted by whoever verifies, and what was forged is forged anew."""
    scene.deliver("the payment")
    scene.forge("a full refund", "half a signature")
    replayed = again()

    statuses = {(one.signing, one.status) for one in replayed.record.deliveries}
    assert statuses == {("honest", 200), ("half a signature", 400)}


def test_a_volley_leaves_at_once(scene: Scene, again: Again, monkeypatch: pytest.MonkeyPatch) -> None:
    """What left together leaves together again."""
    event = scene.tell("the payment").events[-1]
    dispatch = scene.bench.dispatch
    dispatch.fire([dispatch.parcel(scene.role().purchase.session_id, event)] * 3, 0.01)
    fired: list[int] = []
    fire = dispatch.fire
    monkeypatch.setattr(dispatch, "fire", lambda parcels, hold: fired.append(len(parcels)) or fire(parcels, hold))
    again()

    assert fired == [3]


def test_an_answer_that_got_lost_is_lost_again(scene: Scene, again: Again) -> None:
    """What was sent again although it was acknowledged is sent again."""
    role = scene.role()
    (event,) = scene.tell("the payment's checkout.session.completed")
    scene.courier.deliver(role.purchase.session_id, [event], lost=True)
    scene.courier.pump(last=True)

    assert types(again()) == ["checkout.session.completed"] * 2


def test_a_needless_retry_is_left_out(scene: Scene, shop: ToyShop, again: Again) -> None:
    """What was refused then and is accepted now is not sent again."""
    role = scene.role()
    (event,) = scene.tell("the payment's checkout.session.completed")
    shop.instead = lambda _: answer(500)
    scene.courier.deliver(role.purchase.session_id, [event])
    shop.instead = lambda _: None
    scene.courier.pump(last=True)

    assert types(again()) == ["checkout.session.completed"]


def test_what_is_refused_is_retried(scene: Scene, shop: ToyShop, again: Again) -> None:
    """What is not acknowledged in the end is retried, while the order has its time to settle."""
    scene.deliver("the payment")
    refused = iter([answer(500)])
    shop.instead = lambda _: next(refused, None)
    replayed = again()

    assert [one.attempt for one in replayed.record.deliveries] == [1, 1, 1, 2]
    assert all(replayed.orders.values())


def test_forgeries_are_never_retried(scene: Scene, again: Again) -> None:
    """A forgery is one attempt, however it is answered."""
    scene.forge("the payment", "half a signature")

    assert len(again().record.deliveries) == 3


def test_the_shop_creates_its_orders(scene: Scene, again: Again) -> None:
    """Where the shop creates the order, it does so for the fresh purchase."""
    scene.deliver("the payment")
    created: list[str] = []
    scene.bench.create = lambda placeholders: created.append(placeholders["session_id"])
    replayed = again()

    assert created == list(replayed.orders)
    assert OTHER in created[0]


def test_effects_are_counted(scene: Scene, again: Again) -> None:
    """Where effects are counted, the fresh purchase's are."""
    scene.deliver("the payment")
    scene.bench.effects = lambda _: 2

    assert list(again().effects.values()) == [2]


def test_nothing_answers(scene: Scene, shop: ToyShop, again: Again) -> None:
    """A replay that got no answer at all is known as such."""
    scene.deliver("the payment")
    shop.instead = lambda _: answer(None, problem="connection refused")

    assert not again().answered
