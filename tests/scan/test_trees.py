"""The design that this project comes from, written out as a codebase, and the same with its faults mended."""

from __future__ import annotations

from pathlib import Path

from hookassay.scan.engine import scan

TREES = Path(__file__).parent / "trees"
HANDLER, SCHEMA = "routes/stripe.ts", "db/schema.ts"

FAULTS = {
    ("SC-11", SCHEMA, 'stripe_session_id: text("stripe_session_id").notNull(),'),
    ("SC-12", SCHEMA, 'total_amount: doublePrecision("total_amount").notNull(),'),
    ("SC-19", HANDLER, "return res.status(400).send(`Webhook Error: ${err.message}`);"),
    ("SC-20", HANDLER, 'console.warn("Payment failed:", data);'),
    ("SC-21", HANDLER, 'await db.update(orders).set({ refund_status: "refunded" })'),
    ("SC-21", HANDLER, 'await db.update(orders).set({ dispute_status: "disputed" })'),
    ("SC-22", HANDLER, "const disputedCharge = data as Stripe.Charge;"),
    ("SC-23", HANDLER, "await db.insert(orders).values({"),
    ("SC-24", HANDLER, "total_amount: parseFloat(session.amount_total!.toString()) / 100,"),
    ("SC-27", HANDLER, "total_amount: parseFloat(session.amount_total!.toString()) / 100,"),
}
"""Rule, file, and what the line begins with: all that source can show of what is wrong there."""


def found(tree: str) -> set[tuple[str, str, str]]:
    """Rule, file and line of each finding."""
    return {(one.rule.id, one.place.path, one.place.text.strip()) for one in scan(TREES / tree).findings}


def test_all_faults_of_the_origin_are_found_and_nothing_else() -> None:
    """Float money, the missing unique key, the race, wrong look-ups, the wrong object, the echo and the log."""
    lines = found("origin")

    assert {(rule, path, begin) for rule, path, begin in FAULTS if not _has(lines, rule, path, begin)} == set()
    assert {line for line in lines if not any(_is(line, *fault) for fault in FAULTS)} == set()


def test_nothing_is_found_where_they_are_mended() -> None:
    """The same design with its faults mended is clean."""
    assert found("mended") == set()


def _has(lines: set[tuple[str, str, str]], rule: str, path: str, begin: str) -> bool:
    return any(_is(line, rule, path, begin) for line in lines)


def _is(line: tuple[str, str, str], rule: str, path: str, begin: str) -> bool:
    return line[:2] == (rule, path) and line[2].startswith(begin)
