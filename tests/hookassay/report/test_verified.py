"""What a person is shown of a certificate."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

from results import CONTRACT, judged, result, scenario, violation
from rich.console import Console

from hookassay.judging.contract import Level
from hookassay.judging.verdict import Result, Target
from hookassay.redaction import Redactor
from hookassay.report.certificate import statement
from hookassay.report.verified import print_verified

LEVELLED = replace(
    CONTRACT,
    levels=(Level("idempotent", "It happens once.", ("RP",)), Level("durable", "It is kept.", ("DU",))),
)


def shown(run: Result) -> str:
    told = statement(run, LEVELLED, Redactor(), datetime(2026, 11, 26, 12, tzinfo=UTC))["predicate"]["hookassay"]
    output = io.StringIO()
    print_verified(told | {"version": "1.2.3"}, "ab12", Console(file=output, width=90))
    return output.getvalue()


def test_whole() -> None:
    """The target, the contract, the levels, how many clauses held, what was not tested, when, and by whose key."""
    found = result(
        judged("OO-02", "warned", "x", violation("OO-02", "a", "x", "y")),
        judged("SG-02", "not_applicable", "needs a mode"),
        judged("SG-03", "not_applicable", "needs a mode"),
        judged("RP-05", "passed", "", scenario("RP-05", "b", "not_applicable", "no trial")),
    )

    assert shown(found) == (
        "certified by hookassay 1.2.3, contract 2026.1\n"
        "  Endpoint:   http://localhost:4242/stripe/webhook\n"
        "  Orders:     sqlite:///shop.db\n"
        "  Events:     all\n"
        "  API:        2026-10-28.endive\n"
        "  Time:       2026-11-26T12:00:00Z, run run7f3a\n"
        "  Levels:     idempotent: It happens once.\n"
        "  Not given:  durable: contract 2026.1 has no clause about it\n"
        "  Clauses:    5 passed, 1 warned (OO-02), 2 not applicable\n"
        "  Not tested: SG-02, SG-03: needs a mode\n"
        "              RP-05 (b): no trial\n"
        "  Signed by:  key ab12\n"
    )


def test_narrow() -> None:
    """A narrow subscription is named, with what it loses; without a level that is said."""
    target = Target("http://localhost/", "http", "http://localhost/o", "2023-10-16", ("charge.refunded",))
    output = shown(result(judged("RP-03", "not_applicable", "x"), target=target))

    assert "  Orders:     http://localhost/o\n" in output
    assert "  Events:     charge.refunded\n" in output
    assert "  Lost:       " in output
    assert "  Levels:     none\n" in output


def test_text_that_would_steer_a_terminal() -> None:
    """What a certificate says is shown, not obeyed."""
    assert "\x1b" not in shown(result(judged("SG-02", "not_applicable", "\x1b[2J")))
