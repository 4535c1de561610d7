"""The kill matrix: which defect is failed by which clauses, as a page and as the data that a diagnosis goes by.

`python tests/shared/kill_matrix.py` writes docs/kill-matrix.md and hookassay/judging/defects.json anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from defects.registry import Defect, load

from hookassay.judging.contract import Contract

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "kill-matrix.md"
DATA = ROOT / "hookassay" / "judging" / "defects.json"

HEAD = """\
# The kill matrix

A check is trusted only after it was seen to fail. Each of the {count} defects below is the reference server, or another
right server, with one thing done wrong; `pytest tests/test_defects.py tests/test_races.py` judges each and demands that
the clauses listed for it fail, and no other clause does. Every clause that is judged is failed by at least one of them.

A number such as D32 counts a bug that was found in public code, issues or advisories, ORIGIN is a widely copied
handler; of the others no public case was found, and they are there because the contract forbids them.

This page is written by `python tests/shared/kill_matrix.py`; a test compares it with the defects.
"""


def page() -> str:
    """The whole page, as Markdown."""
    defects = load()
    contract = Contract.load()
    return "\n".join([HEAD.format(count=len(defects)), *_defects(defects), "", *_clauses(contract, defects), ""])


def data() -> str:
    """What a diagnosis goes by, as JSON: a line for each defect."""
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
            },
            ensure_ascii=False,
        )
        for name, one in sorted(load().items())
    )
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _defects(defects: dict[str, Defect]) -> Iterator[str]:
    yield "## What each defect is failed by"
    yield ""
    yield "| defect | what it does wrong | seen | failed by | sometimes also by |"
    yield "|---|---|---|---|---|"
    for name in sorted(defects):
        one = defects[name]
        fails, may = (", ".join(sorted(ids)) for ids in (one.fails, one.may_fail))
        yield f"| `{name}` | {one.description.replace('|', chr(92) + '|')} | {one.source} | {fails} | {may} |"


def _clauses(contract: Contract, defects: dict[str, Defect]) -> Iterator[str]:
    yield "## Which defects each clause fails"
    yield ""
    yield "| clause | level | defects |"
    yield "|---|---|---|"
    for clause in contract:
        found = [f"`{name}`" for name in sorted(defects) if clause.id in defects[name].fails]
        yield f"| {clause.id} | {clause.level} | {', '.join(found) or 'recorded, never judged'} |"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    DATA.write_text(data(), encoding="utf-8")
