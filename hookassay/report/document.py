"""report.json: the run as one JSON document, for programs.

Promised to those programs: hookassay, contract, target, verdict, scope, exit_code, seconds, clauses and versions; of a
clause all keys but `source`, and of a scenario its name, status, seconds, message and deliveries. `versions` holds the
status of each clause that was judged in several API versions. Where the source was scanned, `scan` holds what
`hookassay scan --json` promises, and `in_source` of a clause those findings that its failure may come from. Where there
is a baseline, `baseline` holds the entries that were `used` and those that are `passing`, and `known` of a failed
scenario the reason why that is accepted. A clause that came after the contract's version has `counted` false. The other
keys may change.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..judging.baseline import Entry, Standing
from ..judging.contract import Contract
from ..judging.journal import FAILED, DeliveryRecord, ScenarioRecord
from ..judging.subscription import losses
from ..judging.verdict import ClauseResult, Result
from ..redaction import Redactor
from . import scan_document
from .grid import differences, grid
from .in_source import InSource

NAME = "report.json"

ADVICE = "Name a folder that can be created and written to: --report DIR"

# The one status that a clause has and no scenario: a SHOULD that fails.
WARNED = "warned"

# Words of our own, which programs compare. A database password that happens to be `orders` must not change them.
_FIXED_WORDS = frozenset(
    {
        "rule",
        "severity",
        "counts",
        "hookassay",
        "contract",
        "verdict",
        "scope",
        "id",
        "level",
        "group",
        "status",
        "versions",
    }
)


def document(result: Result, contract: Contract, source: InSource | None = None) -> dict[str, Any]:
    """`result` as report.json holds it; times are seconds, rounded to the millisecond.

    `contract` gives the clause groups their names, `source` what was found in the source.
    """
    target = result.target
    return {
        "hookassay": version("hookassay"),
        "contract": result.contract,
        "run": result.run,
        "target": {
            "url": target.url,
            **({"app": target.app} if target.app else {}),
            "orders": target.orders,
            "source": target.source,
            "api_version": target.api_version,
            "events": "*" if target.events is None else list(target.events),
            **({} if target.seed is None else {"seed": target.seed}),
        },
        "verdict": result.verdict,
        "scope": result.scope,
        "exit_code": result.exit_code,
        "began": None if result.began is None else result.began.isoformat(timespec="seconds"),
        "seconds": round(result.seconds, 3),
        "deliveries": result.sent,
        "left_out": list(result.left_out),
        **({} if result.baseline is None else {"baseline": _baseline(result.baseline)}),
        "problem": result.problem,
        "lost_by_subscription": list(losses(target.events)),
        "preflight": list(result.preflight),
        "clauses": [_clause(clause, contract.group_of(clause.clause).name, source) for clause in result.clauses],
        "versions": {version: dict(statuses) for version, statuses in grid(result).items()},
        "version_differences": [
            {
                "api_versions": list(one.versions),
                **_clause(one.result, contract.group_of(one.result.clause).name, source),
            }
            for one in differences(result)
        ],
        "diagnoses": [
            {
                "behaves_like": [
                    {
                        "defect": defect.name,
                        "known_as": defect.known_as,
                        "description": defect.description,
                        "fix": defect.fix,
                        "seen": list(defect.seen),
                    }
                    for defect in diagnosis.defects
                ],
                "explains": list(diagnosis.explains),
            }
            for diagnosis in result.diagnoses
        ],
        "created": list(result.created),
        "phases": {name: round(seconds, 3) for name, seconds in result.phases.items()},
        **({"scan": scan_document.document(source.scan, source.curtain)} if source is not None else {}),
    }


def write(result: Result, contract: Contract, folder: Path, redactor: Redactor, source: InSource | None = None) -> Path:
    """Write report.json into `folder` and return its path; nobody ever sees half of it.

    Raises:
        UsageError: the folder cannot be written to.
    """
    cleaned = _cleaned(document(result, contract, source), redactor)
    text = _text(cleaned)
    # A lone surrogate out of a broken answer has no UTF-8 form; as \udcXX it is still valid JSON.
    return save(folder, NAME, text.encode("utf-8", "backslashreplace"))


def prepare(folder: Path) -> None:
    """Create the folder of the reports and see that it can be written to, before a run is spent on it.

    Raises:
        UsageError: it cannot be created or written to.
    """
    save(folder, ".hookassay", b"")
    (folder / ".hookassay").unlink(missing_ok=True)


def save(folder: Path, name: str, content: bytes, advice: str = ADVICE) -> Path:
    """Put one finished report into `folder`, in place of an older one, by way of a temporary file.

    Args:
        folder: Where; it is created.
        name: The file's name.
        content: What it holds.
        advice: What to do where it cannot be written.

    Raises:
        UsageError: the folder cannot be created or written to.
    """
    path = folder / name
    # Not tempfile: its files are for their owner only, and CI collects reports as somebody else.
    unfinished = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(content)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"The report {path} cannot be written ({error.strerror or error}).\n{advice}") from None
    return path


def _clause(result: ClauseResult, group: str, source: InSource | None) -> dict[str, Any]:
    failed = result.status in (FAILED, WARNED)
    return {
        "id": result.clause.id,
        "level": result.clause.level,
        "group": group,
        "title": result.clause.title,
        "source": result.clause.source,
        "status": result.status,
        "reason": result.reason,
        **({} if result.counted else {"counted": False, "since": result.clause.since}),
        "scenarios": [_scenario(scenario) for scenario in result.scenarios],
        **({"in_source": _in_source(result.clause.id, source)} if source is not None and failed else {}),
    }


def _baseline(standing: Standing) -> dict[str, Any]:
    return {
        "file": str(standing.file),
        "used": [_entry(entry) for entry in standing.used],
        "passing": [_entry(entry) for entry in standing.passing],
    }


def _entry(entry: Entry) -> dict[str, str]:
    return {name: value for name, value in asdict(entry).items() if value}


def _in_source(clause_id: str, source: InSource) -> list[dict[str, Any]]:
    return [scan_document.finding(one, source.curtain) for one in source.of(clause_id)]


def _scenario(scenario: ScenarioRecord) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "status": scenario.status,
        "seconds": round(scenario.seconds, 3),
        "message": scenario.message,
        **({"known": scenario.known} if scenario.known else {}),
        "deliveries": scenario.sent,
        "expected": scenario.expected,
        "seen": scenario.seen,
        "notes": list(scenario.notes),
        "steps": list(scenario.story),
        "evidence": [_delivery(delivery) for delivery in scenario.deliveries],
    }


def _delivery(delivery: DeliveryRecord) -> dict[str, Any]:
    return {
        "at": round(delivery.at, 3),
        "purchase": delivery.purchase,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "signing": delivery.signing,
        "attempt": delivery.attempt,
        "answer_status": delivery.status,
        "problem": delivery.problem,
        "seconds": round(delivery.seconds, 3),
        "answer": delivery.answer,
    }


def _text(cleaned: dict[str, Any]) -> str:
    """The document as JSON, a line for each key and for each clause: quick to write, and short enough to read."""
    lines = []
    for key, value in cleaned.items():
        text = json.dumps(value, ensure_ascii=False)
        if key == "clauses" and value:
            text = "[\n  " + ",\n  ".join(json.dumps(clause, ensure_ascii=False) for clause in value) + "\n ]"
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _cleaned(value: Any, redactor: Redactor) -> Any:
    """`value` with every text in it redacted, except our own words."""
    if isinstance(value, str):
        return redactor.clean(value)
    if isinstance(value, list):
        return [_cleaned(item, redactor) for item in value]
    if isinstance(value, dict):
        return {key: item if key in _FIXED_WORDS else _cleaned(item, redactor) for key, item in value.items()}
    return value
