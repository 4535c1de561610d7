"""Courses: in which order the events of one purchase or several are delivered, and which of them again.

A course is a plan: it names facts and event types and holds no event, so that it can be carried out for fresh purchases
as often as it takes, and made simpler step by step. Everything that is drawn here is drawn from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from .lifecycle import without_orphans

Types = Mapping[str, tuple[str, ...]]
"""Fact → the types of the events in its bundle that are delivered, in the order in which Stripe makes them."""

UNCHANGED = "again"
AS_ANOTHER = "again, as another event"

HEADLINES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.refunded",
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "payment_intent.payment_failed",
    "refund.failed",
    "refund.updated",
    "payment_intent.succeeded",
    "refund.created",
)
"""The types by which people know a fact, the best known first: of orders that are equally short they are shown."""


FEWEST = 10
"""Courses for a lifecycle that has fewer orders: its events and duplicates are drawn anew for each."""


@dataclass(frozen=True)
class Step:
    """One delivery.

    Attributes:
        fact: The fact that is reported.
        type: The type of the event that reports it.
        how: Empty for a first delivery; else how it comes again, `UNCHANGED` or `AS_ANOTHER`.
        part: Which purchase of the course it is about, from 0.
        lost: Whether the endpoint's answer is lost, so that Stripe sends it again after the next delivery.
        pause: Seconds to wait before it.
    """

    fact: str
    type: str
    how: str = ""
    part: int = 0
    lost: bool = False
    pause: float = 0.0

    @property
    def event(self) -> tuple[int, str, str]:
        """Which event it is, whether it is delivered first or again."""
        return self.part, self.fact, self.type


@dataclass(frozen=True)
class Course:
    """What is delivered in which order, about purchases with which lifecycles.

    Attributes:
        lifecycles: The facts of each purchase, as they happened.
        steps: The deliveries.
    """

    lifecycles: tuple[tuple[str, ...], ...]
    steps: tuple[Step, ...]

    @property
    def weight(self) -> tuple[int, int, int]:
        """How much there is to understand: deliveries, what is special about them, and how little known their types."""
        special = sum(
            bool(step.lost) + bool(step.pause) + (step.how == AS_ANOTHER) + bool(step.part) for step in self.steps
        )
        return len(self.steps), special, sum(_rank(step.type) for step in self.steps)

    def name(self, part: int) -> str:
        """What a purchase is called: A is the one that something is delivered about first."""
        return "ABC"[list(dict.fromkeys(step.part for step in self.steps)).index(part)]

    @property
    def timeline(self) -> str:
        """The deliveries in order, such as `charge.refunded → checkout.session.completed`."""
        told: set[tuple[int, str, str]] = set()
        facts: dict[tuple[int, str], set[str]] = {}
        for step in self.steps:
            facts.setdefault((step.part, step.type), set()).add(step.fact)
        words = []
        for step in self.steps:
            notes = []
            if len(self.lifecycles) > 1:
                notes.append(f"purchase {self.name(step.part)}")
            if len(facts[step.part, step.type]) > 1:
                notes.append(step.fact)
            if step.event in told:
                notes.append(step.how or UNCHANGED)
            if step.lost:
                notes.append("its answer lost, and again")
            told.add(step.event)
            words.append(step.type + (f" ({'; '.join(notes)})" if notes else ""))
        return " → ".join(words)

    def reports_all(self, types: Types) -> bool:
        """Whether each fact is reported by its whole bundle."""
        told = {step.event for step in self.steps}
        return all(
            (part, fact, name) in told
            for part, facts in enumerate(self.lifecycles)
            for fact in facts
            for name in types[fact]
        )

    def of(self, steps: Sequence[Step]) -> Course:
        """The course with these of its steps only; a fact that is not reported any more did not happen."""
        left = {(step.part, step.fact) for step in steps}
        lifecycles = [
            without_orphans([fact for fact in facts if (part, fact) in left])
            for part, facts in enumerate(self.lifecycles)
        ]
        kept = [step for step in steps if step.fact in lifecycles[step.part]]
        parts = [part for part, facts in enumerate(lifecycles) if facts]
        return Course(
            tuple(lifecycles[part] for part in parts),
            tuple(replace(step, part=parts.index(step.part)) for step in kept),
        )

    def in_turn(self, types: Types) -> Iterator[Course]:
        """The same events, each once: purchase after purchase as they happened, and all the other way round."""
        firsts = {step.event: replace(step, how="", lost=False, pause=0.0) for step in self.steps}
        happened = [
            firsts[part, fact, name]
            for part, facts in enumerate(self.lifecycles)
            for fact in facts
            for name in types[fact]
            if (part, fact, name) in firsts
        ]
        yield Course(self.lifecycles, tuple(happened))
        yield Course(self.lifecycles, tuple(reversed(happened)))


# --- what is drawn ----------------------------------------------------------------------------------------------------


def every_order(facts: Sequence[str], types: Types, seed: object) -> list[Course]:
    """A course for each permutation of the facts: the events inside a bundle in a drawn order, some of them twice.

    The courses come in a drawn order, so that the first of them are a fair sample of all.
    """
    draw = random.Random(f"every order of {', '.join(facts)}: {seed}")  # noqa: S311 - no secret is drawn
    courses = []
    every = list(permutations(facts))
    for order in every * max(1, FEWEST // len(every)):
        steps = [Step(fact, name) for fact in order for name in draw.sample(types[fact], len(types[fact]))]
        if draw.random() < 0.5:
            # What came first comes again when all is told: whatever it resets can be seen.
            steps.append(replace(_best_known(steps, order[0]), how=draw.choice((UNCHANGED, AS_ANOTHER))))
        else:
            for _ in range(draw.choice((0, 1, 1, 2))):
                repeat(steps, draw)
        courses.append(Course((tuple(facts),), tuple(steps)))
    draw.shuffle(courses)
    return courses


def _best_known(steps: Sequence[Step], fact: str) -> Step:
    """The delivery by which people know a fact."""
    return min((step for step in steps if step.fact == fact), key=lambda step: _rank(step.type))


def repeat(steps: list[Step], draw: random.Random) -> None:
    """Let one of the deliveries come again, unchanged or as another event, anywhere behind it."""
    first = draw.randrange(len(steps))
    again = replace(steps[first], how=draw.choice((UNCHANGED, AS_ANOTHER)))
    steps.insert(draw.randint(first + 1, len(steps)), again)


def interleaved(lifecycles: Sequence[Sequence[str]], types: Types, draw: random.Random) -> Course:
    """The events of several purchases, those of each in turn, one purchase's between another's: bundles or events."""
    rows = [
        [[Step(fact, name, part=part) for name in types[fact]] for fact in facts]
        for part, facts in enumerate(lifecycles)
    ]
    if draw.random() < 0.5:
        rows = [[[step] for bundle in row for step in bundle] for row in rows]
    steps: list[Step] = []
    while any(rows):
        # All of them end at about the same time.
        (row,) = draw.choices(rows, weights=[len(row) for row in rows])
        steps += row.pop(0)
    return Course(tuple(map(tuple, lifecycles)), tuple(steps))


# --- what is made simpler ---------------------------------------------------------------------------------------------


def simpler(course: Course, types: Types) -> list[Course]:
    """Courses that leave out a part of this one, or say it by better known types; the lightest first."""
    steps = course.steps
    bold = [
        steps,
        tuple(step for step in steps if not step.how),
        tuple(replace(step, lost=False, pause=0.0) for step in steps),
        *(tuple(step for step in steps if step.part != part) for part in range(len(course.lifecycles))),
    ]
    for part, facts in enumerate(course.lifecycles):
        bold += [tuple(step for step in steps if (step.part, step.fact) != (part, fact)) for fact in facts]
    attempts = [*bold, *map(_headlines, bold)]
    for place, step in enumerate(steps):
        before, behind = steps[:place], steps[place + 1 :]
        attempts.append(before + behind)
        changes = [replace(step, lost=False, pause=0.0)]
        if step.how:
            changes.append(replace(step, how=UNCHANGED))
        attempts += [(*before, change, *behind) for change in changes]
    for step in {step.event: step for step in steps}.values():
        told = {other.type for other in steps if other.event[:2] == step.event[:2]}
        best = min(types[step.fact], key=_rank)
        if best not in told:
            attempts.append(tuple(replace(one, type=best) if one.event == step.event else one for one in steps))
    found = {course.of(attempt) for attempt in attempts}
    return sorted((one for one in found if one.steps and one.weight < course.weight), key=lambda one: one.weight)


def _rank(name: str) -> int:
    return HEADLINES.index(name) if name in HEADLINES else len(HEADLINES)


def _headlines(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Those deliveries that report a fact by the best known of the types that report it here."""
    best: dict[tuple[int, str], str] = {}
    for step in steps:
        best[step.part, step.fact] = min(best.get((step.part, step.fact), step.type), step.type, key=_rank)
    return tuple(step for step in steps if best[step.part, step.fact] == step.type)
