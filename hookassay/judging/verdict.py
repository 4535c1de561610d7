"""From what the scenarios showed to one verdict about the endpoint."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..orders.settling import SHORTEST
from ..sender.dispatch import Manner
from .baseline import PLACEHOLDER, Baseline, Entry, Standing
from .contract import Clause, Contract
from .journal import ERROR, FAILED, NOT_APPLICABLE, NOT_TESTABLE, PASSED, ScenarioRecord

if TYPE_CHECKING:
    from .diagnosis import Diagnosis

CERTIFIED = "certified"
PARTIAL = "passed (partial)"
NOT_CERTIFIED = "not certified"
NOT_JUDGED = "not judged"

# A clause whose scenarios fail although its level is only SHOULD.
WARNED = "warned"

# What stands beside a clause's status: it fails as the baseline says, and in nothing else.
KNOWN = "known"

EXIT_CODES: Mapping[str, int] = {CERTIFIED: 0, PARTIAL: 0, NOT_CERTIFIED: 1, NOT_JUDGED: 3}


@dataclass(frozen=True)
class ClauseResult:
    """What was found about one clause.

    Attributes:
        clause: The clause judged.
        status: passed, failed, warned, not_applicable, not_testable or error.
        reason: Why it has that status, a sentence; empty when it simply passed.
        scenarios: Its scenarios as they ran.
        counted: Whether it counts for the verdict; a clause that came after the version judged by is only reported.
    """

    clause: Clause
    status: str
    reason: str
    scenarios: tuple[ScenarioRecord, ...]
    counted: bool = True

    @property
    def standing(self) -> str:
        """The status as it counts for the verdict: `known` where the baseline lists every example that failed.

        The baseline excuses no error: a clause in which one stands beside known failures ends in an error.
        """
        failed = [scenario for scenario in self.scenarios if scenario.status == FAILED]
        if self.status not in (FAILED, WARNED) or not failed or not all(scenario.known for scenario in failed):
            return self.status
        return ERROR if any(scenario.status == ERROR for scenario in self.scenarios) else KNOWN

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth saying although the clause passed."""
        return tuple(dict.fromkeys(note for scenario in self.scenarios for note in scenario.notes))


@dataclass(frozen=True)
class Target:
    """What was judged, as a report may show it.

    Attributes:
        url: The webhook URL; of an application in this process, the one under which it was asked.
        orders: The order reader's kind, or None without one.
        source: Where orders were read, redacted.
        api_version: The API version of the payloads.
        events: The subscription; None means all.
        also: Other API versions, in which the clauses that depend on the payload are judged again.
        app: The application that was judged in this process, `MODULE:CALLABLE`; empty for an endpoint over HTTP.
        seed: What the orders of delivery were drawn from; None where the usual ones were.
    """

    url: str
    orders: str | None
    source: str
    api_version: str
    events: tuple[str, ...] | None
    also: tuple[str, ...] = ()
    app: str = ""
    seed: int | None = None

    @property
    def name(self) -> str:
        """What was judged, in a few words."""
        return f"{self.app}, in-process, at {urlsplit(self.url).path}" if self.app else self.url


