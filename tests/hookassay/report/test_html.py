"""report.html as text: what stands in it, for a reader without scripts too."""

from __future__ import annotations

import base64
import gzip
import html as markup
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from results import CONTRACT, judged, result, scenario, violation
from runs import ALIKE, LATE, SECRET, TOKEN, diagnosed, failing, known_failing, later, planted

from hookassay.errors import UsageError
from hookassay.judging.baseline import Entry
from hookassay.judging.contract import Level
from hookassay.judging.verdict import NOT_CERTIFIED, NOT_JUDGED, PARTIAL, Result, Target
from hookassay.redaction import Redactor
from hookassay.report import html
from hookassay.report.html import write


def page(run: Result, redactor: Redactor | None = None, **options: Any) -> str:
    """The page of `run`, without the style and script that are the same in all."""
    text = html.page(run, CONTRACT, redactor or Redactor(), **options)
    return re.sub(r"<style>.*?</style>|<script>.*?</script>", "", text, flags=re.DOTALL)


def words(text: str) -> str:
    """What a page says, without its tags, each white space one blank."""
    return " ".join(markup.unescape(re.sub(r"<[^>]*>", " ", text)).split())


def clause(text: str, anchor: str) -> str:
    """What a page says of one clause."""
    found = re.search(rf'<details class="clause [^>]*id="{anchor}".*?Link to {anchor}</a></p>', text, re.DOTALL)
    assert found, f"the page has no {anchor}"
    return found[0]


# --- the head ---------------------------------------------------------------------------------------------------------


def test_the_verdict_stands_first() -> None:
    """What was found, in a word and a sentence, and how many clauses have each status."""
    told = words(page(failing()))

    assert "Not certified http://localhost:4242/stripe/webhook 1 of the 6 clauses that must hold and that apply" in told
    assert "✘ 1 failed ! 1 warned E 1 error ✔ 4 passed ○ 1 not applicable" in told


@pytest.mark.parametrize(
    ("run", "lead"),
    [
        (result(), "Every clause that must hold and that applies was judged, and holds."),
        (result(verdict=PARTIAL, left_out=("Only RP was asked for (--only).",)), "something was left out"),
        (result(verdict=NOT_JUDGED, problem="It cannot be reached."), "Nothing can be said about the endpoint"),
    ],
)
def test_what_the_verdict_means(run: Result, lead: str) -> None:
    """Whoever signs off a release reads a sentence and not an exit code."""
    assert lead in words(page(run))


def test_a_strict_run_says_why_it_failed() -> None:
    """Where no MUST failed it is the SHOULD that counts, since that was asked for."""
    warned = result(judged("OO-02", "warned", "x"), verdict=NOT_CERTIFIED)

    assert "a SHOULD does not, and this run was asked to be strict" in words(page(warned, strict=True))


def test_what_was_tested_against_what() -> None:
    """Target, orders, contract, time, subscription and API versions."""
    target = Target(
        "https://shop.example/hook",
        "postgresql",
        "postgresql://shop:***@db/shop",
        "2026-10-28.endive",
        ("charge.refunded", "charge.dispute.created"),
        also=("2024-06-20",),
        seed=7,
    )
    told = words(page(failing(target=target, began=datetime(2026, 11, 26, 9, 5, 7, tzinfo=UTC))))

    assert "Endpoint https://shop.example/hook Orders postgresql://shop:***@db/shop Contract 2026.1" in told
    assert "When 26 November 2026, 09:05:07 UTC How long 5.2 s, 212 deliveries about 2 purchases" in told
    assert "Subscription charge.refunded , charge.dispute.created" in told
    assert "API versions 2026-10-28.endive, 2024-06-20 Seed 7" in told


def test_the_preflight_is_told() -> None:
    """What was found to be so before judging."""
    assert "Before judging The endpoint answers in 3 ms, its clock agrees. An order" in words(page(result()))


