"""Levels: what a certificate says at a glance, each the sum of whole groups of clauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .contract import Contract, Level
from .journal import NOT_APPLICABLE, PASSED
from .verdict import ClauseResult, Result


@dataclass(frozen=True)
class LevelResult:
    """Whether a run gives a level.

    Attributes:
        level: The level.
        missing: Why it does not, a phrase for each clause that is in the way; empty where the level is given.
    """

    level: Level
    missing: tuple[str, ...]

    @property
    def given(self) -> bool:
        """Whether every MUST of its groups was judged and holds."""
        return not self.missing


def levels(contract: Contract, result: Result) -> tuple[LevelResult, ...]:
    """Every level of the contract, given or not.

    A level is given where all MUST clauses of its groups, and at least one, were judged and passed: in the API version
    of the target each of them, in other versions all that apply there. A clause that does not count has no say.
    """
    return tuple(LevelResult(level, tuple(_missing(level, contract, result))) for level in contract.levels)


def _missing(level: Level, contract: Contract, result: Result) -> Iterator[str]:
    demanded = [
        clause
        for clause in contract
        if clause.group in level.groups and clause.level == "MUST" and contract.counts(clause)
    ]
    if not demanded:
        yield f"contract {contract.version} has no clause about it"
    ids = {clause.id for clause in demanded}
    found = {one.clause.id: one for one in result.clauses}
    for clause in demanded:
        if clause.id not in found:
            yield f"{clause.id} was not judged"
        elif found[clause.id].status != PASSED:
            yield _told(found[clause.id])
    for version, others in result.versions.items():
        for one in others:
            if one.clause.id in ids and one.status not in (PASSED, NOT_APPLICABLE):
                yield f"{_told(one)}, in API version {version}"


def _told(result: ClauseResult) -> str:
    return f"{result.clause.id} {result.status.replace('_', ' ')} ({result.reason})"


def names(found: Sequence[LevelResult]) -> tuple[str, ...]:
    """The names of the levels that are given."""
    return tuple(one.level.name for one in found if one.given)
