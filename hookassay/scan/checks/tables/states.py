"""The states of an order, where a definition lists them: one whose status may be `refunded` needs no other column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ...finding import Place
from ...source import Source
from .history import Act, Change
from .lineage import Class
from .table import Names, Table

WORDS: Mapping[str, re.Pattern[str]] = {
    "refund_status": re.compile(r"(?<![a-z])refunded(?![a-z_])", re.IGNORECASE),
    "dispute_status": re.compile(r"(?<![a-z])(disputed|chargeback|charged_?back)(?![a-z_])", re.IGNORECASE),
}
"""Standard column → the words that say the same as a value of the status."""

# What lists values: ENUM('a', 'b'), CHECK (status IN ('a', 'b')), pgEnum("x", ["a", "b"]), enum X { A B }, choices=[…].
_LISTED = re.compile(r"(?:enum\w*|\bcheck|\bin|choices|literal)\b[^\n(\[{]{0,60}[(\[{][^)\]}]{0,2000}", re.IGNORECASE)
# Every length is bounded, so that no text can keep the search going for long.
_NAMED = re.compile(
    r"""
      \benum\s{1,9}(?P<braces>\w{1,60})\s{0,9}\{[^}]{0,2000}
    | \btype\s{1,9}(?P<union>\w{1,60})\s{0,9}=[^;{]{0,2000}
    | \b(?P<variable>\w{1,60})\s{0,9}=\s{0,9}(?:\w{1,60}\.)?(?:pg|mysql|singlestore)?Enum\s{0,9}\([^)]{0,2000}
    | \bcreate\s{1,9}type\s{1,9}(?:"?\w{1,60}"?\.)?"?(?P<type>\w{1,60})"?\s{1,9}as\s{1,9}enum\s{0,9}\([^)]{0,2000}
    | \bclass\s{1,9}(?P<class>\w{1,60})\([^)\n]{0,90}(?:Enum|Choices)\)\s{0,9}:
      (?:\n[ \t]{1,20}[^\n]{0,200}|\n(?=\n)){0,60}
    | \b(?P<constant>(?:[A-Z]{1,20}_){0,4}(?:STATUS|STATE|CHOICES)(?:E?S)?(?:_[A-Z]{1,20}){0,4})
      \s{0,9}=\s{0,9}[(\[{][^=]{0,600}
    """,
    re.VERBOSE | re.IGNORECASE,
)
# One of these is in every such list.
_MARKS = (b"refunded", b"disputed", b"chargeback", b"charged_back", b"chargedback")

_LONGEST = 150
"""Lines of a definition that are looked at."""


@dataclass(frozen=True)
class Listed:
    """Values that are listed under a name; an empty one is that of a definition of the orders table, at a place.

    Attributes:
        name: What they are called, in lower case.
        columns: The standard columns whose words are among them.
        place: Of the definition.
        text: The definition, in lower case, in which names may stand.
    """

    name: str
    columns: frozenset[str]
    place: Place | None = None
    text: str = ""


def read(source: Source, facts: Iterable[object], names: Names) -> Iterator[Listed]:
    """The lists of states in a file, and those in its definitions of the orders table."""
    spoken_of = any(mark in source.lowered for mark in _MARKS)
    for found in _NAMED.finditer(source.text) if spoken_of else ():
        columns = _columns(found[0])
        if columns:
            yield Listed(next(name for name in found.groups() if name).lower(), columns)
    for fact in facts:
        if isinstance(fact, (Table, Class, Change)) and names.mean(*_names(fact)):
            text = _definition(source, fact.place.line)
            inside = "\n".join(found[0] for pattern in (_LISTED, _NAMED) for found in pattern.finditer(text))
            yield Listed("", _columns(inside), fact.place, text.lower())


def columns(listed: Iterable[Listed]) -> dict[Place, frozenset[str]]:
    """Place of a definition → the standard columns that its status makes unnecessary."""
    everything = list(listed)
    named = [one for one in everything if one.name]
    return {
        one.place: one.columns.union(
            *(other.columns for other in named if re.search(rf"(?<!\w){re.escape(other.name)}(?!\w)", one.text))
        )
        for one in everything
        if one.place is not None
    }


def _columns(text: str) -> frozenset[str]:
    return frozenset(column for column, word in WORDS.items() if word.search(text))


def _names(fact: Table | Class | Change) -> tuple[str, ...]:
    """What the table is called that this defines; nothing for what defines none."""
    if isinstance(fact, Table):
        return fact.name, fact.entity
    if isinstance(fact, Class):
        return (fact.table, fact.name) if fact.table else ()
    return (fact.table, fact.entity) if fact.act is Act.CREATE else ()


def _definition(source: Source, line: int) -> str:
    """The lines of what begins on `line`: those that are indented further, up to the bracket that closes it."""
    first = source.lines[line - 1]
    indent = len(first) - len(first.lstrip())
    taken = [first]
    for text in source.lines[line : line + _LONGEST]:
        if text.strip() and len(text) - len(text.lstrip()) <= indent and text.lstrip()[0] not in ")]}":
            break
        taken.append(text)
    return "\n".join(taken)
