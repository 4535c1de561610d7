"""Whole runs built by hand: one that failed in several ways, and one whose every text is the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from results import delivery, judged, result, scenario, violation
from traffic import traffic

from hookassay.judging.baseline import Entry, Standing
from hookassay.judging.diagnosis import Defect, Diagnosis
from hookassay.judging.journal import Reading
from hookassay.judging.verdict import NOT_CERTIFIED, PARTIAL, Result, Target
from hookassay.orders.vocabulary import Order

SESSION = "cs_test_run7f3a_1"
PAID = Order(frozenset({"paid"}), words={"status": "paid", "refund_status": "none"})


def failing(**changes: Any) -> Result:
    """A run in which RP-05 failed, OO-02 warned, OO-01 broke, and SG-03 did not apply."""
    lost = violation(
        "RP-05",
        "two copies at once",
        "one order for the session",
        "2 orders",
        deliveries=[delivery(at=1.25), delivery(at=1.2501, status=500)],
        readings=[Reading(SESSION, (), 1.2, 1.2), Reading(SESSION, (PAID, PAID), 1.3, 1.4)],
        story=["When two copies arrive at once", "Then there is one order"],
    )
    found = (
        judged("RP-05", "failed", "x", lost, violation("RP-05", "sixteen at once", "one order", "9 orders")),
        judged("OO-02", "warned", "x", violation("OO-02", "dispute first", "a disputed order", "a paid order")),
        judged("OO-01", "error", "x", scenario("OO-01", "refund first", "error", "the barrier did not show")),
        judged("SG-03", "not_applicable", "the endpoint declares no max_body"),
    )
    return result(*found, verdict=NOT_CERTIFIED, **changes)


LATE = "ticket 7, until March"
"""Why a known failure is accepted."""


def known_failing(*passing: Entry, **changes: Any) -> Result:
    """A run in which OO-01 fails as the baseline says, and `passing` are listed although they pass."""
    lost = violation("OO-01", "refund first", "a refunded order", "a paid order", known=LATE)
    used = Entry("OO-01", "refund first", LATE)
    values = {
        "verdict": NOT_CERTIFIED if passing else PARTIAL,
        "left_out": (f"Known to fail: OO-01 ({LATE}).",),
        "baseline": Standing(Path("known.toml"), (used,), passing),
    }
    return result(judged("OO-01", "failed", "it was lost", lost), **values | changes)


def later(**changes: Any) -> Result:
    """A run in which OO-01 fails, which came after the version of the contract that was judged by."""
    lost = violation("OO-01", "refund first", "a refunded order", "a paid order")
    found = judged("OO-01", "failed", "it was lost", lost)
    found = replace(found, clause=replace(found.clause, since="2026.2"), counted=False)
    return result(found, **changes)


def defect(known_as: str, fix: str, *seen: str) -> Defect:
    """A defect that fails RP-05 and OO-02."""
    name = known_as.replace(" ", "_")
    return Defect(name, known_as, f"It has {known_as}.", fix, seen, frozenset({"RP-05", "OO-02"}), frozenset())


ALIKE = (
    defect("a search and an insert", "Let the database refuse a second one.", "CVE-2026-1", "shop/shop#7"),
    defect("no unique key", "Let the database refuse a second one."),
    defect("a lock of one process", "Lock in the database.", "GHSA-aaaa-bbbb-cccc"),
    defect("a lock of one thread", "Lock in the database."),
    defect("a lock that expires", "Hold the lock until the work commits."),
)
"""Five defects of the same signs, of which some are mended in the same way."""


def diagnosed(*defects: Defect) -> Result:
    """The run of `failing`, which behaves like one of `defects`."""
    return failing(diagnoses=(Diagnosis(defects or ALIKE, ("RP-05", "OO-02")),))


SECRET = "whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw"
TOKEN = "hunter2hunter2"


def planted(text: str) -> Result:
    """A run in which everything that an endpoint or a user may say is `text`."""
    data = text.encode("utf-8", "surrogateescape")
    exchanged = traffic(data, data, (("X", text),))
    sent = delivery(event_type=text, signing=text, problem=text, answer=text, traffic=exchanged, status=500)
    readings = [Reading(SESSION, (Order(frozenset(), words={"status": text}),), 1.3, 1.4)]
    bad = violation("RP-05", text, text, text, deliveries=[sent], readings=readings, story=[text], notes=[text])
    good = scenario("RP-03", text, "passed", text, deliveries=[sent], readings=readings, story=[text], notes=[text])
    return result(
        judged("RP-05", "failed", text, bad, bad),
        judged("RP-03", "passed", "", good),
        judged("OO-01", "error", text, scenario("OO-01", text, "error", text)),
        judged("OO-02", "not_testable", text),
        judged("SG-04", "failed", text, violation("SG-04", text, text, text, known=text)),
        verdict=NOT_CERTIFIED,
        problem=text,
        left_out=(text,),
        preflight=(text,),
        advice=text,
        baseline=Standing(Path(text), (Entry("SG-04", text, text, text),), (Entry("RP-03", text, text, text),)),
        target=Target(f"http://localhost/{text}", "sqlite", text, text, (text,), app=text),
    )
