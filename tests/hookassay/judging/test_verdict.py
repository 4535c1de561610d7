"""From scenarios to clauses, and from clauses to one verdict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from results import CONTRACT, judged, result, scenario

from hookassay.judging.baseline import PLACEHOLDER, Baseline, Entry, Standing
from hookassay.judging.contract import Contract
from hookassay.judging.journal import ERROR, FAILED, NOT_APPLICABLE, NOT_TESTABLE, PASSED, ScenarioRecord
from hookassay.judging.verdict import (
    CERTIFIED,
    KNOWN,
    NOT_CERTIFIED,
    NOT_JUDGED,
    PARTIAL,
    WARNED,
    ClauseResult,
    clause_results,
    excuse,
    failures,
    standing,
    verdict,
)


def contract(levels: dict[str, str] | None = None, depends: dict[str, tuple[str, ...]] | None = None) -> Contract:
    """The eight clauses of `results`, with other levels and dependencies."""
    return replace(
        CONTRACT,
        clauses=tuple(
            replace(
                clause,
                level=(levels or {}).get(clause.id, clause.level),
                depends=(depends or {}).get(clause.id, ()),
            )
            for clause in CONTRACT.clauses
        ),
    )


def found(*scenarios: ScenarioRecord, the_contract: Contract = CONTRACT, **options: Any) -> dict[str, ClauseResult]:
    """What is found about the clauses that the scenarios are about, and those in `judged`."""
    ids = options.get("judged", {one.clause_id for one in scenarios})
    examples = {clause: sum(one.clause_id == clause for one in scenarios) or 1 for clause in ids}
    results = clause_results(
        the_contract, ids, options.get("outside", {}), scenarios, options.get("examples", examples)
    )
    return {one.clause.id: one for one in results}


def of(clause_id: str, *statuses: str) -> list[ScenarioRecord]:
    return [scenario(clause_id, f"example {number}", status, status) for number, status in enumerate(statuses)]


# --- a clause's status ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "statuses", "status"),
    [
        ("MUST", [PASSED, PASSED], PASSED),
        ("MUST", [PASSED, NOT_APPLICABLE], PASSED),
        ("MUST", [NOT_APPLICABLE, NOT_APPLICABLE], NOT_APPLICABLE),
        ("MUST", [PASSED, NOT_TESTABLE], NOT_TESTABLE),
        ("MUST", [NOT_TESTABLE, ERROR, PASSED], ERROR),
        ("MUST", [ERROR, FAILED, PASSED], FAILED),
        ("SHOULD", [PASSED, FAILED], WARNED),
        ("SHOULD", [ERROR, PASSED], ERROR),
        ("MAY", [FAILED, PASSED], PASSED),
        ("MAY", [PASSED, ERROR], ERROR),
    ],
)
def test_worst_scenario_counts(level: str, statuses: list[str], status: str) -> None:
    """A clause is what its worst scenario is; a SHOULD that fails warns, and a MAY is only recorded."""
    assert found(*of("RP-03", *statuses), the_contract=contract({"RP-03": level}))["RP-03"].status == status


def test_reason_is_the_worst_scenarios() -> None:
    """The reason is that of the scenario that decided."""
    assert found(*of("RP-03", PASSED, ERROR, FAILED))["RP-03"].reason == FAILED


def test_passing_needs_no_reason() -> None:
    """What passed has no reason."""
    assert found(*of("RP-03", PASSED, NOT_APPLICABLE))["RP-03"].reason == ""


def test_outside() -> None:
    """A clause that could not be judged from the start has the reason why."""
    outside = {"RP-03": (NOT_APPLICABLE, "not subscribed to it")}
    one = found(judged={"RP-03"}, outside=outside)["RP-03"]

    assert (one.status, one.reason, one.scenarios) == (NOT_APPLICABLE, "not subscribed to it", ())


def test_not_asked_for() -> None:
    """Clauses that were not to be judged are not in the result; the others are in the contract's order."""
    assert list(found(*of("RP-03", PASSED), *of("SG-01", PASSED))) == ["SG-01", "RP-03"]


@pytest.mark.parametrize("statuses", [[], [PASSED], [PASSED, NOT_TESTABLE], [NOT_APPLICABLE]])
def test_run_that_ended_early(statuses: list[str]) -> None:
    """A clause of whose scenarios some never ran has not passed."""
    one = found(*of("RP-03", *statuses), judged={"RP-03"}, examples={"RP-03": 3})["RP-03"]

    assert (one.status, one.reason) == (ERROR, "the run ended before it")


def test_failure_in_a_run_that_ended_early() -> None:
    """What failed has failed, although the rest of its scenarios never ran."""
    assert found(*of("RP-03", FAILED), examples={"RP-03": 3})["RP-03"].status == FAILED


