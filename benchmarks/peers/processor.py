"""How much processor time a process and all that it started have used. Linux only: it is read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def used_by_tree(root: int) -> float:
    """Seconds of processor time that process `root` and its descendants have used, those that ended included."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # The name in parentheses may hold anything; what follows it is numbers.
            fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents[int(folder.name)] = int(fields[1])
        seconds[int(folder.name)] = TICK * sum(map(int, fields[11:15]))
    return sum(spent for process, spent in seconds.items() if _is_under(process, root, parents))


def _is_under(process: int, root: int, parents: dict[int, int]) -> bool:
    while process not in (root, 0):
        process = parents.get(process, 0)
    return process == root
