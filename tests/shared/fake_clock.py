"""A clock that stands still until it is slept on, in place of the `time` module of the code under test."""

from __future__ import annotations


class FakeClock:
    """What stands for `time`: monotonic and wall-clock seconds are the same, and sleeping moves both at once."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
