"""What judging costs: the time of a whole run and where it goes, and what grows with the number of deliveries.

    python benchmarks/suite_cost.py [--runs 5] [--deliveries 100 1000 10000 100000]

A run is `hookassay certify` against the reference server on SQLite, on two cores, as a process of its own: start,
reference server, preflight, scenarios, reports. Told are the phases, the share of its wall time in which at least one
answer was awaited, its own processor time without the server's, and the most memory it held. The limit is 10 seconds;
every order of arrival and the races of different events (group CV) take about half, which is told by itself.

Then so many deliveries are made to a server that does nothing, with what a run keeps of them, and the reports are
written: each number in a process of its own, once in as many scenarios as the contract has (more deliveries each), and
once in scenarios of 20 (more scenarios). Memory is the most the process held, less what it held before the first one.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

SHARED = Path(__file__).parents[1] / "tests" / "shared"
LIMIT = 10.0
SECRET = "whsec_b25seV9mb3JfdGhlX2JlbmNobWFyaw"  # noqa: S105 - it opens nothing
A_SCENARIO = 20
"""Deliveries of a scenario where their number does not follow from the contract."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; with a word of its own, do one measurement in this process and print it as JSON."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="suite_cost.py", description=__doc__, formatter_class=plain)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--deliveries", type=int, nargs="*", default=[100, 1_000, 10_000, 100_000])
    parser.add_argument("--within", choices=("run", "contract", "scenarios"), help=argparse.SUPPRESS)
    told = parser.parse_args(arguments)
    if told.within == "run":
        print(json.dumps(certified()))
    elif told.within:
        print(json.dumps(grown(told.deliveries[0], told.within)))
    else:
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} before")
        tell_runs([apart("run") for _ in range(told.runs)])
        for shape in ("contract", "scenarios") if told.deliveries else ():
            tell_growth(shape, [apart(shape, number) for number in told.deliveries])


def apart(what: str, *deliveries: int) -> dict[str, float]:
    """One measurement in a process of its own.

    Raises:
        RuntimeError: it failed.
    """
    words = ["--within", what, *(["--deliveries", *map(str, deliveries)] if deliveries else [])]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).resolve()), *words],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


# --- a run ------------------------------------------------------------------------------------------------------------


def certified() -> dict[str, float]:
    """Judge the reference server in this process; seconds and bytes, by what they are.

    Raises:
        RuntimeError: it was not certified.
    """
    began = time.perf_counter()
    from hookassay.cli import main as hookassay
    from hookassay.judging.journal import DeliveryRecord, Journal

    awaited: list[tuple[float, float]] = []
    kept = Journal.delivered

    def delivered(journal: Journal, record: DeliveryRecord) -> None:
        awaited.append((record.at, record.at + record.seconds))
        kept(journal, record)

    Journal.delivered = delivered  # type: ignore[method-assign]
    sys.argv = ["hookassay", "certify", "--quiet"]
    try:
        hookassay()
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"hookassay ended with {end.code}") from None
    whole = time.perf_counter() - began
    report = json.loads(Path("hookassay-report", "report.json").read_text(encoding="utf-8"))
    converging = [clause for clause in report["clauses"] if clause["id"].startswith("CV-")]
    return {
        **report["phases"],
        "start, server, reports": whole - sum(report["phases"].values()),
        "of it group CV": sum(scenario["seconds"] for clause in converging for scenario in clause["scenarios"]),
        "of it awaiting answers": covered(awaited),
        "processor, without the server": processor_time(),
        "whole run": whole,
        "deliveries": report["deliveries"],
        "memory": peak(),
    }


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """How many seconds lie in at least one of the spans."""
    seconds, reached = 0.0, float("-inf")
    for begin, end in sorted(spans):
        seconds += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return seconds


def processor_time() -> float:
    """Seconds of processor time that this process used, without its children's."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> int:
    """The most memory that this process held, in bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def tell_runs(runs: Sequence[dict[str, float]]) -> None:
    """Print minimum, median and maximum of each phase."""
    if not runs:
        return
    print(
        f"{len(runs)} runs, {runs[0]['deliveries']:.0f} deliveries each; seconds, and the median as a share of the run"
    )
    whole = statistics.median(run["whole run"] for run in runs)
    for name in runs[0]:
        if name in ("deliveries", "memory"):
            continue
        seconds = [run[name] for run in runs]
        middle = statistics.median(seconds)
        print(f"  {name:30} {min(seconds):6.2f} {middle:6.2f} {max(seconds):6.2f}   {middle / whole:5.2f}")
    print(f"  {'most memory, MB':30} {statistics.median(run['memory'] for run in runs) / 1e6:13.0f}")
    print(f"  {whole / LIMIT:.2f} of the limit of {LIMIT:g} s")


