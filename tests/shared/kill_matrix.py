"""The kill matrix: which defect is failed by which clauses, as a page and as the data that a diagnosis goes by.

`python tests/shared/kill_matrix.py` writes docs/kill-matrix.md and hookassay/judging/defects.json anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from defects.registry import CATALOGUE, Defect, load

from hookassay.judging.contract import Contract
from hookassay.judging.diagnosis import address

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "kill-matrix.md"
SEEN = ROOT / "tests" / "defects" / "seen.json"
DATA = ROOT / "hookassay" / "judging" / "defects.json"

HEAD = """\
# The kill matrix

A check is trusted only after it was seen to fail. Each of the {count} defects below is the reference server, or another
right server, with one thing done wrong; `pytest tests/test_defects.py tests/test_races.py` judges each and demands that
the clauses listed for it fail, and no other clause does. Every clause that is judged is failed by at least one of them.

A number such as D32 is a kind of bug that was found in public code, issues or advisories, listed at the end; ORIGIN is
a widely copied handler. Of the others no public case was found, and they are there because the contract forbids them.

A report says which of them an endpoint behaves like: those whose clauses it fails, all of them, and by which scenarios
(`python tests/shared/sweep.py` looks at each by the whole contract).

This page is written by `python tests/shared/kill_matrix.py`; a test compares it with the defects.
"""


def page() -> str:
    """The whole page, as Markdown."""
    defects = load()
    contract = Contract.load()
    tables = (_defects(defects), _clauses(contract, defects), _catalogue())
    return "\n".join([HEAD.format(count=len(defects)), *(line for table in tables for line in (*table, ""))])


SEVERAL_FAULTS = frozenset({"origin"})
"""Defects of which no diagnosis is made: what they do wrong is told better by those that have one fault each."""


def data() -> str:
    """What a diagnosis goes by, as JSON: a line for each defect.

    Of the clauses that it lists, the scenarios that it was seen to fail are named; sweep.py looks at that.
    """
    seen = json.loads(SEEN.read_text(encoding="utf-8"))
    lines = (
        json.dumps(
            {
                "name": name,
                "known_as": one.known_as,
                "description": one.description,
                "fix": one.fix,
                "seen": one.seen,
                "fails": sorted(one.fails),
                "may_fail": sorted(one.may_fail),
                "scenarios": [
                    f"{clause} {scenario}"
                    for clause, scenarios in seen.get(name, {}).items()
                    for scenario in scenarios
                    if clause in one.fails | one.may_fail
                ],
            },
            ensure_ascii=False,
        )
        for name, one in sorted(load().items())
        if name not in SEVERAL_FAULTS
    )
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _defects(defects: dict[str, Defect]) -> Iterator[str]:
    yield "## What each defect is failed by"
    yield ""
    yield "| defect | what it does wrong | how it is mended | seen | failed by | sometimes also by |"
    yield "|---|---|---|---|---|---|"
    for name in sorted(defects):
        one = defects[name]
        fails, may = (", ".join(sorted(ids)) for ids in (one.fails, one.may_fail))
        wrong, mended = (text.replace("|", "\\|") for text in (one.description, one.fix))
        yield f"| {one.known_as} (`{name}`) | {wrong} | {mended} | {one.source} | {fails} | {may} |"


def _clauses(contract: Contract, defects: dict[str, Defect]) -> Iterator[str]:
    yield "## Which defects each clause fails"
    yield ""
    yield "| clause | level | defects |"
    yield "|---|---|---|"
    for clause in contract:
        found = [f"`{name}`" for name in sorted(defects) if clause.id in defects[name].fails]
        yield f"| {clause.id} | {clause.level} | {', '.join(found) or 'recorded, never judged'} |"


def _catalogue() -> Iterator[str]:
    yield "## Kinds of bugs seen in public"
    yield ""
    yield "| number | what it is | where, among others |"
    yield "|---|---|---|"
    for number, kind in CATALOGUE.items():
        yield f"| {number} | {kind['title']} | {', '.join(f'[{place}]({address(place)})' for place in kind['seen'])} |"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    DATA.write_text(data(), encoding="utf-8")
