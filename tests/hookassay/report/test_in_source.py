"""A scan beside a run: what was found in the source stands below the failed clauses that it explains."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from pathlib import Path

import pytest
from results import CONTRACT, judged, result, violation
from rich.console import Console
from scanned import SECRETS, finding, rule, scan

from hookassay.judging.journal import FAILED
from hookassay.judging.verdict import NOT_CERTIFIED, Result
from hookassay.redaction import Redactor
from hookassay.report import document, html, junit
from hookassay.report.excerpt import Curtain
from hookassay.report.in_source import InSource
from hookassay.report.terminal import TerminalReport

KEY = SECRETS["ordinary words"]


def failing() -> Result:
    """A run in which RP-05 failed."""
    broken = judged("RP-05", FAILED, "two rows", violation("RP-05", "twice at once", "one order", "two orders"))
    return result(broken, verdict=NOT_CERTIFIED)


def source() -> InSource:
    """A finding that explains RP-05, and one that explains nothing that failed."""
    explaining = finding(f"get('{KEY}')", message=f"Selected, then inserted `{KEY}`.", secrets=(KEY,))
    found = scan(explaining, finding(rule=rule("SC-91", endangers=("OO-01",)), line=40))
    return InSource(found, Curtain(found))


def terminal(run: Result, told: InSource | None) -> str:
    """What a person reads."""
    file = io.StringIO()
    report = TerminalReport(Console(file=file, width=80), CONTRACT, Redactor(), source=told)
    report.opening(run.target)
    report.closing(run)
    return file.getvalue()


def test_a_failed_clause_is_explained() -> None:
    """Below a failed clause stands where the source shows why, and below a clause that passed nothing does."""
    shown = terminal(failing(), source())

    assert "  In source:\n    shop/web.py:12 SC-90: Selected, then inserted `***`.\n" in shown
    assert shown.index("RP-05 MUST") < shown.index("In source:") < shown.index("Again:")


def test_other_findings_are_one_line() -> None:
    """What explains no failed clause is counted in one line, and the verdict is that of the requests."""
    shown = " ".join(terminal(failing(), source()).split())

    assert "In source 1 finding explains no failed clause (SC-91 1): `hookassay scan` shows what and why." in shown
    assert "2 findings" in shown
    assert NOT_CERTIFIED in shown


def test_a_passing_run_stays_one() -> None:
    """Findings fail no run by themselves."""
    shown = terminal(result(), source())

    assert "In source 2 findings explain no failed clause (SC-90 1, SC-91 1)" in " ".join(shown.split())
    assert "\ncertified\n" in shown


def test_many_findings_are_cut() -> None:
    """Of many findings the first are shown, and the rest are counted."""
    found = scan(*(finding(line=line) for line in range(1, 9)))

    assert "    and 3 more, see report.json\n" in terminal(failing(), InSource(found, Curtain(found)))


def test_the_page_tells_it_beside_the_failure() -> None:
    """The line of the source, what is wrong in it and how it is mended, without the secrets that the scan knows."""
    text = html.page(failing(), CONTRACT, Redactor(), source())
    told = " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())

    assert "In the source shop/web.py:12 SC-90: Selected, then inserted `***`. get('***')" in told
    assert "SC-91 1 explain no clause that failed" in told
    assert KEY not in text


def test_a_run_without_a_source_says_nothing_of_one() -> None:
    """Where no source was named none is spoken of."""
    assert "source:" not in terminal(failing(), None).replace("Source:", "")


class TestReportJson:
    @pytest.fixture
    def told(self, tmp_path: Path) -> dict[str, object]:
        """The report as programs read it."""
        path = document.write(failing(), CONTRACT, tmp_path, Redactor(), source())
        told: dict[str, object] = json.loads(path.read_text())
        return told

    def test_has_the_scan(self, told: dict[str, object]) -> None:
        """`scan` is what `hookassay scan --json` writes."""
        scan = told["scan"]
        assert isinstance(scan, dict)
        assert [one["rule"] for one in scan["findings"]] == ["SC-90", "SC-91"]

    def test_has_what_explains_a_failed_clause(self, told: dict[str, object]) -> None:
        """A failed clause has its findings, and a clause that passed has no such key."""
        clauses = told["clauses"]
        assert isinstance(clauses, list)
        explained = {one["id"]: [found["rule"] for found in one["in_source"]] for one in clauses if "in_source" in one}

        assert explained == {"RP-05": ["SC-90"]}

    def test_has_no_secret(self, told: dict[str, object]) -> None:
        """What the scan knows to be secret is masked."""
        assert KEY not in json.dumps(told)

    def test_without_a_source_has_neither(self, tmp_path: Path) -> None:
        """Where no source was named the report is as it was."""
        text = document.write(failing(), CONTRACT, tmp_path, Redactor()).read_text()

        assert '"scan"' not in text
        assert '"in_source"' not in text


def test_junit_tells_it_in_the_failure(tmp_path: Path) -> None:
    """The failure of a test case has the findings that explain it."""
    text = junit.write(failing(), CONTRACT, tmp_path, Redactor(), source=source()).read_text()

    assert "In source: shop/web.py:12 SC-90: Selected, then inserted `***`." in text
    assert "SC-91" not in text
