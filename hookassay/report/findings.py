"""What a scan found, for a person: grouped by rule, each place with its line, and why it matters once for each rule."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from rich.console import Console

from ..redaction import Redactor
from ..scan.engine import Scan
from ..scan.finding import Finding, Place
from ..scan.rule import ERROR, NOTE, SEVERITIES, WARNING
from .excerpt import Curtain
from .in_source import from_here
from .paper import Mark, Paper, many

MARKS: Mapping[str, Mark] = MappingProxyType(
    {
        ERROR: Mark("✘", "bold red", "error"),
        WARNING: Mark("!", "bold yellow", "warning"),
        NOTE: Mark("·", "bold cyan", "note"),
    }
)

NAMES_SHOWN = 5
"""Of the files that were not read, for each reason."""


class FindingsReport:
    """Prints a scan: `whole` for `hookassay scan`, `places` for whoever must mend it first."""

    def __init__(self, console: Console, curtain: Curtain) -> None:
        """Print on `console` what `curtain` lets through."""
        # What comes from the tree went through the curtain: the printer's own net would take words from our sentences.
        self._paper = Paper(console, Redactor())
        self._curtain = curtain
        self._start = ""

    def whole(self, scan: Scan, fail_on: str, written: Sequence[Path] = ()) -> None:
        """Everything, the strongest first, and one line that sums it up; `written` are the reports in files."""
        self._paper.line(
            ("hookassay ", "bold"), f"{version('hookassay')} · scan of {self._path(scan.root)}, {len(scan.rules)} rules"
        )
        self.places(scan, scan.findings)
        self._remarks(scan)
        self._summary(scan, fail_on)
        for path in written:
            self._paper.line(f"Report: {self._curtain.text(str(path))}")

    def aborted(self, scan: Scan) -> None:
        """What ends a run before it began, and what to do about it."""
        self.places(scan, scan.aborting)
        ids = ", ".join(dict.fromkeys(one.rule.id for one in scan.aborting))
        self._paper.line()
        self._paper.paragraph(
            "",
            f"Nothing was sent: certifying means nothing while this stands. Mend it, or where it is no fault say so in "
            f"a comment on the line (hookassay: ignore {ids} REASON) or in hookassay.toml ([scan] ignore).",
            indent=0,
            width=0,
        )
        self._paper.line(("not certified", "bold red"))

    def places(self, scan: Scan, findings: Sequence[Finding]) -> None:
        """The findings by their rules, with reason, fix and source of each."""
        self._start = from_here(scan)
        for rule, found in groupby(findings, key=lambda one: one.rule):
            mark = MARKS[rule.severity]
            self._paper.line()
            heading = f"{mark.sign} {rule.id} {mark.words}"
            self._paper.paragraph(heading, rule.title, indent=0, width=len(heading) + 2, style=mark.style)
            for finding in found:
                self._place(finding)
            self._paper.line()
            self._paper.paragraph("Why:", rule.reason)
            self._paper.paragraph("Fix:", rule.fix)
            self._paper.paragraph("Source:", rule.source)
            self._paper.paragraph("Clauses:", ", ".join(rule.endangers))
            if rule.aborts:
                self._paper.paragraph("Aborts:", "nothing should be built or certified before this is mended.")

    def _place(self, finding: Finding) -> None:
        place, secrets = finding.place, finding.hit.secrets
        message = self._curtain.message(finding)
        self._paper.line()
        where = self._where(place)
        if len(where) + len(message) + 4 <= self._paper.width:
            self._paper.line(f"  {where}: {message}")
        else:
            self._paper.line(f"  {where}:")
            self._paper.paragraph("", message, indent=4, width=0)
        gutter = f"{place.line:>6} │ "
        shown = self._curtain.excerpt(place, secrets, self._paper.width - len(gutter))
        if shown.text:
            self._paper.line((gutter, "dim"), shown.text)
            style = MARKS[finding.rule.severity].style
            self._paper.line((" " * (len(gutter) - 2) + "│ ", "dim"), " " * shown.start, ("^" * shown.width, style))
        for other in finding.hit.also:
            line = self._curtain.excerpt(other, secrets, max(self._paper.width // 2, 20)).text.strip()
            self._paper.line("      also ", self._where(other), f"  {line}")

    def _remarks(self, scan: Scan) -> None:
        """What the reader should know of what was not told or not read."""
        self._paper.line()
        if scan.suppressed:
            counts = Counter(finding.rule.id for finding, _ in scan.suppressed)
            told = ", ".join(f"{rule_id} {count}" for rule_id, count in sorted(counts.items()))
            self._paper.line(f"Suppressed by comments: {len(scan.suppressed)} ({told})")
        reasons: dict[str, list[str]] = {}
        for skipped in scan.skipped:
            reasons.setdefault(skipped.reason, []).append(self._curtain.path(skipped.path))
        for reason, paths in reasons.items():
            names = ", ".join(paths[:NAMES_SHOWN])
            more = f" and {len(paths) - NAMES_SHOWN} more" if len(paths) > NAMES_SHOWN else ""
            self._paper.paragraph(
                "", f"{many(len(paths), 'file')} {self._curtain.text(reason)}: {names}{more}", indent=0, width=0, hang=2
            )
        for note in scan.notes:
            self._paper.paragraph("", f"Note: {self._curtain.text(note)}", indent=0, width=0, hang=2)

    def _summary(self, scan: Scan, fail_on: str) -> None:
        counts = counted(scan)
        found = ", ".join(many(count, severity) for severity, count in counts.items() if count)
        took = f"{many(scan.files, 'file')} in {scan.seconds:.1f} s"
        fails = scan.fails(fail_on)
        style = "bold red" if fails else "bold green"
        if not found:
            self._paper.line(("clean", style), f" · {took}")
        elif fails:
            self._paper.line((found, style), f" · {took}")
        else:
            self._paper.line((found, style), f" · nothing that fails the scan (--fail-on {fail_on}) · {took}")

    def _where(self, place: Place) -> str:
        return f"{self._start}{self._curtain.path(place.path)}:{place.line}:{place.column}"

    def _path(self, path: Path) -> str:
        near = os.path.relpath(path)
        return self._curtain.path(str(path) if near.startswith("..") else near)


def counted(scan: Scan) -> dict[str, int]:
    """Severity → how many findings, strongest first, those of none among them."""
    counts = Counter(one.rule.severity for one in scan.findings)
    return {severity: counts[severity] for severity in SEVERITIES}
