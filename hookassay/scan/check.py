"""What a check is: it looks at one file after another, and concludes when it has seen them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

from .finding import Hit
from .rule import Rule
from .source import Source
from .tree import Skipped, Tree


@dataclass(frozen=True)
class Circumstances:
    """What a check may know besides the files.

    Attributes:
        tree: Where they come from.
        table: The name of the table that holds the orders.
        columns: Standard column name → what the implementation calls it; `""` says that it has none.
        database: The URL, as SQLAlchemy reads it, of a live database whose table is looked at too; None for none.
    """

    tree: Tree
    table: str = "orders"
    columns: tuple[tuple[str, str], ...] = ()
    database: str | None = None


class Check(Protocol):
    """Finds what breaks one rule, or a few that are seen in the same facts.

    A class is made once a scan. `look` is called for every source that holds one of its words (a page, then each script
    in it); whatever it returns it gets back in `conclude`.
    """

    words: tuple[bytes, ...]
    """Of these, in lower case, a file must hold at least one; empty for every file."""

    def __init__(self, circumstances: Circumstances) -> None:
        """Begin."""

    def look(self, source: Source) -> Iterable[Any]:
        """The facts in one source."""
        ...

    def conclude(self, facts: list[Any]) -> Iterable[Hit | Skipped]:
        """What breaks a rule, now that every file was seen, and what could not be read."""
        ...


def checks(rules: Iterable[Rule], circumstances: Circumstances) -> Iterator[Check]:
    """The checks that these rules name, each once."""
    for name in dict.fromkeys(rule.check for rule in rules if rule.check):
        module, _, made = name.partition(":")
        check: Check = getattr(import_module(f".checks.{module}", __package__), made)(circumstances)
        yield check
