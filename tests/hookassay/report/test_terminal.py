"""The report that a person reads.

The files in snapshots/ are whole outputs; `snapshot` says how they are written anew.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from results import CONTRACT, delivery, judged, result, scenario, violation
from rich.console import Console
from snapshot import matches

from hookassay.judging.baseline import Entry, Standing
from hookassay.judging.diagnosis import Defect, Diagnosis
from hookassay.judging.verdict import NOT_CERTIFIED, NOT_JUDGED, PARTIAL, Result, Target
from hookassay.redaction import Redactor
from hookassay.report import terminal
from hookassay.report.terminal import TerminalReport, sent_lines

SNAPSHOTS = Path(__file__).parent / "snapshots"
REPORTS = (Path("hookassay-report/report.json"), Path("hookassay-report/junit.xml"))
TIMES = "\N{MULTIPLICATION SIGN}"


def printed(
    run: Result,
    *,
    redactor: Redactor | None = None,
    reports: Sequence[Path] = REPORTS,
    width: int = 80,
    file: io.StringIO | io.TextIOWrapper | None = None,
    **options: Any,
) -> str:
    """The whole report of `run` in a pipe."""
    file = file or io.StringIO()
    console = Console(file=file, width=width)
    report = TerminalReport(console, CONTRACT, redactor or Redactor(), **options)
    report.opening(run.target, run.preflight[:1])
    for line in run.preflight[1:]:
        report.tick(line)
    for done in range(3):
        report.progress(done, 3, "RP-05")
    report.closing(run, reports)
    file.seek(0)
    return file.read()


def matches_snapshot(output: str, name: str) -> bool:
    """Whether `output` is what the snapshot of this name holds."""
    return matches(output, SNAPSHOTS / f"{name}.txt")


def volley() -> list[Any]:
    """Sixteen copies of one event, every third of them refused."""
    return [
        delivery(seconds=0.003 + i / 1000, status=200 if i % 3 else 500, answer="" if i % 3 else "database is locked")
        for i in range(16)
    ]


def defect(known_as: str, *seen: str) -> Defect:
    """A defect that two clauses are failed by."""
    fix = "Let a unique key of the database decide who was first, and take the error for an answer."
    return Defect(known_as, known_as, "", fix, seen, frozenset({"RP-05", "OO-02"}), frozenset())


DIAGNOSES = (
    Diagnosis(
        (
            defect("orders looked up before they are inserted", "medusajs/medusa#13301"),
            defect("a lock that is not held"),
        ),
        ("RP-05",),
    ),
    Diagnosis(tuple(defect(f"dispute forgotten in the {way} way") for way in ("1st", "2nd", "3rd", "4th")), ("OO-02",)),
)

NOT_GREEN = result(
    judged(
        "RP-05",
        "failed",
        "",
        violation("RP-05", "sixteen copies at once", "one order for the session", "3 orders", deliveries=volley()),
        violation("RP-05", "two copies at once", "one order for the session", "2 orders"),
    ),
    judged("OO-02", "warned", "", violation("OO-02", "created first", "a disputed order", "a paid order")),
    judged("OO-01", "error", "", scenario("OO-01", "refund first", "error", "the barrier did not show within 5 s")),
    judged("SG-03", "not_applicable", "the endpoint declares no max_body"),
    verdict=NOT_CERTIFIED,
    diagnoses=DIAGNOSES,
)


def test_certified() -> None:
    """A run in which everything passed is told on one screen."""
    assert matches_snapshot(printed(result()), "certified")


def test_seed() -> None:
    """What the orders of delivery were drawn from is said where it was given."""
    assert "  Seed:     7\n" in printed(result(target=replace(result().target, seed=7)))


def test_partial() -> None:
    """What was left out is said before the verdict, and why each clause was not judged."""
    wire = Target("https://staging.example.com/hook", None, "", "2026-10-28.endive", ("charge.refunded",))
    no_reader = "no order reader was given (--orders)"
    partial = result(
        judged("RP-03", "not_testable", no_reader),
        judged("RP-05", "not_testable", no_reader),
        judged("OO-01", "not_testable", no_reader),
        judged("OO-02", "not_applicable", "charge.dispute.created is not subscribed to"),
        judged("SG-02", "passed", "", scenario("SG-02", "two secrets", notes=["one connection was dropped"])),
        verdict=PARTIAL,
        target=wire,
        scope="wire",
        left_out=("Without an order reader only what the wire shows was judged: give one with --orders.",),
    )
    assert matches_snapshot(printed(partial, verbose=True), "partial")


def test_not_certified() -> None:
    """Each failure is told in fixed paragraphs: MUST before SHOULD before what broke on our side."""
    assert matches_snapshot(printed(NOT_GREEN), "not_certified")


def test_not_judged() -> None:
    """Where nothing could be judged, the problem and what to do are all that is said."""
    problem = (
        "The endpoint answers 404 to a genuine and to a forged delivery alike, so nothing about it can be judged.\n"
        "Likely, in this order:\n"
        "  1. the path is wrong: try http://localhost:4242/webhook\n"
        "  2. the secret is another endpoint's"
    )
    nothing = result(
        *(judged(one.id, "not_testable", "nothing was judged") for one in CONTRACT),
        verdict=NOT_JUDGED,
        problem=problem,
        preflight=(),
        created=(),
        sent=2,
        seconds=0.4,
    )
    assert matches_snapshot(printed(nothing, reports=()), "not_judged")


def test_a_clause_is_never_broken_at_its_hyphen() -> None:
    """Ids stay whole however narrow the terminal is, so that they can be found and copied."""
    words = printed(NOT_GREEN, width=30).replace(",", " ").split()
    assert words.count("OO-01") == 3
    assert words.count("RP-05") == 3


def test_a_command_is_one_line() -> None:
    """The command that shows a failure again can be copied, however long it is."""
    command = "hookassay certify https://staging.example.com/stripe/webhook --orders 'https://x.example/{session_id}'"
    assert f"{command} --only RP-05\n" in printed(NOT_GREEN, command=command)


def test_without_a_command_line_one_is_built_from_the_target() -> None:
    """A URL that a shell would split is quoted."""
    target = Target("http://localhost/hook?a=1&b=2", None, "", "2026-10-28.endive", None)
    again = "hookassay certify 'http://localhost/hook?a=1&b=2' --only RP-05\n"
    assert again in printed(result(*NOT_GREEN.clauses, target=target))


def test_no_secret_is_printed() -> None:
    """Names, messages, answers, problems and lines of the preflight pass the redactor."""
    failed = violation("RP-03", "hunter2", "hunter2", "hunter2", deliveries=[delivery(status=500, answer="hunter2")])
    run = result(
        judged("RP-03", "failed", "", failed, violation("RP-03", "again", "hunter2", "hunter2")),
        judged("RP-05", "not_testable", "hunter2"),
        judged("OO-01", "error", "hunter2"),
        judged("OO-02", "passed", "", scenario("OO-02", "x", notes=["hunter2"])),
        verdict=NOT_JUDGED,
        problem="hunter2",
        left_out=("hunter2",),
        preflight=("hunter2",),
        target=Target("http://localhost/hunter2", "sqlite", "hunter2", "2026-10-28.endive", None),
    )
    assert "hunter2" not in printed(run, redactor=Redactor(["hunter2"]), verbose=True)


def test_half_a_secret_is_not_printed_either() -> None:
    """An answer is redacted before it is cut to length."""
    one = scenario("RP-03", "x", deliveries=[delivery(status=400, answer="x" * 55 + "hunter2hunter2")])
    assert sent_lines(one, Redactor(["hunter2hunter2"])) == [
        f"checkout.session.completed …00c41d → 400, 4 ms: {'x' * 55}***"
    ]


def test_an_answer_cannot_steer_the_terminal() -> None:
    """Escape sequences and markup in what an endpoint says are shown, not obeyed."""
    failed = violation("RP-03", "twice", "one", "\x1b[2J[bold]gone[/bold]\x07 \u202eback")
    output = printed(result(judged("RP-03", "failed", "", failed)))
    assert "Seen:     \ufffd[2J[bold]gone[/bold]\ufffd \ufffdback\n" in output


def test_a_terminal_without_our_signs_gets_others() -> None:
    """Output in ASCII is still readable, and no UnicodeEncodeError."""
    output = printed(NOT_GREEN, file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert "RP replayed      + 1  X 1 RP-05\n" in output
    assert "6 x checkout.session.completed ...00c41d -> 500, 3 to 18 ms" in output


@pytest.mark.parametrize(("terminal", "shown"), [(True, True), (False, False)])
def test_progress_is_for_terminals(terminal: bool, shown: bool) -> None:
    """A terminal sees how far the run is; a log does not fill with it."""
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=terminal, _environ={"TERM": "xterm"})
    report = TerminalReport(console, CONTRACT, Redactor())
    report.progress(37, 104, "RP-05")
    report.stop()
    assert ("judging RP-05" in file.getvalue() and "37/104" in file.getvalue()) is shown


def progressed(every: float, monkeypatch: pytest.MonkeyPatch, **options: Any) -> str:
    """What is printed of a run's progress where no line can change."""
    monkeypatch.setattr(terminal, "EVERY", every)
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=80)
    report = TerminalReport(console, CONTRACT, Redactor(), live=False, **options)
    report.opening(result().target)
    for done in (1, 2, 3):
        report.progress(done, 3, "RP-05")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_progress_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no line can change, as in CI, a long run says now and then how far it is, in lines of their own."""
    printed = progressed(0.0, monkeypatch)

    assert printed.endswith(
        "\n\njudged 1 of 3 scenarios in 0 s, now RP-05\njudged 2 of 3 scenarios in 0 s, now RP-05\n"
    )
    assert "\x1b" not in printed


def test_a_short_run_has_no_progress_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends soon says nothing of it."""
    assert "judged" not in progressed(10.0, monkeypatch)


