"""report.json, which programs read."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from results import CONTRACT, delivery, judged, result, scenario, violation

from hookassay.errors import UsageError
from hookassay.judging.baseline import Entry, Standing
from hookassay.judging.diagnosis import Defect, Diagnosis
from hookassay.judging.verdict import CERTIFIED, NOT_CERTIFIED, Target
from hookassay.redaction import Redactor
from hookassay.report.document import document, prepare, save, write


def told(clause_id: str, told_by: dict[str, Any]) -> dict[str, Any]:
    """What a document says about one clause."""
    return next(clause for clause in told_by["clauses"] if clause["id"] == clause_id)


def written(folder: Path, **changes: Any) -> dict[str, Any]:
    """The report.json of a run whose RP-05 failed."""
    failed = judged("RP-05", "failed", "x", violation("RP-05", "eight at once", "one order", "3 orders", **changes))
    path = write(result(failed, verdict=NOT_CERTIFIED), CONTRACT, folder, Redactor(["hunter2"]))
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def test_the_head_is_as_promised() -> None:
    """Who judged what, by which contract, with which verdict."""
    told = document(result(), CONTRACT)
    assert {key: told[key] for key in ("hookassay", "contract", "verdict", "scope", "exit_code", "seconds")} == {
        "hookassay": version("hookassay"),
        "contract": "2026.1",
        "verdict": CERTIFIED,
        "scope": "orders",
        "exit_code": 0,
        "seconds": 5.234,
    }


def test_the_target_is_as_promised() -> None:
    """The whole subscription is an asterisk."""
    assert document(result(), CONTRACT)["target"] == {
        "url": "http://localhost:4242/stripe/webhook",
        "orders": "sqlite",
        "source": "sqlite:///shop.db",
        "api_version": "2026-10-28.endive",
        "events": "*",
    }


def test_a_narrow_subscription_is_a_list() -> None:
    """The event types subscribed to are named."""
    narrow = Target("http://localhost/", None, "", "2026-10-28.endive", ("charge.refunded",))
    assert document(result(target=narrow), CONTRACT)["target"]["events"] == ["charge.refunded"]


def test_a_seed_is_told() -> None:
    """What the orders of delivery were drawn from is there where it was given, to draw them again."""
    seeded = replace(result().target, seed=7)
    assert document(result(target=seeded), CONTRACT)["target"]["seed"] == 7


def test_a_diagnosis_is_told_with_its_fix() -> None:
    """What the endpoint behaves like, how it is mended, and which failed clauses say so."""
    lost = Defect("lost", "refunds dropped", "It drops refunds.", "Keep them.", ("a/b#1",), frozenset(), frozenset())
    assert document(result(diagnoses=(Diagnosis((lost,), ("OO-01",)),)), CONTRACT)["diagnoses"] == [
        {
            "behaves_like": [
                {
                    "defect": "lost",
                    "known_as": "refunds dropped",
                    "description": "It drops refunds.",
                    "fix": "Keep them.",
                    "seen": ["a/b#1"],
                }
            ],
            "explains": ["OO-01"],
        }
    ]


def test_a_clause_is_as_promised() -> None:
    """A clause carries its group's name and the reason of its status."""
    clause = told("SG-02", document(result(judged("SG-02", "not_testable", "no order reader")), CONTRACT))
    assert {key: clause[key] for key in ("id", "level", "group", "title", "status", "reason", "scenarios")} == {
        "id": "SG-02",
        "level": "MUST",
        "group": "signed",
        "title": "One matching v1 among several is enough.",
        "status": "not_testable",
        "reason": "no order reader",
        "scenarios": [],
    }


def test_every_clause_is_there_in_the_order_of_the_contract() -> None:
    """Nobody has to guess what became of a clause."""
    assert [clause["id"] for clause in document(result(), CONTRACT)["clauses"]] == [one.id for one in CONTRACT]


def test_a_scenario_is_as_promised() -> None:
    """`deliveries` counts all that were made, also those of which no evidence was kept."""
    failed = violation("RP-05", "eight at once", "one order", "3 orders", seconds=0.0304999, sent=12)
    (told_scenario,) = told("RP-05", document(result(judged("RP-05", "failed", "x", failed)), CONTRACT))["scenarios"]
    assert {key: told_scenario[key] for key in ("name", "status", "seconds", "message", "deliveries")} == {
        "name": "eight at once",
        "status": "failed",
        "seconds": 0.03,
        "message": "expected one order, saw 3 orders",
        "deliveries": 12,
    }


