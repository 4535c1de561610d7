"""How long report.html takes to be written and to be opened, and how large it is, as shares of the limits it must keep.

    python benchmarks/report_size.py

The limits: 300 clause results are rendered in a second; a report of 2,000 deliveries is smaller than 5 MB (5,000,000
bytes) and opens at once (within a second, from asking for it until it can be used). The reports are made for the run:
clauses of the contract under other numbers, a fifth of them failed with a timeline, and deliveries of whole purchases
with requests and answers as they go over the wire. Opening is measured where Chromium and its driver are installed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from itertools import count, cycle, islice
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "shared"))

import browser  # noqa: E402 - found where the tests keep what they share

from hookassay.config import EndpointSettings, PurchaseSettings  # noqa: E402
from hookassay.endpoint import Endpoint, Secret  # noqa: E402
from hookassay.judging.contract import Contract  # noqa: E402
from hookassay.judging.journal import FAILED, PASSED, DeliveryRecord, Reading, ScenarioRecord  # noqa: E402
from hookassay.judging.traffic import Traffic  # noqa: E402
from hookassay.judging.verdict import NOT_CERTIFIED, ClauseResult, Result, Target  # noqa: E402
from hookassay.orders.vocabulary import Order  # noqa: E402
from hookassay.redaction import Redactor  # noqa: E402
from hookassay.report import html  # noqa: E402
from hookassay.sender.dispatch import Attempt, Dispatch, Parcel  # noqa: E402
from hookassay.sender.purchase import PurchaseBook  # noqa: E402
from hookassay.sender.story import Story  # noqa: E402
from hookassay.wire.connection import Answer  # noqa: E402

CLAUSES, RENDERED = 300, 1.0
DELIVERIES, BYTES, OPENED = 2_000, 5_000_000, 1.0
SECRET = "whsec_b25seV9mb3JfdGhlX2JlbmNobWFyaw"  # noqa: S105 - it opens nothing
RUNS = 5

HEADERS = (("Server", "gunicorn"), ("Date", "Thu, 26 Nov 2026 09:00:00 GMT"), ("Content-Type", "application/json"))
PAID = Order(frozenset({"paid"}), words={"status": "paid", "refund_status": "none", "total_amount": "10.00"})


class Deliveries:
    """Deliveries of one purchase after another, with their bytes."""

    def __init__(self) -> None:
        """Begin with the first purchase."""
        endpoint = Endpoint("http://127.0.0.1:4242/stripe/webhook", Secret(SECRET))
        self._endpoint = endpoint
        self._dispatch = Dispatch(endpoint, lambda _: None)
        self._book = PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4")
        self._at = 0.0

    def scenario(self, clause_id: str, number: int, deliveries: int, status: str) -> ScenarioRecord:
        """A scenario of so many deliveries about one purchase."""
        purchase = self._book.new()
        made: list[DeliveryRecord] = []
        events = cycle([*purchase.paid(), *Story(purchase).tell("a full refund")])
        for event in islice(events, deliveries):
            parcel = Parcel(purchase.session_id, event.id, event.type, event.body())
            request = self._dispatch.request(parcel)
            answer = Answer(200, HEADERS, b'{"received": true}', "", self._at, self._at + 0.003)
            self._at += 0.004
            traffic = Traffic.of(Attempt(parcel, self._endpoint, request, answer))
            made.append(
                DeliveryRecord(
                    self._at, parcel.about, event.id, event.type, "honest", 1, 200, "", 0.003, "", traffic=traffic
                )
            )
        readings = [Reading(purchase.session_id, (PAID,), self._at - 0.01, self._at)] if made else []
        return ScenarioRecord(
            clause_id,
            f"scenario {number}",
            status,
            "" if status == PASSED else "expected one order, saw 2 orders",
            expected="one order",
            seen="2 orders",
            sent=len(made),
            deliveries=made,
            readings=readings,
            story=["Given a paid order", "When the payment arrives again", "Then there is one order"],
        )


def run(clauses: int, deliveries: int) -> tuple[Result, Contract]:
    """A run with so many clauses, and so many deliveries in all."""
    contract = Contract.load()
    numbers = {group.id: count(1) for group in contract.groups}
    known = tuple(
        replace(clause, id=f"{clause.group}-{next(numbers[clause.group]):02}", depends=())
        for clause in islice(cycle(contract.clauses), clauses)
    )
    made = Deliveries()
    found = []
    for place, clause in enumerate(known):
        own = deliveries * (place + 1) // clauses - deliveries * place // clauses
        status = FAILED if place % 5 == 0 else PASSED
        scenarios = tuple(made.scenario(clause.id, number, part, status) for number, part in enumerate(halves(own)))
        found.append(ClauseResult(clause, status, "" if status == PASSED else "two orders", scenarios))
    result = Result(
        target=Target("http://127.0.0.1:4242/stripe/webhook", "sqlite", "sqlite:///shop.db", "2026-10-28.endive", None),
        verdict=NOT_CERTIFIED,
        scope="orders",
        seconds=8.0,
        clauses=tuple(found),
        contract=contract.version,
        run="a1b2c3d4",
        sent=deliveries,
    )
    return result, replace(contract, clauses=known)


def halves(number: int) -> tuple[int, int]:
    """A number in two parts."""
    return number - number // 2, number // 2


def written(made: tuple[Result, Contract], folder: Path) -> tuple[Path, float, float]:
    """The report, and the seconds of wall and of processor time that it takes to write it, each the median of a few."""
    result, contract = made
    wall, processor = [], []
    for _ in range(RUNS):
        began, busy = time.perf_counter(), time.process_time()
        path = html.write(result, contract, folder, Redactor([SECRET]))
        wall.append(time.perf_counter() - began)
        processor.append(time.process_time() - busy)
    return path, statistics.median(wall), statistics.median(processor)


def opened(path: Path) -> float | None:
    """The seconds that a browser needs to open a page, the median of a few times; None where there is no browser."""
    if browser.paths() is None:
        return None
    took = []
    with browser.browsing() as window:
        for _ in range(RUNS):
            window.get("about:blank")
            window.get(path.as_uri())
            took.append(window.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd"))
    return statistics.median(took) / 1000


def main() -> None:
    """Make both reports, and tell what they take."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for clauses, deliveries in ((CLAUSES, 0), (len(Contract.load().clauses), DELIVERIES), (CLAUSES, DELIVERIES)):
            path, seconds, busy = written(run(clauses, deliveries), folder)
            size = path.stat().st_size
            print(f"{clauses} clauses, {deliveries} deliveries")
            print(f"  written in   {seconds:6.2f} s    {seconds / RENDERED:5.2f} of {RENDERED:g} s")
            print(f"  processor    {busy:6.2f} s")
            print(f"  size         {size / 1e6:6.2f} MB   {size / BYTES:5.2f} of {BYTES / 1e6:g} MB")
            ready = opened(path)
            told = "not measured: Chromium and its driver are not installed"
            if ready is not None:
                told = f"{ready:6.2f} s    {ready / OPENED:5.2f} of {OPENED:g} s"
            print(f"  opened in    {told}")


if __name__ == "__main__":
    main()
