"""What a run would do, for `hookassay certify --list`."""

from __future__ import annotations

from rich.console import Console

from ..judging.contract import Contract
from ..judging.run import Plan


def print_plan(plan: Plan, contract: Contract, console: Console) -> None:
    """Print every clause that would be judged with its number of examples, and why the others would not."""
    for clause in plan.clauses:
        if clause.id in plan.runnable:
            count = plan.examples[clause.id]
            told = f"{count} example{'s' if count > 1 else ''}"
        else:
            status, reason = plan.outside[clause.id]
            told = f"{status.replace('_', ' ')}: {reason}"
        console.print(f"{clause.id}  {clause.level:6}  {told}", soft_wrap=True)
    again = sum(map(plan.scenarios_in, plan.versions[1:]))
    others = f" ({again} of them in {', '.join(plan.versions[1:])})" if again else ""
    deliveries, purchases = plan.estimate()
    console.print(
        f"{len(plan.runnable)} of {len(contract.clauses)} clauses, {plan.scenarios} scenarios{others}; "
        f"about {deliveries} deliveries about {purchases} purchases. Nothing was sent.",
        soft_wrap=True,
    )
