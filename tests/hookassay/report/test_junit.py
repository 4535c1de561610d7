"""junit.xml, which CI systems read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from results import CONTRACT, delivery, judged, result, scenario, violation

from hookassay.errors import UsageError
from hookassay.judging.baseline import Entry, Standing
from hookassay.judging.verdict import NOT_CERTIFIED, NOT_JUDGED, ClauseResult
from hookassay.redaction import Redactor
from hookassay.report.junit import write

FAILED = judged(
    "RP-05",
    "failed",
    "x",
    violation("RP-05", "eight copies at once", "one order", "3 orders", deliveries=[delivery(), delivery()]),
    scenario("RP-05", "two copies at once"),
)
WARNED = judged("OO-02", "warned", "x", violation("OO-02", "created first", "a disputed order", "a paid order"))
BROKEN = judged("OO-01", "error", "x", scenario("OO-01", "refund first", "error", "the barrier never showed"))
UNTESTABLE = judged("SG-02", "not_testable", "no order reader was given")


@pytest.fixture
def suites(tmp_path: Path) -> ET.Element:
    """The tree of a run in which everything happened."""
    path = write(result(FAILED, WARNED, BROKEN, UNTESTABLE, verdict=NOT_CERTIFIED), CONTRACT, tmp_path, Redactor())
    return ET.parse(path).getroot()


def case(root: ET.Element, name: str) -> ET.Element:
    """The testcase whose name begins with `name`."""
    (found,) = [one for one in root.iter("testcase") if one.get("name", "").startswith(name)]
    return found


def written(folder: Path, *found: ClauseResult, strict: bool = False) -> ET.Element:
    """The tree of a run in which `found` was found."""
    path = write(result(*found), CONTRACT, folder, Redactor(["hunter2"]), strict=strict)
    return ET.parse(path).getroot()


def test_the_structure_is_the_usual_one(suites: ET.Element) -> None:
    """Elements nest, and carry the attributes, as every JUnit reader expects."""
    assert suites.tag == "testsuites"
    for suite in suites:
        assert suite.tag == "testsuite"
        assert set(suite.attrib) == {"name", "tests", "failures", "errors", "skipped", "time"}
        for testcase in suite:
            assert testcase.tag == "testcase"
            assert set(testcase.attrib) == {"classname", "name", "time"}
            assert {child.tag for child in testcase} <= {"failure", "error", "skipped", "system-out"}


def test_the_counts_are_those_of_the_cases(suites: ET.Element) -> None:
    """Each suite counts its own cases, and the root counts all."""
    for holder in (suites, *suites):
        assert {count: holder.get(count) for count in ("tests", "failures", "errors", "skipped")} == {
            "tests": str(len(list(holder.iter("testcase")))),
            "failures": str(len(list(holder.iter("failure")))),
            "errors": str(len(list(holder.iter("error")))),
            "skipped": str(len(list(holder.iter("skipped")))),
        }


def test_the_root_counts_every_kind_once(suites: ET.Element) -> None:
    """One failure, one error and one skipped clause were put in."""
    assert [suites.get(count) for count in ("tests", "failures", "errors", "skipped")] == ["9", "1", "1", "1"]


def test_there_is_one_suite_a_group(suites: ET.Element) -> None:
    """The suites are the contract's groups, in its order."""
    assert [suite.get("name") for suite in suites] == ["signed", "replayed", "out-of-order"]


def test_a_case_begins_with_the_clause_id(suites: ET.Element) -> None:
    """CI systems show the name and the class name, so the clause must be in the name."""
    eight = case(suites, "RP-05 eight")
    assert eight.attrib == {"classname": "hookassay.replayed", "name": "RP-05 eight copies at once", "time": "0.031"}


def test_a_failure_tells_what_the_terminal_tells(suites: ET.Element) -> None:
    """Whoever sees nothing but the CI page learns what was sent, expected and seen, and who says so."""
    failure = case(suites, "RP-05 eight").find("failure")
    assert failure is not None
    assert failure.attrib == {"message": "expected one order, saw 3 orders", "type": "MUST"}
    assert (failure.text or "").split("\n") == [
        "RP-05 MUST: Concurrent deliveries of one event produce exactly one effect.",
        "Sent: 2 \N{MULTIPLICATION SIGN} checkout.session.completed …00c41d → 200, 4 ms",
        "Expected: one order",
        "Seen: 3 orders",
        "Prevents: an implementation that selects and then inserts, so that two deliveries at once both find nothing",
        "Source: docs.stripe.com/webhooks, “Handle duplicate events”",
    ]


def test_a_passed_scenario_of_a_failed_clause_is_no_failure(suites: ET.Element) -> None:
    """Each scenario is shown as it ended."""
    assert list(case(suites, "RP-05 two")) == []


def test_an_error_is_not_a_failure(suites: ET.Element) -> None:
    """What broke on our side is never blamed on the endpoint."""
    assert [(child.tag, child.get("message")) for child in case(suites, "OO-01")] == [
        ("error", "the barrier never showed")
    ]


