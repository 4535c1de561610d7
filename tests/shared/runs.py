"""Whole runs built by hand: one that failed in several ways, and one whose every text is the same."""

from __future__ import annotations

from typing import Any

from results import delivery, judged, result, scenario, violation
from traffic import traffic

from hookassay.judging.journal import Reading
from hookassay.judging.verdict import NOT_CERTIFIED, Result, Target
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
        verdict=NOT_CERTIFIED,
        problem=text,
        left_out=(text,),
        preflight=(text,),
        advice=text,
        target=Target(f"http://localhost/{text}", "sqlite", text, text, (text,), app=text),
    )