def test_quiet_has_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --quiet nothing is said before the end."""
    assert progressed(0.0, monkeypatch, quiet=True) == ""


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_no_color(environment: dict[str, str], coloured: bool) -> None:
    """With NO_COLOR no colour is sent, on a terminal or with FORCE_COLOR."""
    file = io.StringIO()
    console = Console(file=file, _environ={"TERM": "xterm-256color", "FORCE_COLOR": "1", **environment})
    TerminalReport(console, CONTRACT, Redactor()).closing(NOT_GREEN)

    assert bool(re.search(r"\x1b\[[\d;]*3\dm", file.getvalue())) is coloured


def test_quiet() -> None:
    """With --quiet the failures are told and the verdict, and nothing else."""
    assert matches_snapshot(printed(NOT_GREEN, quiet=True), "quiet")


def test_quiet_where_all_is_well() -> None:
    """With --quiet a run in which everything passed is two lines."""
    assert printed(result(), quiet=True) == "certified\n  8 passed · 212 deliveries in 5.2 s\n"


def test_quiet_says_what_was_left_out() -> None:
    """What was left out is part of the verdict."""
    partial = result(verdict=PARTIAL, left_out=("Only RP-05 was asked for (--only).",))

    assert printed(partial, quiet=True).startswith("Left out: Only RP-05 was asked for (--only).\npassed (partial)\n")


def test_stopping_gives_the_cursor_back() -> None:
    """An interrupted run does not leave a terminal without a cursor, and may stop twice."""
    file = io.StringIO()
    report = TerminalReport(Console(file=file, force_terminal=True, _environ={"TERM": "xterm"}), CONTRACT, Redactor())
    report.progress(1, 2, "RP-05")
    report.stop()
    report.stop()
    assert file.getvalue().rfind("\x1b[?25h") > file.getvalue().rfind("\x1b[?25l") > -1


def test_colours_are_not_the_only_difference() -> None:
    """Each status has a sign of its own, explained once."""
    assert "\n✔ passed  ✘ failed  ! warned  E error  ○ not applicable\n" in printed(NOT_GREEN)


def test_a_terminal_gets_colours() -> None:
    """What failed is red."""
    file = io.StringIO()
    console = Console(file=file, width=80, force_terminal=True, color_system="standard", _environ={"TERM": "xterm"})
    TerminalReport(console, CONTRACT, Redactor()).closing(NOT_GREEN)
    assert "\x1b[1;31mnot certified" in file.getvalue()


def test_no_color_is_honoured() -> None:
    """With NO_COLOR set a terminal gets no colours."""
    file = io.StringIO()
    environ = {"TERM": "xterm", "NO_COLOR": "1"}
    console = Console(file=file, width=80, force_terminal=True, color_system="standard", _environ=environ)
    TerminalReport(console, CONTRACT, Redactor()).closing(NOT_GREEN)
    assert "\x1b[1;31m" not in file.getvalue()


def test_the_same_error_is_told_once() -> None:
    """An order reader that broke for every clause does not fill the screen."""
    message = "the order URL answered 503 three times"
    broken = [judged(one, "error", "", scenario(one, "x", "error", message)) for one in ("SG-01", "SG-02", "RP-03")]
    output = printed(result(*broken, verdict=NOT_JUDGED))
    assert output.count(message) == 1
    assert "  Likewise: SG-02, RP-03\n" in output
    assert "No verdict while a clause ends in an error: SG-01, SG-02, RP-03." in output


def test_many_failing_scenarios_are_counted() -> None:
    """The first is told in full, eight more in a line each, the rest as a number."""
    failing = [violation("SG-02", f"variant {i}", "2xx", "400") for i in range(12)]
    output = printed(result(judged("SG-02", "failed", "", *failing)))
    assert output.count("  Also:     variant") == 8
    assert "  Also:     3 more scenarios, see report.json\n" in output


def test_runs_of_clauses_are_drawn_together() -> None:
    """Forty clauses left out for one reason do not fill the screen with ids."""
    left = ("SG-02", "SG-03", "SG-04", "RP-03", "OO-01", "OO-02")
    output = printed(result(*(judged(one, "not_testable", "not asked for") for one in left)))
    assert "  SG-02 to SG-04, RP-03, OO-01, OO-02: not asked for\n" in output


def test_strict_says_that_a_should_failed_the_run() -> None:
    """Nobody has to wonder why a run with warnings alone is red."""
    warned = result(judged("OO-02", "warned", "", violation("OO-02", "x", "a", "b")), verdict=NOT_CERTIFIED)
    assert "With --strict a failing SHOULD fails the run: OO-02." in printed(warned, strict=True)


@pytest.mark.parametrize(
    ("url", "verbose", "told"),
    [
        ("https://staging.example.com/hook", False, True),
        ("http://localhost:4242/hook", False, False),
        ("http://localhost:4242/hook", True, True),
    ],
)
def test_what_was_created_elsewhere_is_named_for_clean_up(url: str, verbose: bool, told: bool) -> None:
    """Whoever shares a deployment learns what to remove; on the own machine only if asked."""
    run = result(target=Target(url, None, "", "2026-10-28.endive", None))
    assert ("2 purchases of run run7f3a" in printed(run, verbose=verbose)) is told


def test_copies_that_were_answered_alike_are_one_line() -> None:
    """A volley is told by its answers, not by its copies."""
    assert sent_lines(scenario("RP-05", "x", deliveries=volley()), Redactor()) == [
        f"6 {TIMES} checkout.session.completed …00c41d → 500, 3 to 18 ms: database is locked",
        f"10 {TIMES} checkout.session.completed …00c41d → 200, 4 to 17 ms",
    ]


def test_the_middle_of_many_deliveries_is_elided() -> None:
    """The beginning and the end tell what happened; the number tells how much is not shown."""
    many = [delivery(event_id=f"evt_{i:06}") for i in range(40)]
    lines = sent_lines(scenario("RP-05", "x", deliveries=many), Redactor())
    assert len(lines) == 12
    assert lines[6:9] == [
        "checkout.session.completed …000006 → 200, 4 ms",
        "… 29 more deliveries …",
        "checkout.session.completed …000036 → 200, 4 ms",
    ]


def test_deliveries_that_were_not_kept_are_counted() -> None:
    """A burst of which only the beginning was kept says so."""
    assert sent_lines(scenario("RP-05", "x", sent=4), Redactor())[-1] == "… and 3 more deliveries"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "checkout.session.completed …00c41d → 200, 4 ms"),
        ({"signing": "wrong_secret"}, "checkout.session.completed …00c41d (wrong secret) → 200, 4 ms"),
        ({"attempt": 3}, "checkout.session.completed …00c41d, attempt 3 → 200, 4 ms"),
        ({"event_id": "", "event_type": "empty body", "status": 400}, "empty body → 400, 4 ms"),
        ({"status": None, "problem": "timed out"}, "checkout.session.completed …00c41d → no answer: timed out"),
        ({"seconds": 0.0002}, "checkout.session.completed …00c41d → 200, <1 ms"),
        ({"status": 500, "answer": "a\n b"}, "checkout.session.completed …00c41d → 500, 4 ms: a b"),
        ({"answer": "ok"}, "checkout.session.completed …00c41d → 200, 4 ms"),
    ],
)
def test_a_delivery_is_one_line(changes: dict[str, Any], line: str) -> None:
    """What is out of the ordinary is told, what is ordinary is not."""
    assert sent_lines(scenario("RP-05", "x", deliveries=[delivery(**changes)]), Redactor()) == [line]


def test_advice() -> None:
    """What would make the next run shorter stands at the end of a run that took long."""
    lines = printed(result(advice="Most of this time was waiting.")).splitlines()
    assert "Most of this time was waiting." in [line.strip() for line in lines]


def test_known_failures() -> None:
    """What fails as the baseline lists it has a sign of its own, is no finding, and is said before the verdict."""
    known = judged(
        "OO-01", "failed", "x", violation("OO-01", "refund first", "refunded", "paid", known="ticket 7, until March")
    )
    listed = Standing(Path("known.toml"), used=(Entry("OO-01", "refund first", "ticket 7, until March"),))
    left_out = ("Known to fail: OO-01 (ticket 7, until March).",)
    output = printed(result(known, verdict=PARTIAL, left_out=left_out, baseline=listed))

    assert "OO out-of-order  ✔ 1  ~ 1 OO-01\n" in output
    assert "~ known to fail" in output
    assert "Scenario:" not in output
    assert "\nLeft out: Known to fail: OO-01 (ticket 7, until March).\npassed (partial)\n" in output
    assert "1 known to fail" in output


def test_new_failure_beside_a_known_one() -> None:
    """A clause that fails in more than what is listed is told by what is new."""
    both = judged(
        "OO-01",
        "failed",
        "x",
        violation("OO-01", "refund first", "refunded", "paid", known="ticket 7"),
        violation("OO-01", "refund in between", "refunded", "nothing"),
    )
    output = printed(result(both, verdict=NOT_CERTIFIED))

    assert "Scenario: refund in between" in output
    assert "refund first" not in output


def test_listed_and_passing() -> None:
    """What is listed and passes is named, with the file that it must leave."""
    listed = Standing(Path("known.toml"), passing=(Entry("OO-01", "refund first", "x", "2023-10-16"),))
    output = " ".join(printed(result(verdict=NOT_CERTIFIED, baseline=listed)).split())

    assert (
        "known.toml lists as known to fail what passes now. Remove it there: OO-01 (refund first, API version "
        "2023-10-16). not certified"
    ) in output


def test_clauses_that_came_later() -> None:
    """What an older contract does not hold is told apart, with how it ended, and is in no count."""
    late = [
        replace(judged("OO-01", "failed", "it was lost", violation("OO-01", "a", "x", "y")), counted=False),
        replace(judged("OO-02"), counted=False),
    ]
    output = printed(result(*late))

    assert "OO out-of-order" not in output
    assert "Scenario:" not in output
    assert ("\nAdded after contract 2026.1, not counted:\n  OO-01: failed: it was lost\n  OO-02: passed\n") in output
    assert "\ncertified\n  6 passed \N{MIDDLE DOT}" in output
