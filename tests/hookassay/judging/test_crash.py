"""Crashes: what is under way when the endpoint is struck, and what is judged of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from toy_shop import Staging, ToyShop, answer, declaring

from hookassay.config import FaultsSettings, Settings
from hookassay.errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from hookassay.faults import Fault
from hookassay.judging import crash
from hookassay.judging.crash import Crash
from hookassay.judging.scene import Scene
from hookassay.wire.connection import Request

LATE = 60
"""Looks at orders after which a job is handed out again: longer than the settling time of a toy shop."""

TWICE = Settings(faults=FaultsSettings(times=2))


class Struck:
    """A fault of a toy shop: while it lasts, the shop does what `instead` says."""

    def __init__(self, shop: ToyShop, instead: Callable[[Request], Any]) -> None:
        self.log: list[str] = []
        self._shop = shop
        self._instead = instead
        self.fault = Fault("struck", self._strike, self._mend)

    def _strike(self) -> None:
        self.log.append("struck")
        self._shop.instead = self._instead

    def _mend(self) -> None:
        self.log.append("mended")
        self._shop.instead = lambda _: None


@pytest.fixture
def scene(staging: Staging) -> Scene:
    return staging(TWICE)


def refusing(shop: ToyShop) -> Struck:
    """It refuses what comes, and does it when it comes again."""
    return Struck(shop, lambda _: answer(503))


def forgetting(shop: ToyShop) -> Struck:
    """It acknowledges what it does not do."""
    return Struck(shop, lambda _: answer(200))


def test_it_is_mended_each_time(scene: Scene, shop: ToyShop) -> None:
    """The endpoint is struck as often as was asked for, and mended each time."""
    struck = refusing(shop)
    Crash(scene, "the payment", [struck.fault]).run("before the last byte")

    assert struck.log == ["struck", "mended"] * 2


@pytest.mark.parametrize("fact", ["the payment", "a full refund", "a dispute"])
def test_what_was_refused_is_done_later(scene: Scene, shop: ToyShop, fact: str) -> None:
    """Who refuses what it cannot do, and does it when it comes again, passes; the note says how many were seen."""
    the_crash = Crash(scene, fact, [refusing(shop).fault])
    the_crash.run("before the last byte")
    the_crash.ends_right()

    assert scene.record.notes == ["struck 2 times: 0 of 8 purchases lost or doubled that were delivered again"]


@pytest.mark.parametrize(
    ("fact", "seen"),
    [("the payment", "no order"), ("a full refund", "refund_status=none"), ("a dispute", "dispute_status=none")],
)
def test_what_was_acknowledged_is_lost(scene: Scene, shop: ToyShop, fact: str, seen: str) -> None:
    """Who acknowledges what it does not do fails, with what is missing and when it was struck."""
    the_crash = Crash(scene, fact, [forgetting(shop).fault])
    the_crash.run("before the last byte")

    with pytest.raises(ContractViolation, match=f"struck before the last byte.*saw {seen}"):
        the_crash.keeps_what_was_acknowledged()


def test_one_that_ends_wrong_is_enough(scene: Scene, shop: ToyShop) -> None:
    """Nothing is struck any more once a purchase ended wrong."""
    struck = forgetting(shop)
    Crash(scene, "the payment", [struck.fault]).run("before the last byte")

    assert struck.log == ["struck", "mended"]


def test_nothing_was_acknowledged(scene: Scene, shop: ToyShop) -> None:
    """Where nothing was acknowledged, nothing is said of what was."""
    the_crash = Crash(scene, "the payment", [refusing(shop).fault])
    the_crash.run("before the last byte")

    with pytest.raises(NotTestable, match="struck 2 times: no purchase was acknowledged then"):
        the_crash.keeps_what_was_acknowledged()


def test_everything_was_acknowledged(scene: Scene, shop: ToyShop) -> None:
    """Where everything was, nothing is said of what was not."""
    the_crash = Crash(scene, "the payment", [Struck(shop, lambda _: None).fault])
    the_crash.run("before the last byte")

    with pytest.raises(NotTestable, match="no purchase was delivered again"):
        the_crash.ends_right()


def test_under_way_is_what_is_needed(scene: Scene, shop: ToyShop) -> None:
    """The toy shop reads completed checkouts alone: they are under way, and what else there is came before."""
    struck = refusing(shop)
    Crash(scene, "the payment", [struck.fault]).run("before the last byte")

    assert scene.bench.needed == {"the payment": ("checkout.session.completed",)}


def test_all_is_under_way_where_none_is_needed(scene: Scene, shop: ToyShop) -> None:
    """Where each event tells what the others do, all are under way."""
    sell = shop.handle

    def handle(event_type: str, subject: Any) -> None:
        if event_type in ("refund.created", "refund.updated"):
            shop.mark(subject["payment_intent"], refund_status="refunded")
        sell(event_type, subject)

    shop.handle = handle  # type: ignore[method-assign]
    Crash(scene, "a full refund", [refusing(shop).fault]).run("before the last byte")

    assert {"charge.refunded", "refund.created"} <= set(scene.bench.needed["a full refund"])


def test_it_never_comes_back(scene: Scene, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who refuses everything ever after is blamed, and judged no further."""
    monkeypatch.setattr(crash, "BACK", 0.05)
    struck = refusing(shop)
    the_crash = Crash(scene, "the payment", [replace(struck.fault, mend=lambda: None)])

    with pytest.raises(ContractViolation, match=r"take deliveries again within 0\.05 s"):
        the_crash.run("before the last byte")
    assert scene.bench.harmed_by == scene.record.clause_id


