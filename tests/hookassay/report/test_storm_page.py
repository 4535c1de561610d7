"""storm.html: one file, whole without a script or a network, and without secrets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import storm_results

from hookassay.redaction import Redactor
from hookassay.report.storm_page import NAME, duration, page, write
from hookassay.storm.result import Result

RESULTS = {
    "converged": storm_results.converged,
    "not converged": storm_results.not_converged,
    "not judged": storm_results.not_judged,
}


def text(result: Result) -> str:
    return page(result, Redactor([storm_results.CANARY]))


@pytest.mark.parametrize("name", RESULTS)
def test_the_verdict_stands_first(name: str) -> None:
    """Each verdict is the heading of its page."""
    assert f"</span> {name.capitalize()}</h1>" in text(RESULTS[name]())


@pytest.mark.parametrize("name", RESULTS)
def test_the_page_needs_nothing_else(name: str) -> None:
    """It loads nothing, runs nothing, and lets the browser do neither."""
    found = text(RESULTS[name]())

    assert "<script" not in found
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", found)
    assert "default-src 'none'" in found


def test_what_did_not_converge_is_shown() -> None:
    """What was expected, seen and delivered is told, and how many more there are."""
    found = text(storm_results.not_converged())

    assert "The first 7 of 120." in found
    assert "<dd>disputed</dd>" in found
    assert "checkout.session.completed</code> (again, as another event)" in found
    assert "never acknowledged" in found
    assert "no connection: connection refused" in found


def test_foreign_texts_are_escaped_and_cleaned() -> None:
    """What an endpoint keeps in its orders is shown as text, without secrets."""
    found = text(storm_results.not_converged())

    assert "status=&lt;b&gt; ***" in found
    assert storm_results.CANARY not in found


def test_it_is_written_beside_the_others(tmp_path: Path) -> None:
    """The file is storm.html in the folder of the reports."""
    assert write(storm_results.converged(), tmp_path, Redactor()) == tmp_path / NAME


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.00085, "0.85 ms"), (0.0123, "12.3 ms"), (4.2071, "4.21 s"), (0, "0 ms")]
)
def test_durations_are_told_as_people_do(seconds: float, expected: str) -> None:
    """Three digits and a unit."""
    assert duration(seconds) == expected
