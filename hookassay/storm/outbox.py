"""The outbox: what leaves next, and what comes again, as Stripe does, until it is acknowledged or given up.

It knows nothing of connections, so that it serves whoever delivers. It is bounded: where too much waits to be sent
anew, nothing new is begun.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator

from .receipts import Receipts
from .stream import Delivery
from .tally import Tally

RETRIES = (0.1, 0.3, 1.0, 3.0)
"""Seconds after which an attempt follows the one before: Stripe's days, made short; the last one goes on."""

SPREAD = 0.5
"""By which share a pause is longer or shorter than that, one after the other."""

GOLDEN = 0.6180339887498949
"""Multiples of it are spread evenly, without being drawn."""

ATTEMPTS = 16
"""Attempts after which an event is given up."""

IN_VAIN = 50
"""Attempts after which a type of event that was never acknowledged is sent once each, where others are taken."""

BACKLOG = 2000
"""Deliveries that may wait to be sent anew before something new is begun."""

LONGEST_PATIENCE = 5.0
"""Seconds of a Retry-After that are waited for at the most."""

SILENCE = 30.0
"""Seconds without a single acknowledgement after which the storm ends."""


class Outbox:
    """What leaves next.

    Attributes:
        receipts: Which events were acknowledged.
        tally: What was answered.
        acknowledged_types: How many deliveries of each type of event were acknowledged.
        given_up: How many deliveries of each type were not acknowledged in the end.
        silenced: Whether it ended early, because nothing was acknowledged any more.
    """

    def __init__(self, stream: Iterator[list[Delivery]], receipts: Receipts, tally: Tally, now: float) -> None:
        """Begin at `now`, in monotonic seconds, with what `stream` gives."""
        self._stream = stream
        self.receipts = receipts
        self.tally = tally
        self.acknowledged_types: Counter[str] = Counter()
        self.given_up: Counter[str] = Counter()
        self.silenced = False
        self._refused_types: Counter[str] = Counter()
        self._waiting: list[tuple[float, int, Delivery]] = []
        self._tie = itertools.count()
        self._flying = 0
        self._ended = False
        self._heard = now
        self._vain = 0
        self._acknowledged = 0

    @property
    def over(self) -> bool:
        """Whether everything has left and nothing will come again."""
        return self._ended and not self._waiting and not self._flying

    @property
    def due(self) -> float | None:
        """Monotonic seconds when the next delivery is to be sent anew; None where none waits."""
        return self._waiting[0][0] if self._waiting else None

    def take(self, now: float) -> list[Delivery]:
        """What leaves now, at one instant; empty where nothing does yet, or ever."""
        if self._waiting and self._waiting[0][0] <= now:
            group = [heapq.heappop(self._waiting)[2]]
        elif self._ended or len(self._waiting) >= BACKLOG:
            return []
        else:
            group = next(self._stream, [])
            self._ended = not group
        self._flying += len(group)
        return group

    def answered(self, delivery: Delivery, kind: int | str, now: float, retry_after: float = 0.0) -> None:
        """A delivery got a status, or no answer: `kind` is why."""
        self._flying -= 1
        self.tally.record(kind, delivery.left, now)
        if not delivery.first and delivery.attempt == 1:
            self.tally.duplicates += 1
        if delivery.attempt > 1:
            self.tally.repeated += 1
        if isinstance(kind, int) and 200 <= kind < 300:
            self.receipts.give(delivery.place, delivery.event)
            self.acknowledged_types[delivery.type] += 1
            self._acknowledged += 1
            self._heard = now
            self._vain = 0
            return
        self._refused_types[delivery.type] += 1
        self._again(delivery, now, retry_after)

    def unsent(self, delivery: Delivery, reason: str, now: float) -> None:
        """No connection could be opened for a delivery: it was none."""
        self._flying -= 1
        self.tally.unsent[reason] += 1
        delivery.attempt -= 1
        self._again(delivery, now, 0.0)

    def _again(self, delivery: Delivery, now: float, retry_after: float) -> None:
        self._vain += 1
        if now - self._heard > SILENCE and self._vain > len(RETRIES):
            self._silence()
        if self.receipts.has(delivery.place, delivery.event):
            return  # another delivery of the same event was acknowledged meanwhile
        kind = delivery.type
        # It works, and takes others: this type it does not handle.
        works = self._acknowledged > IN_VAIN
        hopeless = works and not self.acknowledged_types[kind] and self._refused_types[kind] > IN_VAIN
        if self.silenced or hopeless or delivery.attempt >= ATTEMPTS:
            self.given_up[kind] += 1
            return
        pause = RETRIES[min(max(delivery.attempt, 1), len(RETRIES)) - 1]
        delivery.attempt += 1
        tie = next(self._tie)
        # What was refused at the same time must not come again at the same time, or it is refused for the same reason.
        pause *= 1 + SPREAD * (2 * (tie * GOLDEN % 1) - 1)
        due = now + max(pause, min(retry_after, LONGEST_PATIENCE))
        heapq.heappush(self._waiting, (due, tie, delivery))

    def _silence(self) -> None:
        """Nothing is acknowledged any more: end."""
        self.silenced = self._ended = True
        for _, _, delivery in self._waiting:
            self.given_up[delivery.type] += 1
        self._waiting.clear()
