"""What could harm an endpoint, and whether it still works."""

from __future__ import annotations

import json

import pytest
from toy_shop import Staging, ToyShop, answer, declaring, refuse, types_sent

from hookassay.errors import ContractViolation, NotApplicable, NotTestable, Unanswered
from hookassay.judging import failure
from hookassay.judging.expectation import Expectation
from hookassay.judging.failure import BODIES
from hookassay.judging.scene import Scene
from hookassay.sender.dispatch import Dispatch, Parcel
from hookassay.sender.malformed import MALFORMED, ODD


@pytest.mark.parametrize("kind", BODIES)
def test_one_signed_attempt(scene: Scene, shop: ToyShop, kind: str) -> None:
    """Each body goes out once, rightly signed, and is not retried."""
    shop.instead = refuse(500)
    failure.send_body(scene, kind)
    scene.courier.pump(last=True)
    (record,) = scene.record.deliveries

    assert (record.signing, record.attempt, record.event_type) == ("honest", 1, kind)
    assert len(shop.received) == 1


@pytest.mark.parametrize("kind", [*MALFORMED, *ODD])
def test_what_is_no_event_has_no_id(scene: Scene, shop: ToyShop, kind: str) -> None:
    """A body that is no event, or is hardly one, is told to nobody under an event's id."""
    failure.send_body(scene, kind)

    assert [record.event_id for record in scene.record.deliveries] == [""]


def test_rightly_signed(scene: Scene, shop: ToyShop) -> None:
    """An endpoint that verifies gets as far as the body."""
    assert failure.send_body(scene, "null").body == b"no event"


@pytest.mark.parametrize("kind", MALFORMED)
@pytest.mark.parametrize("status", [200, 204, 400, 422, 500])
def test_any_answer(scene: Scene, shop: ToyShop, kind: str, status: int) -> None:
    """What a malformed body is answered is the endpoint's own affair; a 2xx is remarked on."""
    shop.instead = refuse(status)
    failure.send_body(scene, kind)
    Expectation(scene).has_no_effect()
    scene.bench.watchlist.settle(lambda _: None)

    assert scene.record.notes == ([f"{kind} is answered {status}"] if status < 300 else [])


@pytest.mark.parametrize("kind", ODD)
def test_odd_bodies_are_recorded(scene: Scene, shop: ToyShop, kind: str) -> None:
    """What is never judged is written down, whatever it was answered."""
    shop.instead = refuse(400)
    failure.send_body(scene, kind)

    assert scene.record.notes == [f"{kind} is answered 400"]


def test_thin_event_of_what_is_not_paid(scene: Scene, shop: ToyShop) -> None:
    """A thin event is about a payment that has not arrived: whoever fetches it pays nothing."""
    failure.send_body(scene, "a thin event")
    thin = json.loads(shop.received[0].body)
    purchase = scene.role().purchase

    assert thin["type"] == "v1.checkout.session.completed"
    assert thin["related_object"]["id"] == purchase.session_id
    assert purchase.unpaid().of("checkout.session.completed").object["payment_status"] == "unpaid"


def test_thin_event_is_announced(scene: Scene, shop: ToyShop) -> None:
    """Stripe's API is told of a thin event before it leaves, under the id that it is fetched by."""
    announced: list[Parcel] = []
    dispatch = Dispatch(scene.bench.dispatch.endpoint, lambda _: None, announce=announced.append)
    scene.bench.dispatch = dispatch
    failure.send_body(scene, "a thin event")

    assert [parcel.event_id for parcel in announced] == [json.loads(shop.received[0].body)["id"]]


def test_made_from_what_is_subscribed(staging: Staging, shop: ToyShop) -> None:
    """A body is made from an event that Stripe would send."""
    scene = staging(declaring(events=("payment_intent.succeeded",)))
    failure.send_body(scene, "an event whose object is null")

    assert types_sent(shop) == ["payment_intent.succeeded"]


@pytest.mark.parametrize("kind", ["null", "a thin event"])
def test_not_subscribed(staging: Staging, shop: ToyShop, kind: str) -> None:
    """An endpoint that is subscribed to nothing of a payment is sent nothing."""
    scene = staging(declaring(events=("charge.refunded",)))

    with pytest.raises(NotApplicable, match="not subscribed to"):
        failure.send_body(scene, kind)
    assert shop.received == []


def test_still_works(scene: Scene, shop: ToyShop) -> None:
    """An endpoint that takes a genuine purchase works, and another purchase than the one before is tried."""
    failure.send_body(scene, "null")
    failure.still_works(scene)

    assert list(shop.orders) == [scene.role("the next purchase").purchase.session_id]
    assert scene.bench.harmed_by == ""


def test_still_works_on_a_retry(scene: Scene, shop: ToyShop) -> None:
    """One that comes back in time works too."""
    shop.instead = lambda _: answer(503) if len(shop.received) <= 3 else None
    failure.still_works(scene)

    assert scene.bench.harmed_by == ""


@pytest.mark.parametrize("status", [200, 500, None])
def test_does_not_work(scene: Scene, shop: ToyShop, status: int | None) -> None:
    """One that does not, although it may acknowledge, is harmed: the clause at hand is blamed, and no other one is."""
    shop.instead = lambda _: answer(status, problem="" if status else "connection refused")

    with pytest.raises(ContractViolation, match="the endpoint to go on working, saw that the next purchase does not: "):
        failure.still_works(scene)
    assert scene.bench.harmed_by == "RP-03"
    with pytest.raises(NotTestable, match=r"the endpoint does not work any more \(RP-03\)"):
        scene.bench.barrier(0.0)


def test_does_not_answer_any_more(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that answers nothing after what could harm it fails the clause about that, and the run goes on."""

    def unanswered(*_: object, **__: object) -> None:
        raise Unanswered("The endpoint does not answer any more.")

    monkeypatch.setattr(scene, "deliver", unanswered)
    with pytest.raises(ContractViolation, match="saw that it does not answer any more"):
        failure.still_works(scene)
    assert scene.bench.harmed_by == scene.record.clause_id
