"""The timeline of a scenario as a picture: each delivery a bar from its last byte to its answer, and the order below.

The picture is laid out twice, for a wide page and for a phone, since text in a picture that is scaled down cannot be
read. Time runs to the right; what took about as long as most deliveries is drawn to scale, longer pauses are shortened.
"""

from __future__ import annotations

import math
import textwrap
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from ..judging.journal import ScenarioRecord
from .account import Clean, Moment, Read, Sent, account, since
from .paper import many

FIRST_SHOWN, LAST_SHOWN = 22, 10
"""Moments of a long scenario that are drawn: its beginning and its end."""

SIGNS = {"acknowledged": "✔", "refused": "✘", "silent": "∅"}

# Of a pause as much is drawn as of about five deliveries.
LONGEST = 2.5
PAUSE = 5.0


@dataclass(frozen=True)
class Layout:
    """Where things are, in pixels of the picture; how many characters a line of text holds.

    Attributes:
        width: Of the picture.
        text: Where the text begins.
        room: Characters of a line of text.
        bars: Where the bars begin.
        span: How far they reach.
        answers: Where the answers stand; 0 puts them into the text.
        answer_room: Characters of a line of an answer.
    """

    width: int
    text: int
    room: int
    bars: int
    span: int
    answers: int = 0
    answer_room: int = 0


WIDE = Layout(width=760, text=70, room=46, bars=396, span=210, answers=618, answer_room=22)
NARROW = Layout(width=340, text=2, room=46, bars=4, span=330)

LINE, GAP = 15, 7
BAR = 8


@dataclass(frozen=True)
class Line:
    """A line of text: where it is, what it says, and what kind of text it is."""

    x: int
    y: float
    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    """One moment in the picture.

    Attributes:
        y: Its upper edge.
        height: How high it is.
        kind: `sent`, `read` or `left-out`.
        lines: Its texts.
        x: Where its bar begins.
        width: How long it is.
        bar: Its upper edge.
        style: What kind of bar it is.
    """

    y: float
    height: float
    kind: str
    lines: tuple[Line, ...]
    x: float = 0
    width: float = 0
    bar: float = 0
    style: str = ""


@dataclass(frozen=True)
class Picture:
    """A timeline, ready to be drawn.

    Attributes:
        name: `wide` or `narrow`.
        layout: Where things are.
        height: How high it is.
        rows: From top to bottom.
        pauses: Where longer pauses are, from the left.
    """

    name: str
    layout: Layout
    height: float
    rows: tuple[Row, ...]
    pauses: tuple[float, ...] = ()


@dataclass(frozen=True)
class Timeline:
    """A scenario's timeline.

    Attributes:
        pictures: The wide one and the narrow one.
        words: The same in words, a line for each moment.
        several: Whether it is about several purchases, told apart by letters.
        read: Whether orders were read.
        pauses: Whether pauses were shortened.
    """

    pictures: tuple[Picture, ...]
    words: tuple[str, ...]
    several: bool = False
    read: bool = False
    pauses: bool = field(default=False)


def timeline(scenario: ScenarioRecord, clean: Clean) -> Timeline | None:
    """The timeline of a scenario; None where nothing was delivered."""
    moments = account(scenario, clean)
    if not moments:
        return None
    hidden = len(moments) - FIRST_SHOWN - LAST_SHOWN
    shown = list(moments)
    if hidden > 1:
        shown = [*moments[:FIRST_SHOWN], *moments[-LAST_SHOWN:]]
    left_out = f"… {hidden} more in between …" if hidden > 1 else ""
    unkept = scenario.sent - len(scenario.deliveries)
    after = f"{many(unkept, 'more delivery', 'more deliveries')} of this scenario not shown" if unkept > 0 else ""
    scale = Scale(shown)
    pictures = tuple(
        _picture(name, layout, shown, scale, left_out, after) for name, layout in (("wide", WIDE), ("narrow", NARROW))
    )
    words = [_words(moment) for moment in shown]
    if left_out:
        words.insert(FIRST_SHOWN, left_out)
    if after:
        words.append(after)
    return Timeline(
        pictures,
        tuple(words),
        several=any(moment.who for moment in shown),
        read=any(isinstance(moment, Read) for moment in shown),
        pauses=bool(scale.pauses),
    )


class Scale:
    """From seconds to a share of the picture's width."""

    def __init__(self, moments: Sequence[Moment]) -> None:
        """Lay out the moments: what takes as long as a delivery usually does gets the same room everywhere."""
        took = [moment.until - moment.at for moment in moments if isinstance(moment, Sent)]
        self._unit = max(median(took) if took else 0.0, 0.0005)
        busy = [(moment.at, moment.until) for moment in moments if isinstance(moment, Sent)]
        self._points = sorted({time for moment in moments for time in (moment.at, moment.until)})
        places = [0.0]
        pauses = []
        for first, last in pairwise(self._points):
            room = min(math.log2(1 + (last - first) / self._unit), LONGEST)
            idle = not any(start < last and first < end for start, end in busy)
            if idle and last - first > PAUSE * self._unit:
                pauses.append(places[-1] + room / 2)
            places.append(places[-1] + max(room, 0.04))
        whole = places[-1] or 1.0
        self._places = [place / whole for place in places]
        self.pauses = tuple(place / whole for place in pauses)

    def __call__(self, seconds: float) -> float:
        """Where a moment is, from 0 to 1."""
        return self._places[max(bisect_right(self._points, seconds) - 1, 0)]


