"""Certifying an endpoint from outside: `hookassay certify` as a process of its own, and what its report says."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spawned import Spawned

SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw"


@dataclass(frozen=True)
class Judged:
    """What one run of `hookassay certify` said.

    `statuses` holds the status of every clause in the report; `report` the whole report.json, empty where none was
    written; `output` what was printed on both streams.
    """

    exit_code: int
    output: str
    report: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        return str(self.report.get("verdict", ""))

    @property
    def statuses(self) -> dict[str, str]:
        return {clause["id"]: clause["status"] for clause in self.report.get("clauses", ())}

    def having(self, *statuses: str) -> set[str]:
        return {clause for clause, status in self.statuses.items() if status in statuses}

    def clause(self, clause_id: str) -> Mapping[str, Any]:
        return next(clause for clause in self.report["clauses"] if clause["id"] == clause_id)


def certify(
    folder: Path,
    *arguments: str,
    config: str = "",
    env: Mapping[str, str] | None = None,
    secret: str | None = SECRET,
    timeout: float = 600,
) -> Judged:
    """Run `hookassay certify` in `folder`, with `config` as its hookassay.toml and `secret` in its environment."""
    if config:
        (folder / "hookassay.toml").write_text(config)
    # Where these tests run in GitHub Actions, what they judge must not annotate their job.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    environment = {**surroundings, "COLUMNS": "100", **(env or {})}
    environment.pop("STRIPE_WEBHOOK_SECRET", None)
    if secret is not None:
        environment["STRIPE_WEBHOOK_SECRET"] = secret
    return run(["certify", *arguments], folder, environment, timeout)


def run(arguments: Sequence[str], folder: Path, env: Mapping[str, str], timeout: float = 60) -> Judged:
    """Run `hookassay` with these arguments, and read the report that it left in `folder`, if it left one."""
    report = folder / "hookassay-report" / "report.json"
    report.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="judged-") as kept:
        output = Path(kept, "output")
        process = Spawned("hookassay", arguments, env=env, output=output, cwd=folder)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        return Judged(code, output.read_text(), json.loads(report.read_text()) if report.exists() else {})
