"""A storm on the terminal: how far it is, what was answered, and what did not converge."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..redaction import Redactor
from ..storm.forecast import Forecast
from ..storm.result import CONVERGED, NOT_CONVERGED, NOT_JUDGED, Result
from .paper import Mark, Paper, many
from .storm_document import answers, latency
from .storm_page import duration

MARKS: Mapping[str, Mark] = MappingProxyType(
    {
        CONVERGED: Mark("✔", "bold green", "converged"),
        NOT_CONVERGED: Mark("✘", "bold red", "not converged"),
        NOT_JUDGED: Mark("?", "bold magenta", "not judged"),
    }
)

MOST_TOLD = 5
"""Purchases that are told of one by one; the others stand in the reports."""

EVERY = 10.0
"""Seconds between two lines of progress where no line can change."""


class StormTerminal:
    """Prints a storm as it goes; whatever is printed was redacted first."""

    def __init__(self, console: Console, redactor: Redactor, *, quiet: bool = False, live: bool = False) -> None:
        """Print on `console`; `quiet` prints what did not converge and the verdict, `live` may change a line."""
        self._console = console
        self._paper = Paper(console, redactor)
        self._quiet = quiet
        self._live = live
        self._progress: Progress | None = None
        self._phase, self._total = "", 0
        self._told = time.monotonic()

    def opening(self, url: str, forecast: Forecast, deliveries: int, connections: int, rate: float | None) -> None:
        """Say what is to come."""
        if self._quiet:
            return
        pace = f"at most {rate:g} a second" if rate else "as fast as answers come"
        self._paper.line(("hookassay ", "bold"), f"{version('hookassay')} · storm")
        self._paper.paragraph("Endpoint:", url)
        self._paper.paragraph(
            "Storm:",
            f"{forecast.purchases:,} purchases, about {deliveries:,} deliveries over "
            f"{many(connections, 'connection')}, {pace}; seed {forecast.seed}",
        )
        self._paper.line()

    def tick(self, line: str) -> None:
        """Tick off what the preflight found to be so."""
        if not self._quiet:
            self._paper.paragraph("✔", line, indent=0, width=2, style="green")

    def begins(self, phase: str, total: int) -> None:
        """Show that a phase begins."""
        self.stop()
        self._phase, self._total, self._told = phase, total, time.monotonic()
        if self._quiet or not self._live:
            return
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(
            *columns, TimeElapsedColumn(), console=self._console, transient=True, auto_refresh=False
        )
        self._progress.add_task(phase, total=total)
        self._progress.start()

    def progress(self, done: int) -> None:
        """Show how much of the phase is done."""
        if self._progress is not None:
            task = self._progress.task_ids[0]
            self._progress.update(task, completed=done, total=max(done, self._total), refresh=True)
        elif not self._quiet and time.monotonic() - self._told >= EVERY:
            self._told = time.monotonic()
            self._paper.line(f"{self._phase}: {done:,} of about {self._total:,}")
            self._console.file.flush()

    def commands(self, commands: Sequence[tuple[str, str]]) -> None:
        """Say what to run: what each command is for, and the command."""
        for what, command in commands:
            self._paper.line()
            self._paper.line(f"{what[0].upper()}{what[1:]}:")
            self._paper.line(f"  {command}")

    def stop(self) -> None:
        """Take the progress line away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def closing(self, result: Result, reports: Sequence[Path]) -> None:
        """Say what was found, and end with the verdict."""
        self.stop()
        tally = result.load.tally
        if not self._quiet:
            self._paper.line()
            self._paper.paragraph(
                "Delivered:",
                f"{tally.deliveries:,} in {tally.seconds:.1f} s, {result.per_second:,.0f} a second; "
                f"{tally.duplicates:,} duplicates, {tally.repeated:,} sent anew",
                width=11,
            )
            told = ", ".join(f"{kind} {count:,} {'time' if count == 1 else 'times'}" for kind, count in answers(result))
            told += "".join(f", no connection {count:,} times ({why})" for why, count in tally.unsent.items())
            self._paper.paragraph("Answered:", told, width=11)
            if tally.durations.count:
                took = ", ".join(f"{name} {duration(seconds)}" for name, seconds in latency(result).items())
                self._paper.paragraph("Took:", took, width=11)
            for note in result.notes:
                self._paper.paragraph("Note:", note, width=11)
        for one in result.wrong[:MOST_TOLD]:
            self._paper.line()
            self._paper.line(("✘ ", "bold red"), one.session_id)
            self._paper.paragraph("Happened:", ", ".join(one.facts), width=11)
            self._paper.paragraph("Expected:", one.expected, width=11)
            self._paper.paragraph("Seen:", one.seen, width=11)
            steps = [
                step.type
                + (f" ({step.how})" if step.how else "")
                + ("" if step.acknowledged else " [never acknowledged]")
                for step in one.deliveries
            ]
            self._paper.paragraph("Delivered:", " → ".join(steps), width=11)
        left = result.wrong_count - min(len(result.wrong), MOST_TOLD)
        if left:
            self._paper.line()
            self._paper.line(f"  and {left:,} more, in {reports[0] if reports else 'the report'}")
        self._paper.line()
        mark = MARKS[result.verdict]
        self._paper.line((f"{mark.sign} {mark.words}", mark.style), f": {result.lead}")
        if not self._quiet and reports:
            self._paper.paragraph("Reports:", ", ".join(str(path) for path in reports), indent=0, wrap=False)
