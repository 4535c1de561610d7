"""Courses: which orders there are, how they are told, and how they are made simpler."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from hookassay.judging.course import AS_ANOTHER, FEWEST, UNCHANGED, Course, Step, every_order, interleaved, simpler

COMPLETED, SUCCEEDED = "checkout.session.completed", "charge.succeeded"
REFUNDED, CREATED = "charge.refunded", "refund.created"
TYPES = {"the payment": (SUCCEEDED, COMPLETED), "a full refund": (CREATED, REFUNDED), "the expiry": ("gone",)}
PAID, EXPIRED = Step("the payment", COMPLETED), Step("the expiry", "gone")
BACK = Step("a full refund", REFUNDED)
FACTS = ("the payment", "a full refund")
FOUR_FACTS = (*FACTS, "the expiry", "a dispute")
ALL = {**TYPES, "a dispute": ("opened", "moved")}


def course(*steps: Step, facts: tuple[str, ...] = FACTS) -> Course:
    return Course((facts,), steps)


class TestTimeline:
    def test_in_order(self) -> None:
        """Deliveries are told in order, and those that come again are marked."""
        again = Step("the payment", COMPLETED, UNCHANGED)
        assert course(BACK, PAID, again).timeline == f"{REFUNDED} → {COMPLETED} → {COMPLETED} (again)"

    def test_notes(self) -> None:
        """Another event, a lost answer, and which of two facts one type reports are told."""
        two = Course((("the payment", "a refund of 300", "another refund of 700"),), (
            Step("a refund of 300", REFUNDED),
            Step("another refund of 700", REFUNDED),
            Step("the payment", COMPLETED, lost=True),
            Step("the payment", COMPLETED, AS_ANOTHER),
        ))  # fmt: skip
        assert two.timeline == (
            "charge.refunded (a refund of 300) → charge.refunded (another refund of 700) → "
            "checkout.session.completed (its answer lost, and again) → "
            "checkout.session.completed (again, as another event)"
        )

    def test_purchases(self) -> None:
        """Of several purchases, A is the one that comes first."""
        two = Course((("the payment",), ("the payment",)), (Step("the payment", COMPLETED, part=1), PAID))
        assert two.timeline == f"{COMPLETED} (purchase A) → {COMPLETED} (purchase B)"
        assert (two.name(1), two.name(0)) == ("A", "B")


class TestEveryOrder:
    def test_all_permutations(self) -> None:
        """Each permutation of the facts is there, each with every event of every bundle."""
        courses = every_order(FOUR_FACTS, ALL, 0)
        firsts = [[step for step in one.steps if not step.how] for one in courses]

        assert {tuple(dict.fromkeys(step.fact for step in steps)) for steps in firsts} == set(permutations(FOUR_FACTS))
        assert all(one.reports_all(ALL) for one in courses)
        assert all(len(steps) == 7 for steps in firsts)

    def test_few(self) -> None:
        """A short lifecycle has each order several times: duplicates are drawn anew."""
        assert len(set(every_order(FACTS, TYPES, 0))) > FEWEST // 2

    def test_duplicates_come_later(self) -> None:
        """Some events come again, of both kinds, and never before they came."""
        kinds = set()
        for one in every_order(FOUR_FACTS, ALL, 0):
            told = set()
            for step in one.steps:
                assert bool(step.how) == (step.event in told)
                told.add(step.event)
                kinds.add(step.how)
        assert kinds == {"", UNCHANGED, AS_ANOTHER}

    def test_seed(self) -> None:
        """One seed draws the same courses ever again, another one others."""
        assert every_order(FACTS, TYPES, 1) == every_order(FACTS, TYPES, 1)
        assert every_order(FACTS, TYPES, 1) != every_order(FACTS, TYPES, 2)


def test_interleaved() -> None:
    """Events of each purchase stay in turn, and those of others come between."""
    one = interleaved([FACTS, FACTS, ("the payment",)], TYPES, random.Random(3))
    own = [[step.type for step in one.steps if step.part == part] for part in range(3)]

    assert own == [[SUCCEEDED, COMPLETED, CREATED, REFUNDED]] * 2 + [[SUCCEEDED, COMPLETED]]
    assert [step.part for step in one.steps] != sorted(step.part for step in one.steps)


class TestSimpler:
    def test_lighter(self) -> None:
        """Each simpler course is lighter, and the lightest comes first."""
        whole = every_order(FACTS, TYPES, 0)[0]
        weights = [one.weight for one in simpler(whole, TYPES)]

        assert weights == sorted(weights)
        assert max(weights) < whole.weight

    def test_leaves_out(self) -> None:
        """A delivery, a duplicate or a fact may go; a fact of which nothing is reported did not happen."""
        again = Step("the payment", COMPLETED, UNCHANGED)
        found = simpler(course(PAID, BACK, again), TYPES)

        assert course(PAID, BACK) in found
        assert Course((("the payment",),), (PAID, again)) in found

    def test_what_follows_goes_too(self) -> None:
        """Without the refund there is no failure of it."""
        failed = Step("the refund's failure", "refund.failed")
        facts = (*FACTS, "the refund's failure")
        types = {**TYPES, "the refund's failure": ("refund.failed",)}

        assert Course((("the payment",),), (PAID,)) in simpler(course(PAID, failed, BACK, facts=facts), types)

    def test_better_known(self) -> None:
        """A fact may be told by the type that people know it by."""
        assert course(PAID, BACK) in simpler(course(PAID, Step("a full refund", CREATED)), TYPES)

    def test_plainer(self) -> None:
        """What comes as another event may come unchanged, and no answer need be lost."""
        strange = course(Step("the payment", COMPLETED, lost=True), Step("the payment", COMPLETED, AS_ANOTHER), BACK)
        found = simpler(strange, TYPES)

        assert course(PAID, Step("the payment", COMPLETED, AS_ANOTHER), BACK) in found
        assert course(strange.steps[0], Step("the payment", COMPLETED, UNCHANGED), BACK) in found

    def test_purchases(self) -> None:
        """A purchase may go, and what is left keeps its name."""
        two = Course((("the payment",), FACTS), (PAID, Step("the payment", COMPLETED, part=1)))
        assert Course((("the payment",),), (PAID,)) in simpler(two, TYPES)

    @pytest.mark.parametrize("steps", [(PAID,), (PAID, BACK)])
    def test_comes_to_an_end(self, steps: tuple[Step, ...]) -> None:
        """Whatever is made simpler over and over is over some time."""
        waiting, rounds = [course(*steps)], 0
        while waiting:
            waiting = simpler(waiting[0], TYPES)
            rounds += 1
        assert rounds < 10


def test_in_turn() -> None:
    """The excuse of an endpoint: the same events once, as they happened, and the other way round."""
    again = Step("the payment", COMPLETED, AS_ANOTHER)
    forth, back = course(BACK, PAID, again).in_turn(TYPES)

    assert forth.steps == (PAID, BACK)
    assert back.steps == (BACK, PAID)
