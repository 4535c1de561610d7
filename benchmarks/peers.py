"""The reference server beside others that do the same durable work, interleaved, as paired ratios.

    python benchmarks/peers.py [--rounds 5] [--seconds 5] [--only TEXT …]

The same work: the signature of an event of 4 KB is verified with Stripe's library, its id is recorded and its order
inserted or updated in one transaction, and 2xx is answered after the commit. SQLite writes ahead and syncs every commit
(synchronous=FULL); PostgreSQL is started for the run, with fsync on. 16 connections deliver as fast as they are
answered, and every tenth delivery is an earlier event again. After each measurement the server has to prove that every
event that it acknowledged is in its orders, once.

Every round measures each server once, on a new database, in another sequence; a ratio compares two of one round, since
the speed of a machine drifts. The physical limits are measured in each round too. The peers are installed under
`benchmarks/.peers` (pip and npm; Node 20 or newer). Linux, with PostgreSQL's binaries. The machine should be idle: its
load is told.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

HERE = Path(__file__).parent
PEERS = HERE / "peers"
sys.path[:0] = [str(PEERS), str(HERE.parent / "tests" / "shared")]

import commits  # noqa: E402 - found in their folders
import delivering  # noqa: E402
import postgres  # noqa: E402
import processor  # noqa: E402
from competitors import COMPETITORS, OURS, Competitor, Installation, install  # noqa: E402

CACHE = HERE / ".peers"
WARMING = 1.0
"""Seconds of deliveries that are not counted."""
START_PATIENCE = 60.0


@dataclass(frozen=True)
class Measured:
    """One server in one round. Times in milliseconds, processor time in microseconds an event."""

    rate: float
    p50: float
    p99: float
    server: float
    database: float
    client: float
    refused: int


class NotProvenError(RuntimeError):
    """An order is missing, or there is one too many."""


@contextmanager
def serving(
    competitor: Competitor, installation: Installation, database_url: str, folder: Path
) -> Iterator[tuple[int, int]]:
    """Start a server; its process id and its port.

    Raises:
        RuntimeError: it did not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        **competitor.environment,
        "PORT": str(port),
        "DATABASE_URL": database_url,
        "STRIPE_SECRET_KEY": "sk_test_unused",
        "STRIPE_WEBHOOK_SECRET": delivering.SECRET,
        "NODE_ENV": "production",
        "PYTHONPATH": str(PEERS),
    }
    if competitor.prepare:
        subprocess.run(installation.filled(competitor.prepare, port), env=environment, cwd=folder, check=True)
    log = folder / "log"
    with log.open("wb") as sink:
        command = installation.filled(competitor.command, port)
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=sink, stderr=sink)
    try:
        deadline = time.monotonic() + START_PATIENCE
        while not _is_open(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{competitor.name} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def measure(
    competitor: Competitor,
    installation: Installation,
    database_url: str,
    *,
    seconds: float,
    connections: int,
    postmaster: int | None,
) -> Measured:
    """Start a server, deliver to it, and let it prove what it stored.

    Raises:
        NotProvenError: its orders are not those that it acknowledged.
    """
    with tempfile.TemporaryDirectory(prefix="peer-") as name:
        with serving(competitor, installation, database_url, Path(name)) as (process, port):
            warm = delivering.deliver(port, connections=connections, seconds=WARMING, seed=1)
            before = processor.used_by_tree(process), processor.used_by_tree(postmaster) if postmaster else 0.0
            tally = delivering.deliver(port, connections=connections, seconds=seconds, seed=2)
            after = processor.used_by_tree(process), processor.used_by_tree(postmaster) if postmaster else 0.0
        if competitor.durable:
            try:
                prove(database_url, {number.decode() for number in warm.acknowledged | tally.acknowledged})
            except NotProvenError as error:
                raise NotProvenError(f"{competitor.name} on {database_url.partition(':')[0]}: {error}") from None
    micro = 1e6 / len(tally.latencies)
    return Measured(
        rate=tally.rate,
        p50=tally.percentile(0.5),
        p99=tally.percentile(0.99),
        server=(after[0] - before[0]) * micro,
        database=(after[1] - before[1]) * micro,
        client=tally.cpu * micro,
        refused=tally.refused,
    )


def prove(database_url: str, acknowledged: set[str]) -> None:
    """Every acknowledged event has its order, and no session has two.

    Raises:
        NotProvenError: that is not so.
    """
    query = "SELECT stripe_session_id FROM orders"
    if database_url.startswith("sqlite:"):
        with closing(sqlite3.connect(urlsplit(database_url).path[1:])) as file:
            orders = [session for (session,) in file.execute(query)]
    else:
        with psycopg.connect(database_url) as connection:
            orders = [session for (session,) in connection.execute(query)]
    missing = {f"cs_test_{number}" for number in acknowledged} - set(orders)
    if missing or len(set(orders)) != len(orders):
        raise NotProvenError(f"{len(missing)} orders are missing, {len(orders) - len(set(orders))} are there twice")


@dataclass(frozen=True)
class Bench:
    """What measurements are made with."""

    installation: Installation
    server: str
    postmaster: int
    seconds: float
    connections: int

    def database(self, kind: str, stack: ExitStack) -> str:
        """The URL of a new database, which is gone when the stack is closed."""
        if kind == "postgresql":
            return stack.enter_context(postgres.fresh_database(self.server))
        return f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory(prefix='peer-'))}/orders.db"

    def measured(self, competitor: Competitor, kind: str) -> Measured:
        """One server on one database."""
        with ExitStack() as stack:
            return measure(
                competitor,
                self.installation,
                self.database(kind, stack),
                seconds=self.seconds,
                connections=self.connections,
                postmaster=self.postmaster if kind == "postgresql" else None,
            )

    def limit(self, kind: str) -> float:
        """How many transactions of one row this machine commits in a second."""
        with ExitStack() as stack:
            url = self.database(kind, stack)
            if kind == "sqlite":
                return commits.sqlite_rate(urlsplit(url).path[1:], self.seconds)
            return commits.postgres_rate(url, self.seconds, self.connections)


