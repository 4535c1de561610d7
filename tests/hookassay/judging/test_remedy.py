"""How clauses are kept in common frameworks."""

from __future__ import annotations

import pytest

from hookassay.judging.contract import Contract
from hookassay.judging.remedy import ANY, FRAMEWORKS, Remedy, remedies, remedies_of

CONTRACT = Contract.load()


@pytest.mark.parametrize("clause", [clause.id for clause in CONTRACT])
def test_every_clause_has_one(clause: str) -> None:
    """Whoever fails a clause is told what to do."""
    assert remedies_of(clause)


@pytest.mark.parametrize("remedy", remedies(), ids=lambda remedy: remedy.title)
def test_it_is_about_clauses(remedy: Remedy) -> None:
    """Every clause that is named exists, and is named once."""
    assert set(remedy.clauses) <= {clause.id for clause in CONTRACT}
    assert len(set(remedy.clauses)) == len(remedy.clauses)


@pytest.mark.parametrize("remedy", remedies(), ids=lambda remedy: remedy.title)
def test_frameworks_are_known(remedy: Remedy) -> None:
    """What is said is said of a framework of the list, or of any."""
    assert remedy.ways
    assert set(remedy.ways) <= {ANY, *FRAMEWORKS}


@pytest.mark.parametrize("remedy", remedies(), ids=lambda remedy: remedy.title)
def test_it_is_short(remedy: Remedy) -> None:
    """Each way fits a few lines of a terminal."""
    assert {name: len(way) for name, way in remedy.ways.items() if len(way) > 440 or "\n" in way} == {}


def test_what_is_common_is_said_first() -> None:
    """What holds for any framework comes before what is said of one."""
    assert all(next(iter(remedy.ways)) == ANY for remedy in remedies() if ANY in remedy.ways)