@dataclass(frozen=True)
class Result:
    """One run, as every report consumes it.

    Attributes:
        target: What was judged.
        verdict: One of the four verdicts.
        scope: `orders`, or `wire` when no order reader was given.
        left_out: Why a passing verdict is only partial, a sentence each.
        problem: Why nothing could be judged, when that is the verdict.
        seconds: How long the run took.
        sent: How many deliveries were made.
        clauses: Every clause of the contract in its order.
        preflight: What the preflight found, a line each.
        created: The Checkout Session ids of every purchase delivered, for clean-up.
        phases: Seconds per phase of the run.
        contract: The contract's version.
        run: The run's id, which every created id carries.
        versions: API version → what was found in it about the clauses that depend on the payload, for each version but
            the target's; the verdict is about all of them.
        advice: What would make the next run shorter, a sentence; empty for most.
        manner: How deliveries looked.
        settle: Seconds within which an effect had to show in the end.
        baseline: What became of the baseline; None without one.
        diagnoses: Which known defects the endpoint behaves like, what explains most first.
    """

    target: Target
    verdict: str
    scope: str
    seconds: float
    clauses: tuple[ClauseResult, ...]
    contract: str
    run: str
    left_out: tuple[str, ...] = ()
    problem: str = ""
    sent: int = 0
    preflight: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    phases: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, tuple[ClauseResult, ...]] = field(default_factory=dict)
    advice: str = ""
    manner: Manner = field(default_factory=Manner)
    settle: float = SHORTEST
    diagnoses: tuple[Diagnosis, ...] = ()
    baseline: Standing | None = None

    @property
    def counted(self) -> tuple[ClauseResult, ...]:
        """The clauses that count for the verdict, in the contract's order."""
        return tuple(one for one in self.clauses if one.counted)

    @property
    def found(self) -> Mapping[str, tuple[ClauseResult, ...]]:
        """API version → what was found in it, the target's first."""
        return {self.target.api_version: self.clauses, **self.versions}

    @property
    def exit_code(self) -> int:
        """The exit code that DESIGN promises for the verdict."""
        return EXIT_CODES[self.verdict]


def clause_results(
    contract: Contract,
    judged: Collection[str],
    outside: Mapping[str, tuple[str, str]],
    scenarios: Sequence[ScenarioRecord],
    examples: Mapping[str, int],
) -> tuple[ClauseResult, ...]:
    """What was found about every clause of the contract, in its order.

    Args:
        contract: The contract.
        judged: Ids of the clauses that this run was to judge; the others are left out of the result.
        outside: Clause id → status and reason, for those that could not be judged from the start.
        scenarios: Every scenario as it ran.
        examples: Clause id → how many scenarios it has; a clause that ran fewer was not judged.
    """
    by_clause: dict[str, list[ScenarioRecord]] = {}
    for scenario in scenarios:
        by_clause.setdefault(scenario.clause_id, []).append(scenario)
    failed = {scenario.clause_id for scenario in scenarios if scenario.status == FAILED}
    results: dict[str, ClauseResult] = {}
    for clause in contract.clauses:
        if clause.id not in judged:
            continue
        own = tuple(by_clause.get(clause.id, ()))
        if clause.id in outside:
            status, reason = outside[clause.id]
        else:
            status, reason = _status(clause, own, failed)
            if len(own) < examples.get(clause.id, 1) and status not in (FAILED, WARNED):
                status, reason = ERROR, "the run ended before it"
        results[clause.id] = ClauseResult(clause, status, reason, own, contract.counts(clause))
    return tuple(_dependent(contract, result, results) for result in results.values())


def _status(clause: Clause, scenarios: Sequence[ScenarioRecord], failed: Collection[str]) -> tuple[str, str]:
    """A clause's status from its scenarios: the worst of them counts."""
    for scenario in scenarios:
        if scenario.status == ERROR and scenario.rests_on in failed:
            scenario.end(NOT_TESTABLE, f"{scenario.rests_on} failed")
    for status in (FAILED, ERROR, NOT_TESTABLE):
        found = [scenario for scenario in scenarios if scenario.status == status]
        if found:
            if status == FAILED and clause.level != "MUST":
                return (WARNED if clause.level == "SHOULD" else PASSED), found[0].message
            return status, found[0].message
    if scenarios and all(scenario.status == NOT_APPLICABLE for scenario in scenarios):
        return NOT_APPLICABLE, scenarios[0].message
    return PASSED, ""


