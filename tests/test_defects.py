"""The certification of defects: what is wrong on purpose must be seen, and blamed on the clauses concerned only."""

from __future__ import annotations

from collections import Counter

import pytest
from defective import CONTRACT, DEFECTS, RACES, check, judge
from pool import Judgements

__all__ = ["judge"]  # which the pool judges by


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(DEFECTS) - set(RACES)))
def test_a_defect_is_seen_and_blamed_on_its_clauses(name: str, judgements: Judgements) -> None:
    """A wrong server is not certified, for the clauses that its fault breaks and for no others."""
    check(name, judgements[name].result())


SHORTEST = {
    "refund_lost_between_completions": (
        "CV-01",
        "checkout.session.completed → charge.refunded → checkout.session.completed (again): "
        "expected refunded, saw refund_status=none",
    ),
    "expiry_overwrites": (
        "CV-01",
        "checkout.session.completed → checkout.session.expired: expected paid, saw status=expired",
    ),
    "refund_of_the_current_payment": (
        "CV-03",
        "checkout.session.completed (purchase A) → checkout.session.completed (purchase B) → "
        "charge.refunded (purchase A): expected purchase ",
    ),
}
"""Defect → the clause that shows it, and how the message begins in one of its scenarios."""


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORTEST)
def test_a_failure_is_shown_by_the_shortest_order(name: str, judgements: Judgements) -> None:
    """What fails in one order of arrival only is shown by that order, and by nothing that it does not take."""
    clause, expected = SHORTEST[name]
    found = judgements[name].result()
    messages = [scenario["message"] for scenario in found.clause(clause)["scenarios"]]
    assert any(message.startswith(expected) for message in messages), messages


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_defect_names_clauses_of_the_contract(name: str) -> None:
    """Every clause that a defect lists exists, is listed once, and at least one must fail."""
    defect = DEFECTS[name]
    known = {clause.id for clause in CONTRACT}
    assert defect.fails
    assert sorted((defect.fails | defect.may_fail) - known) == []
    assert sorted(defect.fails & defect.may_fail) == []


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_defect_says_what_is_wrong_in_one_line(name: str) -> None:
    """A defect's description is one sentence that fits a row of the matrix."""
    description = DEFECTS[name].description
    assert description.endswith(".")
    assert len(description) <= 120


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_defect_has_a_name_that_fits_a_sentence(name: str) -> None:
    """What a defect is known as can stand in a sentence, behind "behaves like": a few words without a full stop."""
    known_as = DEFECTS[name].known_as
    assert 3 <= len(known_as.split()) <= 9
    assert "." not in known_as
    assert len(known_as) <= 70


def test_no_two_defects_are_known_by_one_name() -> None:
    """What a report calls a defect tells it from all others."""
    names = Counter(defect.known_as for defect in DEFECTS.values())
    assert [name for name, number in names.items() if number > 1] == []


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_defect_says_how_it_is_mended(name: str) -> None:
    """Each defect has a fix, short enough for a report and in whole sentences."""
    fix = DEFECTS[name].fix
    assert fix.endswith(".")
    assert len(fix.rstrip(".").split()) > 1
    assert len(fix) <= 260
