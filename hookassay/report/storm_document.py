"""storm.json: a storm as one JSON document, for programs.

Promised to those programs: hookassay, verdict, exit_code, url, orders, purchases, seed, deliveries, seconds,
per_second, latency, answers, unclaimed, wrong_count and wrong. The other keys may change.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..redaction import Redactor
from ..storm.result import Result
from .document import save
from .paper import harmless

NAME = "storm.json"

QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999)
"""The shares of answers whose durations are told."""


def write(result: Result, folder: Path, redactor: Redactor) -> Path:
    """Write storm.json into `folder` and return its path.

    Raises:
        UsageError: the folder cannot be written to.
    """

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: clean(part) for key, part in value.items()}
        if isinstance(value, list):
            return [clean(part) for part in value]
        return redactor.clean(value) if isinstance(value, str) else value

    told = document(result)
    cleaned = {key: value if key in ("verdict", "began") else clean(value) for key, value in told.items()}
    text = json.dumps(cleaned, indent=2, ensure_ascii=False) + "\n"
    return save(folder, NAME, text.encode("utf-8", "backslashreplace"))


def document(result: Result) -> dict[str, Any]:
    """The storm as JSON, with whatever secrets an endpoint may have told."""
    load, tally = result.load, result.load.tally
    return {
        "hookassay": version("hookassay"),
        "verdict": result.verdict,
        "exit_code": result.exit_code,
        "problem": result.problem,
        "url": result.url,
        "orders": result.orders,
        "source": result.source,
        "run": load.forecast.run,
        "began": result.began.isoformat(timespec="seconds"),
        "purchases": load.forecast.purchases,
        "duplicates": load.forecast.duplicates,
        "seed": load.forecast.seed,
        "connections": load.connections,
        "rate": load.rate,
        "by": load.by,
        "deliveries": tally.deliveries,
        "of_them": {
            "acknowledged": tally.acknowledged,
            "duplicates": tally.duplicates,
            "sent_anew": tally.repeated,
        },
        "seconds": round(tally.seconds, 3),
        "per_second": round(result.per_second, 1),
        "latency": latency(result),
        "answers": {str(kind): count for kind, count in answers(result)},
        "connections_not_opened": dict(tally.unsent),
        "given_up": dict(load.given_up),
        "claimed": result.claimed,
        "unclaimed": result.unclaimed,
        "wrong_count": result.wrong_count,
        "wrong": [
            {
                "session_id": one.session_id,
                "facts": list(one.facts),
                "expected": one.expected,
                "seen": harmless(one.seen),
                "deliveries": [
                    {"type": step.type, "how": step.how, "acknowledged": step.acknowledged} for step in one.deliveries
                ],
            }
            for one in result.wrong
        ],
        "notes": list(result.notes),
        "preflight": list(result.preflight),
        "proof_seconds": round(result.proof_seconds, 3),
        "slice_seconds": tally.width,
        "slices": [
            {
                "acknowledged": one.acknowledged,
                "refused": one.refused,
                "silent": one.silent,
                "p50": round(one.durations.quantile(0.5), 6),
                "p99": round(one.durations.quantile(0.99), 6),
            }
            for one in tally.slices
        ],
    }


def latency(result: Result) -> dict[str, float]:
    """How long answers took, in seconds: `p50` to `p99.9`, `mean` and `longest`."""
    durations = result.load.tally.durations
    shares = {f"p{share * 100:g}": round(durations.quantile(share), 6) for share in QUANTILES}
    return {**shares, "longest": durations.longest / 1e6, "mean": round(durations.mean, 6)}


def answers(result: Result) -> list[tuple[int | str, int]]:
    """Status, or why there was none, with how many deliveries: statuses first, in their order."""
    return sorted(result.load.tally.answers.items(), key=lambda one: (isinstance(one[0], str), str(one[0])))
