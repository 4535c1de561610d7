"""Diagnosis: which known defects an endpoint behaves like, told by the clauses that it fails.

What each known defect fails was seen: every one of them is a server that the contract judged (docs/kill-matrix.md).
`defects.json` says what was seen, and `python tests/shared/kill_matrix.py` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .journal import FAILED, PASSED
from .verdict import WARNED, ClauseResult


@dataclass(frozen=True)
class Defect:
    """One thing that an implementation can do wrong, everything else being right.

    Attributes:
        name: Its name in the kill matrix.
        known_as: What it is called in a report, after "behaves like": a few words.
        description: What it does wrong, a sentence.
        fix: How it is mended, in words for any language.
        seen: Where it was seen in public: advisories, and issues on GitHub as `owner/repository#number`; may be empty.
        fails: Ids of the clauses that it fails.
        may_fail: Ids of the clauses that it fails sometimes.
        scenarios: The scenarios that it was seen to fail, as `CLAUSE NAME`; empty where that was not looked at.
    """

    name: str
    known_as: str
    description: str
    fix: str
    seen: tuple[str, ...]
    fails: frozenset[str]
    may_fail: frozenset[str]
    scenarios: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Diagnosis:
    """What explains some of the failed clauses.

    Attributes:
        defects: What the endpoint behaves like: one defect, or several that these clauses do not tell apart, the
            likeliest first.
        explains: Ids of the failed clauses that each of them would fail, in the contract's order.
    """

    defects: tuple[Defect, ...]
    explains: tuple[str, ...]


@cache
def known_defects() -> tuple[Defect, ...]:
    """Every defect of the kill matrix, by name."""
    text = (files("hookassay.judging") / "defects.json").read_text(encoding="utf-8")
    return tuple(
        Defect(
            name=one["name"],
            known_as=one["known_as"],
            description=one["description"],
            fix=one["fix"],
            seen=tuple(one["seen"]),
            fails=frozenset(one["fails"]),
            may_fail=frozenset(one["may_fail"]),
            scenarios=frozenset(one["scenarios"]),
        )
        for one in json.loads(text)
    )


def address(place: str) -> str:
    """The web page of a place where a defect was seen: an advisory, or an issue or pull request on GitHub.

    GitHub sends on from one of the two latter to the other.
    """
    if place.startswith("CVE-"):
        return f"https://nvd.nist.gov/vuln/detail/{place}"
    if place.startswith("GHSA-"):
        return f"https://github.com/advisories/{place}"
    repository, _, number = place.partition("#")
    return f"https://github.com/{repository}/issues/{number}"


def diagnose(clauses: Sequence[ClauseResult], defects: Iterable[Defect] | None = None) -> tuple[Diagnosis, ...]:
    """What explains the failed clauses: as few defects as possible, those first that explain the most.

    A defect comes into question only if every clause that it must fail, as far as it was judged, failed. What no known
    defect explains is left out.

    Args:
        clauses: What was found about each clause of a run, in the contract's order; a clause that was judged in several
            API versions failed if it failed in one.
        defects: The defects to choose from; None takes all that are known.
    """
    failed = list(dict.fromkeys(one.clause.id for one in clauses if one.status in (FAILED, WARNED)))
    judged = {one.clause.id for one in clauses if one.status == PASSED} | set(failed)
    scenarios = frozenset(
        f"{one.clause.id} {scenario.name}" for one in clauses for scenario in one.scenarios if scenario.status == FAILED
    )
    possible = list(_possible(known_defects() if defects is None else defects, frozenset(failed), judged))
    return tuple(_fewest(possible, failed, scenarios))


def _possible(defects: Iterable[Defect], failed: frozenset[str], judged: Collection[str]) -> Iterator[Defect]:
    """The defects that fit: all that they must fail and that was judged did fail, and something of it did."""
    for defect in defects:
        must = defect.fails.intersection(judged)
        if must and must <= failed:
            yield defect


def _fewest(possible: Sequence[Defect], failed: Sequence[str], scenarios: frozenset[str]) -> Iterator[Diagnosis]:
    """The defects that explain most of what is unexplained, again and again until none explains any more."""
    unexplained = set(failed)
    while True:
        explained = {defect: unexplained & (defect.fails | defect.may_fail) for defect in possible}
        most = max(map(len, explained.values()), default=0)
        if not most:
            return
        best = [defect for defect in possible if len(explained[defect]) == most]
        best.sort(key=lambda defect: _unlikeliness(defect, unexplained, scenarios))
        clauses = explained[best[0]]
        alike = tuple(defect for defect in best if explained[defect] == clauses)
        yield Diagnosis(alike, tuple(clause for clause in failed if clause in clauses))
        unexplained -= clauses


def _unlikeliness(
    defect: Defect, unexplained: Collection[str], scenarios: frozenset[str]
) -> tuple[int, int, int, bool, str]:
    """How little speaks for a defect.

    The clauses that it fails for certain and that are explained count most; then what it should have failed and was not
    seen to; then how far the failed scenarios of these clauses are from those that it was seen to fail; then whether
    anybody was seen to have it.
    """
    certain = len(defect.fails.intersection(unexplained))
    unseen = len(defect.fails.difference(unexplained))
    differing = {name for name in scenarios ^ defect.scenarios if name.partition(" ")[0] in unexplained}
    return -certain, unseen, len(differing), not defect.seen, defect.name
