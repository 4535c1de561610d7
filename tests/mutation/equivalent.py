"""Mutants that no request can tell from the server, each with the reason: equivalent.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mutation.mutants import Mutant

LISTED = Path(__file__).parent / "equivalent.toml"
KINDS = ("same", "allowed")


@dataclass(frozen=True)
class Entry:
    """Changes to one line that share a reason.

    Attributes:
        module: The module's name.
        where: The function or class; empty outside of any.
        line: The line as it stands, without the spaces around it.
        changes: Each change, `was → becomes`.
        kind: `same`: it behaves the same. `allowed`: it behaves differently, as a correct server may.
        reason: Why, a sentence.
    """

    module: str
    where: str
    line: str
    changes: tuple[str, ...]
    kind: str
    reason: str

    @property
    def keys(self) -> list[str]:
        """The keys of its mutants."""
        return [f"{self.module} · {self.where} · {self.line} · {change}" for change in self.changes]


class Equivalents:
    """All that are listed."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        self._keys = {key: entry for entry in entries for key in entry.keys}

    @classmethod
    def load(cls, path: Path = LISTED) -> Self:
        """What the file lists."""
        document = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return cls(tuple(Entry(**{**one, "changes": tuple(one["changes"])}) for one in document.get("mutant", ())))

    def __contains__(self, mutant: Mutant) -> bool:
        return mutant.key in self._keys

    def __getitem__(self, mutant: Mutant) -> Entry:
        return self._keys[mutant.key]
