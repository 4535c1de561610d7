"""The grid: what was found about each clause in each API version, and where the versions differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..judging.journal import PASSED
from ..judging.verdict import ClauseResult, Result

Grid = Mapping[str, Mapping[str, str]]
"""API version → clause id → status."""


@dataclass(frozen=True)
class Difference:
    """What was found about a clause in other API versions, and not in the target's.

    Attributes:
        result: What was found, in the newest of them.
        versions: The API versions in which that status was found, newest first.
    """

    result: ClauseResult
    versions: tuple[str, ...]


def grid(result: Result, *, standing: bool = False) -> Grid:
    """The statuses of the clauses that were judged in every version, the target's version first.

    Empty where only one version was judged. With `standing`, what fails as the baseline says is told from the rest,
    and what does not count is left out.
    """
    if not result.versions:
        return {}
    again = {found.clause.id for clauses in result.versions.values() for found in clauses}
    return {
        version: {
            found.clause.id: found.standing if standing else found.status
            for found in clauses
            if found.clause.id in again and (found.counted or not standing)
        }
        for version, clauses in result.found.items()
    }


def differences(result: Result) -> tuple[Difference, ...]:
    """What was found in other versions only, in the contract's order: a clause once for each such status.

    What the baseline lists in one version is not what fails unlisted in another.
    """
    here = {found.clause.id: found.standing for found in result.clauses}
    found: dict[tuple[str, str], Difference] = {}
    for version, clauses in result.versions.items():
        for one in clauses:
            key = (one.clause.id, one.standing)
            if one.counted and one.standing not in (PASSED, here.get(one.clause.id)):
                known = found.get(key)
                found[key] = (
                    Difference(known.result, (*known.versions, version)) if known else Difference(one, (version,))
                )
    places = list(here)
    return tuple(sorted(found.values(), key=lambda difference: places.index(difference.result.clause.id)))