def test_notes() -> None:
    """A clause's notes are its scenarios', each once."""
    one = judged("RP-03", PASSED, "", *(scenario("RP-03", "a", notes=["x", "y"]), scenario("RP-03", "b", notes=["y"])))

    assert one.notes == ("x", "y")


# --- what rests on what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [PASSED, FAILED, ERROR])
def test_dependent_of_a_failed_clause(status: str) -> None:
    """A clause proves nothing where one that it rests on failed, whatever came of it."""
    rests = contract(depends={"RP-03": ("SG-01",)})
    one = found(*of("SG-01", FAILED), *of("RP-03", status), the_contract=rests)["RP-03"]

    assert (one.status, one.reason) == (NOT_TESTABLE, "SG-01 failed")


def test_dependent_at_two_removes() -> None:
    """It rests on what its prerequisite rests on as well."""
    rests = contract(depends={"RP-05": ("RP-03",), "RP-03": ("SG-01",)})
    results = found(*of("SG-01", FAILED), *of("RP-03", PASSED), *of("RP-05", PASSED), the_contract=rests)

    assert results["RP-05"].reason == "SG-01 failed"


@pytest.mark.parametrize("status", [PASSED, ERROR, NOT_TESTABLE, NOT_APPLICABLE])
def test_dependent_of_another_clause(status: str) -> None:
    """Only a failure of what it rests on makes a clause not testable."""
    rests = contract(depends={"RP-03": ("SG-01",)})

    assert found(*of("SG-01", status), *of("RP-03", FAILED), the_contract=rests)["RP-03"].status == FAILED


def test_scene_that_could_not_be_set() -> None:
    """An error that comes from what a failed clause promises is not the harness's."""
    broken = scenario("RP-03", "again", ERROR, "the scene could not be set", rests_on="OR-01")
    other = replace_clause(broken, "RP-05")
    results = found(*of("SG-01", FAILED), broken, other)
    assert results["RP-03"].status == ERROR

    broken.rests_on = other.rests_on = "SG-01"
    results = found(*of("SG-01", FAILED), broken, other)

    assert {one.status for one in (results["RP-03"], results["RP-05"])} == {NOT_TESTABLE}
    assert results["RP-03"].reason == "SG-01 failed"


def replace_clause(record: ScenarioRecord, clause_id: str) -> ScenarioRecord:
    return replace(record, clause_id=clause_id)


# --- the verdict ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "left_out", "expected"),
    [
        ([PASSED], (), CERTIFIED),
        ([PASSED, NOT_APPLICABLE, WARNED], (), CERTIFIED),
        ([PASSED], ("no order reader",), PARTIAL),
        ([PASSED, ERROR], (), NOT_JUDGED),
        ([PASSED, ERROR], ("no order reader",), NOT_JUDGED),
        ([FAILED, ERROR, PASSED], ("no order reader",), NOT_CERTIFIED),
        ([NOT_APPLICABLE, NOT_TESTABLE], ("not testable",), NOT_JUDGED),
        ([], (), NOT_JUDGED),
    ],
)
def test_verdict(statuses: list[str], left_out: tuple[str, ...], expected: str) -> None:
    """The strongest that applies: a failure, an error, then what was left out; nothing judged is not green."""
    ids = [clause.id for clause in CONTRACT.clauses]
    clauses = [judged(ids[number], status) for number, status in enumerate(statuses)]

    assert verdict(clauses, left_out) == expected


def test_strict() -> None:
    """A failing SHOULD fails the run where that is asked for."""
    assert verdict([judged("OO-02", WARNED), judged("SG-01")], (), strict=True) == NOT_CERTIFIED


@pytest.mark.parametrize(("status", "expected"), [(PASSED, NOT_JUDGED), (WARNED, NOT_JUDGED), (FAILED, NOT_CERTIFIED)])
def test_interrupted(status: str, expected: str) -> None:
    """An interrupted run is not judged, unless a MUST failed before."""
    assert verdict([judged("SG-01", status)], (), interrupted=True) == expected


@pytest.mark.parametrize(("level", "status"), [("SHOULD", WARNED), ("MAY", PASSED)])
def test_error_behind_a_warning(level: str, status: str) -> None:
    """A scenario that could not be finished counts, although its clause has failed softly in another one."""
    results = found(*of("RP-03", FAILED, ERROR), *of("SG-01", PASSED), the_contract=contract({"RP-03": level}))

    assert results["RP-03"].status == status
    assert verdict(list(results.values()), ()) == NOT_JUDGED
    assert verdict(list(results.values()), (), strict=True) == (NOT_CERTIFIED if level == "SHOULD" else NOT_JUDGED)


