"""A run in GitHub Actions: annotations and the summary of the job."""

from __future__ import annotations

from pathlib import Path

import pytest
from results import CONTRACT, delivery, judged, result, scenario, violation
from snapshot import matches

from hookassay.judging.diagnosis import Defect, Diagnosis
from hookassay.judging.verdict import NOT_CERTIFIED, NOT_JUDGED, PARTIAL
from hookassay.redaction import Redactor
from hookassay.report import github

SNAPSHOTS = Path(__file__).parent / "snapshots"

DEFECT = Defect("x", "order looked up first", "It looks.", "Insert at once.", (), frozenset({"RP-05"}), frozenset())

NOT_GREEN = result(
    judged("OO-02", "warned", "", violation("OO-02", "created first", "a disputed order", "a paid order")),
    judged("RP-05", "failed", "", violation("RP-05", "sixteen | copies", "one *order*\nfor 10%", "3 <b>orders</b>")),
    judged("OO-01", "error", "the barrier did not show", scenario("OO-01", "a", "error", "the barrier did not show")),
    judged("SG-03", "not_applicable", "the endpoint declares no max_body"),
    verdict=NOT_CERTIFIED,
    diagnoses=(Diagnosis((DEFECT,), ("RP-05",)),),
)


def test_each_failure_is_an_annotation() -> None:
    """What failed is an error, a SHOULD a warning, each on one line, the MUST first."""
    told = list(github.commands(NOT_GREEN, Redactor()))

    assert told == [
        "::error title=RP-05 MUST::Concurrent deliveries of one event produce exactly one effect.%0A"
        "Expected: one *order*%0Afor 10%25%0ASeen: 3 <b>orders</b>%0Ahookassay clauses RP-05 says more.",
        "::warning title=OO-02 SHOULD::A dispute that arrives before its order is not forgotten.%0A"
        "Expected: a disputed order%0ASeen: a paid order%0Ahookassay clauses OO-02 says more.",
    ]


def test_strict_makes_errors_of_warnings() -> None:
    """With --strict a failing SHOULD is an error."""
    assert [line[:8] for line in github.commands(NOT_GREEN, Redactor(), strict=True)] == ["::error "] * 2


def test_not_judged_is_an_annotation() -> None:
    """Why nothing was judged is an error of the job."""
    (line,) = github.commands(result(verdict=NOT_JUDGED, problem="connection refused"), Redactor())

    assert line == "::error title=hookassay%3A not judged::connection refused"


def test_all_passed_is_none() -> None:
    """Where all is well nothing is annotated."""
    assert list(github.commands(result(), Redactor())) == []


def test_foreign_text_is_no_command() -> None:
    """What an endpoint answers cannot begin a line of its own."""
    evil = violation("RP-05", "a", "b", "c\n::set-output name=x::y\r::error::z")
    (line,) = github.commands(result(judged("RP-05", "failed", "", evil), verdict=NOT_CERTIFIED), Redactor())

    assert "\n" not in line
    assert "\r" not in line


def test_summary() -> None:
    """The summary has the verdict, the groups, each failure, and what was not judged."""
    text = github.summary(NOT_GREEN, CONTRACT, Redactor(), {"RP-05": Path("hookassay-report/repro/RP-05.sh")})

    assert matches(text, SNAPSHOTS / "github_summary.md")


def test_summary_of_a_partial_run() -> None:
    """What was left out is said."""
    text = github.summary(
        result(verdict=PARTIAL, left_out=("Only RP-05 was asked for (--only).",)), CONTRACT, Redactor()
    )

    assert text.startswith("## hookassay: passed (partial)\n")
    assert "### Left out\n\n- Only RP-05 was asked for (--only).\n" in text


def test_what_is_known_to_fail_is_counted_and_not_told() -> None:
    """What the baseline excuses is no annotation; the table says how much there is of it."""
    known = violation("RP-05", "a", "b", "c", known="ticket 7")
    run = result(judged("RP-05", "failed", "", known), verdict=PARTIAL)

    assert list(github.commands(run, Redactor())) == []
    assert "| group | ✔ passed | ~ known to fail |" in github.summary(run, CONTRACT, Redactor())


def test_nothing_secret() -> None:
    """Secrets are in neither of the two."""
    failed = violation("RP-03", "hunter2", "hunter2", "hunter2", deliveries=[delivery(answer="hunter2")])
    run = result(judged("RP-03", "failed", "", failed), verdict=NOT_CERTIFIED, problem="hunter2")
    redactor = Redactor(["hunter2"])

    assert "hunter2" not in "".join(github.commands(run, redactor)) + github.summary(run, CONTRACT, redactor)


def test_many_failures_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The summary stays below what GitHub shows: the rest is counted."""
    told = github.summary(NOT_GREEN, CONTRACT, Redactor())
    monkeypatch.setattr(github, "MOST_TOLD", 1)
    cut = github.summary(NOT_GREEN, CONTRACT, Redactor())

    assert "**OO-02**" in told
    assert "**OO-02**" not in cut
    assert "and 1 more failure, see the report\n" in cut


def test_github_is_deaf_meanwhile() -> None:
    """What is printed meanwhile is no command, and what comes after it is: by a word that nobody knows before."""
    said: list[str] = []
    for _ in range(2):
        with github.deaf(said.append):
            said.append("::error::from the endpoint")

    begin, _, end, again, *_ = said
    assert begin.startswith("::stop-commands::")
    assert end == f"::{begin.removeprefix('::stop-commands::')}::"
    assert again != begin


def test_it_is_appended(tmp_path: Path) -> None:
    """The summaries of earlier steps stay."""
    path = tmp_path / "summary.md"
    path.write_text("earlier\n")
    github.append(path, "## hookassay: certified\n")

    assert path.read_text() == "earlier\n## hookassay: certified\n\n"
