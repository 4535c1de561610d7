"""How a clause is kept in common frameworks: `features/frameworks.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

ANY = "any"
"""What is said of whatever framework."""

FRAMEWORKS = ("Express", "Next.js", "Django", "Rails", "Laravel", "FastAPI", "Flask", "Spring", "Go")


@dataclass(frozen=True)
class Remedy:
    """One thing to do.

    Attributes:
        title: What, in a sentence.
        clauses: Ids of the clauses that it is about.
        ways: Framework, or `ANY`, → what to write there.
    """

    title: str
    clauses: tuple[str, ...]
    ways: Mapping[str, str]


@cache
def remedies() -> tuple[Remedy, ...]:
    """All that is known."""
    data = tomllib.loads((files("hookassay.features") / "frameworks.toml").read_text(encoding="utf-8"))
    return tuple(
        Remedy(topic["title"], tuple(topic["clauses"]), {name: way.strip() for name, way in topic["in"].items()})
        for topic in data["topic"]
    )


def remedies_of(clause_id: str) -> tuple[Remedy, ...]:
    """What is done to keep one clause, what is about few others first."""
    found = (remedy for remedy in remedies() if clause_id in remedy.clauses)
    return tuple(sorted(found, key=lambda remedy: len(remedy.clauses)))
