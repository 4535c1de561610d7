"""report.html as text: what stands in it, for a reader without scripts too."""

from __future__ import annotations

import base64
import gzip
import html as markup
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from results import CONTRACT, judged, result, scenario, violation
from runs import SECRET, TOKEN, failing, planted

from hookassay.errors import UsageError
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


@dataclass(frozen=True)
class Known:
    """A defect, as a diagnosis names it."""

    name: str
    known_as: str
    description: str
    fix: str
    source: str = "D32"


@dataclass(frozen=True)
class Diagnosis:
    """Stands for what judging finds out: alternatives, and the clauses that they explain."""

    defects: tuple[Known, ...]
    explains: tuple[str, ...]


def test_a_diagnosis_stands_above_and_beside_the_clauses_that_it_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is probably wrong is told once for all, and again where somebody reads of one clause."""
    first = Known("select_insert", "an order looked for and then inserted", "Two workers race.", "Use a unique key")
    second = Known("no_key", "a table without a unique key", "Nothing stops it.", "Add one")
    found = (Diagnosis((first, second), ("RP-05", "OO-02")),)
    monkeypatch.setattr(html, "diagnoses", lambda _: found)
    text = page(failing())
    told = words(clause(text, "RP-05"))

    assert "It behaves like one of these: an order looked for and then inserted Two workers race. How it is" in told
    assert "How it is mended Use a unique key. a table without a unique key" in told
    assert "It explains OO-02 RP-05" in told
    assert "What is probably wrong It behaves like one of these:" in words(text).partition("Clauses")[0]
    assert "It behaves like an implementation that selects" not in told


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
