"""Columns that a unique key protects, as far as the lines around the word say, in whatever way they are defined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..source import Source

WORDS = (b"unique", b"primary", b"@id")
"""Of these, in lower case, a file holds one where it defines a unique key."""

# Not what only asks before it stores: `uniqueness: true`, UniqueValidator, Laravel's "unique:orders".
_KEY = re.compile(
    r"""(?ix) (?<![a-z]) (?<!rule::)
    (unique | unique_?(index|key|constraint|together|columns?) | primary[_ ]?key | primary_?column | @@?id) (?![a-z_])
    (?! ["']? \s* (:|=>|=) \s* false | :(?!true)[a-z] )"""
)
_COMMENT = re.compile(r"^\s*(//|#(?!\[)|--|\*|/\*).*|\s(//|--|#)\s.*$")
_NAME = re.compile(r"[A-Za-z_]\w*")
_ID = re.compile(r"(stripe|session|event|evt|intent|charge|invoice|refund|dispute|subscription|checkout|payment)", re.I)
# Words that stand on such a line for other reasons.
_NO_COLUMN = frozenset(
    "session event charge invoice refund dispute subscription checkout payment payments stripe".split()
)
_OPENS = ("(", "[", "{")
_NEAR = 4
"""Lines that one definition is spread over, at most, before or behind the word."""


def plain(name: str) -> str:
    """A name without what the conventions of languages add: `stripeSessionId` and `stripe_session_id` are one."""
    return name.replace("_", "").lower()


def unique_columns(source: Source) -> frozenset[str]:
    """The columns for ids of Stripe's that have a unique key in this file, as `plain` writes them."""
    if source.is_test:
        return frozenset()
    lines = [_COMMENT.sub("", line) for line in source.text.splitlines()]
    found: set[str] = set()
    for number, line in enumerate(lines):
        for key in _KEY.finditer(line):
            for near in _definition(lines, number, key):
                found.update(plain(name) for name in _NAME.findall(near) if _ID.search(name) and len(name) > 6)
    return frozenset(found - _NO_COLUMN)


def _definition(lines: list[str], number: int, key: re.Match[str]) -> Iterator[str]:
    """The line with the key, and those that belong to it; of SQL the column alone, since others may share its line."""
    line = lines[number].strip()
    if key[0].lower() in ("unique", "primary key") and re.match(r"\s*($|[,)\w])(?!\s*\()", key.string[key.end() :]):
        yield key.string[key.string.rfind(",", 0, key.start()) + 1 : key.end()]
        if not re.match(r"\s+(key|index)\b", key.string[key.end() :], re.I):
            return
    yield line
    if line.startswith(("@", "#[")) or line.endswith(_OPENS):
        for after in lines[number + 1 : number + 1 + _NEAR]:
            yield after
            if not after.strip().startswith(("@", "#[")) and not line.endswith(_OPENS):
                return
    elif re.match(r"(?i)[\"']?(unique|primary)", line):
        for before in reversed(lines[max(number - _NEAR, 0) : number]):
            yield before
            if before.strip().endswith(_OPENS):
                return