def test_what_was_not_tested_and_why() -> None:
    """What was left out stands first, then reasons with their clauses, and what the subscription loses."""
    target = replace(result().target, events=("checkout.session.completed",))
    run = result(
        judged("RP-03", "not_testable", "no order reader was given"),
        judged("RP-05", "not_testable", "no order reader was given"),
        judged("SG-03", "not_applicable", "the endpoint declares no max_body"),
        verdict=PARTIAL,
        target=target,
        left_out=("Only RP was asked for (--only).", "Not testable: RP-03, RP-05 (no order reader was given)."),
    )
    told = words(page(run)).partition("What was not tested, and why ")[2]

    assert told.startswith("Only RP was asked for (--only). ? Not testable No order reader was given. RP-03 RP-05 ○")
    assert "○ Not applicable The endpoint declares no max_body. SG-03" in told
    assert "What the subscription itself loses" in told


def test_nothing_left_out_is_said_too() -> None:
    """Silence would leave it open."""
    assert "Nothing was left out: every clause of the contract was judged." in words(page(result()))


def test_clauses_that_nobody_asked_for_are_counted() -> None:
    """A run of one clause does not look like a run of all."""
    run = replace(result(), clauses=result().clauses[:2])

    assert "6 clauses of the contract were not asked for." in words(page(run))


def test_what_an_interrupted_run_never_came_to_is_not_counted() -> None:
    """Of what was not judged nothing is known."""
    unjudged = judged("OO-01", "error", "the run ended before it")

    assert "✔ 7 passed" in words(page(result(unjudged, verdict=NOT_JUDGED, problem="It was interrupted.")))
    assert "E 1 error" not in words(page(result(unjudged, verdict=NOT_JUDGED, problem="It was interrupted.")))


def test_a_run_that_judged_nothing() -> None:
    """It has its problem to tell, what the preflight found, and no clauses."""
    nothing = result(
        *(judged(one.id, "error", "the run ended before it") for one in CONTRACT),
        verdict=NOT_JUDGED,
        problem="The endpoint answers 404.\nLikely, in this order:\n  1. the path is wrong",
        preflight=("the endpoint answers",),
    )
    text = page(nothing)

    assert "Why nothing was judged The endpoint answers 404. Likely, in this order: 1. the path is wrong" in words(text)
    assert "The endpoint answers." in words(text)
    assert "Every clause: the run ended before the first of them was judged." in words(text)
    assert "<details" not in text
    assert "The contract at a glance" not in text


# --- clauses ----------------------------------------------------------------------------------------------------------


def test_the_grid_names_every_clause() -> None:
    """Each clause is a link to what is said of it, in the order of the contract, with its status in words."""
    glance = page(failing()).partition('<ul class="glance">')[2].partition('<p class="legend">')[0]

    assert re.findall(r'href="#([A-Z]{2}-\d\d)"', glance) == [one.id for one in CONTRACT]
    assert "✘ RP- 05 failed" in words(glance)


def test_failures_are_open_and_come_first() -> None:
    """MUST before SHOULD before what broke on our side; all else is closed, in the order of the contract."""
    shown = re.findall(r'<details class="clause [^>]*id="([^"]*)"[^>]*?( open)?>', page(failing()))

    assert [anchor for anchor, is_open in shown if is_open] == ["RP-05", "OO-02", "OO-01"]
    assert [anchor for anchor, _ in shown] == ["RP-05", "OO-02", "OO-01", "SG-01", "SG-02", "SG-03", "SG-04", "RP-03"]


def test_a_failure_is_told_in_four_beats() -> None:
    """What happened, which clause, what is probably wrong, how to see it again."""
    text = clause(page(failing(), command="hookassay certify http://localhost:4242/hook"), "RP-05")
    told = words(text)
    beats = ["What happened", "Which clause", "What is probably wrong", "See it again"]

    assert [beat for _, beat in sorted((told.index(beat), beat) for beat in beats)] == beats
    assert "Scenario: two copies at once Expected one order for the session Seen 2 orders" in told
    assert "It behaves like an implementation that selects and then inserts" in told
    assert "hookassay certify http://localhost:4242/hook --only RP-05" in told
    assert "Also: sixteen at once" in told