def test_a_clause_without_scenario_is_one_skipped_case(suites: ET.Element) -> None:
    """A clause that could not be tested is there, with the reason."""
    skipped = case(suites, "SG-02").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "not testable: no order reader was given"


def test_a_failing_should_is_told_and_fails_nothing(suites: ET.Element) -> None:
    """A warning does not turn a pipeline red."""
    assert [child.tag for child in case(suites, "OO-02")] == ["system-out"]


def test_a_failing_should_fails_a_strict_run(tmp_path: Path) -> None:
    """--strict makes it a failure here as well."""
    assert [child.tag for child in case(written(tmp_path, WARNED, strict=True), "OO-02")] == ["failure"]


def test_a_clause_that_failed_without_a_failed_scenario_is_red(tmp_path: Path) -> None:
    """No failed clause is lost because its scenarios do not show it."""
    root = written(tmp_path, judged("RP-03", "failed", "a forgery took effect late", scenario("RP-03", "twice")))
    assert case(root, "RP-03 An event").find("failure") is not None


def test_a_run_without_a_verdict_is_red(tmp_path: Path) -> None:
    """A file without cases would look green."""
    problem = "The endpoint cannot be reached.\nStart it, then run again."
    root = ET.parse(
        write(result(verdict=NOT_JUDGED, clauses=(), problem=problem), CONTRACT, tmp_path, Redactor())
    ).getroot()
    error = root.find("testsuite/testcase/error")
    assert error is not None
    assert (root.get("errors"), error.get("message"), error.text) == ("1", "The endpoint cannot be reached.", problem)


def test_a_known_failure_is_skipped_with_its_reason(tmp_path: Path) -> None:
    """What the baseline lists does not turn a pipeline red, and says why."""
    known = judged("RP-03", "failed", "x", violation("RP-03", "twice", "one order", "two", known="hunter2, ticket 7"))
    one = case(written(tmp_path, known), "RP-03")
    assert [(child.tag, child.get("message")) for child in one] == [
        ("skipped", "known to fail: ***, ticket 7 (expected one order, saw two)")
    ]


def test_a_listed_example_that_passes_is_red(tmp_path: Path) -> None:
    """A baseline that lists what passes fails the run, and the case says what to do; in its API version only."""
    listed = Standing(Path("known.toml"), passing=(Entry("RP-03", "as it should be", "x", "2023-10-16"),))
    run = result(verdict=NOT_CERTIFIED, baseline=listed, versions={"2023-10-16": (judged("RP-03"),)})
    root = ET.parse(write(run, CONTRACT, tmp_path, Redactor())).getroot()

    here, there = [one for one in root.iter("testcase") if one.get("name", "").startswith("RP-03")]

    assert list(here) == []
    assert [(child.tag, child.get("message")) for child in there] == [
        ("failure", "known.toml lists this as known to fail, and it passes: remove it there.")
    ]


def test_a_clause_that_came_later_fails_nothing(tmp_path: Path) -> None:
    """What the contract judged by does not hold is skipped where it did not pass, and says since when it is there."""
    late = judged("RP-03", "failed", "x", violation("RP-03", "twice", "one order", "two"), scenario("RP-03", "again"))
    late = replace(late, clause=replace(late.clause, since="2026.2"), counted=False)
    root = written(tmp_path, late)
    assert [(child.tag, child.get("message")) for child in case(root, "RP-03 twice")] == [
        ("skipped", "since contract 2026.2, not counted: failed: expected one order, saw two")
    ]
    assert list(case(root, "RP-03 again")) == []


def test_characters_that_xml_forbids_are_dropped(tmp_path: Path) -> None:
    """An answer full of control characters still gives a file that parses."""
    seen = "a\x00b\x1b[31mc\ud800d\ufffee\U0001f600"
    root = written(tmp_path, judged("RP-03", "failed", "x", violation("RP-03", "twice", "one", seen)))
    failure = case(root, "RP-03").find("failure")
    assert failure is not None
    assert failure.get("message") == "expected one, saw ab[31mcde\U0001f600"


def test_notes_are_told(tmp_path: Path) -> None:
    """What is worth saying about a passed scenario stands beside it."""
    root = written(tmp_path, judged("RP-03", "passed", "", scenario("RP-03", "twice", notes=["a dropped connection"])))
    assert case(root, "RP-03").findtext("system-out") == "a dropped connection"


def test_no_secret_is_written(tmp_path: Path) -> None:
    """Names, messages, answers and notes pass the redactor."""
    answered = [delivery(status=500, answer="hunter2")]
    written(
        tmp_path,
        judged("RP-03", "failed", "x", violation("RP-03", "hunter2", "hunter2", "hunter2", deliveries=answered)),
        judged("RP-05", "not_testable", "hunter2"),
        judged("OO-01", "passed", "", scenario("OO-01", "x", notes=["hunter2"])),
    )
    assert "hunter2" not in (tmp_path / "junit.xml").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    """A file where the folder should be is wrong usage, not a traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="--report DIR"):
        write(result(), CONTRACT, tmp_path / "file", Redactor())
