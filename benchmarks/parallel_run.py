"""How long the whole contract takes where one has to wait: 400 ms for an effect, and 40 ms for every answer.

    python benchmarks/parallel_run.py [WORKERS ...]

The endpoint is right: it applies each event 400 ms after it acknowledged it, and a proxy makes it 40 ms of round trip
away. The limit is 60 seconds with 8 workers, for the process as a whole. One run for each number of workers (default 8;
with 1 it takes minutes), and the same with the reference server, which makes nobody wait.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARED = Path(__file__).parents[1] / "tests" / "shared"
sys.path.insert(0, str(SHARED))

from distance import far_away  # noqa: E402 - found where the tests keep what they share
from gunicorn_process import running  # noqa: E402
from judged import SECRET  # noqa: E402

LIMIT = 60.0
ROUND_TRIP = 0.04
APPS = {
    "400 ms late, 40 ms away": ("endpoints.late:after_400_ms()", ROUND_TRIP),
    "reference server": ("hookassay.server.wsgi:app", 0.0),
}


def certify(app: str, round_trip: float, workers: int) -> tuple[float, dict[str, object]]:
    """Judge `app`; the seconds of wall time, and the report."""
    with tempfile.TemporaryDirectory() as folder:
        orders = f"sqlite:///{folder}/orders.db"
        env = {
            "STRIPE_SECRET_KEY": "sk_test_of_an_endpoint",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": orders,
        }
        with running(app, env=env, args=["--pythonpath", str(SHARED)]) as near, far_away(near, round_trip) as far:
            url = (far if round_trip else near) + "/stripe/webhook"
            words = ["certify", url, "--orders", orders, "--workers", str(workers)]
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", "from hookassay.cli import main; main()", *words],
                cwd=folder,
                env={**os.environ, **env},
                check=False,
                stdout=subprocess.DEVNULL,
            )
            seconds = time.perf_counter() - began
        return seconds, json.loads(Path(folder, "hookassay-report", "report.json").read_text())


def main(crowds: list[int]) -> None:
    """Run, and print a line for each."""
    print(f"{'endpoint':26} workers  seconds  deliveries  verdict   (limit: {LIMIT:g} s with 8 workers)")
    for name, (app, round_trip) in APPS.items():
        for workers in crowds:
            seconds, report = certify(app, round_trip, workers)
            print(f"{name:26} {workers:7}  {seconds:7.1f}  {report['deliveries']:10}  {report['verdict']}")
            alarms = {c["id"]: c["reason"] for c in report["clauses"] if c["status"] in ("failed", "warned", "error")}
            for clause, reason in alarms.items():
                print(f"  {clause}: {reason}")
            print("  " + ", ".join(f"{phase} {took:.1f} s" for phase, took in report["phases"].items()))


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [8])
