"""The mutation of the reference server as a page: what was measured, and which mutants no request can tell apart.

`python tests/mutation/page.py` writes docs/mutation.md anew, from equivalent.toml and from score.json, which
`python tests/mutation/run.py --write` writes.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from mutation.equivalent import Entry, Equivalents
from mutation.profiles import PROFILES

PAGE = Path(__file__).parents[2] / "docs" / "mutation.md"
SCORE = Path(__file__).parent / "score.json"

HEAD = """\
# Mutation of the reference server

The [kill matrix](kill-matrix.md) shows that the contract sees the defects that somebody thought of. This page shows
what it sees of those that nobody thought of: every place of the server's own code is changed, one at a time, as a slip
would change it (a comparison, an operand, a number, an exception that is not caught, a column of a statement, an
`ON CONFLICT` left out), and the contract judges the server with that one change. The server's own tests have no part
in it. A mutant is killed when a clause fails, or when the server does not start or cannot be judged any more.

```
python tests/mutation/run.py                     all of it; what was found is kept in .mutation.jsonl
python tests/mutation/run.py --resume            goes on where the last run ended
python tests/mutation/run.py --only ledger       one module
python tests/mutation/run.py --survivors         judges survivors again, after a clause or an example was added; in a
                                                 clone in which nothing was judged yet, those that stand below
python tests/mutation/run.py --resume --write    writes the score that stands here, and this page
```

Each mutant runs in a process of its own that is forked from one in which the contract was collected, and ends with the
first scenario that fails; one that hangs is ended after a minute. It is judged in one profile after the other until it
is killed:

{profiles}

A mutant that is listed below is not judged again, unless `--equivalents` asks for it. The score was measured in stages,
on a busy machine: all mutants that are not listed were judged in the profiles that can show them, those that are listed
in one profile at least, and the profiles grew while it went on.

Not changed are documentation, annotations, imports, logging, and the texts of messages: the contract makes no promise
about them. Start-up, settings, `/healthz` and `/checkout/sessions` are no business of the contract's and are left out.
"""

SAME = """\
## Equivalent mutants

These changes change nothing that any request could show: no test can kill them. They do not count in the score.
"""

ALLOWED = """\
## Changes that the contract allows

With these changes the server behaves differently, and still as the contract demands, which must pass every correct
implementation: which status a refusal has, for example, is an implementation's own affair. The project's own tests
(`tests/server`) hold the reference server to more. They do not count in the score either; the stricter score, in which
they count as survivors, stands beside it.
"""


def page() -> str:
    """The whole page, as Markdown."""
    score: dict[str, Any] = json.loads(SCORE.read_text(encoding="utf-8"))
    entries = Equivalents.load().entries
    profiles = "\n".join(f"* **{one.name}**: {one.what}." for one in PROFILES)
    return "\n".join(
        [
            HEAD.format(profiles=profiles),
            *_score(score),
            SAME,
            *_listed([entry for entry in entries if entry.kind == "same"]),
            ALLOWED,
            *_listed([entry for entry in entries if entry.kind == "allowed"]),
        ]
    )


def _score(score: dict[str, Any]) -> Iterator[str]:
    yield "## The score"
    yield ""
    yield "| module | mutants | killed | equivalent | allowed | survived | score | with the allowed ones |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in score["modules"]:
        numbers = [row[name] for name in ("mutants", "killed", "same", "allowed", "survived")]
        yield (f"| {row['module']} | {' | '.join(map(str, numbers))} | {percent(row):.1f} % | {strictly(row):.1f} % |")
    yield ""
    yield "Killed in: " + ", ".join(f"{name} {count}" for name, count in score["profiles"].items()) + "."
    yield ""
    yield "Killed by: " + ", ".join(f"{name} {count}" for name, count in score["killers"].items()) + "."
    yield ""
    yield "`start`: the server does not start. `preflight`: no genuine purchase takes effect."
    yield "`error`: a scenario cannot be finished, which is no pass. `time`: it hangs."
    yield "`unproven`: a clause that the server passes can no longer be seen, so that it is not certified any more."
    yield ""
    if score["survivors"]:
        yield "Survivors:"
        yield ""
        yield from (f"* `{key}`" for key in score["survivors"])
        yield ""


def percent(row: dict[str, Any]) -> float:
    """The score: how many are killed of those that the contract forbids."""
    return 100 * float(row["killed"]) / max(1, row["mutants"] - row["same"] - row["allowed"])


def strictly(row: dict[str, Any]) -> float:
    """The score in which what the contract allows counts as not seen."""
    return 100 * float(row["killed"]) / max(1, row["mutants"] - row["same"])


def _listed(entries: list[Entry]) -> Iterator[str]:
    yield "| where | line | change | why |"
    yield "|---|---|---|---|"
    for entry in entries:
        changes = "<br>".join(f"`{_cell(change)}`" for change in entry.changes)
        where = f"{entry.module}.{entry.where}".rstrip(".")
        yield f"| {where} | `{_cell(entry.line)}` | {changes} | {_cell(entry.reason)} |"
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