@pytest.mark.parametrize(("name", "code"), [(CERTIFIED, 0), (PARTIAL, 0), (NOT_CERTIFIED, 1), (NOT_JUDGED, 3)])
def test_exit_code(name: str, code: int) -> None:
    """Each verdict has the exit code that is promised."""
    assert result(verdict=name).exit_code == code


# --- the baseline -----------------------------------------------------------------------------------------------------

FILE = Path("known.toml")
OLDER = "2023-10-16"


def entry(clause_id: str = "RP-03", number: int = 0, api_version: str = "") -> Entry:
    """An entry about an example that `of` makes."""
    return Entry(clause_id, f"example {number}", "ticket 7", api_version)


def stands(
    *entries: Entry, here: dict[str, ClauseResult], there: dict[str, ClauseResult] | None = None, **options: Any
) -> Standing:
    """What becomes of a baseline where this was found in the target's API version, and in an older one."""
    everywhere = {"2026-10-28.endive": tuple(here.values())} | ({OLDER: tuple(there.values())} if there else {})
    found_out = standing(Baseline(FILE, entries), everywhere, **options)
    excuse(found_out.used, everywhere)
    return found_out


class TestBaseline:
    def test_known_failure_stands(self) -> None:
        """While exactly what is listed fails, nothing is red: the verdict is partial, for what was excused."""
        here = found(*of("RP-03", FAILED, PASSED), *of("SG-01", PASSED))
        known = stands(entry(), here=here)

        assert known == Standing(FILE, used=(entry(),))
        assert here["RP-03"].standing == KNOWN
        assert verdict(list(here.values()), ("known",), passing=known.passing) == PARTIAL

    def test_the_reason_stands_beside_the_failure(self) -> None:
        """A report can say why what failed is accepted; its status stays what was seen."""
        here = found(*of("RP-03", FAILED, PASSED))
        stands(entry(), here=here)

        assert [one.known for one in here["RP-03"].scenarios] == ["ticket 7", ""]
        assert here["RP-03"].status == FAILED

    def test_new_failure_of_a_listed_clause(self) -> None:
        """Another example of the same clause is another failure."""
        here = found(*of("RP-03", FAILED, FAILED))
        stands(entry(), here=here)

        assert here["RP-03"].standing == FAILED
        assert verdict(list(here.values()), ("known",)) == NOT_CERTIFIED

    def test_listed_example_passes(self) -> None:
        """What is listed and passes is red, although nothing fails: it must be taken out."""
        here = found(*of("RP-03", PASSED))
        known = stands(entry(), here=here)

        assert known == Standing(FILE, passing=(entry(),))
        assert verdict(list(here.values()), (), passing=known.passing) == NOT_CERTIFIED

    def test_listed_example_passes_in_a_clause_that_fails(self) -> None:
        """An entry that passes is told beside what else fails."""
        here = found(*of("RP-03", PASSED, FAILED))

        assert stands(entry(), entry(number=1), here=here) == Standing(FILE, (entry(number=1),), (entry(),))

    @pytest.mark.parametrize("status", [ERROR, NOT_TESTABLE, NOT_APPLICABLE])
    def test_not_judged(self, status: str) -> None:
        """An entry whose example was not judged is neither used nor passing."""
        assert stands(entry(), here=found(*of("RP-03", status))) == Standing(FILE)

    def test_left_out(self) -> None:
        """So is one whose clause was not asked for."""
        assert stands(entry(), here=found(*of("SG-01", PASSED))) == Standing(FILE)

    @pytest.mark.parametrize("status", [PASSED, FAILED])
    def test_clause_that_proves_nothing(self, status: str) -> None:
        """So is one whose clause rests on what failed, whatever came of its example."""
        rests = contract(depends={"RP-03": ("SG-01",)})
        here = found(*of("SG-01", FAILED), *of("RP-03", status), the_contract=rests)

        assert stands(entry(), here=here) == Standing(FILE)

    def test_interrupted_run_says_nothing_of_what_passed(self) -> None:
        """What has passed until then may still fail at the last look."""
        assert stands(entry(), here=found(*of("RP-03", PASSED)), interrupted=True) == Standing(FILE)

    def test_error_beside_a_known_failure(self) -> None:
        """An error is never excused: it is ours, and hides what else may fail."""
        here = found(*of("RP-03", FAILED, ERROR), *of("SG-01", PASSED))
        stands(entry(), here=here)

        assert here["RP-03"].standing == ERROR
        assert verdict(list(here.values()), ("known",)) == NOT_JUDGED

    def test_nothing_but_known_failures(self) -> None:
        """A run in which all that was judged fails as listed has judged something."""
        here = found(*of("RP-03", FAILED))
        stands(entry(), here=here)

        assert verdict(list(here.values()), ("known",)) == PARTIAL

    def test_should(self) -> None:
        """A failing SHOULD needs an excuse only where it fails the run."""
        advice = contract({"RP-03": "SHOULD"})
        lax, strict = (found(*of("RP-03", FAILED), the_contract=advice) for _ in range(2))

        assert stands(entry(), here=lax) == Standing(FILE)
        assert stands(entry(), here=strict, strict=True).used == (entry(),)
        assert verdict(list(lax.values()), ()) == CERTIFIED
        assert verdict(list(strict.values()), ("known",), strict=True) == PARTIAL

    def test_failure_in_another_version(self) -> None:
        """A failure in another API version is listed with that version, and excuses none elsewhere."""
        here, there = found(*of("RP-03", FAILED)), found(*of("RP-03", FAILED))
        known = stands(entry(api_version=OLDER), here=here, there=there)

        assert known.used == (entry(api_version=OLDER),)
        assert (here["RP-03"].standing, there["RP-03"].standing) == (FAILED, KNOWN)

    def test_the_versions_of_an_entry(self) -> None:
        """Without a version an entry is about the one that the endpoint is judged in; one not judged says nothing."""
        here, there = found(*of("RP-03", FAILED)), found(*of("RP-03", PASSED))

        assert stands(entry(), here=here, there=there) == Standing(FILE, (entry(),))
        assert stands(entry(api_version=OLDER), here=here) == Standing(FILE)

    def test_what_a_baseline_has_to_list(self) -> None:
        """Each example that fails a MUST, with the API version where it is another one; a SHOULD where it counts."""
        levels = contract({"OO-02": "SHOULD"})
        here = found(*of("RP-03", FAILED, PASSED, ERROR), *of("OO-02", FAILED), the_contract=levels)
        there = found(*of("RP-03", PASSED, FAILED))
        everywhere = {"2026-10-28.endive": tuple(here.values()), OLDER: tuple(there.values())}

        listed = [one.key for one in failures(everywhere)]
        strictly = [one.key for one in failures(everywhere, strict=True)]

        assert listed == [("RP-03", "example 0", ""), ("RP-03", "example 1", OLDER)]
        assert strictly == [listed[0], ("OO-02", "example 0", ""), listed[1]]
        assert {one.reason for one in failures(everywhere)} == {PLACEHOLDER}

    def test_clause_that_failed_without_a_failed_example(self) -> None:
        """Where no example shows a failure, no entry can be about it."""
        assert judged("RP-03", FAILED, "late", scenario("RP-03", "example 0")).standing == FAILED


