"""Judging every defect by the whole contract: what each fails, clause by clause and scenario by scenario.

    python tests/shared/sweep.py [--resume] [--at-a-time N] [NAME ...]

Says of each defect which of its clauses it did not fail and which others it failed, and keeps what failed in
tests/defects/seen.json, by which a diagnosis tells defects apart that fail the same clauses. With --resume, those that
stand there are not judged again. Ends with 1 where a defect was seen otherwise than it says.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ["HOOKASSAY_WHOLE"] = "1"

import judged
from defective import DEFECTS, judge
from kill_matrix import SEEN

Scenarios = Mapping[str, list[str]]
"""Clause → the names of its scenarios that failed."""


def failed(found: judged.Judged) -> dict[str, list[str]]:
    """What a run says that the endpoint failed."""
    return {
        clause["id"]: [one["name"] for one in clause["scenarios"] if one["status"] == "failed"]
        for clause in found.report.get("clauses", ())
        if clause["status"] in ("failed", "warned")
    }


def otherwise(name: str, found: Scenarios) -> str:
    """How what was found differs from what the defect says, a line; empty where it does not."""
    defect = DEFECTS[name]
    missed = sorted(defect.fails - set(found))
    others = sorted(set(found) - defect.fails - defect.may_fail)
    told = [f"not failed: {', '.join(missed)}"] * bool(missed) + [f"failed besides: {', '.join(others)}"] * bool(others)
    return "; ".join(told)


def known() -> dict[str, dict[str, list[str]]]:
    """What was seen so far, of defects that there are."""
    seen = json.loads(SEEN.read_text(encoding="utf-8")) if SEEN.exists() else {}
    return {name: found for name, found in seen.items() if name in DEFECTS}


def keep(seen: Mapping[str, Scenarios]) -> None:
    """Write down what was seen, a line for each defect."""
    lines = (f"{json.dumps(name)}: {json.dumps(seen[name], ensure_ascii=False)}" for name in sorted(seen))
    SEEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def look(name: str) -> dict[str, list[str]]:
    """Judge one defect by the whole contract."""
    with TemporaryDirectory() as folder:
        return failed(judge(name, Path(folder)))


def main(names: list[str], at_a_time: int, *, resume: bool) -> int:
    """Judge, print and keep; the exit code."""
    unknown = sorted(set(names) - set(DEFECTS))
    if unknown:
        print(f"There is no defect called {unknown[0]!r}; docs/kill-matrix.md lists them.")
        return 2
    seen = known()
    wanted = [name for name in names or sorted(DEFECTS) if not (resume and name in seen)]
    began = time.monotonic()
    with ThreadPoolExecutor(at_a_time) as pool:
        for number, (name, found) in enumerate(zip(wanted, pool.map(look, wanted), strict=True), 1):
            seen[name] = found
            keep(seen)
            line = f"{number} of {len(wanted)}, {time.monotonic() - began:.0f} s: {name} {otherwise(name, found)}"
            print(line.rstrip(), flush=True)
    return int(any(otherwise(name, found) for name, found in seen.items()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--resume", action="store_true", help="do not judge again what was seen")
    parser.add_argument("--at-a-time", type=int, default=3, metavar="N", help="how many are judged at the same time")
    told = parser.parse_args()
    sys.exit(main(told.names, told.at_a_time, resume=told.resume))
