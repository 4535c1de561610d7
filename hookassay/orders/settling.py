"""When an effect must have shown, and when nothing will show any more.

Implementations may acknowledge first and apply later (docs.stripe.com/webhooks recommends a queue), so that what is
read right after a 2xx means nothing. What must happen is polled for; that nothing happened is believed only behind a
barrier: genuine purchases sent after the deliveries that must have no effect, waited for, and then twice the slowest
latency known. One barrier purchase alone was wrong in 46 % of the cases against workers with jitter; three and the
wait were wrong in none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from ..errors import HarnessError

T = TypeVar("T")

SHORTEST = 0.5
SHORTEST_IN_VAIN = 0.05
LONGEST = 5.0
LONGEST_AFTER_MANY = 60.0
BARRIER_PURCHASES = 3
# A barrier that does not show within this is no evidence of anything.
BARRIER_PATIENCE = 30.0


class Retrying(Protocol):
    """What settling must know of a courier: that it goes on retrying while we wait."""

    @property
    def last_sent(self) -> float:
        """Monotonic seconds of the latest first delivery."""
        ...

    @property
    def asked_until(self) -> float:
        """Monotonic seconds until which the endpoint asked to wait with retries."""
        ...

    def pump(self, *, last: bool = False) -> None:
        """Retry what is due; everything, when it is the last chance."""
        ...


class Settling:
    """How long an effect takes at this endpoint, learned from every effect seen.

    Attributes:
        slowest: Seconds that the slowest effect seen so far took.
        crowd: How many processes deliver at the same time: each finds the others' events queued before its own.
    """

    def __init__(self, longest: float | None = None) -> None:
        """Wait at most `longest` seconds for an effect (`--settle`); None measures it."""
        self._longest = longest
        self._gave_up: float | None = None
        self.slowest = 0.0
        self.crowd = 1

    def learn(self, seconds: float) -> None:
        """Take note that an effect took this long."""
        self.slowest = max(self.slowest, seconds)

    def window(self, outstanding: int = 0) -> float:
        """Seconds within which an effect must show, with `outstanding` deliveries queued before it."""
        if self._longest is not None:
            return self._longest
        window = min(max(4 * self.slowest, SHORTEST), LONGEST * self.crowd, LONGEST_AFTER_MANY)
        return min(window + self.slowest * outstanding, LONGEST_AFTER_MANY)

    def while_it_may_show(self) -> float:
        """Seconds to wait for an effect that need not show: as for one that must, without the floor."""
        return min(self.window(), max(4 * self.slowest, SHORTEST_IN_VAIN))

    def eventually(
        self,
        look: Callable[[], T],
        holds: Callable[[T], bool],
        courier: Retrying,
        *,
        outstanding: int = 0,
        window: float | None = None,
        overhead: float = 0.0,
    ) -> tuple[bool, T]:
        """Look until it holds or the settling time is over; whether it held, and what was seen last.

        Args:
            look: Reads the state.
            holds: Whether the state is the one waited for.
            courier: Goes on retrying meanwhile; once more at the end.
            outstanding: Deliveries that were sent at once, as in a volley or burst.
            window: Seconds, in place of what was learned.
            overhead: Seconds that looking itself takes, which are no settling time.
        """
        limit = self.window(outstanding) if window is None else window
        pause = 0.001
        while True:
            began = time.monotonic()
            seen = look()
            if holds(seen):
                # Where something else was waited for in vain since, the time says nothing about this.
                if courier.last_sent != self._gave_up:
                    self.learn(max(0.0, time.monotonic() - courier.last_sent - overhead))
                return True, seen
            end = self._end(courier, limit)
            if began >= end:
                break
            courier.pump()
            time.sleep(min(pause, max(0.0, end - time.monotonic())))
            pause = min(pause * 1.5, 0.05)
        courier.pump(last=True)
        # What the last attempt brought may itself take its time.
        end = time.monotonic() + min(limit, max(2 * self.slowest, 0.05))
        while not holds(seen) and time.monotonic() < end:
            time.sleep(0.01)
            seen = look()
        if holds(seen):
            self.learn(max(0.0, time.monotonic() - courier.last_sent - overhead))
            return True, seen
        self._gave_up = courier.last_sent
        return False, seen

    def _end(self, courier: Retrying, limit: float) -> float:
        """Monotonic seconds until which an effect may show: `limit` after it was sent, or was to be sent again.

        An endpoint that sets a time for the retry (`Retry-After`: it is busy, or limits the rate) is tried again then,
        and has its settling time from there, as long as it asks for no more than the longest wait.
        """
        longest = LONGEST if self._longest is None else self._longest
        asked = courier.asked_until if courier.asked_until <= courier.last_sent + longest else 0.0
        return max(courier.last_sent, asked) + limit

    def barrier(self, witnesses: Sequence[Callable[[], bool]], courier: Retrying, since: float) -> None:
        """Wait until every witness shows, and twice the slowest latency known has passed since `since`.

        Args:
            witnesses: Whether each genuine purchase, sent after what must have no effect, shows in the orders.
            courier: The one that delivers them.
            since: Monotonic seconds of the last answer to what must have no effect.

        Raises:
            HarnessError: a witness never showed, so that nothing can be said.
        """
        patience = max(BARRIER_PATIENCE, self.window(len(witnesses)))
        for witness in witnesses:
            shown, _ = self.eventually(witness, bool, courier, window=patience)
            if not shown:
                raise HarnessError(
                    f"a genuine purchase, sent to see that nothing else happens any more, did not show within "
                    f"{patience:g} s"
                )
        time.sleep(max(0.0, since + 2 * self.slowest - time.monotonic()))
