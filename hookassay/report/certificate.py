"""certificate.json: what a run certifies, written only where it certifies something.

It is an in-toto attestation, signed in a DSSE envelope where there is a key (`attestation/`). Whatever was not tested
stands in it. A run that ends otherwise takes an older certificate away, so that none lies beside a report that
contradicts it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..attestation import statement as intoto
from ..errors import UsageError
from ..judging.contract import Contract
from ..judging.feature import contract_features
from ..judging.journal import FAILED, NOT_APPLICABLE, NOT_TESTABLE, PASSED
from ..judging.level import levels, names
from ..judging.subscription import losses
from ..judging.verdict import CERTIFIED, WARNED, ClauseResult, Result
from ..redaction import Redactor
from . import badge
from .document import ADVICE, save

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAME = "certificate.json"


def withdraw(folder: Path) -> None:
    """Take an older certificate and its badge away: what begins now may end otherwise.

    Raises:
        UsageError: they cannot be removed.
    """
    for name in (NAME, badge.NAME):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"The older {folder / name} cannot be removed ({error.strerror or error}).\n{ADVICE}"
            ) from None


def write(
    result: Result, contract: Contract, folder: Path, redactor: Redactor, key: Ed25519PrivateKey | None = None
) -> list[Path]:
    """Write the certificate and its badge into `folder` where the run certifies something; the files written.

    Args:
        result: The run.
        contract: The contract judged.
        folder: Where the reports are.
        redactor: Replaces secrets in every text that is not our own.
        key: What the certificate is signed with; None leaves it unsigned.

    Raises:
        UsageError: the folder cannot be written to.
    """
    if result.verdict != CERTIFIED:
        withdraw(folder)
        return []
    made: dict[str, Any] = statement(result, contract, redactor, datetime.now(UTC))
    if key is not None:
        from ..attestation.envelope import seal

        made = seal(intoto.canonical(made), key)
    given = names(levels(contract, result))
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    return [
        save(folder, NAME, text.encode("utf-8", "backslashreplace")),
        save(folder, badge.NAME, badge.svg(result.contract, given).encode()),
    ]


def statement(result: Result, contract: Contract, redactor: Redactor, now: datetime) -> dict[str, Any]:
    """What `result` certifies, as an in-toto statement; `now` is an aware time."""
    found = [(one, "") for one in result.counted]
    found += [(one, f" in {name}") for name, others in result.versions.items() for one in others if one.counted]
    warned = [f"{one.clause.id}{where}" for one, where in found if one.status == WARNED]
    target = _target(result, redactor)
    given = levels(contract, result)
    return {
        "_type": intoto.STATEMENT_TYPE,
        "subject": [intoto.subject(redactor.clean(result.target.name), target)],
        "predicateType": intoto.PREDICATE_TYPE,
        "predicate": {
            "result": intoto.WARNED if warned else intoto.PASSED,
            "configuration": list(_configuration()),
            "passedTests": [f"{one.clause.id}{where}" for one, where in found if _holds(one)],
            "warnedTests": warned,
            "failedTests": [],
            intoto.EXTENSION: {
                "version": version("hookassay"),
                "contract": result.contract,
                "verdict": result.verdict,
                "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "run": result.run,
                "deliveries": result.sent,
                "seconds": round(result.seconds, 1),
                "seed": result.target.seed,
                "target": target,
                "levels": [
                    {"name": one.level.name, "title": one.level.title, "groups": list(one.level.groups)}
                    for one in given
                    if one.given
                ],
                "levels_not_given": [
                    {"name": one.level.name, "reason": redactor.clean("; ".join(one.missing))}
                    for one in given
                    if not one.given
                ],
                "clauses": [_clause(one, redactor) for one in result.clauses],
                "versions": {
                    name: [_clause(one, redactor) for one in others] for name, others in result.versions.items()
                },
                "not_tested": list(_not_tested(result, redactor)),
                "lost_by_subscription": list(losses(result.target.events)),
            },
        },
    }


def _target(result: Result, redactor: Redactor) -> dict[str, Any]:
    """The description of what was judged: the same for each run against the same deployment."""
    target = result.target
    return {
        "url": redactor.clean(target.url),
        "orders": target.orders or "",
        "source": redactor.clean(target.source),
        "api_versions": [target.api_version, *target.also],
        "events": "*" if target.events is None else list(target.events),
    }


def _configuration() -> Iterator[dict[str, Any]]:
    """The contract that was judged by, file by file, as in-toto's resource descriptors."""
    for path in (files("hookassay.features") / "clauses.toml", *contract_features()):
        yield {"name": f"hookassay/features/{path.name}", "digest": intoto.digest(path.read_bytes())}


def _holds(result: ClauseResult) -> bool:
    """Whether a clause holds in all that was tested: a MAY passes although it is not kept."""
    return result.status == PASSED and all(scenario.status != FAILED for scenario in result.scenarios)


def _clause(result: ClauseResult, redactor: Redactor) -> dict[str, Any]:
    return {
        "id": result.clause.id,
        "level": result.clause.level,
        "status": result.status,
        **({"reason": redactor.clean(result.reason)} if result.reason else {}),
        **({"notes": [redactor.clean(note) for note in result.notes]} if result.notes else {}),
        **({} if result.counted else {"counted": False, "since": result.clause.since}),
    }


def _not_tested(result: Result, redactor: Redactor) -> Iterator[dict[str, str]]:
    """Every clause, and every example of a clause that was judged, of which nothing is known, and why."""
    for place, (name, clauses) in enumerate(result.found.items()):
        where = {"api_version": name} if place else {}
        for one in clauses:
            if one.status in (NOT_APPLICABLE, NOT_TESTABLE):
                yield {"clause": one.clause.id, **where, "reason": redactor.clean(one.reason)}
                continue
            for scenario in one.scenarios:
                if scenario.status in (NOT_APPLICABLE, NOT_TESTABLE):
                    reason = redactor.clean(scenario.message)
                    yield {"clause": one.clause.id, "example": scenario.name, **where, "reason": reason}