def main(arguments: Sequence[str] | None = None) -> None:
    """Install, measure, and print the table."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="peers.py", description=__doc__, formatter_class=plain)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement; default 5")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--only", action="append", metavar="TEXT", help="only servers or databases with it in the name")
    told = parser.parse_args(arguments)
    binaries = postgres.binaries()
    if binaries is None:
        raise SystemExit("PostgreSQL's server is not installed: /usr/lib/postgresql/*/bin or initdb on PATH is needed.")
    installation = install(CACHE)
    pairs = [
        (competitor, kind)
        for competitor in COMPETITORS
        for kind in competitor.databases
        if not told.only or competitor.name == OURS or any(text in f"{competitor.name} {kind}" for text in told.only)
    ]
    found: dict[tuple[str, str], list[Measured]] = {(one.name, kind): [] for one, kind in pairs}
    limits: dict[str, list[float]] = {"sqlite": [], "postgresql": []}
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before", flush=True)
    with postgres.running(binaries, synced=True) as server:
        bench = Bench(installation, server, _postmaster(server), told.seconds, told.connections)
        for number in range(told.rounds):
            for kind, rates in limits.items():
                rates.append(bench.limit(kind))
            for competitor, kind in random.Random(number).sample(pairs, len(pairs)):  # noqa: S311
                one = bench.measured(competitor, kind)
                found[competitor.name, kind].append(one)
                print(f"round {number + 1}: {kind:10} {competitor.name:38} {one.rate:6.0f}/s", flush=True)
    print(f"load {os.getloadavg()[0]:.1f} after\n")
    tell(found, limits)


def _postmaster(server_url: str) -> int:
    with psycopg.connect(server_url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    return int((Path(row[0]) / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])


def tell(found: dict[tuple[str, str], list[Measured]], limits: dict[str, list[float]]) -> None:
    """Print medians over the rounds, and how many times as fast as each the reference server was: lowest to highest."""
    for kind in limits:
        ours = found.get((OURS, kind), [])
        low, middle, high = _spread(limits[kind])
        print(f"{kind}: {middle:.0f} transactions of one row a second ({low:.0f} to {high:.0f})")
        print(f"  {'':38} {'':>9} {'':>18}  {'ms':>6} {'':>6}   {'processor, µs an event':^24}")
        print(
            f"  {'server':38} {'events/s':>9} {'ours is faster':>18}  {'p50':>6} {'p99':>6}   "
            f"{'server':>7} {'database':>8} {'client':>7}"
        )
        for (name, on), rounds in found.items():
            if on != kind or not rounds:
                continue
            ratio = ""
            if name != OURS and ours:
                low, middle, high = _spread([mine.rate / one.rate for mine, one in zip(ours, rounds, strict=True)])
                ratio = f"{middle:.2f} ({low:.2f}-{high:.2f})"
            medians = [
                statistics.median(getattr(one, what) for one in rounds)
                for what in ("rate", "p50", "p99", "server", "database", "client")
            ]
            print(
                f"  {name:38} {medians[0]:9.0f} {ratio:>18}  {medians[1]:6.1f} {medians[2]:6.1f}   "
                f"{medians[3]:7.0f} {medians[4]:8.0f} {medians[5]:7.0f}"
            )
            if refused := sum(one.refused for one in rounds):
                print(f"    {refused} deliveries were answered with something else than 2xx")
        print()


def _spread(values: Sequence[float]) -> tuple[float, float, float]:
    return min(values), statistics.median(values), max(values)


if __name__ == "__main__":
    main()
