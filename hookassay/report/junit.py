"""junit.xml: the run as CI systems show test results.

A testsuite for each group of clauses, and one for each API version but the first; a testcase for each scenario.
`failure` is what the endpoint did wrong, `error` what is our fault, `skipped` what was not judged or is known to fail.
A SHOULD that fails is told in `system-out` and fails nothing, unless the run is strict. What passes although the
baseline lists it is a failure too, of the list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from ..judging.contract import Contract
from ..judging.journal import ERROR, FAILED, NOT_APPLICABLE, NOT_TESTABLE, PASSED, ScenarioRecord
from ..judging.verdict import NOT_JUDGED, ClauseResult, Result
from ..redaction import Redactor
from .document import WARNED, save
from .in_source import InSource
from .terminal import sent_lines

NAME = "junit.xml"

# All that XML 1.0 allows in a document (section 2.2, Char).
_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(
    result: Result,
    contract: Contract,
    folder: Path,
    redactor: Redactor,
    *,
    strict: bool = False,
    source: InSource | None = None,
) -> Path:
    """Write junit.xml into `folder` and return its path.

    Raises:
        UsageError: the folder cannot be written to.
    """
    root = _Suites(redactor, strict, source).tree(result, contract)
    ET.indent(root)
    return save(folder, NAME, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


class _Suites:
    """Builds the tree; every text that enters it is redacted and made valid XML."""

    def __init__(self, redactor: Redactor, strict: bool, source: InSource | None) -> None:
        self._redactor = redactor
        self._source = source
        self._strict = strict
        # What the baseline lists and passes, by clause, example and API version ("" for the target's).
        self._passing: dict[tuple[str, str, str], Path] = {}

    def tree(self, result: Result, contract: Contract) -> ET.Element:
        root = ET.Element("testsuites", name="hookassay")
        if result.baseline is not None:
            target = result.target.api_version
            for one in result.baseline.passing:
                version = "" if one.api_version == target else one.api_version
                self._passing[one.clause, one.example, version] = result.baseline.file
        for group in contract.groups:
            clauses = [clause for clause in result.clauses if clause.clause.group == group.id]
            if clauses:
                self._suite(root, group.name, contract, clauses)
        for api_version, found in result.versions.items():
            self._suite(root, f"API version {api_version}", contract, found, api_version)
        if result.verdict == NOT_JUDGED:
            self._not_judged(root, result)
        for count in ("tests", "failures", "errors", "skipped"):
            root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
        root.set("time", f"{result.seconds:.3f}")
        return root

    def _suite(
        self, root: ET.Element, title: str, contract: Contract, clauses: Sequence[ClauseResult], version: str = ""
    ) -> None:
        """A testsuite; an API version other than the target's tells its testcases from those of the same scenarios."""
        suite = ET.SubElement(root, "testsuite", name=title)
        for clause in clauses:
            name = f"hookassay.{contract.group_of(clause.clause).name}{f' in {version}' if version else ''}"
            for scenario in clause.scenarios:
                passing = self._passing.get((clause.clause.id, scenario.name, version))
                self._case(suite, name, clause, scenario, passing)
            told = {scenario.status for scenario in clause.scenarios}
            if not told or (clause.status in (FAILED, ERROR) and clause.status not in told):
                # What is known of the clause alone, without a scenario that shows it.
                alone = ScenarioRecord(clause.clause.id, clause.clause.title, clause.status, clause.reason)
                self._case(suite, name, clause, alone)
        _count(suite, sum(scenario.seconds for clause in clauses for scenario in clause.scenarios))

    def _case(
        self,
        suite: ET.Element,
        name: str,
        clause: ClauseResult,
        scenario: ScenarioRecord,
        passing: Path | None = None,
    ) -> None:
        """A testcase; `passing` is the baseline that lists it although it passes."""
        case = ET.SubElement(
            suite,
            "testcase",
            classname=name,
            name=self._text(f"{clause.clause.id} {scenario.name}"),
            time=f"{scenario.seconds:.3f}",
        )
        message = self._text(scenario.message or clause.reason)
        if passing is not None:
            told = self._text(f"{passing} lists this as known to fail, and it passes: remove it there.")
            ET.SubElement(case, "failure", message=told, type="baseline").text = told
        elif scenario.status == ERROR and clause.counted:
            self._element(case, "error", message, clause, scenario)
        elif scenario.status in (NOT_APPLICABLE, NOT_TESTABLE):
            ET.SubElement(case, "skipped", message=f"{scenario.status.replace('_', ' ')}: {message}")
        elif not clause.counted and scenario.status != PASSED:
            told = f"since contract {clause.clause.since}, not counted: {scenario.status}: {message}"
            ET.SubElement(case, "skipped", message=told)
        elif scenario.known:
            ET.SubElement(case, "skipped", message=self._text(f"known to fail: {scenario.known} ({message})"))
        elif scenario.status in (FAILED, WARNED):
            if clause.status != WARNED or self._strict:
                self._element(case, "failure", message, clause, scenario)
            else:
                told = f"{clause.clause.level} fails: {message}\n\n{self._story(clause, scenario)}"
                ET.SubElement(case, "system-out").text = told
        elif scenario.notes:
            ET.SubElement(case, "system-out").text = self._text("\n".join(scenario.notes))

    def _element(
        self, case: ET.Element, tag: str, message: str, clause: ClauseResult, scenario: ScenarioRecord
    ) -> None:
        element = ET.SubElement(case, tag, message=message, type=clause.clause.level if tag == "failure" else "error")
        element.text = self._story(clause, scenario)

    def _story(self, clause: ClauseResult, scenario: ScenarioRecord) -> str:
        """The paragraphs of the terminal's report, for a CI page that shows nothing else."""
        paragraphs = [f"{clause.clause.id} {clause.clause.level}: {clause.clause.title}"]
        paragraphs += [f"Sent: {line}" for line in sent_lines(scenario, self._redactor)]
        if scenario.expected or scenario.seen:
            paragraphs += [f"Expected: {scenario.expected}", f"Seen: {scenario.seen}"]
        paragraphs += [f"Prevents: {clause.clause.prevents}", f"Source: {clause.clause.source}"]
        if self._source is not None and clause.status in (FAILED, WARNED):
            paragraphs += [f"In source: {line}" for line in self._source.told(clause.clause.id)]
        return self._text("\n".join(paragraphs))

    def _not_judged(self, root: ET.Element, result: Result) -> None:
        """A run that judged nothing must not look green because it is empty."""
        suite = ET.SubElement(root, "testsuite", name="run")
        case = ET.SubElement(suite, "testcase", classname="hookassay.run", name="the endpoint is judged", time="0.000")
        problem = self._text(result.problem or "clauses ended in an error")
        ET.SubElement(case, "error", message=problem.split("\n")[0], type="not judged").text = problem
        _count(suite, 0.0)

    def _text(self, text: str) -> str:
        return _INVALID.sub("", self._redactor.clean(text))


def _count(suite: ET.Element, seconds: float) -> None:
    """Set the counts that a testsuite carries as attributes."""
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    suite.set("time", f"{seconds:.3f}")
