"""A line of the scanned source as a report may show it: without secrets, and with the place that a finding is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from rich.cells import get_character_cell_size

from ..redaction import HIDDEN, SHORTEST, Redactor
from ..scan.engine import Scan
from ..scan.finding import Finding, Hit, Place
from ..scan.language import ENV, language
from .paper import harmless

# A name that speaks of a secret, and the literal that it is given, compared with, or replaced by.
_GIVEN = re.compile(
    r"""
      (?P<before>
        (?: secret | stripe_?(?:api_?)?key | api_?key | token | password | passwd | pwd ) \w{0,40}
        ["'`\])}\s]{0,8} (?: , | \|\|=? | \?\?=? | \?: | [:=]=?=? | => | \bor\b ) \s{0,8}
        (?P<quote>["'`])
      )
      (?P<secret> (?: \\. | (?!(?P=quote)). )+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ENV_VALUE = re.compile(r"^(?P<before>\s*(?:export\s+)?\w+\s*=\s*)(?P<secret>\S.*?)\s*$")

TAB = 4

FAR = 600
"""Characters of a line that are looked at on either side of where a finding begins."""

EDGE = 200
"""Of these, what is dropped again where the line was cut: half a secret would not be recognised there."""

LONGEST_MESSAGE = 400


@dataclass(frozen=True)
class Excerpt:
    """A stretch of a line, and where in it the mark belongs, in the columns of a terminal.

    Attributes:
        text: What is shown, `…` where it was cut.
        start: Columns before the mark.
        width: Columns of the mark, one at least.
    """

    text: str
    start: int
    width: int


class Curtain:
    """What is between a scan and whoever reads about it: every text goes through it, and no secret does."""

    def __init__(self, scan: Scan, others: Iterable[str] = ()) -> None:
        """Learn the secrets of `scan`, and `others` that it was told."""
        known = [*scan.secrets, *others]
        self.redactor = Redactor(known)
        # A word that may be the name of any folder is no secret there, and a wrong path leads nowhere.
        self._paths = Redactor(secret for secret in known if len(secret) >= 8 and not secret.isalpha())

    def text(self, text: str, secrets: Sequence[str] = ()) -> str:
        """A sentence about the source; `secrets` are those that it may quote."""
        clean = self.redactor.clean(text)
        return _one_line(_cut_out(clean, _short(clean, secrets)))

    def path(self, path: str) -> str:
        """A file's path, in characters that every file can hold."""
        return _one_line(self._paths.clean(path))

    def line(self, place: Place, secrets: Sequence[str] = ()) -> str:
        """The whole line at `place`; `secrets` are those that were found in it."""
        return self._shown(place, secrets)[0]

    def excerpt(self, place: Place, secrets: Sequence[str], room: int) -> Excerpt:
        """What fits into `room` columns of the line at `place`, its mark included."""
        text, start, end = self._shown(place, secrets)
        cells = [_cells(character, column) for column, character in _columns(text)]
        shown = [" " * size if character == "\t" else character for character, size in zip(text, cells, strict=True)]
        at = [0, *accumulate(cells)]  # the column of each character
        first, last = 0, len(text)
        if at[last] > room:
            # A third of the room for what stands before the mark, more where little stands behind it.
            before = max(room // 3, room - 1 - (at[last] - at[start]))
            first = next(place for place in range(start + 1) if at[start] - at[place] <= before)
            room -= first > 0
            if at[last] - at[first] > room:
                last = max(place for place in range(first, last + 1) if at[place] - at[first] < room)
            end = min(end, last)
        opening, closing = "…" * (first > 0), "…" * (last < len(text))
        return Excerpt(
            f"{opening}{''.join(shown[first:last])}{closing}".rstrip(),
            len(opening) + at[start] - at[first],
            max(at[end] - at[start], 1),
        )

    def message(self, finding: Finding) -> str:
        """What is wrong at a place; what quotes half a file is cut."""
        text = self.text(finding.message, finding.hit.secrets)
        return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 1]}…"

    def bare(self, finding: Finding) -> Finding:
        """`finding` without secrets: its message, and the lines and paths of its places."""
        hit = finding.hit
        also = tuple(self._bare(place, hit) for place in hit.also)
        message = harmless(self.message(finding))
        return replace(finding, hit=Hit(hit.rule, self._bare(hit.place, hit), message, also))

    def _bare(self, place: Place, hit: Hit) -> Place:
        return replace(place, path=self.path(place.path), text=self.line(place, hit.secrets))

    def _shown(self, place: Place, secrets: Sequence[str]) -> tuple[str, int, int]:
        """The line without secrets, and where in it the place begins and ends."""
        whole = place.text.rstrip("\r\n")
        first = min(place.column - 1, len(whole))
        low, high = max(first - FAR, 0), min(first + FAR, len(whole))
        text = whole[low:high]
        hidden = self.redactor.hidden(text)
        hidden += [one.span("secret") for one in _GIVEN.finditer(text)]
        if language(place.path) == ENV:
            hidden += [one.span("secret") for one in _ENV_VALUE.finditer(text)]
        hidden = list(_merged([*hidden, *_short(text, secrets)]))
        shown = self.redactor.clean(_cut_out(text, hidden))

        def moved(position: int) -> int:
            return min(_moved(min(max(position, 0), len(text)), hidden), len(shown))

        left = moved(EDGE) if low else 0
        right = moved(len(text) - EDGE) if high < len(whole) else len(shown)
        opening, closing = "…" * (low > 0), "…" * (high < len(whole))
        start, end = moved(first - low), moved(place.end_column - 1 - low)
        start, end = (min(max(one, left), right) - left + len(opening) for one in (start, end))
        line = harmless(f"{opening}{shown[left:right]}{closing}")
        return line, min(start, len(line)), min(max(end, start + 1), len(line))


def _one_line(text: str) -> str:
    """`text` on one line, for a name of a file may hold anything, in characters that every report can hold."""
    return re.sub(r"[\n\r\t\v\f\x85\u2028\u2029]", " ", text).encode(errors="replace").decode()


def _short(text: str, secrets: Sequence[str]) -> list[tuple[int, int]]:
    """Where the secrets stand that are too short to be looked for everywhere, as words of their own."""
    return [
        one.span()
        for secret in secrets
        if 0 < len(secret.strip()) < SHORTEST
        for one in re.finditer(rf"(?<!\w){re.escape(secret.strip())}(?!\w)", text)
    ]


def _merged(hidden: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The stretches in order, those that touch as one."""
    begun: tuple[int, int] | None = None
    for start, end in sorted(one for one in hidden if one[0] < one[1]):
        if begun and start <= begun[1]:
            begun = (begun[0], max(begun[1], end))
        else:
            if begun:
                yield begun
            begun = (start, end)
    if begun:
        yield begun


def _cut_out(text: str, hidden: Iterable[tuple[int, int]]) -> str:
    """`text` with a mask in place of each stretch."""
    for start, end in reversed(list(_merged(hidden))):
        text = text[:start] + HIDDEN + text[end:]
    return text


def _moved(position: int, hidden: Iterable[tuple[int, int]]) -> int:
    """Where a position of the line is in what is shown; within a secret, its edge."""
    moved = position
    for start, end in hidden:
        if end <= position:
            moved += len(HIDDEN) - (end - start)
        elif start < position:
            moved -= position - start
    return moved


def _columns(text: str) -> Iterator[tuple[int, str]]:
    """Each character with the column that it begins at, counted from 0."""
    column = 0
    for character in text:
        yield column, character
        column += _cells(character, column)


def _cells(character: str, column: int) -> int:
    return TAB - column % TAB if character == "\t" else get_character_cell_size(character)
