"""The bench: what is seen between two deliveries, for the report alone."""

from __future__ import annotations

import pytest
from toy_shop import Staging, ToyShop, answer

from hookassay.errors import HarnessError
from hookassay.judging.journal import KEPT_DELIVERIES, Reading
from hookassay.judging.scene import Scene


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy this machine is, the toy shop is read quickly."""
    monkeypatch.setattr("hookassay.orders.book.QUICK", 60.0)


def states(scene: Scene) -> list[list[str]]:
    return [[order.describe() for order in reading.orders] for reading in scene.record.readings]


def after(scene: Scene, reading: Reading) -> str:
    """The type of the last delivery before a reading."""
    return max((one for one in scene.record.deliveries if one.at < reading.at), key=lambda one: one.at).event_type


def test_a_glance_tells_which_delivery_did_it(scene: Scene, shop: ToyShop) -> None:
    """The order is seen as it is before the first delivery, and from the one on that changed it."""
    scene.deliver("the payment")
    before, paid = scene.record.readings

    assert before.orders == ()
    assert after(scene, paid) == "checkout.session.completed"
    assert [order.states for order in paid.orders] == [frozenset({"paid"})]


def test_a_glance_follows_a_forgery(scene: Scene, shop: ToyShop) -> None:
    """What a forgery did is seen at once, and not only behind the barrier."""
    shop.verifies = False
    scene.forge("the payment", "no signature header")

    assert len(scene.record.readings) == 2
    assert after(scene, scene.record.readings[1]) == "checkout.session.completed"


def test_a_slow_reader_is_not_glanced_at(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a reading takes its time, none is made that nobody judges by."""
    monkeypatch.setattr("hookassay.orders.book.QUICK", 0.0)
    scene.deliver("the payment")

    assert states(scene) == [[]]


def test_no_reader_no_glance(staging: Staging) -> None:
    """Without an order reader there is nothing to look at, and nothing goes wrong."""
    scene = staging(readable=False)
    scene.deliver("the payment")

    assert scene.record.readings == []


def test_a_reader_that_breaks_at_a_glance_harms_nothing(scene: Scene, shop: ToyShop) -> None:
    """A glance judges nothing: whoever reads the order to judge tells why that fails."""
    scene.role()
    shop.failing = HarnessError("the database is away")
    scene.deliver("the payment")

    assert len(scene.record.deliveries) == 3


def test_what_is_not_kept_is_not_glanced_at(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the hundredth delivery nothing is kept, so nothing is read for its sake."""
    read: list[str] = []
    role = scene.role()
    monkeypatch.setattr(shop, "read", lambda session_id: read.append(session_id) or ())
    for _ in range(KEPT_DELIVERIES):
        scene.bench.dispatch.send(scene.bench.dispatch.parcel(role.purchase.session_id, role.purchase.paid().events[0]))
    scene.deliver("the payment")

    assert read == []


def test_the_bytes_of_a_delivery_are_evidence(scene: Scene, shop: ToyShop) -> None:
    """What was sent and what came back is kept as it was, for whoever writes a report."""
    shop.afterwards = lambda _: answer(200, body=b"thanks")
    scene.deliver("the payment")
    traffic = scene.record.deliveries[0].traffic

    assert traffic is not None
    assert traffic.request is shop.received[0]
    assert traffic.body == b"thanks"
    assert (traffic.authority, traffic.target) == ("127.0.0.1:9", "/webhook")


@pytest.mark.parametrize("status", [200, 400, 500])
def test_responds(scene: Scene, shop: ToyShop, status: int) -> None:
    """Whatever a genuine delivery is answered, the endpoint responds; it is about a purchase of its own."""
    shop.instead = lambda _: answer(status)
    assert scene.bench.responds()

    assert len(shop.received) == len(scene.bench.journal.created) == 1


def test_does_not_respond(scene: Scene, shop: ToyShop) -> None:
    """Where a genuine delivery is not answered, it does not, and it is not asked again."""
    shop.instead = lambda _: answer(None, problem="no answer within 10 s")
    assert not scene.bench.responds()
    assert len(shop.received) == 1


def test_started_anew(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listened a moment ago, a worker may just be starting: it is asked again."""
    monkeypatch.setattr("hookassay.judging.bench.RETRIES", (0.001, 0.001))
    scene.bench.dispatch.patience.turned_away()
    answers = iter([answer(None, problem="connection refused"), answer(200)])
    shop.instead = lambda _: next(answers)
    assert scene.bench.responds()
