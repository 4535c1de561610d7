"""What `hookassay certify --list` says."""

from __future__ import annotations

from io import StringIO

from results import CONTRACT
from rich.console import Console

from hookassay.judging.journal import NOT_APPLICABLE
from hookassay.judging.run import Plan
from hookassay.report.listing import print_plan


def test_plan() -> None:
    """Every clause has a line: how many examples, or why none; then how much would be sent."""
    first, second, third = CONTRACT.clauses[:3]
    plan = Plan(
        clauses=(first, second, third),
        runnable={first.id: first, second.id: second},
        outside={third.id: (NOT_APPLICABLE, "not subscribed to charge.refunded")},
        examples={first.id: 1, second.id: 4, third.id: 2},
    )
    output = StringIO()
    print_plan(plan, CONTRACT, Console(file=output, width=40, highlight=False, markup=False))

    assert output.getvalue() == (
        "SG-01  MUST    1 example\n"
        "SG-02  MUST    4 examples\n"
        "SG-03  MUST    not applicable: not subscribed to charge.refunded\n"
        "2 of 8 clauses, 5 scenarios; about 100 deliveries about 50 purchases. Nothing was sent.\n"
    )