def test_the_evidence_is_every_delivery_kept() -> None:
    """Each delivery says what was sent and what came back."""
    late = delivery(attempt=2, status=500, answer="oops", seconds=0.0123456)
    failed = violation("RP-05", "eight at once", "one order", "3 orders", deliveries=[delivery(), late])
    (told_scenario,) = told("RP-05", document(result(judged("RP-05", "failed", "x", failed)), CONTRACT))["scenarios"]
    assert told_scenario["evidence"][1] == {
        "at": 1.25,
        "purchase": "cs_test_run7f3a_1",
        "event_id": "evt_run7f3a_00c41d",
        "event_type": "checkout.session.completed",
        "signing": "honest",
        "attempt": 2,
        "answer_status": 500,
        "problem": "",
        "seconds": 0.012,
        "answer": "oops",
    }


def test_the_document_is_written_as_utf_8(tmp_path: Path) -> None:
    """Readers find report.json in the folder, created where it was missing, with its text as it is."""
    path = write(
        result(judged("RP-03", "passed", "", scenario("RP-03", "zwölf €"))), CONTRACT, tmp_path / "a" / "b", Redactor()
    )
    assert path == tmp_path / "a" / "b" / "report.json"
    assert "zwölf €" in path.read_text(encoding="utf-8")


def test_a_broken_answer_is_still_valid_json(tmp_path: Path) -> None:
    """Lone surrogates, control characters and quotes in an answer cost nobody the report."""
    answer = 'no\x00 \x1b[31m"\udcff'
    (clause,) = [
        one for one in written(tmp_path, deliveries=[delivery(answer=answer)])["clauses"] if one["id"] == "RP-05"
    ]
    assert clause["scenarios"][0]["evidence"][0]["answer"] == answer


def test_no_secret_is_written(tmp_path: Path) -> None:
    """Every text passes the redactor."""
    written(tmp_path, deliveries=[delivery(answer="wrong password hunter2")], notes=["hunter2"], story=["hunter2"])
    assert "hunter2" not in (tmp_path / "report.json").read_text(encoding="utf-8")


def test_a_secret_that_is_one_of_our_words_changes_no_status(tmp_path: Path) -> None:
    """A database password `passed` does not make a report unreadable for programs."""
    path = write(result(), CONTRACT, tmp_path, Redactor(["passed", "certified"]))
    loaded = json.loads(path.read_text(encoding="utf-8"))
    assert (loaded["verdict"], loaded["clauses"][0]["status"]) == ("certified", "passed")


def test_an_older_report_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    """The temporary file is gone once the report is there."""
    save(tmp_path, "report.json", b"old and much longer")
    save(tmp_path, "report.json", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"report.json": b"new"}


def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    """A file where the folder should be is wrong usage, not a traceback."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"cannot be written \(.+\)\.\nName a folder .+ --report DIR"):
        write(result(), CONTRACT, tmp_path / "file", Redactor())


def test_a_report_that_cannot_be_replaced_leaves_no_temporary_file(tmp_path: Path) -> None:
    """A folder called report.json is in the way; what was half done is taken back."""
    (tmp_path / "report.json" / "inside").mkdir(parents=True)
    with pytest.raises(UsageError):
        write(result(), CONTRACT, tmp_path, Redactor())
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_preparing_creates_the_folder_and_leaves_it_empty(tmp_path: Path) -> None:
    """A run that is not begun leaves nothing that looks like a report."""
    prepare(tmp_path / "reports")
    assert list((tmp_path / "reports").iterdir()) == []


def test_preparing_refuses_before_a_run_is_spent(tmp_path: Path) -> None:
    """Whoever names an impossible folder learns it before anything is sent."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="--report DIR"):
        prepare(tmp_path / "file")


def test_a_baseline_is_told() -> None:
    """Which entries were used, and which pass; a failed scenario keeps its status and says why it is accepted."""
    known = judged("RP-05", "failed", "x", violation("RP-05", "eight at once", "one order", "3", known="ticket 7"))
    listed = Standing(
        Path("known.toml"),
        used=(Entry("RP-05", "eight at once", "ticket 7"),),
        passing=(Entry("OO-01", "refund first", "ticket 8", "2023-10-16"),),
    )
    found = document(result(known, baseline=listed), CONTRACT)

    assert found["baseline"] == {
        "file": "known.toml",
        "used": [{"clause": "RP-05", "example": "eight at once", "reason": "ticket 7"}],
        "passing": [
            {"clause": "OO-01", "example": "refund first", "reason": "ticket 8", "api_version": "2023-10-16"},
        ],
    }
    assert told("RP-05", found)["status"] == "failed"
    assert told("RP-05", found)["scenarios"][0]["known"] == "ticket 7"
    assert "baseline" not in document(result(), CONTRACT)


def test_a_clause_that_came_later_is_marked() -> None:
    """Programs can tell what does not count."""
    late = replace(judged("OO-01"), counted=False)
    late = replace(late, clause=replace(late.clause, since="2026.2"))

    assert told("OO-01", document(result(late), CONTRACT))["counted"] is False
    assert told("OO-01", document(result(late), CONTRACT))["since"] == "2026.2"
    assert "counted" not in told("OO-02", document(result(late), CONTRACT))
