"""Comments that say why a finding is none: `hookassay: ignore SC-12 kept for the old reports`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .source import Source

_COMMENT = re.compile(
    r"(?P<before>.*?)(?:#|//|/\*|--|<!--|;|\{#)\s*hookassay:\s*ignore\s+"
    r"(?P<ids>SC-\d\d(?:\s*,\s*SC-\d\d)*)(?P<reason>.*)",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"(\*/|-->|#\})\s*$")


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
        found = _COMMENT.match(line)
        if found:
            ids = tuple(word.strip().upper() for word in found["ids"].split(","))
            reason = _CLOSING.sub("", found["reason"]).strip(" \t:-")
            spoken_of = number if found["before"].strip(" \t{") else number + 1
            yield Suppression(source.path, spoken_of, number, ids, reason)
