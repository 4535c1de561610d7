"""Many purchases waited for together: a slow endpoint is waited for once, and not once for each of them.

What must show is polled for; where some of it does not show in time, a barrier says whether anything is still under
way (orders/settling.py): behind it, what is wrong is wrong for good.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from ..orders.settling import LONGEST
from ..sender.courier import Courier
from .bench import Bench


class Awaited(Protocol):
    """One thing that is waited for, with those who deliver for it."""

    @property
    def couriers(self) -> Sequence[Courier]:
        """Who go on retrying for it."""
        ...

    def wrong(self) -> tuple[str, str] | None:
        """What is expected and what is seen instead, now; None where all is right."""
        ...


A = TypeVar("A", bound=Awaited)
T = TypeVar("T")


class _Couriers:
    """Several couriers as one, for whoever must wait while they retry."""

    def __init__(self, couriers: Sequence[Courier]) -> None:
        self._couriers = couriers

    @property
    def last_sent(self) -> float:
        return max((courier.last_sent for courier in self._couriers), default=0.0)

    @property
    def asked_until(self) -> float:
        return max((courier.asked_until for courier in self._couriers), default=0.0)

    @property
    def outstanding(self) -> int:
        return sum(courier.outstanding for courier in self._couriers)

    def pump(self, *, last: bool = False) -> None:
        for courier in self._couriers:
            if courier.outstanding:
                courier.pump(last=last)


def late(bench: Bench, awaited: Sequence[A]) -> list[A]:
    """Those that are wrong when the settling time is over; they may only be slow."""
    couriers = _Couriers([courier for one in awaited for courier in one.couriers])
    _until_acknowledged(couriers)
    wrong: list[A] = list(awaited)

    def look() -> list[A]:
        wrong[:] = [one for one in wrong if one.wrong()]
        return wrong

    # Reading them all is no settling time: nothing is learned of the endpoint's latency here.
    bench.settling.eventually(look, lambda found: not found, couriers, overhead=math.inf)
    return wrong


def wrong_for_good(bench: Bench, awaited: Sequence[A]) -> list[A]:
    """Those that are wrong when nothing is under way any more.

    Raises:
        HarnessError: the barrier never showed, so that nothing can be said.
        NotTestable: it cannot, since the endpoint does not work any more.
    """
    _until_acknowledged(_Couriers([courier for one in awaited for courier in one.couriers]))
    bench.barrier(time.monotonic())
    return [one for one in awaited if one.wrong()]


def _until_acknowledged(couriers: _Couriers) -> None:
    """Try again what was refused at once, as long as each round of attempts gets further."""
    end = time.monotonic() + LONGEST
    before = math.inf
    while couriers.outstanding < before and time.monotonic() < end:
        before = couriers.outstanding
        if not before:
            return
        wait = couriers.asked_until - time.monotonic()
        if 0 < wait <= LONGEST:
            time.sleep(wait)
        couriers.pump(last=True)


def in_lanes(work: Callable[[T], None], things: Sequence[T], lanes: int) -> None:
    """Do the work for each thing, `lanes` of them at the same time.

    Raises:
        Exception: what the work raised first.
    """
    if lanes < 2 or len(things) < 2:
        for thing in things:
            work(thing)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(lanes) as pool:
        for done in [pool.submit(work, thing) for thing in things]:
            done.result()