def test_a_failure_has_its_timeline() -> None:
    """As a picture for a wide page and for a phone, and in words."""
    text = clause(page(failing()), "RP-05")

    assert text.count('<svg class="wide"') == text.count('<svg class="narrow"') == 2
    assert "0 ms: checkout.session.completed was sent and got 200 in 4 ms" in words(text)
    assert "the order reads 2 orders (status=paid refund_status=none; status=paid refund_status=none)" in words(text)


def test_the_source_is_a_link_where_it_names_a_page() -> None:
    """Whoever doubts a clause reads Stripe's own words; what names a library's file is no link."""
    text = clause(page(failing()), "RP-05")

    assert '<a href="https://docs.stripe.com/webhooks" rel="noopener noreferrer">docs.stripe.com/webhooks</a>,' in text


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        ("RFC 9112", [("RFC 9112", "")]),
        (
            "docs.stripe.com/refunds; x docs.stripe.com/a-b/c_d.",
            [
                ("docs.stripe.com/refunds", "https://docs.stripe.com/refunds"),
                ("; x ", ""),
                ("docs.stripe.com/a-b/c_d", "https://docs.stripe.com/a-b/c_d"),
                (".", ""),
            ],
        ),
    ],
)
def test_pages_in_a_source(source: str, pieces: list[tuple[str, str]]) -> None:
    """The address ends before what ends the sentence."""
    assert html._linked(source) == pieces


def test_our_own_error_blames_nobody() -> None:
    """What broke on our side is no diagnosis of the endpoint."""
    told = words(clause(page(failing()), "OO-01"))

    assert "the barrier did not show hookassay could not finish this; the endpoint is not blamed." in told
    assert "What is probably wrong" not in told


def test_a_diagnosis_stands_above_and_beside_the_clauses_that_it_explains() -> None:
    """What is probably wrong is told once for all, and again where somebody reads of one clause."""
    text = page(diagnosed())
    above = words(text).partition("Clauses")[0]
    beside = words(clause(text, "RP-05"))

    assert "What is probably wrong Behaves like a search and an insert It has a search" in above
    assert "What is probably wrong Behaves like a search and an insert It has a search" in beside
    assert "Explains OO-02 RP-05" in above
    assert "It explains OO-02 RP-05" in beside
    assert "It behaves like an implementation that selects" not in beside


def test_defects_that_are_mended_alike_are_mended_once() -> None:
    """The same fix is said once for all alternatives that have it."""
    told = words(clause(page(diagnosed()), "RP-05"))

    assert "or like no unique key It has no unique key. How each of these is mended Let the database refuse" in told
    assert told.count("Let the database refuse a second one.") == 1
    assert told.count("Lock in the database.") == 1


def test_three_alternatives_are_open() -> None:
    """Whoever wants to read of more opens them."""
    text = clause(page(diagnosed()), "RP-05")
    hidden = text.partition("<summary>or like 2 other defects of the same signs</summary>")[2].partition("</details>")[
        0
    ]

    assert "a lock of one thread" in words(hidden)
    assert "How it is mended as above." in words(hidden)
    assert "a lock that expires" in words(hidden)
    assert "a lock of one process" not in words(hidden)
    assert "other defect" not in page(diagnosed(*ALIKE[:3]))


def test_where_a_defect_was_seen_is_a_link() -> None:
    """Advisories and issues, so that whoever doubts a diagnosis looks at one."""
    text = clause(page(diagnosed()), "RP-05")

    assert '<a href="https://nvd.nist.gov/vuln/detail/CVE-2026-1" rel="noopener noreferrer">CVE-2026-1</a>, ' in text
    assert '<a href="https://github.com/shop/shop/issues/7" rel="noopener noreferrer">shop/shop#7</a>' in text


def test_a_passed_clause_shows_its_scenarios() -> None:
    """What was done and how many deliveries it took, for whoever opens it."""
    passed = judged("RP-03", "passed", "", scenario("RP-03", "twice", story=["When it arrives", "Then x"], sent=90))
    told = words(clause(page(result(passed)), "RP-03"))

    assert "✔ twice 90 deliveries When it arrives Then x The first 1 of 90 deliveries were kept." in told


