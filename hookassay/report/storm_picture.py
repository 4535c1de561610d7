"""A storm over time as a picture: deliveries per second above, how long answers took below.

It is laid out twice, for a wide page and for a phone, since text in a picture that is scaled down cannot be read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..storm.tally import Slice, Tally

KINDS = ("acknowledged", "refused", "silent")

SECOND = 1.0
"""A column is not narrower, once there are enough of them."""

ENOUGH = 20

ROWS = 24
"""Rows of the same in numbers, at the most."""


@dataclass(frozen=True)
class Column:
    """A piece of time.

    Attributes:
        at: Seconds from the beginning.
        seconds: How long it is.
        counts: Deliveries by `KINDS`.
        p50: Half of the answers took no longer, in seconds; 0 where there was none.
        p99: 99 % of them took no longer.
    """

    at: float
    seconds: float
    counts: tuple[int, int, int]
    p50: float
    p99: float

    @property
    def per_second(self) -> float:
        """Deliveries per second."""
        return sum(self.counts) / self.seconds


@dataclass(frozen=True)
class Layout:
    """Where things are, in pixels of the picture."""

    name: str
    width: int
    left: int
    columns: int
    ticks: int


WIDE = Layout("wide", width=760, left=62, columns=120, ticks=8)
NARROW = Layout("narrow", width=340, left=50, columns=56, ticks=4)

TOP, RATES, GAP, LATENCIES, BOTTOM = 18, 150, 34, 110, 24
"""Pixels: above the rates, the rates, between, the latencies, and the seconds below."""

HEIGHT = TOP + RATES + GAP + LATENCIES + BOTTOM


@dataclass(frozen=True)
class Bar:
    """A rectangle: where it is, how large, and what kind of deliveries it stands for."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True)
class Mark:
    """A line across with what it stands for, or a moment below."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Picture:
    """A picture, ready to be drawn.

    Attributes:
        layout: How wide it is.
        bars: Deliveries per second.
        troubles: What was not acknowledged, marked below the bars, however little it was.
        p50: The points of the line of the median.
        p99: The points of the line of the slowest.
        levels: Lines across.
        moments: Seconds, below.
    """

    layout: Layout
    bars: tuple[Bar, ...]
    troubles: tuple[Bar, ...]
    p50: str
    p99: str
    levels: tuple[Mark, ...]
    moments: tuple[Mark, ...]
    height: int = HEIGHT
    latencies: int = TOP + RATES + GAP
    rates: int = TOP


def pictures(tally: Tally) -> tuple[Picture, ...]:
    """The wide picture and the narrow one; none where nothing was delivered."""
    if not tally.deliveries:
        return ()
    return tuple(_picture(tally, layout) for layout in (WIDE, NARROW))


def rows(tally: Tally) -> list[Column]:
    """The same in numbers."""
    return columns(tally, ROWS)


def columns(tally: Tally, most: int) -> list[Column]:
    """The time in so many pieces at the most."""
    together = max(1, math.ceil(len(tally.slices) / most))
    if tally.seconds >= ENOUGH:
        together = max(together, round(SECOND / tally.width))
    found = []
    for start in range(0, len(tally.slices), together):
        some = tally.slices[start : start + together]
        seconds = together * tally.width
        if start + together >= len(tally.slices):
            # The last piece ends with the storm: what is shorter must not seem to be slower.
            seconds = max(tally.seconds - start * tally.width, tally.width / 4)
        found.append(_column(some, start * tally.width, min(seconds, together * tally.width)))
    return found


def _column(some: Sequence[Slice], at: float, seconds: float) -> Column:
    whole = Slice()
    for one in some:
        whole.merge(one)
    counts = (whole.acknowledged, whole.refused, whole.silent)
    return Column(at, seconds, counts, whole.durations.quantile(0.5), whole.durations.quantile(0.99))


def _picture(tally: Tally, layout: Layout) -> Picture:
    pieces = columns(tally, layout.columns)
    end = pieces[-1].at + pieces[-1].seconds
    span = layout.width - layout.left - 8
    most = _round_up(max(piece.per_second for piece in pieces))
    slowest = _round_up(max(piece.p99 for piece in pieces) * 1000) or 1.0
    floor = TOP + RATES
    bars, troubles = [], []
    p50, p99 = [], []
    for piece in pieces:
        x = layout.left + piece.at / end * span
        width = max(piece.seconds / end * span - 0.6, 0.6)
        y = float(floor)
        for kind, count in zip(KINDS, piece.counts, strict=True):
            if not count:
                continue
            height = count / piece.seconds / most * RATES
            y -= height
            bars.append(Bar(round(x, 1), round(y, 1), round(width, 1), round(height, 1), kind))
        worst = next((kind for kind, count in list(zip(KINDS, piece.counts, strict=True))[:0:-1] if count), "")
        if worst:
            troubles.append(Bar(round(x, 1), floor + 3, round(max(width, 2), 1), 4, worst))
        middle = x + width / 2
        base = floor + GAP + LATENCIES
        if piece.p99:
            p50.append(f"{middle:.1f},{base - piece.p50 * 1000 / slowest * LATENCIES:.1f}")
            p99.append(f"{middle:.1f},{base - piece.p99 * 1000 / slowest * LATENCIES:.1f}")
    levels = [
        *(Mark(layout.left, TOP + RATES * (1 - share), f"{most * share:,.4g}") for share in (0, 0.5, 1)),
        *(
            Mark(layout.left, floor + GAP + LATENCIES * (1 - share), f"{slowest * share:,.4g} ms")
            for share in (0, 0.5, 1)
        ),
    ]
    step = _round_up(end / layout.ticks)
    moments = [
        Mark(round(layout.left + at * step / end * span, 1), HEIGHT - 8, f"{at * step:g} s")
        for at in range(int(end / step) + 1)
    ]
    return Picture(layout, tuple(bars), tuple(troubles), " ".join(p50), " ".join(p99), tuple(levels), tuple(moments))


def _round_up(number: float) -> float:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten, which people read easily."""
    if number <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(number))
    return float(f"{next(step for step in (1, 2, 2.5, 5, 10) if step * power >= number * 0.999999) * power:.6g}")