def _dependent(contract: Contract, result: ClauseResult, results: Mapping[str, ClauseResult]) -> ClauseResult:
    """A clause proves nothing where one that it rests on fails."""
    if result.status in (NOT_APPLICABLE, NOT_TESTABLE):
        return result
    failed = [
        needed.id
        for needed in contract.prerequisites(result.clause.id)
        if needed.id in results and results[needed.id].status == FAILED
    ]
    if not failed:
        return result
    return replace(result, status=NOT_TESTABLE, reason=f"{' and '.join(failed)} failed")


Found = Mapping[str, Sequence[ClauseResult]]
"""API version → what was found in it about each clause, first the version that the endpoint is judged in."""


def standing(baseline: Baseline, found: Found, *, strict: bool = False, interrupted: bool = False) -> Standing:
    """What becomes of a baseline in a run.

    An entry is neither used nor passing where its example was not judged: left out, not applicable, not testable, or
    ended in an error.

    Args:
        baseline: The known failures.
        found: What was found in each API version.
        strict: Whether a failing SHOULD counts as a failure; otherwise nothing needs to excuse it.
        interrupted: Whether the run ended before its end, so that what has passed until then may still fail.
    """
    used, passing = [], []
    for entry in baseline.entries:
        for result, scenario in _examples(entry, found):
            if scenario.status == FAILED and _fails_the_run(result, strict=strict):
                used.append(entry)
            elif scenario.status == PASSED and not interrupted:
                passing.append(entry)
    return Standing(baseline.file, tuple(used), tuple(passing))


def excuse(known: Sequence[Entry], found: Found) -> None:
    """Write the reasons of what is known to fail to the examples that failed."""
    for entry in known:
        for _, scenario in _examples(entry, found):
            scenario.known = entry.reason


def failures(found: Found, *, strict: bool = False) -> Iterator[Entry]:
    """What a baseline has to list for the run to be green, the reasons left for a person to fill in.

    Args:
        found: What was found in each API version.
        strict: Whether a failing SHOULD counts as a failure.
    """
    for place, (version, results) in enumerate(found.items()):
        for result in results:
            if _fails_the_run(result, strict=strict):
                for scenario in result.scenarios:
                    if scenario.status == FAILED:
                        yield Entry(result.clause.id, scenario.name, PLACEHOLDER, version if place else "")


def _examples(entry: Entry, found: Found) -> Iterator[tuple[ClauseResult, ScenarioRecord]]:
    """The scenarios that an entry is about, of clauses that were judged."""
    for result in found.get(entry.api_version or next(iter(found)), ()):
        judged = result.counted and result.status not in (NOT_APPLICABLE, NOT_TESTABLE)
        if judged and result.clause.id == entry.clause:
            for scenario in result.scenarios:
                if scenario.name == entry.example:
                    yield result, scenario


def _fails_the_run(result: ClauseResult, *, strict: bool) -> bool:
    if not result.counted:
        return False
    return result.status == FAILED or (strict and result.status == WARNED)


def verdict(
    clauses: Sequence[ClauseResult],
    left_out: Sequence[str],
    *,
    strict: bool = False,
    interrupted: bool = False,
    passing: Collection[Entry] = (),
) -> str:
    """One of the four verdicts, the strongest that applies.

    Args:
        clauses: What was found about each clause, those that do not count included.
        left_out: Why a passing verdict could only be partial.
        strict: Whether a failing SHOULD counts as a failure.
        interrupted: Whether the run ended before its end.
        passing: What the baseline lists as failing, and passed.
    """
    clauses = [result for result in clauses if result.counted]
    statuses = {result.standing for result in clauses}
    # A SHOULD or MAY that failed in one scenario does not hide that another one could not be finished.
    statuses |= {
        ERROR
        for result in clauses
        if result.standing in (PASSED, WARNED)
        for scenario in result.scenarios
        if scenario.status == ERROR
    }
    if FAILED in statuses or (strict and WARNED in statuses) or passing:
        return NOT_CERTIFIED
    if ERROR in statuses or interrupted or not statuses & {PASSED, WARNED, KNOWN}:
        return NOT_JUDGED
    return PARTIAL if left_out else CERTIFIED
