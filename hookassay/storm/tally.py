"""The tally: what was answered, how long it took, and when; as large after a million deliveries as after a thousand."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from .histogram import Histogram

FINEST = 0.1
"""Seconds of a slice of time, as long as there are few."""

MOST = 600
"""Slices that are kept: where there would be more, each becomes twice as long."""

COARSE = 3
"""The precision of a slice's histogram: one part in eight is enough for a picture."""


class Slice:
    """What was answered within one slice of time.

    Attributes:
        acknowledged: How many deliveries got a 2xx.
        refused: How many got another status.
        silent: How many got no answer.
        durations: How long answers took.
    """

    __slots__ = ("acknowledged", "durations", "refused", "silent")

    def __init__(self) -> None:
        """Nothing was answered yet."""
        self.acknowledged = self.refused = self.silent = 0
        self.durations = Histogram(COARSE)

    @property
    def count(self) -> int:
        """How many deliveries ended, one way or another."""
        return self.acknowledged + self.refused + self.silent

    def merge(self, other: Slice) -> None:
        """Take over what another slice holds."""
        self.acknowledged += other.acknowledged
        self.refused += other.refused
        self.silent += other.silent
        self.durations.merge(other.durations)


class Tally:
    """What became of all deliveries.

    Attributes:
        began: When counting began, in Unix seconds.
        ended: When the last delivery ended, in Unix seconds.
        width: Seconds of one slice.
        slices: Slices of time, from the beginning.
        durations: How long answers took, whatever their status; complete once it is closed.
        answers: Status, or why there was none → how many deliveries.
        duplicates: How many delivered again what was delivered before.
        repeated: How many were sent anew because an attempt before was not acknowledged.
        unsent: Connections that could not be opened, so that nothing was delivered, by the reason.
    """

    def __init__(self) -> None:
        """Begin to count."""
        self.began = self.ended = time.time()
        self._zero = time.monotonic()
        self.width = FINEST
        self.slices: list[Slice] = []
        self.durations = Histogram()
        # Each duration is sorted in once, and shared out when its slice is over.
        self._current = Histogram()
        self._piece = Slice()
        self._until = self._zero
        self.answers: Counter[int | str] = Counter()
        self.duplicates = 0
        self.repeated = 0
        self.unsent: Counter[str] = Counter()

    @property
    def deliveries(self) -> int:
        """How many deliveries were made, those sent anew included."""
        return self.answers.total()

    @property
    def acknowledged(self) -> int:
        """How many got a 2xx."""
        return sum(count for kind, count in self.answers.items() if isinstance(kind, int) and 200 <= kind < 300)

    @property
    def seconds(self) -> float:
        """From the beginning to the end of the last delivery."""
        return max(self.ended - self.began, 1e-9)

    def record(self, kind: int | str, left: float, now: float) -> None:
        """Count one delivery.

        Args:
            kind: The status that it got, or why it got none.
            left: Monotonic seconds when it left.
            now: Monotonic seconds when it was answered, or its wait was over; never earlier than the one before.
        """
        self.answers[kind] += 1
        if now >= self._until:
            self._turn(now)
        piece = self._piece
        if isinstance(kind, str):
            piece.silent += 1
            return
        self._current.add(now - left)
        if 200 <= kind < 300:
            piece.acknowledged += 1
        else:
            piece.refused += 1

    def close(self) -> None:
        """Note that the last delivery has ended."""
        self.ended = self.began + time.monotonic() - self._zero
        self._fold()

    def merge(self, other: Tally) -> None:
        """Take over what another process counted meanwhile."""
        while self.width < other.width:
            self._double()
        while other.width < self.width:
            other._double()
        shift = round((other.began - self.began) / self.width)
        if shift < 0:
            self.slices[:0] = [Slice() for _ in range(-shift)]
            self.began, shift = self.began + shift * self.width, 0
        for place, piece in enumerate(other.slices, shift):
            while place >= len(self.slices):
                self.slices.append(Slice())
            self.slices[place].merge(piece)
        self.ended = max(self.ended, other.ended)
        self.durations.merge(other.durations)
        self.answers += other.answers
        self.unsent += other.unsent
        self.duplicates += other.duplicates
        self.repeated += other.repeated
        while len(self.slices) > MOST:
            self._double()

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "began": self.began,
            "ended": self.ended,
            "width": self.width,
            "slices": [[one.acknowledged, one.refused, one.silent, one.durations.to_dict()] for one in self.slices],
            "durations": self.durations.to_dict(),
            "answers": [[kind, count] for kind, count in self.answers.items()],
            "duplicates": self.duplicates,
            "repeated": self.repeated,
            "unsent": dict(self.unsent),
        }

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Tally:
        """What `to_dict` gave."""
        tally = cls()
        tally.began, tally.ended, tally.width = told["began"], told["ended"], told["width"]
        for acknowledged, refused, silent, durations in told["slices"]:
            piece = Slice()
            piece.acknowledged, piece.refused, piece.silent = acknowledged, refused, silent
            piece.durations = Histogram.from_dict(durations)
            tally.slices.append(piece)
        tally.durations = Histogram.from_dict(told["durations"])
        tally.answers = Counter(dict(told["answers"]))
        tally.duplicates, tally.repeated = told["duplicates"], told["repeated"]
        tally.unsent = Counter(told["unsent"])
        return tally

    def _turn(self, now: float) -> None:
        """Begin the slice that `now` lies in."""
        self._fold()
        place = int((now - self._zero) / self.width)
        while place >= MOST:
            self._double()
            place //= 2
        while place >= len(self.slices):
            self.slices.append(Slice())
        self._piece = self.slices[place]
        self._until = self._zero + (place + 1) * self.width

    def _fold(self) -> None:
        """Add what the current slice has gathered to all that was gathered before."""
        self.durations.merge(self._current)
        self._piece.durations.add_coarsely(self._current)
        self._current.clear()

    def _double(self) -> None:
        """Let each slice be twice as long."""
        pairs = [self.slices[place : place + 2] for place in range(0, len(self.slices), 2)]
        for pair in pairs:
            if len(pair) == 2:
                pair[0].merge(pair[1])
        self.slices = [pair[0] for pair in pairs]
        self.width *= 2
