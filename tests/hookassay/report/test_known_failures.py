"""The baseline as a run writes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from results import judged, result, violation

from hookassay.errors import UsageError
from hookassay.judging.baseline import Baseline, Entry
from hookassay.judging.contract import Contract
from hookassay.judging.feature import examples
from hookassay.judging.verdict import NOT_CERTIFIED, Result
from hookassay.report.known_failures import write

CONTRACT = Contract.load()
NEW, OLD = examples()["SG-02"][:2]
FIXED, UNJUDGED = examples()["RF-01"][0], examples()["DP-01"][0]


def run() -> Result:
    """A run in which SG-02 fails in two examples, and RF-01 passes in what the baseline lists."""
    failing = judged("SG-02", "failed", "x", *(violation("SG-02", name, "one", "none") for name in (NEW, OLD)))
    passing = replace(judged("RP-05"), clause=CONTRACT["RF-01"])
    passing.scenarios[0].name = FIXED
    return result(clauses=(failing, passing), verdict=NOT_CERTIFIED)


def test_renewed(tmp_path: Path) -> None:
    """New failures come in, what is listed keeps its reason, what passes goes, and what was not judged stays."""
    file = tmp_path / "known.toml"
    stays = (Entry("SG-02", OLD, "ticket 7"), Entry("DP-01", UNJUDGED, "ticket 9"))

    write(Baseline(file, (*stays, Entry("RF-01", FIXED, "ticket 8"))), run(), CONTRACT)

    first, *others = Baseline.read(file, CONTRACT, examples()).entries
    assert (first.clause, first.example, first.reason[:5]) == ("SG-02", NEW, "TODO:")
    assert tuple(others) == stays


def test_unwritable(tmp_path: Path) -> None:
    """A file that cannot be written is told with the option that names it."""
    (tmp_path / "taken").mkdir()
    with pytest.raises(UsageError, match="--write-baseline FILE"):
        write(Baseline(tmp_path / "taken"), run(), CONTRACT)