def test_a_fault_that_cannot_be_made(scene: Scene, shop: ToyShop) -> None:
    """A command that fails is ours to tell, and what it may have done is mended."""
    struck = refusing(shop)

    def strike() -> None:
        raise HarnessError("kill exited with 1")

    the_crash = Crash(scene, "the payment", [replace(struck.fault, strike=strike)])

    with pytest.raises(HarnessError, match="kill exited with 1"):
        the_crash.run("while it works")
    assert struck.log == ["mended"]


def test_what_does_not_work_undisturbed(staging: Staging, shop: ToyShop) -> None:
    """Where the fact has no effect anyway, nothing is struck, and nobody is blamed."""
    scene = staging(TWICE)
    struck = refusing(shop)
    shop.instead = lambda _: answer(200)

    with pytest.raises(HarnessError, match="the scene could not be set"):
        Crash(scene, "the payment", [struck.fault]).run("before the last byte")
    assert struck.log == []


def test_not_subscribed(staging: Staging, shop: ToyShop) -> None:
    """Who is not told of refunds is not judged by them."""
    scene = staging(declaring(events=("checkout.session.completed",)))

    with pytest.raises(NotApplicable, match="a full refund"):
        Crash(scene, "a full refund", [refusing(shop).fault])


def test_more_strikes_where_none_hit(scene: Scene, shop: ToyShop) -> None:
    """Where no strike was in time, it is struck again, sooner, before nothing is said."""
    struck = Struck(shop, lambda _: None)
    the_crash = Crash(scene, "the payment", [struck.fault])
    the_crash.run("while it works")

    with pytest.raises(NotTestable, match="struck 6 times: no purchase was delivered again"):
        the_crash.ends_right()


def test_a_job_that_is_handed_out_again(staging: Staging, shop: ToyShop) -> None:
    """A queue that hands out a dead worker's job only after a while is right where that was declared."""
    scene = staging(Settings(faults=FaultsSettings(times=1, recovery=20.0)))
    taken: list[Any] = []
    struck = Struck(shop, lambda request: taken.append(request) or answer(200))
    the_crash = Crash(scene, "the payment", [struck.fault])
    looks = 0
    read = shop.read

    def reading(session_id: str) -> Any:
        nonlocal looks
        looks += bool(taken) and struck.log[-1] == "mended"
        if looks == LATE:
            for request in taken:
                shop.handle("checkout.session.completed", json.loads(request.body)["data"]["object"])
        return read(session_id)

    shop.read = reading  # type: ignore[method-assign]
    the_crash.run("before the last byte")
    the_crash.keeps_what_was_acknowledged()
    assert looks > LATE
