"""A run in GitHub Actions: what failed as annotations, and a summary of the job.

Source: docs.github.com/actions, "Workflow commands for GitHub Actions": setting an error message, and adding a job
summary (`$GITHUB_STEP_SUMMARY`, Markdown, at most 1 MiB for a step).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..judging.contract import LEVELS, Contract
from ..judging.journal import ERROR, FAILED, NOT_APPLICABLE, NOT_TESTABLE, PASSED, ScenarioRecord
from ..judging.verdict import KNOWN, NOT_JUDGED, ClauseResult, Result
from ..redaction import Redactor
from .annotations import command
from .document import WARNED
from .grid import differences
from .paper import harmless, many

MOST_TOLD = 40
"""Failures in the summary; what is beyond them is counted."""

_COLUMNS = {
    PASSED: "✔ passed",
    FAILED: "✘ failed",
    WARNED: "! warned",
    KNOWN: "~ known to fail",
    ERROR: "E error",
    NOT_TESTABLE: "? not testable",
    NOT_APPLICABLE: "○ not applicable",
}

# What Markdown, HTML or a table would read as more than text.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|#~])")


def commands(result: Result, redactor: Redactor, *, strict: bool = False) -> Iterator[str]:
    """A command for each clause that failed, a line each, MUST first: GitHub shows ten of a kind for each step."""
    if result.verdict == NOT_JUDGED and result.problem:
        yield command("error", {"title": "hookassay: not judged"}, redactor.clean(result.problem))
    for found in _failed(result):
        clause, scenario = found.clause, _first(found)
        lines = [redactor.clean(clause.title)]
        if scenario is not None:
            lines += [f"Expected: {redactor.clean(scenario.expected)}"]
            lines += [f"Seen: {redactor.clean(scenario.seen or scenario.message)}"]
        lines += [f"hookassay clauses {clause.id} says more."]
        kind = "error" if found.status == FAILED or strict else "warning"
        yield command(kind, {"title": f"{clause.id} {clause.level}"}, "\n".join(lines))


def summary(result: Result, contract: Contract, redactor: Redactor, scripts: Mapping[str, Path] | None = None) -> str:
    """The run as Markdown: the verdict, a table of the groups, each failure, and what was not judged.

    `scripts` are those that show a failed clause again, by the clause's id.
    """

    def text(foreign: str) -> str:
        return _MARKUP.sub(r"\\\1", " ".join(harmless(redactor.clean(foreign)).split()))

    lines = [f"## hookassay: {result.verdict}", ""]
    target = [text(result.target.name), text(result.target.source) or "no order reader", f"contract {result.contract}"]
    took = f"{many(result.sent, 'delivery', 'deliveries')} in {result.seconds:.1f} s"
    lines += [" · ".join((*target, f"API {text(result.target.api_version)}", took)), ""]
    if result.problem:
        lines += [text(result.problem), ""]
    lines += [*_table(result, contract), ""]
    failed = list(_failed(result))
    if failed:
        lines += ["### Failures", ""]
    for found in failed[:MOST_TOLD]:
        clause, scenario = found.clause, _first(found)
        lines += [f"**{clause.id}** {clause.level}: {text(clause.title)}", ""]
        if scenario is not None:
            lines += [f"- Scenario: {text(scenario.name)}"]
            lines += [f"- Expected: {text(scenario.expected)}"]
            lines += [f"- Seen: {text(scenario.seen or scenario.message)}"]
        for diagnosis in result.diagnoses:
            if clause.id in diagnosis.explains:
                first = diagnosis.defects[0]
                lines += [f"- Behaves like: {text(first.known_as)}. {text(first.fix)}"]
        lines += [f"- Source: {text(clause.source)}"]
        if clause.id in (scripts or {}):
            lines += [f"- Again: `repro/{clause.id}.sh` in the report"]
        lines += [""]
    if len(failed) > MOST_TOLD:
        lines += [f"and {many(len(failed) - MOST_TOLD, 'more failure')}, see the report", ""]
    if result.left_out:
        lines += ["### Left out", "", *(f"- {text(reason)}" for reason in result.left_out), ""]
    unjudged = list(_unjudged(result))
    if unjudged:
        lines += [
            "### Not judged",
            "",
            *(f"- {ids}: {text(reason) or 'no reason was given'}" for ids, reason in unjudged),
        ]
    return "\n".join(lines).rstrip() + "\n"


@contextmanager
def deaf(say: Callable[[str], object]) -> Iterator[None]:
    """Have GitHub take nothing that is printed meanwhile for a command: an endpoint's answer may look like one.

    `say` prints a line. Source: as above, "Stopping and starting workflow commands".
    """
    token = secrets.token_hex(16)
    say(f"::stop-commands::{token}")
    try:
        yield
    finally:
        say(f"::{token}::")


def append(path: Path, text: str) -> None:
    """Add a summary to those of the job's earlier steps.

    Raises:
        OSError: the file cannot be written.
    """
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text + "\n")


def _failed(result: Result) -> list[ClauseResult]:
    """The clauses that count and failed, but for what is known to fail: each once, MUST first."""
    found = [*result.counted, *(one.result for one in differences(result))]
    each = {one.clause.id: one for one in reversed(found) if one.standing in (FAILED, WARNED)}
    order = [one.clause.id for one in result.clauses]
    return sorted(each.values(), key=lambda one: (LEVELS.index(one.clause.level), order.index(one.clause.id)))


def _first(found: ClauseResult) -> ScenarioRecord | None:
    return next((one for one in found.scenarios if one.status == FAILED and not one.known), None)


def _table(result: Result, contract: Contract) -> Iterator[str]:
    """A row for each group of clauses, a column for each status that occurs."""
    shown = [status for status in _COLUMNS if any(found.standing == status for found in result.counted)]
    yield f"| group | {' | '.join(_COLUMNS[status] for status in shown)} |"
    yield f"|---|{'---:|' * len(shown)}"
    for group in contract.groups:
        clauses = [found for found in result.counted if found.clause.group == group.id]
        counts = [sum(found.standing == status for found in clauses) for status in shown]
        if clauses:
            yield f"| {group.id} {group.name} | {' | '.join(str(count or '') for count in counts)} |"


def _unjudged(result: Result) -> Iterator[tuple[str, str]]:
    """Why clauses were not judged: the ids and the reason that they have in common."""
    reasons: dict[str, list[str]] = {}
    for found in result.counted:
        if found.standing in (NOT_TESTABLE, NOT_APPLICABLE, ERROR):
            reasons.setdefault(found.reason, []).append(found.clause.id)
    for reason, ids in reasons.items():
        yield ", ".join(ids), reason
