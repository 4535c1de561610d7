"""The kill matrix: no clause is judged that was not seen to fail."""

from __future__ import annotations

import pytest
from defects.registry import load
from kill_matrix import DATA, PAGE, data, page

from hookassay.judging.contract import Clause, Contract
from hookassay.judging.feature import examples

DEFECTS = load()
EXAMPLES = examples()
JUDGED = [clause for clause in Contract.load() if clause.level != "MAY"]
LEAST = 60


@pytest.mark.parametrize("clause", JUDGED, ids=lambda clause: clause.id)
def test_a_clause_has_an_example(clause: Clause) -> None:
    """Each clause that is judged has a Rule with at least one example."""
    assert EXAMPLES.get(clause.id)


@pytest.mark.parametrize("clause", JUDGED, ids=lambda clause: clause.id)
def test_a_clause_is_failed_by_a_defect(clause: Clause) -> None:
    """Each clause that is judged is failed by at least one defect, always."""
    assert [name for name, defect in DEFECTS.items() if clause.id in defect.fails]


def test_what_is_only_recorded_fails_nobody() -> None:
    """No defect is failed by a clause that is never judged."""
    recorded = {clause.id for clause in Contract.load() if clause.level == "MAY"}
    assert [name for name, defect in DEFECTS.items() if recorded & (defect.fails | defect.may_fail)] == []


def test_there_are_defects_enough() -> None:
    """At least sixty wrong servers are told from the right ones."""
    assert len(DEFECTS) >= LEAST


def test_the_page_shows_the_defects() -> None:
    """docs/kill-matrix.md is what the defects say; `python tests/shared/kill_matrix.py` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_a_diagnosis_goes_by_the_defects() -> None:
    """What is installed for diagnoses is what the defects say; `python tests/shared/kill_matrix.py` writes it."""
    assert DATA.read_text(encoding="utf-8") == data()
