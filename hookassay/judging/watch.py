"""What must stay as it is: read behind a shared barrier, and once more at the end of the run.

A scenario that says “it has no effect” leaves a watch here and ends. Many watches share one barrier, because a barrier
costs as much as the endpoint's slowest effects; and an endpoint whose effects have a heavy tail shows at the end of the
run what it did not show behind the barrier.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..errors import ContractViolation, HarnessError, HookassayError, NotTestable
from .journal import ERROR, FAILED, NOT_TESTABLE, ScenarioRecord

Check = Callable[[], None]
"""Raises ContractViolation when it no longer holds."""


@dataclass(eq=False)
class Watch:
    """One thing that must stay as it is.

    Attributes:
        record: The scenario that fails when it does not.
        check: Raises ContractViolation when it does not.
        since: Monotonic seconds of the last answer to what must have no effect.
        settled: Whether it was read behind a barrier.
    """

    record: ScenarioRecord
    check: Check
    since: float = field(default_factory=time.monotonic)
    settled: bool = False


class Watchlist:
    """Every watch of a run."""

    def __init__(self) -> None:
        """Begin with nothing to watch."""
        self._watches: list[Watch] = []

    def add(self, watch: Watch) -> None:
        """Keep a watch until the end of the run."""
        self._watches.append(watch)

    def drop(self, watch: Watch) -> None:
        """Forget a watch, because its scenario went on to change what it watches."""
        self._watches.remove(watch)

    @property
    def waiting(self) -> float | None:
        """Monotonic seconds of the latest delivery among the watches with no barrier behind them; None without any."""
        return max((watch.since for watch in self._watches if not watch.settled), default=None)

    def settle(self, barrier: Callable[[float], None]) -> None:
        """Put a barrier behind the watches that have none yet, and read them."""
        since = self.waiting
        if since is None:
            return
        fresh = [watch for watch in self._watches if not watch.settled]
        try:
            barrier(since)
        except NotTestable as reason:
            for watch in fresh:
                watch.settled = True
                watch.record.end(NOT_TESTABLE, str(reason))
            return
        except (HarnessError, HookassayError) as error:
            for watch in fresh:
                watch.settled = True
                watch.record.end(ERROR, str(error))
            return
        for watch in fresh:
            watch.settled = True
            _read(watch)

    def read_again(self) -> None:
        """Read every watch once more, at the end of the run."""
        for watch in self._watches:
            if watch.settled:
                _read(watch)

    def abandon(self) -> None:
        """Say of every watch that was never read that nothing can be said; a run that ends early calls this."""
        for watch in self._watches:
            if not watch.settled:
                watch.record.end(ERROR, "the run ended before it could be seen that nothing happened")


def _read(watch: Watch) -> None:
    try:
        watch.check()
    except ContractViolation as violation:
        watch.record.end(FAILED, str(violation), expected=violation.expected, seen=violation.seen)
    except (HarnessError, HookassayError) as error:
        watch.record.end(ERROR, str(error))