# --- growth -----------------------------------------------------------------------------------------------------------


def grown(deliveries: int, shape: str) -> dict[str, float]:
    """Make so many deliveries in this process and write the reports; seconds and bytes, by what they are."""
    sys.path[:0] = [str(SHARED), str(Path(__file__).parent)]
    import gunicorn_process
    import report_size

    from hookassay.config import EndpointSettings, PurchaseSettings
    from hookassay.endpoint import Endpoint, Secret
    from hookassay.judging.bench import observer
    from hookassay.judging.contract import Contract
    from hookassay.judging.journal import PASSED, Journal
    from hookassay.judging.verdict import ClauseResult
    from hookassay.redaction import Redactor
    from hookassay.report import document, html, junit
    from hookassay.sender.dispatch import Dispatch
    from hookassay.sender.purchase import PurchaseBook
    from hookassay.sender.story import Story

    contract, journal, redactor = Contract.load(), Journal(), Redactor([SECRET])
    folder = Path.cwd()
    scenarios = len(contract.clauses) if shape == "contract" else -(-deliveries // A_SCENARIO)
    with ExitStack() as stack:
        args = ["--pythonpath", str(Path(__file__).parent / "peers")]
        url = stack.enter_context(gunicorn_process.running("nothing:app", args=args))
        dispatch = Dispatch(Endpoint(f"{url}/stripe/webhook", Secret(SECRET)), observer(journal, redactor.clean))
        book = PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4")
        before, began, busy = peak(), time.perf_counter(), processor_time()
        for number, clause in enumerate(islice(cycle(contract.clauses), scenarios)):
            record = journal.open(clause.id, f"scenario {number}")
            purchase = book.new()
            journal.introduced(purchase.placeholders())
            own = deliveries * (number + 1) // scenarios - deliveries * number // scenarios
            for event in islice(cycle([*purchase.paid(), *Story(purchase).tell("a full refund")]), own):
                dispatch.send(dispatch.parcel(purchase.session_id, event))
            record.end(PASSED)
        journal.close()
        seconds, spent, held = time.perf_counter() - began, processor_time() - busy, peak() - before
    empty, _ = report_size.run(len(contract.clauses), 0)
    results = tuple(
        ClauseResult(clause, PASSED, "", tuple(one for one in journal.scenarios if one.clause_id == clause.id))
        for clause in contract.clauses
    )
    result = replace(empty, clauses=results, sent=journal.sent)
    found = {"deliveries": deliveries, "scenarios": scenarios, "seconds": seconds, "processor": spent, "memory": held}
    writers = {"report.json": document.write, "junit.xml": junit.write, "report.html": html.write}
    for name, write in writers.items():
        began = time.perf_counter()
        path = write(result, contract, folder, redactor)
        found[f"{name}, seconds"] = time.perf_counter() - began
        found[f"{name}, bytes"] = path.stat().st_size
    found["memory with reports"] = peak() - before
    return found


def tell_growth(shape: str, found: Sequence[dict[str, float]]) -> None:
    """Print a line for each number of deliveries."""
    title = "as many scenarios as the contract has clauses" if shape == "contract" else f"scenarios of {A_SCENARIO}"
    print(f"\nDeliveries in {title}; µs a delivery, MB, and s and MB for each report")
    print(
        f"{'deliveries':>10} {'scenarios':>9} {'µs':>6} {'processor':>9} {'memory':>8} {'with reports':>12}"
        f" {'report.json':>14} {'junit.xml':>14} {'report.html':>14}"
    )
    for one in found:
        line = f"{one['deliveries']:10.0f} {one['scenarios']:9.0f} {1e6 * one['seconds'] / one['deliveries']:6.0f}"
        line += f" {1e6 * one['processor'] / one['deliveries']:9.0f} {one['memory'] / 1e6:8.1f}"
        line += f" {one['memory with reports'] / 1e6:12.1f}"
        for name in ("report.json", "junit.xml", "report.html"):
            line += f" {one[f'{name}, seconds']:6.2f} {one[f'{name}, bytes'] / 1e6:7.2f}"
        print(line)


if __name__ == "__main__":
    main()
