"""The contract as a page: every clause with its reason, its source and its examples.

`python tests/shared/contract_page.py` writes docs/contract.md anew.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from hookassay.judging.contract import LEVELS, NEEDS, Clause, Contract
from hookassay.judging.feature import examples

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"

HEAD = """\
# The contract

Contract {version} has {count} clauses: {levels}.

* A **MUST** is demanded by Stripe's documentation, is what all official libraries do by default, or is plain integrity
  of an order.
* A **SHOULD** is advice, sample code or product policy.
* A **MAY** is only recorded.

`hookassay clauses RP-05` shows a clause on the terminal, `hookassay certify … --only RP-05` judges it alone. Each
clause that is judged was [seen to fail](kill-matrix.md).

The words: a delivery is *accepted* when some attempt is answered with a 2xx and its effect shows within the settling
time; it is *rejected* when it has no effect. A *bundle* is every event that Stripe would send for one fact. A *barrier*
is a genuine event for another purchase, waited for, so that "nothing happened" is observed and not assumed.

This page is written by `python tests/shared/contract_page.py` from `features/`; a test compares them.
"""


def page() -> str:
    """The whole page, as Markdown."""
    contract = Contract.load()
    counts = Counter(clause.level for clause in contract)
    levels = ", ".join(f"{counts[level]} {level}" for level in LEVELS)
    lines = [HEAD.format(version=contract.version, count=len(contract.clauses), levels=levels)]
    for group in contract.groups:
        clauses = [clause for clause in contract if clause.group == group.id]
        lines += [f"## {group.id} {group.name}", "", text(group.title), "", *_overview(clauses), ""]
        for clause in clauses:
            lines += [*_clause(contract, clause), ""]
    return "\n".join(lines)


def _overview(clauses: Sequence[Clause]) -> Iterator[str]:
    yield "| clause | level | what must hold |"
    yield "|---|---|---|"
    for clause in clauses:
        title = text(clause.title).replace("|", "\\|")
        yield f"| [{clause.id}](#{clause.id.lower()}) | {clause.level} | {title} |"


def _clause(contract: Contract, clause: Clause) -> Iterator[str]:
    yield f"### {clause.id}"
    yield ""
    yield f"**{clause.level}.** {text(clause.title)}"
    yield ""
    yield f"* **Prevents:** {text(clause.prevents)}"
    yield f"* **Source:** {text(clause.source)}"
    if clause.since not in contract.versions[:1]:
        yield f"* **Since:** contract {clause.since}"
    yield f"* **Allowed:**{_listed(clause.allowed, 'nothing else')}"
    needs = [NEEDS[need] for need in clause.needs]
    needs += [f"a subscription to {' or '.join(types)}" for types in clause.events]
    yield f"* **Needs:**{_listed(needs, 'nothing')}"
    if clause.depends:
        yield f"* **Rests on:** {', '.join(f'[{needed}](#{needed.lower()})' for needed in clause.depends)}"
    yield f"* **Tested by:** {text(clause.test)}"
    yield f"* **Examples:**{_listed(examples()[clause.id], 'none')}"


def _listed(items: Sequence[str], none: str) -> str:
    """A list within a list's item, or a word where it is empty or has one item only."""
    if len(items) < 2:
        return f" {text(items[0]) if items else none}"
    return "".join(f"\n    * {text(item)}" for item in items)


def text(plain: str) -> str:
    """`plain` as Markdown that shows just that."""
    return re.sub(r"([\\*`\[\]<>]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(plain.split()))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
