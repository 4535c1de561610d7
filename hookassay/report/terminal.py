"""The report that a person reads: what is tested against what, how far it is, and what was found."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ..judging.contract import LEVELS, Contract
from ..judging.journal import ERROR, FAILED, NOT_APPLICABLE, NOT_TESTABLE, PASSED, DeliveryRecord, ScenarioRecord
from ..judging.subscription import losses
from ..judging.verdict import CERTIFIED, KNOWN, NOT_CERTIFIED, NOT_JUDGED, PARTIAL, ClauseResult, Result, Target
from ..redaction import Redactor
from .again import again, replay
from .behaviour import Behaviour
from .document import WARNED
from .grid import differences, grid
from .in_source import InSource
from .paper import TIMES, Mark, Paper, many

MARKS: Mapping[str, Mark] = MappingProxyType(
    {
        PASSED: Mark("✔", "green", "passed"),
        FAILED: Mark("✘", "bold red", "failed"),
        WARNED: Mark("!", "bold yellow", "warned"),
        KNOWN: Mark("~", "yellow", "known to fail"),
        ERROR: Mark("E", "bold magenta", "error"),
        NOT_TESTABLE: Mark("?", "cyan", "not testable"),
        NOT_APPLICABLE: Mark("○", "dim", "not applicable"),
    }
)

VERDICT_STYLES: Mapping[str, str] = MappingProxyType(
    {CERTIFIED: "bold green", PARTIAL: "bold green", NOT_CERTIFIED: "bold red", NOT_JUDGED: "bold magenta"}
)

FIRST_SENT_LINES, LAST_SENT_LINES = 7, 4
MOST_OTHER_SCENARIOS = 8
EVERY = 10.0
"""Seconds between two lines of progress where no line can change."""
MOST_IN_SOURCE = 5
MOST_SEEN = 3
ANSWER_SHOWN = 60


class TerminalReport:
    """Prints a run as it goes: `opening`, `progress` for each scenario, `closing`.

    Works on a terminal and in a pipe, with and without colours; whatever is printed was redacted first.
    """

    def __init__(
        self,
        console: Console,
        contract: Contract,
        redactor: Redactor,
        *,
        verbose: bool = False,
        quiet: bool = False,
        strict: bool = False,
        command: str = "",
        source: InSource | None = None,
        live: bool | None = None,
    ) -> None:
        """Print on `console`.

        Args:
            console: Where to print.
            contract: The contract judged, for the names of its groups and the order of its clauses.
            redactor: Replaces secrets in everything printed.
            verbose: Whether to print the seconds of each phase and what was created, in any case.
            quiet: Whether to print the failures and the verdict and nothing else.
            strict: Whether a failing SHOULD fails the run.
            command: The command line that began the run, without its secrets and without `--only`, to which the report
                adds `--only ID` for whoever wants to see a failure again; empty builds one from the target.
            source: What was found in the source, where it was scanned.
            live: Whether progress is a line that changes, else a line now and then; None decides by the console.
        """
        self._console = console
        self._paper = Paper(console, redactor)
        self._contract = contract
        self._redactor = redactor
        self._verbose = verbose
        self._quiet = quiet
        self._live = console.is_terminal and not console.is_dumb_terminal if live is None else live
        self._began = self._told = time.monotonic()
        self._strict = strict
        self._command = command
        self._source = source
        self._position = {clause.id: place for place, clause in enumerate(contract)}
        self._ticked = False
        self._scripts: Mapping[str, Path] = {}
        self._progress: Progress | None = None
        self._task = TaskID(0)

    def opening(self, target: Target, lines: Iterable[str] = ()) -> None:
        """Say what is tested against what, and tick off what the preflight found to be so, a line each."""
        if self._quiet:
            return
        self._paper.line(("hookassay ", "bold"), f"{version('hookassay')} · contract {self._contract.version}")
        self._paper.paragraph("Endpoint:", target.name)
        if target.orders is None:
            self._paper.paragraph("Orders:", "no order reader: only what the wire shows is judged")
        else:
            same = target.source.startswith(f"{target.orders}:")
            self._paper.paragraph(
                "Orders:", target.source if same else f"{target.orders}, {target.source}".rstrip(", ")
            )
        self._paper.paragraph("Events:", "all" if target.events is None else ", ".join(target.events))
        self._paper.paragraph("API:", ", ".join((target.api_version, *target.also)))
        self._paper.paragraph("Seed:", "" if target.seed is None else str(target.seed))
        if self._source is not None:
            scanned = self._source.scan
            found = many(len(scanned.findings), "finding")
            self._paper.paragraph("Source:", f"{many(scanned.files, 'file')} scanned, {found}")
        for line in lines:
            self.tick(line)

    def tick(self, line: str) -> None:
        """Tick off one more thing that the preflight found to be so; it may take long, so each is said at once."""
        if self._quiet:
            return
        if not self._ticked:
            self._ticked = True
            self._paper.line()
        self._paper.paragraph(MARKS[PASSED].sign, line, indent=0, width=2, style=MARKS[PASSED].style)

    def progress(self, done: int, total: int, clause_id: str) -> None:
        """Show that `done` of `total` scenarios ended and that one of `clause_id` runs now.

        On a terminal a line changes with each. A pipe or a log gets a line now and then, of long runs only: one for
        each would hide the findings.
        """
        if self._quiet:
            return
        if not self._live:
            self._now_and_then(done, total, clause_id)
            return
        if self._progress is None:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            # Refreshed by hand: no thread of ours may disturb the timing of a race.
            self._progress = Progress(*columns, console=self._console, transient=True, auto_refresh=False)
            self._task = self._progress.add_task("", total=total)
            self._progress.start()
        self._progress.update(self._task, completed=done, total=total, description=f"judging {clause_id}", refresh=True)

    def _now_and_then(self, done: int, total: int, clause_id: str) -> None:
        now = time.monotonic()
        if now - self._told < EVERY or done == total:
            return
        if self._told == self._began:
            self._paper.line()
        self._told = now
        took = f"{now - self._began:.0f} s"
        self._paper.line(f"judged {done} of {many(total, 'scenario')} in {took}, now {clause_id}")
        self._console.file.flush()

    def stop(self) -> None:
        """Take the progress line away and give the cursor back; for a run that ends without a closing, too."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def closing(
        self, result: Result, reports: Sequence[Path] = (), scripts: Mapping[str, Path] = MappingProxyType({})
    ) -> None:
        """Say what was found and end with the verdict.

        `reports` are the files written, `scripts` those that show a failed clause again, by the clause's id.
        """
        self.stop()
        self._scripts = scripts
        # A run that ended before its first scenario has its problem to tell, and nothing else.
        judged = any(clause.scenarios for clause in result.clauses)
        if judged and not self._quiet:
            self._groups(result)
            self._versions(result)
        if judged:
            self._findings(result)
            self._diagnoses(result)
        if (judged or not result.problem) and not self._quiet:
            self._remarks(result)
            self._unexplaining(result)
        if self._verbose:
            self._phases(result)
        if not self._quiet:
            self._clean_up(result)
        self._verdict(result, reports)

    def _groups(self, result: Result) -> None:
        """One line a group, then what the signs mean."""
        self._paper.line()
        broad = max(len(group.name) for group in self._contract.groups)
        for group in self._contract.groups:
            clauses = [clause for clause in result.counted if clause.clause.group == group.id]
            line: list[str | tuple[str, str]] = [(group.id, "bold"), f" {group.name:{broad}}"]
            for status, mark in MARKS.items():
                ids = [clause.clause.id for clause in clauses if clause.standing == status]
                if ids:
                    line.append((f"  {mark.sign} {len(ids)}", mark.style))
                    if status in (FAILED, WARNED, KNOWN, ERROR):
                        line.append(f" {self._ids(ids)}")
            if clauses:
                self._paper.line(*line)
        shown = {clause.standing for clause in result.counted}
        shown |= {difference.result.standing for difference in differences(result)}
        legend = "  ".join(f"{mark.sign} {mark.words}" for status, mark in MARKS.items() if status in shown)
        self._paper.line((legend, "dim"))

    def _versions(self, result: Result) -> None:
        """One line an API version, which names the clauses that ended otherwise than in the target's."""
        table = grid(result, standing=True)
        here = table.get(result.target.api_version, {})
        if table:
            self._paper.line()
            self._paper.line(("API versions:", "bold"), " the clauses that depend on how Stripe's objects look")
        broad = max(map(len, table), default=0)
        for api_version, statuses in table.items():
            line: list[str | tuple[str, str]] = [f"  {api_version:{broad}}"]
            for status, mark in MARKS.items():
                ids = [clause_id for clause_id, found in statuses.items() if found == status]
                if ids:
                    line.append((f"  {mark.sign} {len(ids)}", mark.style))
                    line.append(f" {self._ids(clause_id for clause_id in ids if here[clause_id] != status)}".rstrip())
            self._paper.line(*line)

    def _findings(self, result: Result) -> None:
        """Each clause that failed, then those that warn, then our own errors, in fixed paragraphs."""
        differing = differences(result)
        for status in (FAILED, WARNED):
            found = [clause for clause in result.counted if clause.standing == status]
            for clause in sorted(found, key=lambda clause: LEVELS.index(clause.clause.level)):
                self._finding(clause, result)
            for difference in differing:
                if difference.result.standing == status:
                    self._finding(difference.result, result, difference.versions)
        # One broken order reader breaks every clause: the same error is told once.
        alike: dict[str, list[ClauseResult]] = {}
        told: dict[str, tuple[str, ...]] = {}
        for clause in result.counted:
            if clause.standing == ERROR:
                alike.setdefault(_broken(clause), []).append(clause)
        for difference in differing:
            if difference.result.standing == ERROR:
                broken = _broken(difference.result)
                told.setdefault(broken, () if broken in alike else difference.versions)
                alike.setdefault(broken, []).append(difference.result)
        for broken, (first, *others) in alike.items():
            self._finding(first, result, told.get(broken, ()))
            if others:
                self._paper.paragraph("Likewise:", self._ids(clause.clause.id for clause in others))

    def _finding(self, result: ClauseResult, run: Result, versions: Sequence[str] = ()) -> None:
        """One clause; the API versions are named where it is not the target's that is at fault."""
        clause, mark = result.clause, MARKS[result.standing]
        self._paper.line()
        heading = f"{clause.id} {clause.level}"
        self._paper.paragraph(heading, clause.title, indent=0, width=len(heading) + 2, style=mark.style)
        self._paper.paragraph("API:", ", ".join(versions))
        bad = [one for one in result.scenarios if one.status in (FAILED, WARNED, ERROR) and not one.known]
        # What failed says more about the endpoint than what broke on our side.
        bad.sort(key=lambda scenario: scenario.status == ERROR)
        if bad:
            self._scenario(bad[0])
        else:
            self._paper.paragraph("Seen:", result.reason)
        if result.standing != ERROR:
            self._paper.paragraph("Prevents:", clause.prevents)
            self._paper.paragraph("Source:", clause.source)
            self._in_source(clause.id)
        self._paper.paragraph("Again:", again(self._command, run.target, clause.id, versions), wrap=False)
        if clause.id in self._scripts:
            self._paper.paragraph("Replay:", replay(self._scripts[clause.id]), wrap=False)
        for scenario in bad[1 : MOST_OTHER_SCENARIOS + 1]:
            self._paper.paragraph("Also:", f"{scenario.name}: {scenario.message or scenario.seen}")
        unshown = len(bad) - MOST_OTHER_SCENARIOS - 1
        if unshown > 0:
            self._paper.paragraph("Also:", f"{many(unshown, 'more scenario')}, see report.json")

    def _diagnoses(self, result: Result) -> None:
        """Which known defects the endpoint behaves like, and how they are mended."""
        for place, diagnosis in enumerate(result.diagnoses):
            heading = "And like" if place else "Behaves like"
            self._paper.line()
            self._paper.line((f"{heading} ({self._ids(diagnosis.explains)}):", "bold"))
            behaviour = Behaviour.of(diagnosis)
            for number, remedy in enumerate(behaviour.likely):
                for one, defect in enumerate(remedy.defects):
                    word = "or" if number or one else ""
                    self._paper.paragraph(word, defect.known_as, width=len(word) and 3, hang=2, style="")
                seen = dict.fromkeys(place for defect in remedy.defects for place in defect.seen)
                self._paper.paragraph("Fix:", remedy.fix, indent=4, width=6)
                self._paper.paragraph("Seen:", ", ".join(list(seen)[:MOST_SEEN]), indent=4, width=6)
            if behaviour.unshown:
                others = many(behaviour.unshown, "other defect")
                self._paper.paragraph("", f"or {others} of the same signs, see report.html", width=0)

    def _in_source(self, clause_id: str) -> None:
        """Where the source shows why a clause fails."""
        lines = list(self._source.told(clause_id)) if self._source is not None else []
        if lines:
            self._paper.line("  ", ("In source:", "bold"))
        for line in lines[:MOST_IN_SOURCE]:
            self._paper.paragraph("", line, indent=4, width=0, hang=2)
        if len(lines) > MOST_IN_SOURCE:
            self._paper.line(f"    and {len(lines) - MOST_IN_SOURCE} more, see report.json")

    def _unexplaining(self, result: Result) -> None:
        """What else was found in the source, in one line."""
        if self._source is None:
            return
        failed = {clause.clause.id for clause in result.counted if clause.status in (FAILED, WARNED)}
        failed |= {one.result.clause.id for one in differences(result) if one.result.status in (FAILED, WARNED)}
        others = self._source.others(failed)
        if others:
            counts = Counter(finding.rule.id for finding in others)
            told = ", ".join(f"{rule_id} {count}" for rule_id, count in sorted(counts.items()))
            what = "explain no failed clause" if len(others) > 1 else "explains no failed clause"
            self._paper.line()
            self._say(f"In source {many(len(others), 'finding')} {what} ({told}): `hookassay scan` shows what and why.")

    def _scenario(self, scenario: ScenarioRecord) -> None:
        self._paper.paragraph("Scenario:", scenario.name)
        for place, line in enumerate(sent_lines(scenario, self._redactor)):
            self._paper.paragraph("" if place else "Sent:", line)
        if scenario.status == ERROR:
            self._paper.paragraph(
                "Error:", f"{scenario.message}\nhookassay could not finish this; the endpoint is not blamed."
            )
            return
        self._paper.paragraph("Expected:", scenario.expected)
        self._paper.paragraph("Seen:", scenario.seen or scenario.message)

    def _remarks(self, result: Result) -> None:
        """What could not be judged and why, and what is worth saying about clauses that passed."""
        for status in (NOT_TESTABLE, NOT_APPLICABLE):
            reasons: dict[str, list[str]] = {}
            for clause in result.counted:
                if clause.status == status:
                    reasons.setdefault(clause.reason, []).append(clause.clause.id)
            for difference in differences(result):
                if difference.result.status == status:
                    told = f"{difference.result.reason} (in {', '.join(difference.versions)})"
                    reasons.setdefault(told, []).append(difference.result.clause.id)
            self._listing(MARKS[status].words.capitalize(), reasons)
        lost = losses(result.target.events)
        if lost:
            self._paper.line()
            self._paper.line(("What the subscription loses:", "bold"))
        for loss in lost:
            self._paper.paragraph("", loss, indent=2, width=0, hang=2)
        later: dict[str, list[str]] = {}
        for clause in result.clauses:
            if not clause.counted:
                status = MARKS[clause.status].words
                later.setdefault(f"{status}: {clause.reason}" if clause.reason else status, []).append(clause.clause.id)
        self._listing(f"Added after contract {result.contract}, not counted", later)
        notes: dict[str, list[str]] = {}
        for clause in result.counted:
            if clause.status == PASSED:
                for note in clause.notes:
                    notes.setdefault(note, []).append(clause.clause.id)
        self._listing("Passed, with a note", notes)

    def _listing(self, heading: str, texts: Mapping[str, Sequence[str]]) -> None:
        """Texts under a heading, each behind the ids of the clauses that it is about."""
        if texts:
            self._paper.line()
            self._paper.line((f"{heading}:", "bold"))
        for text, ids in texts.items():
            self._paper.paragraph("", f"{self._ids(ids)}: {text or 'no reason was given'}", indent=2, width=0, hang=2)

    def _phases(self, result: Result) -> None:
        self._paper.line()
        self._paper.line(("Seconds per phase:", "bold"))
        broad = max(map(len, result.phases), default=0)
        for name, seconds in result.phases.items():
            self._paper.line(f"  {name:{broad}}  {seconds:7.3f}")

    def _clean_up(self, result: Result) -> None:
        if result.created and (self._verbose or not _on_this_machine(result.target.url)):
            self._paper.line()
            self._paper.paragraph(
                "For clean-up:",
                f"{many(len(result.created), 'purchase')} of run {result.run} reached the endpoint; their Checkout"
                " Session ids are in report.json under `created`.",
                indent=0,
                width=15,
            )

    def _verdict(self, result: Result, reports: Sequence[Path]) -> None:
        """What was left out first, so that nobody reads a verdict that says more than was seen."""
        self._paper.line()
        for place, reason in enumerate(result.left_out if result.verdict == PARTIAL else ()):
            self._paper.paragraph("" if place else "Left out:", reason, indent=0)
        if result.problem:
            self._say(result.problem)
            self._paper.line()
        every = [*result.counted, *(difference.result for difference in differences(result))]
        errors = {clause.clause.id for clause in every if clause.standing == ERROR and clause.scenarios}
        if errors and result.verdict == NOT_JUDGED and not result.problem:
            self._say(f"No verdict while a clause ends in an error: {self._ids(errors)}. Mend it and run again.")
        warned = {clause.clause.id for clause in every if clause.standing == WARNED}
        if warned and self._strict:
            self._say(f"With --strict a failing SHOULD fails the run: {self._ids(warned)}.")
        if result.baseline is not None and result.baseline.passing:
            passing = ", ".join(map(str, result.baseline.passing))
            self._say(f"{result.baseline.file} lists as known to fail what passes now. Remove it there: {passing}.")
            self._paper.line()
        self._paper.line((result.verdict, VERDICT_STYLES[result.verdict]))
        count = Counter(clause.standing for clause in result.counted if clause.scenarios or not result.problem)
        counts = ", ".join(f"{count[status]} {mark.words}" for status, mark in MARKS.items() if count[status])
        took = f"{many(result.sent, 'delivery', 'deliveries')} in {result.seconds:.1f} s"
        self._paper.paragraph("", f"{counts} · {took}" if counts else took, width=0)
        if self._quiet:
            return
        self._paper.paragraph("", result.advice, width=0)
        for folder, files in groupby(reports, key=lambda path: path.parent):
            self._paper.paragraph(
                "", f"Reports: {', '.join(path.name for path in files)} in {folder}", width=0, wrap=False
            )

    def _ids(self, ids: Iterable[str]) -> str:
        """Clause ids in the contract's order, runs of three and more as `OR-02 to OR-06`."""
        runs: list[list[str]] = []
        for clause_id in sorted(ids, key=self._position.__getitem__):
            last = runs[-1][-1] if runs else None
            if last and last[:2] == clause_id[:2] and self._position[last] + 1 == self._position[clause_id]:
                runs[-1].append(clause_id)
            else:
                runs.append([clause_id])
        return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)

    def _say(self, text: str) -> None:
        self._paper.paragraph("", text, indent=0, width=0)


