"""Results built by hand, for the tests of what consumes them."""

from __future__ import annotations

from typing import Any

from hookassay.judging.contract import Clause, Contract, Group
from hookassay.judging.journal import FAILED, PASSED, DeliveryRecord, ScenarioRecord
from hookassay.judging.verdict import CERTIFIED, ClauseResult, Result, Target

CLAIMS = {
    "SG-01": ("MUST", "A delivery that is signed as Stripe signs it is acknowledged and takes effect."),
    "SG-02": ("MUST", "One matching v1 among several is enough."),
    "SG-03": ("MUST", "The raw bytes are verified, however they are spaced."),
    "SG-04": ("MUST", "A signature of an unknown scheme beside a good one does no harm."),
    "RP-03": ("MUST", "An event that is delivered twice takes effect once."),
    "RP-05": ("MUST", "Concurrent deliveries of one event produce exactly one effect."),
    "OO-01": ("MUST", "A refund that arrives before its order ends in the refunded state."),
    "OO-02": ("SHOULD", "A dispute that arrives before its order is not forgotten."),
}


def clause(clause_id: str) -> Clause:
    """One of the eight clauses of `CONTRACT`."""
    level, title = CLAIMS[clause_id]
    return Clause(
        id=clause_id,
        level=level,
        title=title,
        source="docs.stripe.com/webhooks, “Handle duplicate events”",
        prevents="an implementation that selects and then inserts, so that two deliveries at once both find nothing",
        allowed=(),
        test="",
        phase="positive",
        needs=(),
        events=(),
        depends=(),
    )


CONTRACT = Contract(
    version="2026.1",
    groups=(
        Group("SG", "signed", "Genuine deliveries are accepted."),
        Group("RP", "replayed", "Nothing counts twice."),
        Group("OO", "out-of-order", "No order of arrival matters."),
    ),
    clauses=tuple(map(clause, CLAIMS)),
)


def delivery(**changes: Any) -> DeliveryRecord:
    """An honest delivery that was acknowledged after 4 ms, with `changes`."""
    values: dict[str, Any] = {
        "at": 1.25,
        "purchase": "cs_test_run7f3a_1",
        "event_id": "evt_run7f3a_00c41d",
        "event_type": "checkout.session.completed",
        "signing": "honest",
        "attempt": 1,
        "status": 200,
        "problem": "",
        "seconds": 0.004,
        "answer": "",
    }
    return DeliveryRecord(**values | changes)


def scenario(clause_id: str, name: str, status: str = PASSED, message: str = "", **changes: Any) -> ScenarioRecord:
    """A scenario that took 31 ms, with one delivery unless `changes` names others."""
    deliveries = changes.pop("deliveries", [delivery()])
    values = {"seconds": 0.031, "sent": len(deliveries)} | changes
    return ScenarioRecord(clause_id, name, status, message, deliveries=deliveries, **values)


def judged(clause_id: str, status: str = PASSED, reason: str = "", *scenarios: ScenarioRecord) -> ClauseResult:
    """What was found about a clause; a scenario that passed is made up for a clause that passed."""
    if status == PASSED and not scenarios:
        scenarios = (scenario(clause_id, "as it should be"),)
    return ClauseResult(clause(clause_id), status, reason, scenarios)


def violation(clause_id: str, name: str, expected: str, seen: str, **changes: Any) -> ScenarioRecord:
    """A scenario that the endpoint failed."""
    message = f"expected {expected}, saw {seen}"
    return scenario(clause_id, name, FAILED, message, expected=expected, seen=seen, **changes)


def result(*found: ClauseResult, verdict: str = CERTIFIED, **changes: Any) -> Result:
    """A run against a local endpoint in which all clauses passed but those `found` otherwise."""
    differing = {one.clause.id: one for one in found}
    values: dict[str, Any] = {
        "target": Target(
            url="http://localhost:4242/stripe/webhook",
            orders="sqlite",
            source="sqlite:///shop.db",
            api_version="2026-10-28.endive",
            events=None,
        ),
        "verdict": verdict,
        "scope": "orders",
        "seconds": 5.2345,
        "sent": 212,
        "clauses": tuple(differing.get(one.id) or judged(one.id) for one in CONTRACT),
        "contract": CONTRACT.version,
        "run": "run7f3a",
        "preflight": ("the endpoint answers in 3 ms, its clock agrees", "an order shows 12 ms after its purchase"),
        "created": ("cs_test_run7f3a_1", "cs_test_run7f3a_2"),
        "phases": {"preflight": 0.41249, "positive": 3.1},
    }
    return Result(**values | changes)
