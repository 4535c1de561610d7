"""What the scan finds: a rule broken at a place."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from .rule import Rule


@dataclass(frozen=True, order=True)
class Place:
    """A stretch of one line of one file.

    Attributes:
        path: The file, relative to the folder that was scanned, with forward slashes.
        line: Counted from 1.
        column: The first character, counted from 1.
        end_column: The character behind the last one; at least one more than `column`.
        text: The whole line as it stands in the file: it may hold a secret, and is redacted by whoever shows it.
    """

    path: str
    line: int
    column: int
    end_column: int
    text: str = field(compare=False, repr=False)


@dataclass(frozen=True)
class Hit:
    """What a check saw: a rule by its id, and where it is broken.

    Attributes:
        rule: The rule's id.
        place: Where.
        message: What is wrong here, one sentence; empty takes the rule's title.
        also: Other places that belong to it.
        secrets: Texts in the lines of these places that nobody may be shown.
    """

    rule: str
    place: Place
    message: str = ""
    also: tuple[Place, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Finding:
    """A hit with its rule, as reports consume it."""

    rule: Rule
    hit: Hit

    @property
    def place(self) -> Place:
        """Where the rule is broken."""
        return self.hit.place

    @cached_property
    def message(self) -> str:
        """What is wrong here, one sentence."""
        return self.hit.message or self.rule.title
