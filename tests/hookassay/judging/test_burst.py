"""A burst of purchases: what may be refused in it, and what may not be lost."""

from __future__ import annotations

import json

import pytest
from fake_clock import FakeClock
from toy_shop import Staging, ToyShop, answer, declaring, types_sent

from hookassay.errors import ContractViolation, NotApplicable
from hookassay.judging import burst
from hookassay.judging.burst import PURCHASES, RAISED, Burst
from hookassay.judging.scene import Scene
from hookassay.wire.connection import Answer, Request


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Nobody waits for what is tried again."""
    clock = FakeClock()
    monkeypatch.setattr(burst, "time", clock)
    return clock


def run(scene: Scene) -> Burst:
    made = Burst(scene)
    made.run()
    return made


def test_fifty_purchases(scene: Scene, shop: ToyShop) -> None:
    """Fifty purchases are paid at the same instant, and each of them shows."""
    made = run(scene)
    made.loses_nothing()

    assert types_sent(shop)[:PURCHASES] == [RAISED] * PURCHASES
    assert len(shop.orders) == PURCHASES
    assert scene.record.notes == ["50 at once: answered 200 (50 times)"]


@pytest.mark.parametrize("status", [429, 503, 409, None])
def test_refused_and_tried_again(scene: Scene, shop: ToyShop, status: int | None) -> None:
    """What is refused in the burst and accepted later is lost to nobody."""
    shop.instead = lambda _: answer(status, problem="closed") if len(shop.received) <= PURCHASES - 7 else None
    made = run(scene)
    made.loses_nothing()

    assert len(shop.orders) == PURCHASES


def test_a_few_each_second(scene: Scene, shop: ToyShop, clock: FakeClock) -> None:
    """A limiter that lets a few through at each round is waited for, as long as each round gets further."""
    seconds: dict[int, int] = {}

    def limited(_: Request) -> Answer | None:
        second = int(clock.now)
        seconds[second] = seconds.get(second, 0) + 1
        return None if seconds[second] <= 10 else answer(429, (("Retry-After", "1"),))

    shop.instead = limited
    made = run(scene)
    made.loses_nothing()

    assert len(shop.orders) == PURCHASES
    assert clock.slept


def test_never_acknowledged(scene: Scene, shop: ToyShop) -> None:
    """What is refused however often it is tried is a violation, and is not tried for ever."""
    last: set[bytes] = set()

    def refusing(request: Request) -> Answer | None:
        if len(shop.received) == PURCHASES:
            last.add(request.body)
        return answer(503) if request.body in last else None

    shop.instead = refusing
    made = run(scene)

    with pytest.raises(ContractViolation, match=r"a 2xx for each of 50 deliveries in the end, saw none for 1[ ;]"):
        made.loses_nothing()


def test_lost(scene: Scene, shop: ToyShop) -> None:
    """What is acknowledged and never shows is lost."""
    made = run(scene)
    for session_id in list(shop.orders)[:3]:
        del shop.orders[session_id]

    with pytest.raises(ContractViolation, match="an effect of each of 50 purchases, saw none of 3 of them"):
        made.loses_nothing()


def test_rest_of_the_payment(staging: Staging, shop: ToyShop) -> None:
    """What else Stripe reports of each payment follows the burst, as far as it is subscribed to."""
    run(staging(declaring(events=(RAISED, "charge.succeeded"))))

    assert types_sent(shop)[PURCHASES:] == ["charge.succeeded"] * PURCHASES


def test_without_a_reader(staging: Staging, shop: ToyShop) -> None:
    """Without an order reader the acknowledgements alone are judged."""
    scene = staging(readable=False)
    made = run(scene)
    shop.orders.clear()
    made.loses_nothing()


def test_not_subscribed(staging: Staging, shop: ToyShop) -> None:
    """An endpoint that is not subscribed to the event is not sent fifty of them."""
    with pytest.raises(NotApplicable, match=RAISED):
        run(staging(declaring(events=("charge.succeeded",))))
    assert shop.received == []


def test_distinct_events(scene: Scene, shop: ToyShop) -> None:
    """No event of the burst is the duplicate of another."""
    run(scene)

    assert len({json.loads(request.body)["id"] for request in shop.received}) == len(shop.received)
