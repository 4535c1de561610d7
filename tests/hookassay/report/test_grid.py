"""The grid of API versions, and how each report shows it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from results import CONTRACT, judged, result, scenario, violation
from rich.console import Console

from hookassay.judging.verdict import NOT_CERTIFIED, NOT_JUDGED, ClauseResult, Result
from hookassay.redaction import Redactor
from hookassay.report import document, junit
from hookassay.report.grid import Difference, differences, grid
from hookassay.report.terminal import TerminalReport

LATEST, NEWER, OLDER = "2026-10-28.endive", "2025-03-31.basil", "2023-10-16"
UNSENT = "refund.created is sent for refunds of charges only since API version 2024-10-28.acacia"


def failed(clause_id: str) -> ClauseResult:
    return judged(clause_id, "failed", "x", violation(clause_id, "a refund first", "refunded", "paid"))


def run(newer: tuple[ClauseResult, ...], older: tuple[ClauseResult, ...], **changes: Any) -> Result:
    return result(versions={NEWER: newer, OLDER: older}, **changes)


RUN = run(
    (judged("SG-01"), failed("OO-01"), judged("RP-03")),
    (judged("SG-01"), failed("OO-01"), judged("RP-03", "not_applicable", UNSENT)),
    verdict=NOT_CERTIFIED,
)


def printed(the_run: Result, command: str = "hookassay certify URL --api-version all") -> str:
    output = io.StringIO()
    report = TerminalReport(Console(file=output, width=100), CONTRACT, Redactor(), command=command)
    report.closing(the_run)
    return output.getvalue()


class TestGrid:
    def test_one_version_is_no_grid(self) -> None:
        """Where only one version was judged there is nothing to compare."""
        assert grid(result()) == {}
        assert differences(result()) == ()

    def test_every_version_has_the_clauses_that_all_were_judged_by(self) -> None:
        """The target's version comes first, with the clauses of the others only."""
        assert grid(RUN) == {
            LATEST: {"SG-01": "passed", "RP-03": "passed", "OO-01": "passed"},
            NEWER: {"SG-01": "passed", "RP-03": "passed", "OO-01": "failed"},
            OLDER: {"SG-01": "passed", "RP-03": "not_applicable", "OO-01": "failed"},
        }

    def test_a_difference_is_told_once_with_its_versions(self) -> None:
        """A clause that fails in two older versions is one difference, in the contract's order."""
        (first, second) = differences(RUN)

        assert (first.result.clause.id, first.versions) == ("RP-03", (OLDER,))
        assert (second.result.clause.id, second.versions) == ("OO-01", (NEWER, OLDER))

    def test_what_fails_everywhere_is_no_difference(self) -> None:
        """A status that the target's version has too is told there."""
        assert differences(result(failed("OO-01"), versions={OLDER: (failed("OO-01"),)})) == ()

    def test_what_is_known_here_and_new_there_differs(self) -> None:
        """A failure that the baseline lists in one version does not hide the same one in another."""
        known = judged("OO-01", "failed", "x", violation("OO-01", "a", "refunded", "paid", known="ticket 7"))
        run_of_both = result(known, versions={OLDER: (failed("OO-01"),)})

        assert [(one.result.standing, one.versions) for one in differences(run_of_both)] == [("failed", (OLDER,))]
        assert [found["OO-01"] for found in grid(run_of_both, standing=True).values()] == ["known", "failed"]
        assert [found["OO-01"] for found in grid(run_of_both).values()] == ["failed", "failed"]

    def test_what_does_not_count_is_no_difference(self) -> None:
        """A clause that came later than the contract is told once, elsewhere."""
        late = replace(failed("OO-01"), counted=False)
        run_of_both = result(replace(judged("OO-01"), counted=False), versions={OLDER: (late,)})

        assert differences(run_of_both) == ()
        assert grid(run_of_both, standing=True) == {LATEST: {}, OLDER: {}}

    def test_statuses_differ_by_version(self) -> None:
        """A clause that ends differently in two versions is told for each."""
        found = differences(run((failed("OO-01"),), (judged("OO-01", "not_testable", "RF-01 failed"),)))

        assert [(one.result.status, one.versions) for one in found] == [
            ("failed", (NEWER,)),
            ("not_testable", (OLDER,)),
        ]
        assert isinstance(found[0], Difference)