def sent_lines(scenario: ScenarioRecord, redactor: Redactor) -> list[str]:
    """What a scenario sent, in order, on a dozen lines at most: equal deliveries are one line, the middle is elided.

    One line more counts the deliveries of which the journal kept no record.
    """
    folds = _folds(scenario.deliveries)
    lines = [_told(fold, redactor) for fold in folds]
    if len(folds) > FIRST_SENT_LINES + 1 + LAST_SENT_LINES:
        middle = slice(FIRST_SENT_LINES, -LAST_SENT_LINES)
        hidden = sum(map(len, folds[middle]))
        lines[middle] = [f"… {many(hidden, 'more delivery', 'more deliveries')} …"]
    unkept = scenario.sent - len(scenario.deliveries)
    if unkept > 0:
        lines.append(f"… and {many(unkept, 'more delivery', 'more deliveries')}")
    return lines


def _folds(deliveries: Iterable[DeliveryRecord]) -> list[list[DeliveryRecord]]:
    """The copies of one event that left one after another, parted by how they were answered."""
    folds: list[list[DeliveryRecord]] = []
    for _, copies in groupby(deliveries, key=lambda one: (one.event_type, one.event_id, one.signing, one.attempt)):
        answered: dict[tuple[int | None, str], list[DeliveryRecord]] = {}
        for copy in copies:
            answered.setdefault((copy.status, copy.problem), []).append(copy)
        folds.extend(answered.values())
    return folds


