"""Long lifecycles, drawn by Hypothesis: what happens, in which order it is reported, what comes again, what is lost.

The same seed draws the same courses, as long as Hypothesis's version is the same; without one it is always the same.
What Stripe's documentation leaves open is never drawn: a snapshot of a charge made after a refund failed, a second
dispute, a refund that is canceled, a dispute that is lost and later won.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from .course import AS_ANOTHER, UNCHANGED, Course, Step, Types

PAUSES = (0.005, 0.02)
"""Seconds that pass between two deliveries where it is more than nothing."""

_BEFORE = st.sampled_from(((), ("a declined attempt",), ("a declined attempt", "another declined attempt")))
_PAYMENT = st.sampled_from((("the payment",), ("the delayed payment's checkout", "the delayed payment's success")))
_REFUNDS = st.sampled_from(
    (
        (),
        ("a refund of 600",),
        ("a refund of 200", "another refund of 300", "another refund of 500"),
        ("a refund of 400", "another refund of 600"),
        ("a full refund",),
        ("a pending refund", "the refund's success"),
        ("a full refund", "the refund's failure"),
    )
)
_DISPUTES = st.sampled_from(
    (
        (),
        ("a dispute", "the dispute's update to under_review"),
        ("a dispute", "the dispute's closing as won"),
        ("a dispute", "the dispute's update to under_review", "the dispute's closing as won"),
        ("a dispute", "the dispute's update to under_review", "the dispute's closing as lost"),
        ("a dispute born warning_needs_response", "the dispute's closing as warning_closed"),
        (
            "a dispute born warning_needs_response",
            "the dispute's update to needs_response",
            "the dispute's closing as lost",
        ),
    )
)


@st.composite
def lifecycles(draw: st.DrawFn) -> tuple[str, ...]:
    """Six to nine facts of one purchase, as they happened; fewer where less can be drawn."""
    payment = draw(_PAYMENT)
    late = ("the expiry",) if payment == ("the payment",) and draw(st.booleans()) else ()
    return (*draw(_BEFORE), *payment, *late, *draw(_REFUNDS), *draw(_DISPUTES))


@st.composite
def orders(draw: st.DrawFn, facts: Sequence[str], types: Types) -> Course:
    """One order of all events of these facts: some come late, some again, some answers are lost, sometimes it takes."""
    steps = [Step(fact, name) for fact in facts for name in types[fact]]
    if draw(st.booleans()):
        steps = draw(st.permutations(steps))
    else:
        for _ in range(draw(st.integers(1, 4))):
            steps.insert(draw(st.integers(0, len(steps) - 1)), steps.pop(draw(st.integers(0, len(steps) - 1))))
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(0, len(steps) - 1))
        again = replace(steps[first], how=draw(st.sampled_from((UNCHANGED, AS_ANOTHER))))
        steps.insert(draw(st.integers(first + 1, len(steps))), again)
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(steps) - 1))
        steps[place] = replace(steps[place], lost=True)
    if draw(st.integers(0, 3)) == 0:
        place = draw(st.integers(0, len(steps) - 1))
        steps[place] = replace(steps[place], pause=draw(st.sampled_from(PAUSES)))
    return Course((tuple(facts),), tuple(steps))


def drawn(count: int, seed: int | None, types_of: Callable[[tuple[str, ...]], Types]) -> list[Course]:
    """So many different courses of drawn lifecycles.

    Args:
        count: How many.
        seed: What they are drawn from; None draws the same ones ever again.
        types_of: The events of the facts of a lifecycle; a fact without any is left out of it.
    """
    found: dict[Course, None] = {}

    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=seed is None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        types = types_of(data.draw(lifecycles()))
        if types:
            found[data.draw(orders(tuple(types), types))] = None

    (draw if seed is None else seeded(seed)(draw))()
    return list(found)
