"""Which known defects an endpoint behaves like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hookassay.judging.contract import Contract
from hookassay.judging.diagnosis import Defect, address, diagnose, known_defects
from hookassay.judging.journal import FAILED, ScenarioRecord
from hookassay.judging.verdict import ClauseResult

CONTRACT = Contract.load()


def judged(clause_id: str, status: str) -> ClauseResult:
    """What was found about a clause of the contract."""
    return ClauseResult(CONTRACT[clause_id], status, "", ())


def defect(name: str, fails: str, may_fail: str = "", *seen: str) -> Defect:
    """A defect that these clauses, between spaces, are failed by."""
    return Defect(name, name, "", "", seen, frozenset(fails.split()), frozenset(may_fail.split()))


def found(failed: str, *, passed: str = "", warned: str = "") -> list[ClauseResult]:
    """Clauses as a run found them, the ids of each status between spaces."""
    statuses = {"passed": passed, "failed": failed, "warned": warned}
    return [judged(clause, status) for status, clauses in statuses.items() for clause in clauses.split()]


def names(clauses: list[ClauseResult], *defects: Defect) -> list[list[str]]:
    """The names of the defects of each diagnosis."""
    return [[one.name for one in diagnosis.defects] for diagnosis in diagnose(clauses, defects)]


def test_a_defect_whose_clauses_all_failed_is_named() -> None:
    """An endpoint that fails what a defect fails behaves like it."""
    assert names(found("RP-05 OO-01", passed="RF-01"), defect("a", "RP-05 OO-01")) == [["a"]]


def test_a_defect_that_must_fail_what_passed_is_out_of_question() -> None:
    """An endpoint that passes a clause has no defect that always fails it."""
    assert names(found("RP-05", passed="OO-01"), defect("a", "RP-05 OO-01")) == []


def test_a_clause_that_was_not_judged_speaks_for_nothing() -> None:
    """What could not be judged neither names a defect nor excludes it."""
    assert names(found("RP-05", passed="RF-01"), defect("a", "RP-05 OO-01"), defect("b", "OO-01")) == [["a"]]


def test_a_clause_that_is_warned_of_counts_as_failed() -> None:
    """A SHOULD that fails tells as much of an endpoint as a MUST."""
    assert names(found("", warned="DL-03"), defect("a", "DL-03")) == [["a"]]


def test_what_a_defect_fails_sometimes_is_explained_and_not_demanded() -> None:
    """A clause that a defect may fail is explained by it where it failed, and excludes nothing where it passed."""
    one = defect("a", "RP-05", "OO-01")
    (diagnosis,) = diagnose(found("RP-05 OO-01"), [one])
    assert diagnosis.explains == ("RP-05", "OO-01")
    assert names(found("RP-05", passed="OO-01"), one) == [["a"]]


def test_the_defect_that_explains_most_comes_first() -> None:
    """Few defects are better than many: what one explains alone is not explained by parts."""
    defects = (defect("part", "RP-05"), defect("whole", "RP-05 OO-01"), defect("other", "RF-01"))
    assert names(found("RP-05 OO-01 RF-01"), *defects) == [["whole"], ["other"]]


def test_defects_that_fail_the_same_are_named_together() -> None:
    """What the clauses do not tell apart is told together, what was seen in public before what was not."""
    assert names(found("RP-05"), defect("a", "RP-05"), defect("b", "RP-05", "", "medusajs/medusa#13301")) == [
        ["b", "a"]
    ]


def test_the_scenarios_tell_apart_what_fails_the_same_clauses() -> None:
    """Of defects that fail the same clauses the one comes first that was seen to fail the same scenarios."""
    sums, parts = (
        replace(defect(name, "RF-01"), scenarios=frozenset({f"RF-01 {scenario}"}))
        for name, scenario in (("a", "the sum"), ("b", "the parts"))
    )
    scenario = ScenarioRecord("RF-01", "the parts", FAILED)
    assert names([replace(judged("RF-01", "failed"), scenarios=(scenario,))], sums, parts) == [["b", "a"]]


def test_nothing_is_said_where_nothing_fits() -> None:
    """A failed clause that no known defect explains is left without a diagnosis."""
    assert names(found("RP-05 OO-01", passed="RF-01"), defect("a", "RF-01")) == []


@pytest.mark.parametrize("known", known_defects(), ids=lambda known: known.name)
def test_each_known_defect_is_told_by_what_it_fails(known: Defect) -> None:
    """Whoever fails exactly what a defect of the kill matrix fails is told this defect, and no second one besides."""
    clauses = [judged(clause.id, "failed" if clause.id in known.fails else "passed") for clause in CONTRACT]
    (diagnosis,) = diagnose(clauses)
    assert known in diagnosis.defects
    assert set(diagnosis.explains) == known.fails


@pytest.mark.parametrize(
    ("place", "page"),
    [
        ("CVE-2026-1", "https://nvd.nist.gov/vuln/detail/CVE-2026-1"),
        ("GHSA-aaaa-bbbb-cccc", "https://github.com/advisories/GHSA-aaaa-bbbb-cccc"),
        ("shop/shop#7", "https://github.com/shop/shop/issues/7"),
    ],
)
def test_a_place_has_an_address(place: str, page: str) -> None:
    """Where a defect was seen can be looked at."""
    assert address(place) == page