def test_a_may_that_is_not_kept_fails_nothing() -> None:
    """Why a clause with a failed scenario passed is said."""
    contract = replace(CONTRACT, clauses=tuple(replace(one, level="MAY") for one in CONTRACT.clauses))
    found = replace(judged("RP-03", "passed", "x", violation("RP-03", "x", "a", "b")), clause=contract["RP-03"])
    run = result(verdict="certified", clauses=(found,))

    assert "This is a MAY: what was found is recorded" in words(html.page(run, contract, Redactor()))


def test_versions_have_their_table() -> None:
    """Where API versions differ, each clause has its status in each; what failed elsewhere is told as a failure."""
    old = judged("RP-05", "failed", "x", violation("RP-05", "twice", "one order", "2 orders"))
    run = result(verdict=NOT_CERTIFIED, versions={"2024-06-20": (old, judged("RP-03"))})
    text = page(run, command="hookassay certify --api-version all")
    told = words(text)

    assert "2 clauses that depend on how Stripe's objects look were judged in each version." in told
    assert "RP-05 ✔ passed ✘ failed" in told
    assert '<a href="#RP-05-2024-06-20"><span class="failed">' in text
    assert "hookassay certify --api-version 2024-06-20 --only RP-05" in words(clause(text, "RP-05-2024-06-20"))


def test_a_failure_has_the_command_of_its_script() -> None:
    """What was sent can be sent again, and the clause judged again; a clause that passed has no script."""
    scripts = {one: Path.cwd() / "a report" / "repro" / f"{one}.sh" for one in ("RP-05", "SG-01")}
    text = page(failing(), command="hookassay certify URL", scripts=scripts)

    assert (
        "The same deliveries sh 'a report/repro/RP-05.sh' Copy "
        "The clause judged again hookassay certify URL --only RP-05 Copy" in words(clause(text, "RP-05"))
    )
    assert "repro" not in clause(text, "SG-01")
    assert "repro" not in clause(text, "OO-02")


# --- known failures ---------------------------------------------------------------------------------------------------


def test_a_known_failure_is_told_apart() -> None:
    """It has a sign and words of its own, is no finding, is closed, and says why it is accepted."""
    text = page(known_failing())
    told = words(clause(text, "OO-01"))

    assert "~ 1 known to fail ✔ 7 passed" in words(text)
    assert "~ OO- 01 known to fail" in words(text)
    assert 'data-status="known"' in clause(text, "OO-01")
    assert not re.search(r'id="OO-01"[^>]* open', text)
    assert "What wants attention" not in text
    assert "Known to fail as known.toml says" in words(text)
    assert f"Scenario: refund first Known to fail {LATE} Expected a refunded order Seen a paid order" in told


def test_known_failures_are_listed() -> None:
    """Whoever signs off reads which they are and why, once, before what was not tested."""
    told = words(page(known_failing()))

    assert "Nothing failed but what is known to fail (1 clause). What that is, and why it is accepted, stands" in told
    assert f"~ Fails as listed known.toml accepts this for now, and says why. OO-01 refund first: {LATE}" in told
    assert "Known to fail: OO-01" not in told
    assert "What was not tested, and why Every clause of the contract was judged." in told


def test_what_else_was_left_out_is_said_beside_known_failures() -> None:
    """A run of one group with a known failure is partial for two reasons."""
    left_out = (f"Known to fail: OO-01 ({LATE}).", "Only OO was asked for (--only).")

    assert "known to fail (1 clause), but something was left out." in words(page(known_failing(left_out=left_out)))


def test_a_known_failure_that_passes_fails_the_run() -> None:
    """The page says what to remove from which file."""
    told = words(page(known_failing(Entry("RP-03", "as it should be", "ticket 8", "2023-10-16"))))

    assert "Not certified http://localhost:4242/stripe/webhook Nothing failed but what is known to fail (1" in told
    assert "(1 clause). But 1 entry of the baseline passes now, and must be removed." in told
    assert (
        "✘ Listed as known to fail, and passes Remove this entry from known.toml : until then the run fails (exit "
        "code 1). RP-03 as it should be, API version 2023-10-16: ticket 8" in told
    )


