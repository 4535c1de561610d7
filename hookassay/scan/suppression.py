"""Comments that say why a finding is none: `hookassay: ignore SC-12 kept for the old reports`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .source import Source

_COMMENT = re.compile(
    r"(?P<before>.*?)(?:\#|//|/\*|(?<=\s)\*|--|<!--|;|\{\#)\s*hookassay:\s*ignore\b"
    r"(?P<ids>(?:[\s,]+SC-\d\d\b)*)(?P<reason>.*)",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"(\*/\s*\}?|-->|--\}\}|#\}|-?%>)\s*$")

# What may open a line that holds nothing but a comment. `#[` opens an attribute of PHP, `#name` a member of JavaScript.
_ALONE = re.compile(r"\s*(\#(?![\[\w])|//|/\*|\*(?=[\s/])|--(?!\w)|<!--|;|\{\#|\{\s*/\*|<%\#|\{\{--|$)")


@dataclass(frozen=True)
class Suppression:
    """One such comment.

    Attributes:
        path: The file.
        line: The line that it speaks of: its own, or the next one where it stands alone on its line.
        written: The line that it stands on.
        rules: The ids of the rules it names.
        reason: Why; without one it suppresses nothing.
    """

    path: str
    line: int
    written: int
    rules: tuple[str, ...]
    reason: str


def suppressions(source: Source) -> Iterator[Suppression]:
    """The comments of that kind in a file."""
    if b"hookassay:" not in source.lowered:
        return
    for number, line in enumerate(source.lines, 1):
        found = _COMMENT.match(line) if "hookassay:" in line.lower() else None
        if found:
            ids = tuple(dict.fromkeys(re.findall(r"SC-\d\d", found["ids"].upper())))
            reason = _CLOSING.sub("", found["reason"]).strip(" \t:-,")
            alone = not found["before"].strip() or _ALONE.match(line)
            yield Suppression(source.path, _next(source.lines, number) if alone else number, number, ids, reason)


def _next(lines: Sequence[str], number: int) -> int:
    """The first line below line `number` that is more than a comment; the one below it where there is none."""
    for below in range(number + 1, len(lines) + 1):
        if not _ALONE.match(lines[below - 1]):
            return below
    return number + 1
