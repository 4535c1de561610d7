"""A storm on the reference server while its workers are killed: nothing that was acknowledged may be lost or doubled.

    python benchmarks/storm_with_kills.py [DELIVERIES [SECONDS]]

10,000 deliveries (20 % duplicates, shuffled, 32 connections) on PostgreSQL with 3 gunicorn workers, one of which is
killed (SIGKILL) every second. To have enough kills, deliveries are paced so that the load lasts for at least SECONDS
(30 by default; 0 delivers as fast as answers come). It ends with 1 where an acknowledged event is missing or an order
is there twice.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

SHARED = Path(__file__).parents[1] / "tests" / "shared"
sys.path.insert(0, str(SHARED))

import postgres  # noqa: E402 - found where the tests keep what they share
from gunicorn_process import running  # noqa: E402
from judged import SECRET  # noqa: E402
from storming import killing, storm  # noqa: E402

WORKERS = 3
EVERY = 1.0


def main(deliveries: int, seconds: float) -> int:
    """Let it come, and print what it left."""
    binaries = postgres.binaries()
    if binaries is None:
        sys.exit("No PostgreSQL is installed (apt-get install postgresql).")
    pace = ["--rate", f"{deliveries / seconds:g}"] if seconds else []
    with (
        postgres.running(binaries) as server,
        postgres.fresh_database(server) as database,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        env = {
            "STRIPE_SECRET_KEY": "sk_test_of_a_benchmark",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": database,
        }
        arguments = ["--pid", str(folder / "pid")]
        app = "hookassay.server.wsgi:app"
        with (
            running(app, workers=WORKERS, env=env, args=arguments, log=folder / "log") as url,
            killing(folder / "pid", EVERY) as killed,
        ):
            found = storm(folder, f"{url}/stripe/webhook", "--orders", database, "--deliveries", str(deliveries), *pace)
    print(found.output)
    print(f"workers killed: {killed.count}, one every {EVERY:g} s")
    for what in ("deliveries", "of_them", "answers", "connections_not_opened", "claimed", "unclaimed", "wrong_count"):
        print(f"{what}: {found.report.get(what)}")
    return found.exit_code


if __name__ == "__main__":
    numbers = [float(word) for word in sys.argv[1:3]]
    sys.exit(main(int(numbers[0]) if numbers else 10_000, numbers[1] if len(numbers) > 1 else 30.0))
