"""A storm on the terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import storm_results
from rich.console import Console

from hookassay.redaction import Redactor
from hookassay.report.storm_terminal import StormTerminal
from hookassay.storm.result import Result


def told(result: Result, *, quiet: bool = False) -> str:
    file = io.StringIO()
    terminal = StormTerminal(Console(file=file, width=100), Redactor([storm_results.CANARY]), quiet=quiet)
    terminal.opening(result.url, result.load.forecast, 1900, 32, result.load.rate)
    terminal.tick("a genuine purchase takes effect")
    terminal.begins("delivering", 1900)
    terminal.progress(100)
    terminal.closing(result, [Path("hookassay-report/storm.html")])
    return file.getvalue()


def test_numbers_and_verdict_are_told() -> None:
    """What was delivered, answered and took how long, and the verdict last."""
    lines = " ".join(told(storm_results.converged()).split())

    assert "300 purchases, about 1,900 deliveries over 32 connections, as fast as answers come; seed 7" in lines
    assert "300 in 3.0 s, 100 a second; 60 duplicates, 2 sent anew" in lines
    assert "200 300 times" in lines
    assert "✔ converged: Every acknowledged event of 300 purchases is in its order" in lines


def test_what_did_not_converge_is_told_and_how_many_more() -> None:
    """The first few are told one by one, with the way in which they were delivered."""
    lines = told(storm_results.not_converged())

    assert lines.count("Expected:  disputed") == 5
    assert "charge.succeeded (again, at once)" in lines
    assert "and 115 more, in hookassay-report/storm.html" in lines
    assert "✘ not converged: 120 of 300 purchases did not end" in lines
    assert storm_results.CANARY not in lines


@pytest.mark.parametrize("make", [storm_results.converged, storm_results.not_converged, storm_results.not_judged])
def test_quiet_tells_what_is_wrong_and_the_verdict(make: object) -> None:
    """Nothing of the preflight, of numbers or of reports."""
    assert callable(make)
    lines = told(make(), quiet=True)

    assert "genuine purchase" not in lines
    assert "Delivered:  3" not in lines
    assert "converged" in lines or "not judged" in lines
