"""storm.json: what programs are promised."""

from __future__ import annotations

import json
from pathlib import Path

import storm_results

from hookassay.redaction import Redactor
from hookassay.report import storm_document
from hookassay.storm.result import Result


def written(result: Result, folder: Path) -> tuple[str, dict[str, object]]:
    text = storm_document.write(result, folder, Redactor([storm_results.CANARY])).read_text()
    return text, json.loads(text)


def test_a_storm_that_converged(tmp_path: Path) -> None:
    """Verdict, numbers and percentiles are told."""
    _, told = written(storm_results.converged(), tmp_path)

    assert (told["verdict"], told["exit_code"], told["wrong_count"], told["wrong"]) == ("converged", 0, 0, [])
    assert (told["purchases"], told["seed"], told["deliveries"], told["seconds"]) == (300, 7, 300, 3.0)
    assert told["per_second"] == 100
    assert told["answers"] == {"200": 300}
    latency = told["latency"]
    assert isinstance(latency, dict)
    assert latency["p50"] < latency["p90"] < latency["p99"] <= latency["longest"] == 0.00399


def test_what_did_not_converge_is_told_with_its_deliveries(tmp_path: Path) -> None:
    """Each purchase that is wrong has what was expected, what was seen, and what was delivered about it."""
    _, told = written(storm_results.not_converged(), tmp_path)
    wrong = told["wrong"]
    assert isinstance(wrong, list)

    assert (told["exit_code"], told["wrong_count"], len(wrong)) == (1, 120, 7)
    assert wrong[0]["expected"] == "disputed"
    assert wrong[0]["deliveries"][1] == {"type": "charge.succeeded", "how": "again, at once", "acknowledged": True}
    assert told["answers"] == {"200": 233, "500": 33, "no answer within 10 s": 34}
    assert told["connections_not_opened"] == {"connection refused": 4}


def test_nothing_judged_is_told_as_such(tmp_path: Path) -> None:
    """Without a single answer there are numbers all the same."""
    _, told = written(storm_results.not_judged(), tmp_path)

    assert (told["verdict"], told["exit_code"], told["deliveries"]) == ("not judged", 3, 0)
    assert told["problem"] == "No delivery was acknowledged."


def test_secrets_are_replaced(tmp_path: Path) -> None:
    """A secret that an endpoint or a URL tells is not written."""
    text, _ = written(storm_results.not_converged(), tmp_path)

    assert storm_results.CANARY not in text
