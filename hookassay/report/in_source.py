"""What the scan of the source says about clauses: a finding explains a failed clause that its rule endangers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..scan.engine import Scan
from ..scan.finding import Finding
from .excerpt import Curtain


@dataclass(frozen=True)
class InSource:
    """A scan beside a run.

    Attributes:
        scan: What was found in the source.
        curtain: What keeps its secrets.
    """

    scan: Scan
    curtain: Curtain

    def of(self, clause_id: str) -> list[Finding]:
        """The findings that may explain why a clause fails, strongest first."""
        return [one for one in self.scan.findings if clause_id in one.rule.endangers]

    def others(self, failed: Iterable[str]) -> list[Finding]:
        """The findings that explain none of the failed clauses."""
        explained = set(failed)
        return [one for one in self.scan.findings if not explained.intersection(one.rule.endangers)]

    def told(self, clause_id: str) -> Iterator[str]:
        """Those of a clause in a line each: where, which rule, and what is wrong."""
        start = from_here(self.scan)
        for finding in self.of(clause_id):
            path = f"{start}{self.curtain.path(finding.place.path)}"
            yield f"{path}:{finding.place.line} {finding.rule.id}: {self.curtain.message(finding)}"


def from_here(scan: Scan) -> str:
    """What stands before a path so that it leads from the working folder; empty where that is elsewhere."""
    folder = scan.root if scan.root.is_dir() else scan.root.parent
    near = os.path.relpath(folder)
    return "" if near == "." or near.startswith("..") else f"{Path(near).as_posix()}/"
