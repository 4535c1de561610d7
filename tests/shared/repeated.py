"""Whether verdicts flake: the whole contract again and again, with the machine to itself and under load, compared.

    python tests/shared/repeated.py [RUNS] [SERVER ...]

Judges the reference server and right servers that differ from it (the names of tests/test_endpoints.py), each RUNS
times (default 20), every second time beside as many busy processes as there are cores. Prints, for each server, how
often which verdict was reached, and each clause whose status was not the same in all runs; ends with 1 where there is
one, or where a right server was given an alarm.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import judged

RUNS = 20
REFERENCE = "the reference server"
SERVERS = (REFERENCE, "late, in four threads", "409 to early refunds", "Django", "Starlette", "Flask with a queue")
ALARMS = ("failed", "warned", "error")


def endpoints() -> ModuleType:
    """tests/test_endpoints.py: not by its name, for its folder has a folder called hookassay beside it."""
    spec = spec_from_file_location("right_endpoints", Path(__file__).parents[1] / "test_endpoints.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["right_endpoints"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def busy(cores: int) -> Iterator[None]:
    """Have so many processes do nothing as fast as they can."""
    crowd = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores)]
    try:
        yield
    finally:
        for one in crowd:
            one.kill()
            one.wait()


def once(right: ModuleType, name: str, cores: int) -> judged.Judged:
    """Judge a server, beside so many busy processes."""
    with TemporaryDirectory() as folder, busy(cores):
        if name == REFERENCE:
            return judged.certify(Path(folder))
        found: judged.Judged = right.judge(name, Path(folder))
        return found


def differences(statuses: Sequence[Mapping[str, str]]) -> dict[str, Counter[str]]:
    """Clause → how often it had which status, for those that did not have the same in all runs."""
    clauses = dict.fromkeys(clause for one in statuses for clause in one)
    counted = {clause: Counter(one.get(clause, "not there") for one in statuses) for clause in clauses}
    return {clause: count for clause, count in counted.items() if len(count) > 1}


def main(runs: int, names: Sequence[str]) -> int:
    """Judge, compare and print; the exit code."""
    right = endpoints()
    unknown = [name for name in names if name != REFERENCE and name not in right.RIGHT]
    if unknown:
        print(f"There is no server called {unknown[0]!r}; there are: {', '.join((REFERENCE, *right.RIGHT))}")
        return 2
    flaked = False
    for name in names:
        found = []
        for number in range(runs):
            found.append(once(right, name, (os.cpu_count() or 1) * (number % 2)))
            print(f"\r{name}: {number + 1} of {runs}", end="", file=sys.stderr, flush=True)
        print("\r", end="", file=sys.stderr)
        verdicts = Counter(one.verdict or f"exit {one.exit_code}" for one in found)
        print(f"{name}: " + ", ".join(f"{count} times {verdict}" for verdict, count in verdicts.items()))
        for clause, count in differences([one.statuses for one in found]).items():
            print(f"  {clause}: " + ", ".join(f"{times} times {status}" for status, times in count.items()))
            flaked = True
        alarms = sorted({clause for one in found for clause in one.having(*ALARMS)})
        if alarms:
            print(f"  alarms: {', '.join(alarms)}")
        flaked |= len(verdicts) > 1 or bool(alarms)
    return int(flaked)


if __name__ == "__main__":
    words = sys.argv[1:]
    count = int(words.pop(0)) if words and words[0].isdigit() else RUNS
    sys.exit(main(count, words or SERVERS))