def test_a_baseline_of_which_nothing_was_judged() -> None:
    """That a baseline was given is said all the same."""
    run = known_failing()
    assert run.baseline is not None
    empty = result(baseline=replace(run.baseline, used=()))

    assert "Known failures Of what known.toml lists nothing failed, and nothing passed." in words(page(empty))
    assert "Known failures" not in words(page(result()))


def test_a_new_failure_beside_a_known_one() -> None:
    """What failed is what nobody knew of; the other is told below it with its reason."""
    mixed = judged(
        "OO-01",
        "failed",
        "x",
        violation("OO-01", "refund first", "refunded", "paid", known=LATE),
        violation("OO-01", "two refunds", "both", "one"),
    )
    text = page(known_failing(clauses=result(mixed).clauses, verdict=NOT_CERTIFIED))
    told = words(clause(text, "OO-01"))

    assert "1 of the 7 clauses that must hold" in words(text)
    assert 'data-status="failed"' in clause(text, "OO-01")
    assert "What happened Scenario: two refunds" in told
    assert f"1 other scenario of this clause ~ refund first known to fail, 1 delivery Known to fail {LATE}" in told


def test_a_version_in_which_a_failure_is_known() -> None:
    """The table of API versions has the sign of known failures too."""
    old = judged("OO-01", "failed", "x", violation("OO-01", "a", "x", "y", known=LATE))
    text = page(result(verdict=PARTIAL, versions={"2024-06-20": (old,)}, baseline=known_failing().baseline))

    assert "OO-01 ✔ passed ~ known to fail" in words(text)
    assert 'data-status="known"' in clause(text, "OO-01-2024-06-20")


# --- versions of the contract -----------------------------------------------------------------------------------------


def test_clauses_that_came_later_do_not_count() -> None:
    """They stand apart, closed, and neither the counts nor the rows of the groups have them."""
    text = page(later())
    told = words(text)

    assert "holds. ✔ 7 passed What is certified" in told
    assert "OO out-of-order ✔ OO- 02 passed added later, not counted ✘ OO-01 failed, not counted" in told
    assert "Added after contract 2026.1 reported, not counted for the verdict" in told
    assert "OO-01 MUST since 2026.2 A refund" in words(clause(text, "OO-01"))
    assert "Expected a refunded order Seen a paid order" in words(clause(text, "OO-01"))
    assert not re.search(r'id="OO-01"[^>]* open', text)
    assert "What wants attention" not in told


def test_clauses_that_came_later_are_not_among_those_that_must_hold() -> None:
    """The sentence under the verdict counts what counts."""
    run = later()
    clauses = tuple(judged("RP-05", "failed", "x") if one.clause.id == "RP-05" else one for one in run.clauses)

    assert "1 of the 6 clauses" in words(page(replace(run, clauses=clauses, verdict=NOT_CERTIFIED)))


def test_a_clause_that_came_later_and_was_not_tested_is_not_missing() -> None:
    """What was not tested is about what counts."""
    run = later()
    skipped = tuple(one if one.counted else replace(one, status="not_testable") for one in run.clauses)

    assert "Not testable" not in words(page(replace(run, clauses=skipped)).partition("The contract at a glance")[0])


def test_clauses_that_came_later_are_not_asked_for() -> None:
    """A run that did not judge them lacks nothing."""
    clauses = tuple(replace(one, since="2026.2") if one.id == "OO-01" else one for one in CONTRACT.clauses)
    contract = replace(CONTRACT, clauses=clauses, versions=("2026.1", "2026.2"))
    without = replace(result(), clauses=tuple(one for one in result().clauses if one.clause.id != "OO-01"))

    assert "not asked for" not in words(html.page(without, contract, Redactor()))


# --- the certificate --------------------------------------------------------------------------------------------------