# --- an older version of the contract ---------------------------------------------------------------------------------


def frozen(*later: str) -> Contract:
    """The eight clauses judged by as in 2026.1, some of which came with 2026.2."""
    clauses = tuple(replace(clause, since="2026.2" if clause.id in later else "2026.1") for clause in CONTRACT.clauses)
    return replace(CONTRACT, clauses=clauses, version="2026.1", versions=("2026.1", "2026.2"))


class TestFrozen:
    @pytest.mark.parametrize("status", [FAILED, ERROR, NOT_TESTABLE])
    def test_what_came_later_is_reported_and_not_counted(self, status: str) -> None:
        """Whatever comes of a later clause, the verdict is that of the version judged by."""
        here = found(*of("RP-03", status), *of("SG-01", PASSED), the_contract=frozen("RP-03"))

        assert (here["RP-03"].status, here["RP-03"].counted) == (status, False)
        assert verdict(list(here.values()), ()) == CERTIFIED

    def test_what_came_later_does_not_count_for_it_either(self) -> None:
        """A run that judged nothing but later clauses is never green."""
        here = found(*of("RP-03", PASSED), the_contract=frozen("RP-03"))

        assert verdict(list(here.values()), ()) == NOT_JUDGED

    def test_by_its_own_version_it_counts(self) -> None:
        """The same failure fails the newer contract."""
        newest = frozen("RP-03").at("2026.2")

        assert verdict(list(found(*of("RP-03", FAILED), the_contract=newest).values()), ()) == NOT_CERTIFIED

    def test_what_does_not_count_needs_no_entry(self) -> None:
        """A baseline lists, uses and misses nothing about a later clause."""
        here = found(*of("RP-03", FAILED, PASSED), the_contract=frozen("RP-03"))

        assert stands(entry(), entry(number=1), here=here) == Standing(FILE)
        assert list(failures({"2026-10-28.endive": tuple(here.values())})) == []
