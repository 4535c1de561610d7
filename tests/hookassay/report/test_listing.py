"""What `hookassay certify --list` says."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

from results import CONTRACT
from rich.console import Console

from hookassay.judging.baseline import Baseline, Entry
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


def test_known_failures_are_counted() -> None:
    """A clause says how many of its failures the baseline lists."""
    first = CONTRACT.clauses[0]
    known = Baseline(Path("known.toml"), (Entry(first.id, "a", "x"), Entry(first.id, "b", "x")))
    output = StringIO()
    plan = Plan(clauses=(first,), runnable={first.id: first}, outside={}, examples={first.id: 3})
    print_plan(plan, CONTRACT, Console(file=output, highlight=False, markup=False), known)

    assert output.getvalue().startswith("SG-01  MUST    3 examples; 2 known to fail\n")


def test_later_clauses_are_marked() -> None:
    """A clause that came after the version judged by says that it does not count."""
    later = replace(CONTRACT.clauses[0], since="2026.2")
    contract = replace(CONTRACT, clauses=(later,), versions=("2026.1", "2026.2"))
    output = StringIO()
    plan = Plan(clauses=(later,), runnable={later.id: later}, outside={}, examples={later.id: 1})
    print_plan(plan, contract, Console(file=output, highlight=False, markup=False, width=200))

    assert output.getvalue().startswith("SG-01  MUST    1 example; not counted: since contract 2026.2\n")
