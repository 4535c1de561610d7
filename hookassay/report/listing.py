"""What a run would do, for `hookassay certify --list`."""

from __future__ import annotations

from collections import Counter

from rich.console import Console

from ..judging.baseline import Baseline
from ..judging.contract import Contract
from ..judging.run import Plan


def print_plan(plan: Plan, contract: Contract, console: Console, baseline: Baseline | None = None) -> None:
    """Print every clause that would be judged with its number of examples, and why the others would not.

    Where there is a `baseline`, each clause says how many failures it lists.
    """
    known = Counter(entry.clause for entry in baseline.entries) if baseline else Counter()
    for clause in plan.clauses:
        if clause.id in plan.runnable:
            count = plan.examples[clause.id]
            told = f"{count} example{'s' if count > 1 else ''}"
        else:
            status, reason = plan.outside[clause.id]
            told = f"{status.replace('_', ' ')}: {reason}"
        if not contract.counts(clause):
            told += f"; not counted: since contract {clause.since}"
        if known[clause.id]:
            told += f"; {known[clause.id]} known to fail"
        console.print(f"{clause.id}  {clause.level:6}  {told}", soft_wrap=True)
    again = sum(map(plan.scenarios_in, plan.versions[1:]))
    others = f" ({again} of them in {', '.join(plan.versions[1:])})" if again else ""
    deliveries, purchases = plan.estimate()
    console.print(
        f"{len(plan.runnable)} of {len(contract.clauses)} clauses, {plan.scenarios} scenarios{others}; "
        f"about {deliveries} deliveries about {purchases} purchases. Nothing was sent.",
        soft_wrap=True,
    )
