"""How long a whole run against the reference server takes, phase by phase, as a share of the limit it must keep.

    python benchmarks/run_time.py [RUNS]

The limit is 10 seconds of wall time on two cores, for the process as a whole: start, reference server, preflight,
scenarios, reports. Each run is a process of its own; the median is what to quote. Every order of arrival and the races
of different events (group CV) take about half of it; what they take is told by themselves.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIMIT = 10.0


def main(runs: int) -> None:
    """Run, and print minimum, median and maximum of each phase."""
    phases: dict[str, list[float]] = {}
    deliveries = 0
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", "from hookassay.cli import main; main()", "certify"],
                cwd=folder,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            whole = time.perf_counter() - began
            report = json.loads(Path(folder, "hookassay-report", "report.json").read_text())
        deliveries = report["deliveries"]
        converging = [clause for clause in report["clauses"] if clause["id"].startswith("CV-")]
        spent = sum(scenario["seconds"] for clause in converging for scenario in clause["scenarios"])
        told = sum(report["phases"].values())
        others = {"start, server, reports": whole - told, "of it group CV": spent, "whole run": whole}
        for name, seconds in {**report["phases"], **others}.items():
            phases.setdefault(name, []).append(seconds)
    print(f"{runs} runs, {deliveries} deliveries each; seconds, and the median as a share of {LIMIT:g} s")
    for name, seconds in phases.items():
        low, middle, high = min(seconds), statistics.median(seconds), max(seconds)
        print(f"  {name:24} {low:6.2f} {middle:6.2f} {high:6.2f}   {middle / LIMIT:5.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
