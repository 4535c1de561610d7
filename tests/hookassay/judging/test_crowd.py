"""Waiting for many: who is still wrong, and who only was late."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from toy_shop import Staging, ToyShop, answer

from hookassay.judging.crowd import in_lanes, late, wrong_for_good
from hookassay.judging.scene import Scene
from hookassay.sender.courier import Courier


@dataclass(eq=False)
class Thing:
    """What is right after so many looks."""

    looks: int
    couriers: Sequence[Courier] = field(default_factory=list)

    def wrong(self) -> tuple[str, str] | None:
        self.looks -= 1
        return ("right", "wrong") if self.looks >= 0 else None


def test_late(staging: Staging) -> None:
    """What comes right within the settling time is not late; what does not is."""
    slow, never = Thing(2), Thing(10**6)

    # Long enough for two looks on a machine that has much else to do.
    assert late(staging(settle=0.5).bench, [Thing(0), slow, never]) == [never]


def test_nothing_is_learned(scene: Scene) -> None:
    """How long it takes to read many says nothing about how long an effect takes."""
    late(scene.bench, [Thing(2)])

    assert scene.bench.settling.slowest == 0.0


def test_wrong_for_good(scene: Scene, shop: ToyShop) -> None:
    """Behind a barrier what is wrong is wrong for good."""
    never = Thing(10**6)

    assert wrong_for_good(scene.bench, [Thing(0), never]) == [never]
    assert len(shop.orders) == 3


def test_what_was_refused_comes_first(scene: Scene, shop: ToyShop) -> None:
    """What waits for a 2xx is delivered again, as long as that gets further."""
    role, courier = scene.cast(), scene.bench.courier()
    refusals = 4
    shop.instead = lambda _: answer(503) if len(shop.received) <= refusals else None
    courier.deliver(role.purchase.session_id, role.story.tell("the payment"))
    waiting = courier.outstanding
    wrong_for_good(scene.bench, [Thing(0, [courier])])

    assert (waiting, courier.outstanding) == (1, 0)


def test_one_lane() -> None:
    """In one lane things are worked on one after another."""
    done: list[int] = []
    in_lanes(done.append, range(8), 1)

    assert done == list(range(8))


def test_several_lanes() -> None:
    """In several lanes they are worked on at the same time, each once."""
    meeting, done = threading.Barrier(2), list[int]()

    def work(number: int) -> None:
        meeting.wait(10)
        done.append(number)

    in_lanes(work, range(4), 2)

    assert sorted(done) == [0, 1, 2, 3]


def test_lanes_raise() -> None:
    """What goes wrong in a lane goes wrong for all."""

    def work(number: int) -> None:
        raise LookupError(number)

    with pytest.raises(LookupError):
        in_lanes(work, range(3), 2)
