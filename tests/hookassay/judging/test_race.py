"""Races: which rounds count, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import scripted
from toy_shop import ToyShop, answer, bench

from hookassay.config import EndpointSettings, Settings
from hookassay.endpoint import Endpoint
from hookassay.errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from hookassay.judging.journal import FAILED, PASSED
from hookassay.judging.race import LONG_HOLD, RACED, ROUNDS_FAR, ROUNDS_NEAR, SIZES, Race
from hookassay.judging.scene import Scene
from hookassay.wire.connection import Answer, Request
from hookassay.wire.volley import Volley

Staging = Callable[..., Scene]


class Shop(ToyShop):
    """A toy shop that keeps the volleys' sizes and holds."""

    def __init__(self) -> None:
        super().__init__()
        self.volleys: list[tuple[int, float]] = []

    def fire(
        self, endpoint: Endpoint, requests: Sequence[Request], hold: float, before_the_last: Callable[[], None]
    ) -> Volley:
        self.volleys.append((len(requests), hold))
        return super().fire(endpoint, requests, hold, before_the_last)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def staging(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Staging:
    def stage(settings: Settings | None = None, **options: Any) -> Scene:
        the_bench = bench(shop, monkeypatch, settings, **options)
        return Scene(the_bench, the_bench.journal.open("RP-05", "round after round"))

    monkeypatch.setattr(Race, "_round_trip", lambda self: 0.001)
    return stage


@pytest.fixture
def scene(staging: Staging) -> Scene:
    return staging()


def test_no_race_seen(scene: Scene) -> None:
    """An endpoint that doubles nothing passes, with the number of rounds that were run."""
    race = Race(scene)
    race.run()
    race.ends_right()
    scene.record.end(PASSED)
    scene.bench.watchlist.settle(lambda _: None)

    assert scene.record.notes[0].startswith(f"0 of {ROUNDS_NEAR} rounds doubled an order")
    assert scene.record.notes[0].endswith("with 95% confidence fewer than 26% of such volleys do")
    assert scene.record.status == PASSED


def test_rounds_vary(scene: Scene, shop: Shop) -> None:
    """Sizes and holds vary from round to round, and a long hold is not always with the same size."""
    Race(scene).run()
    sizes = [size for size, _ in shop.volleys]
    long = {size for size, hold in shop.volleys if hold == LONG_HOLD}

    assert sizes[:4] == list(SIZES)
    assert len(long) > 1


def test_more_rounds_far_away(scene: Scene, shop: Shop) -> None:
    """Where copies spread on their way, more rounds are run."""
    scene.bench.endpoint = replace(scene.bench.endpoint, url="http://shop.invalid/webhook")
    Race(scene).run()

    assert len(shop.volleys) == ROUNDS_FAR


def test_doubled(scene: Scene, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first doubled order ends the race, and the violation names its round."""

    def sell(session: Any) -> None:
        shop.orders.setdefault(session["id"], []).append(shop.row(session))

    monkeypatch.setattr(shop, "sell", sell)
    race = Race(scene)
    race.run()

    assert [size for size, _ in shop.volleys] == [SIZES[0]] + [2] * 2 * ROUNDS_NEAR
    with pytest.raises(ContractViolation, match=rf"^{RACED} ∥ {RACED}: expected exactly one order, saw 2 orders "):
        race.ends_right()


def test_doubled_later(scene: Scene, shop: Shop) -> None:
    """A second order that shows only behind the barrier fails the scenario."""
    race = Race(scene)
    race.run()
    race.ends_right()
    rows = next(iter(shop.orders.values()))
    rows.append(dict(rows[0]))
    scene.bench.watchlist.settle(lambda _: None)

    assert scene.record.status == FAILED


def test_no_order_at_all(scene: Scene, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that makes no order is a violation too: copies must not cancel each other."""
    volleys = shop.volleys
    shop.instead = lambda request: answer(200) if volleys and RACED.encode() in request.body else None
    monkeypatch.setattr(scene.bench, "barrier", lambda since: None)
    race = Race(scene)
    race.run()

    with pytest.raises(ContractViolation, match=r"∥ 6 more copies → .*: expected paid, saw no order"):
        race.ends_right()


def test_no_overlap(scene: Scene, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds whose copies did not overlap prove nothing."""

    def one_by_one(endpoint: Endpoint, requests: Sequence[Request], *_: object) -> Volley:
        return Volley(tuple(shop.exchange(endpoint, request) for request in requests), 0.5)

    monkeypatch.setattr("hookassay.sender.dispatch.fire", one_by_one)
    race = Race(scene)
    race.run()

    with pytest.raises(NotTestable, match="none of 10 rounds had two overlapping deliveries"):
        race.ends_right()


def conflicting(shop: Shop, *, for_ever: bool) -> Callable[[Request], Answer | None]:
    """Accepts the first copy in each volley, and refuses the others: in the volley, or for ever."""
    seen: dict[bytes, int] = {}

    def instead(request: Request) -> Answer | None:
        count = seen[request.body] = seen.get(request.body, 0) + 1
        if RACED.encode() not in request.body or count == 1:
            return None
        return answer(409) if for_ever or count <= shop.volleys[-1][0] else None

    return instead


def test_acknowledged_on_a_retry(scene: Scene, shop: Shop) -> None:
    """Copies that lose may be asked to come again, and count when they are acknowledged then."""
    shop.instead = conflicting(shop, for_ever=False)
    race = Race(scene)
    race.run()
    race.ends_right()

    assert scene.record.notes[0].startswith(f"0 of {ROUNDS_NEAR} rounds")


def test_only_one_ever_acknowledged(scene: Scene, shop: Shop) -> None:
    """A round of whose copies only one is ever acknowledged does not count."""
    shop.instead = conflicting(shop, for_ever=True)
    race = Race(scene)
    race.run()

    with pytest.raises(NotTestable, match="no race was run"):
        race.ends_right()


def test_what_else_waits_does_not_count(scene: Scene, shop: Shop) -> None:
    """That another event of the bundle is never acknowledged says nothing about the copies."""
    shop.instead = lambda request: answer(409) if b'"type":"charge.succeeded"' in request.body else None
    race = Race(scene)
    race.run()
    race.ends_right()

    assert scene.record.notes[0].startswith(f"0 of {ROUNDS_NEAR} rounds")


def test_not_subscribed(staging: Staging) -> None:
    """Without the raced event there is no race."""
    with pytest.raises(NotApplicable, match="not subscribed to what tells the payment"):
        Race(staging(Settings(endpoint=EndpointSettings(events=("charge.refunded",))))).run()


def test_not_seen(scene: Scene, shop: Shop) -> None:
    """Where a second order would not be seen, no race is run."""
    shop.many = False

    with pytest.raises(NotTestable, match="yields one row"):
        Race(scene).run()
    assert shop.volleys == []


def test_endpoint_is_gone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that cannot be reached any more is not judged for it, and not blamed on hookassay either."""
    monkeypatch.undo()
    scene.bench.endpoint = Endpoint(f"http://127.0.0.1:{scripted.free_port()}/", scripted.SECRET)

    with pytest.raises(
        HarnessError, match="no race could be run, for the endpoint cannot be reached: connection refused"
    ):
        Race(scene).run()