class TestTerminal:
    def test_a_line_for_each_version_names_what_differs(self) -> None:
        """Each version has a line, which names what ended otherwise than in the target's version."""
        lines = printed(RUN).splitlines()
        start = lines.index("API versions: the clauses that depend on how Stripe's objects look")

        assert lines[start + 1 : start + 4] == [
            "  2026-10-28.endive  ✔ 3",
            "  2025-03-31.basil   ✔ 2  ✘ 1 OO-01",
            "  2023-10-16         ✔ 1  ✘ 1 OO-01  ○ 1 RP-03",
        ]

    def test_a_failure_in_older_versions_is_shown_with_them(self) -> None:
        """A finding names its versions, and the command that shows it again in the newest of them."""
        output = printed(RUN)

        assert output.count("OO-01 MUST  ") == 1
        assert "  API:      2025-03-31.basil, 2023-10-16\n" in output
        assert "  Again:    hookassay certify URL --api-version 2025-03-31.basil --only OO-01\n" in output

    def test_why_a_clause_does_not_apply_in_some(self) -> None:
        """The reason is followed by the versions that it is about."""
        assert "RP-03: refund.created is sent for refunds" in printed(RUN)
        assert "(in 2023-10-16)" in printed(RUN)

    def test_an_error_of_ours_in_an_older_version_is_named(self) -> None:
        """A verdict that an error in one version prevents names the clause."""
        broken = judged("OO-01", "error", "x", scenario("OO-01", "refund first", "error", "the barrier never showed"))

        output = printed(run((judged("OO-01"),), (broken,), verdict=NOT_JUDGED))

        assert "No verdict while a clause ends in an error: OO-01." in output
        assert "  API:      2023-10-16\n" in output

    def test_no_grid_for_one_version(self) -> None:
        """A run in one version says nothing of others."""
        assert "API versions" not in printed(result())

    def test_all_versions_are_named_at_the_start(self) -> None:
        """The head says in which versions the endpoint is judged."""
        output = io.StringIO()
        report = TerminalReport(Console(file=output, width=100), CONTRACT, Redactor())
        report.opening(replace(result().target, also=(NEWER, OLDER)))

        assert "  API:      2026-10-28.endive, 2025-03-31.basil, 2023-10-16\n" in output.getvalue()


class TestDocument:
    def test_the_statuses_of_every_version(self) -> None:
        """report.json has each clause's status in each version, and tells what differs in full."""
        told = document.document(RUN, CONTRACT)

        assert told["versions"] == grid(RUN)
        assert [(one["id"], one["status"], one["api_versions"]) for one in told["version_differences"]] == [
            ("RP-03", "not_applicable", [OLDER]),
            ("OO-01", "failed", [NEWER, OLDER]),
        ]
        assert told["version_differences"][1]["scenarios"][0]["seen"] == "paid"

    def test_statuses_are_words_of_our_own(self, tmp_path: Path) -> None:
        """A password that is one of our words does not change a status."""
        path = document.write(RUN, CONTRACT, tmp_path, Redactor(["passed"]))

        assert json.loads(path.read_text(encoding="utf-8"))["versions"] == grid(RUN)

    def test_one_version_has_none(self) -> None:
        """A run in one version has an empty grid."""
        told = document.document(result(), CONTRACT)

        assert (told["versions"], told["version_differences"]) == ({}, [])


class TestJUnit:
    def test_a_suite_for_each_other_version(self, tmp_path: Path) -> None:
        """Each version but the first has a suite, whose testcases nobody can mistake for those of another."""
        root = ET.parse(junit.write(RUN, CONTRACT, tmp_path, Redactor())).getroot()
        suites = {suite.get("name"): suite for suite in root}
        names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]

        assert list(suites)[-2:] == ["API version 2025-03-31.basil", "API version 2023-10-16"]
        assert suites["API version 2023-10-16"].get("failures") == "1"
        assert ("hookassay.out-of-order in 2023-10-16", "OO-01 a refund first") in names
        assert len(set(names)) == len(names)