def _told(fold: Sequence[DeliveryRecord], redactor: Redactor) -> str:
    """How many, of what, how signed, which attempt, and how they were answered: a status, how fast, what words."""
    first = fold[0]
    sent = f"{len(fold)} {TIMES} " if len(fold) > 1 else ""
    sent += first.event_type
    if first.event_id:
        sent += f" …{first.event_id[-6:]}"
    if first.signing != "honest":
        sent += f" ({first.signing.replace('_', ' ')})"
    if first.attempt > 1:
        sent += f", attempt {first.attempt}"
    if first.status is None:
        return f"{sent} → no answer: {first.problem or 'no reason known'}"
    fastest, slowest = min(one.seconds for one in fold), max(one.seconds for one in fold)
    took = _milliseconds(fastest)
    if took != _milliseconds(slowest):
        took = f"{took} to {_milliseconds(slowest)}"
    answer = ""
    if not 200 <= first.status < 300:
        # Redacted before it is cut: half a secret would not be recognised.
        answer = " ".join(redactor.clean(first.answer).split())
        if first.problem:
            return f"{sent} → {first.status}, {took} ms: {redactor.clean(first.problem)}"
        if len(answer) > ANSWER_SHOWN:
            answer = answer[:ANSWER_SHOWN].rstrip() + "…"
    return f"{sent} → {first.status}, {took} ms" + (f": {answer}" if answer else "")


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f}" if seconds >= 0.001 else "<1"


def _broken(result: ClauseResult) -> str:
    """What a clause that ended in an error stumbled over."""
    return next((one.message for one in result.scenarios if one.status == ERROR), result.reason)


def _on_this_machine(url: str) -> bool:
    host = urlsplit(url).hostname or "localhost"
    return host in ("localhost", "::1") or host.startswith("127.")
