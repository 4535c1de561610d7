"""Histograms of durations: a fixed number of buckets, each a small share wider than the one before."""

from __future__ import annotations

from array import array

BITS = 26
"""Durations up to 2 to the power of this many microseconds (67 s) are told apart; what took longer counts as that."""


class Histogram:
    """Durations in microseconds, sorted into buckets.

    Attributes:
        count: How many there are.
        total: Their sum in microseconds.
        longest: The longest, to the microsecond.
    """

    __slots__ = ("_buckets", "_half", "_shift", "count", "longest", "total")

    def __init__(self, precision: int = 6) -> None:
        """Tell durations apart that differ by one part in 2 to the power of `precision`, or by a microsecond."""
        self._shift = precision
        self._half = 1 << precision
        self._buckets = array("I", bytes(4 * self._half * (BITS - precision + 1)))
        self.count = 0
        self.total = 0
        self.longest = 0

    def add(self, seconds: float) -> None:
        """Sort one duration in."""
        microseconds = round(seconds * 1e6)
        self.count += 1
        self.total += microseconds
        if microseconds > self.longest:
            self.longest = microseconds
        # As `_put` does, without the call: this is done for each delivery.
        excess = microseconds.bit_length() - self._shift - 1
        if excess > 0:
            microseconds = min((excess << self._shift) + (microseconds >> excess), len(self._buckets) - 1)
        self._buckets[microseconds] += 1

    def add_coarsely(self, other: Histogram) -> None:
        """Take over all durations of a histogram that is more precise."""
        for place, number in enumerate(other._buckets):
            if number:
                shortest = place if place < 2 * other._half else (place & (other._half - 1)) + other._half
                excess = max((place >> other._shift) - 1, 0)
                self._put(shortest << excess, number)
        self.count += other.count
        self.total += other.total
        self.longest = max(self.longest, other.longest)

    def clear(self) -> None:
        """Forget all of them."""
        self._buckets = array("I", bytes(4 * len(self._buckets)))
        self.count = self.total = self.longest = 0

    def _put(self, microseconds: int, number: int) -> None:
        # Of a long duration the first digits count.
        excess = microseconds.bit_length() - self._shift - 1
        place = microseconds if excess <= 0 else (excess << self._shift) + (microseconds >> excess)
        self._buckets[min(place, len(self._buckets) - 1)] += number

    def quantile(self, share: float) -> float:
        """The duration in seconds that this share of all durations does not exceed; 0 where there is none."""
        wanted = share * self.count
        seen = 0
        for place, number in enumerate(self._buckets):
            seen += number
            if number and seen >= wanted:
                return min(self._upper(place), self.longest) / 1e6
        return self.longest / 1e6

    @property
    def mean(self) -> float:
        """The mean duration in seconds; 0 where there is none."""
        return self.total / self.count / 1e6 if self.count else 0.0

    def merge(self, other: Histogram) -> None:
        """Take over all durations of another histogram of the same precision."""
        for place, number in enumerate(other._buckets):
            if number:
                self._buckets[place] += number
        self.count += other.count
        self.total += other.total
        self.longest = max(self.longest, other.longest)

    def to_dict(self) -> dict[str, object]:
        """All of it as JSON; most buckets are empty and left out."""
        filled = {str(place): number for place, number in enumerate(self._buckets) if number}
        return {"precision": self._shift, "total": self.total, "longest": self.longest, "buckets": filled}

    @classmethod
    def from_dict(cls, told: dict[str, object]) -> Histogram:
        """What `to_dict` gave."""
        found = cls(int(str(told["precision"])))
        buckets = told["buckets"]
        assert isinstance(buckets, dict)
        for place, number in buckets.items():
            found._buckets[int(place)] = int(number)
        found.count = sum(found._buckets)
        found.total, found.longest = int(str(told["total"])), int(str(told["longest"]))
        return found

    def _upper(self, place: int) -> int:
        """The longest duration, in microseconds, that falls into a bucket."""
        if place < 2 * self._half:
            return place
        excess = (place >> self._shift) - 1
        return ((place - (excess << self._shift)) + 1 << excess) - 1