def _picture(name: str, layout: Layout, moments: Sequence[Moment], scale: Scale, left_out: str, after: str) -> Picture:
    rows: list[Row] = []
    y = 4.0
    for place, moment in enumerate(moments):
        if left_out and place == FIRST_SHOWN:
            rows.append(_note(layout, y, left_out))
            y += rows[-1].height
        row = _wide(layout, y, moment, scale) if layout.answers else _narrow(layout, y, moment, scale)
        rows.append(row)
        y += row.height
    if after:
        rows.append(_note(layout, y, after))
        y += rows[-1].height
    pauses = tuple(round(layout.bars + place * layout.span, 1) for place in scale.pauses)
    return Picture(name, layout, round(y + 4), tuple(rows), pauses)


def _note(layout: Layout, y: float, text: str) -> Row:
    return Row(y, LINE + GAP, "left-out", (Line(layout.text, y + LINE - 2, "minor", text),))


def _wide(layout: Layout, y: float, moment: Moment, scale: Scale) -> Row:
    """Time, text, bar and answer beside one another."""
    lines = [Line(layout.text - 10, y + LINE - 2, "time", since(moment.at))]
    texts = _texts(moment, layout.room)
    lines += [Line(layout.text, y + place * LINE + LINE - 2, kind, text) for place, (kind, text) in enumerate(texts)]
    beside = []
    if isinstance(moment, Sent):
        beside = _wrapped(f"{SIGNS[moment.kind]} {moment.answer}", layout.answer_room)
        lines += [Line(layout.answers, y + n * LINE + LINE - 2, moment.kind, text) for n, text in enumerate(beside)]
    height = max(len(texts), len(beside)) * LINE + GAP
    return _barred(layout, moment, scale, Row(y, height, _kind(moment), tuple(lines), bar=y + (LINE - BAR) / 2 + 1))


def _narrow(layout: Layout, y: float, moment: Moment, scale: Scale) -> Row:
    """All of it below one another."""
    when = since(moment.at)
    beside = layout.room - 8  # characters of a line at whose end the time stands
    if isinstance(moment, Sent):
        texts = _texts(moment, layout.room)
        texts += [(moment.kind, text) for text in _wrapped(f"{SIGNS[moment.kind]} {moment.answer}", beside)]
    else:
        texts = _texts(moment, beside)
    lines = [Line(layout.text, y + n * LINE + LINE - 2, kind, text) for n, (kind, text) in enumerate(texts)]
    lines.append(Line(layout.width - 2, y + (len(texts) - 1) * LINE + LINE - 2, "time", when))
    bar = y + len(texts) * LINE + 2
    row = Row(y, len(texts) * LINE + BAR + GAP + 4, _kind(moment), tuple(lines), bar=bar)
    return _barred(layout, moment, scale, row)


def _barred(layout: Layout, moment: Moment, scale: Scale, row: Row) -> Row:
    """The row with its bar."""
    left, right = (layout.bars + scale(time) * layout.span for time in (moment.at, moment.until))
    if isinstance(moment, Sent):
        style = f"{moment.kind} forged" if moment.forged else moment.kind
    else:
        style = f"state state-{moment.state % 4}"
    return Row(row.y, row.height, row.kind, row.lines, round(left, 1), round(max(right - left, 2), 1), row.bar, style)


def _kind(moment: Moment) -> str:
    return "sent" if isinstance(moment, Sent) else "read"


def _texts(moment: Moment, room: int) -> list[tuple[str, str]]:
    """The lines of text of a moment with the kind of each."""
    who = f"{moment.who} " if moment.who else ""
    if isinstance(moment, Read):
        first, *others = _wrapped(f"{who}order reads {moment.what}", room)
        return [("order", first), *(("order", text) for text in others)]
    texts = [("event", text) for text in _wrapped(f"{who}{moment.what}", room)]
    kind = "forgery" if moment.forged else "minor"
    return texts + [(kind, text) for text in _wrapped(moment.how, room)]


def _wrapped(text: str, room: int) -> list[str]:
    return textwrap.wrap(text, room, max_lines=6, placeholder=" …")


def _words(moment: Moment) -> str:
    """A moment for whoever does not see the picture."""
    who = f"purchase {moment.who}, " if moment.who else ""
    if isinstance(moment, Read):
        return f"{since(moment.at)}: {who}the order reads {moment.what}"
    told = f" ({moment.how})" if moment.how else ""
    return f"{since(moment.at)}: {who}{moment.what}{told} was sent and got {moment.answer}"