def test_a_certified_run_names_its_levels() -> None:
    """What it certifies stands at the top, and why it does not give the other levels."""
    levels = (
        Level("idempotent", "Once is once.", ("RP",)),
        Level("convergent", "Any order.", ("OO",)),
        Level("authentic", "What is signed.", ("SG",)),
    )
    contract = replace(CONTRACT, levels=levels)
    skipped = [judged(f"SG-0{number}", "not_applicable", "it has no secret") for number in range(1, 5)]
    text = html.page(result(*skipped), contract, Redactor())
    told = words(text).partition("What was tested")[0]

    assert "What is certified ✔ idempotent Once is once. ✔ convergent Any order. ○ authentic, not given" in told
    assert "SG-03 not applicable (it has no secret). and 1 more reason SG-04 not applicable" in told
    assert "The certificate is the file certificate.json beside this page." in told


def test_a_run_that_is_not_certified_has_no_certificate() -> None:
    """Neither levels nor a file that is not there."""
    assert "What is certified" not in page(failing())
    assert "certificate.json" not in page(known_failing())


# --- what must not be in it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [SECRET, TOKEN])
def test_no_secret_is_written(secret: str) -> None:
    """Every text goes through the redactor, the packed evidence too."""
    text = html.page(planted(f"x {secret} y"), CONTRACT, Redactor([TOKEN]), command=f"hookassay certify {secret}")
    packed = re.findall(r'data-evidence="[^"]*">([^<]*)<', text)
    unpacked = "".join(gzip.decompress(base64.b64decode(one)).decode() for one in packed)

    assert len(packed) > 1
    assert "x *** y" in text
    assert "x *** y" in unpacked
    assert secret not in text + unpacked


def test_what_an_endpoint_says_is_no_markup() -> None:
    """An answer cannot write into the page, steer a browser, or turn the direction of text."""
    text = page(planted("</script><script>alert(1)</script><b onclick='x'>&amp;\u202e\x00"))

    assert "alert(1)</script>" not in text
    assert "<b onclick" not in text
    assert "\u202e" not in text
    assert "\x00" not in text


def test_a_secret_that_is_one_of_our_words_hides_no_status() -> None:
    """A database password `passed` does not make a page unreadable."""
    text = page(failing(), Redactor(["passed", "failed", "RP-05"]))

    assert 'data-status="failed"' in text
    assert 'href="#RP-05"' in text


def test_nothing_is_loaded() -> None:
    """The page is one file: its policy allows its own style and script, and nothing of any network."""
    text = html.page(failing(), CONTRACT, Redactor())

    assert re.findall(r'(?:src|srcset|poster)="', text) == []
    assert re.findall(r'<link[^>]*href="(?!data:)', text) == []
    assert "url(" not in text
    assert "default-src 'none'; style-src 'sha256-" in text


def test_every_link_inside_leads_somewhere() -> None:
    """Whatever the page links to in itself is there, once."""
    text = page(failing())
    ids = re.findall(r'\bid="([^"]+)"', text)

    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)
    assert len(ids) == len(set(ids))


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_file_is_where_the_others_are(tmp_path: Path) -> None:
    """report.html is written into the folder, created where it was missing, and is the same for the same run."""
    first = write(failing(), CONTRACT, tmp_path / "a" / "b", Redactor())
    text = first.read_text(encoding="utf-8")

    assert first == tmp_path / "a" / "b" / "report.html"
    assert write(failing(), CONTRACT, tmp_path, Redactor()).read_text(encoding="utf-8") == text


def test_a_lone_surrogate_costs_nobody_the_page(tmp_path: Path) -> None:
    """What has no UTF-8 form is replaced."""
    write(planted("no \udcff"), CONTRACT, tmp_path, Redactor())


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The error says which file, and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"report\.html cannot be written"):
        write(result(), CONTRACT, tmp_path / "file", Redactor())


def test_a_page_that_would_grow_too_large_leaves_evidence_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed keeps its evidence; of what passed it may be missing, and that is said."""
    monkeypatch.setattr("hookassay.report.evidence.Evidence.__init__.__defaults__", (450,))
    text = page(failing())

    assert 'data-evidence="RP-05"' in text
    assert 'data-evidence="SG-01"' not in text
    assert "Requests and answers of this clause are left out" in words(clause(text, "SG-01"))
    assert "so that this page stays small" in words(text).rpartition("Written by hookassay")[2]
