"""Long lifecycles: what is drawn, and what never is."""

from __future__ import annotations

import pytest

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.judging.course import AS_ANOTHER, UNCHANGED, Course, Types
from hookassay.judging.drawing import drawn
from hookassay.judging.lifecycle import outcome, without_orphans
from hookassay.sender.purchase import PurchaseBook
from hookassay.sender.story import Story

COUNT = 60


def types_of(facts: tuple[str, ...]) -> Types:
    story = Story(PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new())
    return {fact: story.tell(fact).types for fact in facts}


@pytest.fixture(scope="module")
def courses() -> list[Course]:
    return drawn(COUNT, None, types_of)


def test_all_is_reported(courses: list[Course]) -> None:
    """Each course reports each of its facts in full, and every fact follows from one that happened."""
    for course in courses:
        (facts,) = course.lifecycles
        assert course.reports_all(types_of(facts))
        assert without_orphans(facts) == facts
        assert outcome(facts).conditions


def test_variety(courses: list[Course]) -> None:
    """Among them are late events, both kinds of duplicates, lost answers and pauses, and long lifecycles."""
    steps = [step for course in courses for step in course.steps]

    assert len(courses) > COUNT // 2
    assert {step.how for step in steps} == {"", UNCHANGED, AS_ANOTHER}
    assert any(step.lost for step in steps)
    assert any(step.pause for step in steps)
    assert max(len(course.lifecycles[0]) for course in courses) >= 6


def test_duplicates_come_later(courses: list[Course]) -> None:
    """Nothing comes again before it came."""
    for course in courses:
        told = set()
        for step in course.steps:
            assert bool(step.how) == (step.event in told)
            told.add(step.event)


def test_no_snapshot_after_a_failure(courses: list[Course]) -> None:
    """What Stripe leaves open is not drawn: nothing is refunded after a refund failed."""
    for course in courses:
        (facts,) = course.lifecycles
        if "the refund's failure" in facts:
            behind = facts[facts.index("the refund's failure") + 1 :]
            assert [fact for fact in behind if "refund" in fact] == []


def test_always_the_same(courses: list[Course]) -> None:
    """Without a seed the same courses are drawn each time, and with one others, the same each time."""
    assert drawn(COUNT, None, types_of) == courses
    assert drawn(COUNT, 5, types_of) == drawn(COUNT, 5, types_of)
    assert drawn(COUNT, 5, types_of) != courses


def test_nothing_to_draw() -> None:
    """Where no fact can be known nothing is drawn."""
    assert drawn(COUNT, None, lambda facts: {}) == []
