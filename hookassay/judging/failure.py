"""What could harm the endpoint, and whether it still works after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ..errors import ContractViolation, Unanswered
from ..sender.event import Event
from ..sender.malformed import MALFORMED, ODD
from ..wire.connection import Answer
from .expectation import Expectation
from .scene import Scene

THIN = "a thin event"

BODIES: Mapping[str, Callable[[Event], bytes]] = {**MALFORMED, **ODD, THIN: lambda event: event.thin().body()}
"""What a feature calls a signed body that is no snapshot event → the body."""

PAYMENT = "the payment"

# Whoever fetches the object of a thin event, as is right, sees that nothing is paid yet.
MADE_FROM = {THIN: "the delayed payment's checkout"}
"""What a body is made from, where it is not a report of the payment."""

COMPLETED = "checkout.session.completed"


def send_body(scene: Scene, kind: str) -> Answer:
    """Make one attempt with a rightly signed body that is no snapshot event, made from a report of the payment.

    It is never retried: what it is answered is the endpoint's own affair, and is noted where it may surprise.

    Raises:
        NotApplicable: the endpoint is subscribed to none of the events that the body could be made from.
    """
    role = scene.role()
    role.before = scene.orders_if_readable(role)
    bundle = scene.subscribed(role.story.tell(MADE_FROM.get(kind, PAYMENT)))
    event = next((one for one in bundle if one.type == COMPLETED), bundle[-1])
    parcel = scene.bench.dispatch.parcel(role.purchase.session_id, event)
    # A thin event is one that Stripe's API knows, as it knows what the event is about; what is no event has no id.
    event_id = event.thin().id if kind == THIN else ""
    answer = scene.bench.dispatch.send(replace(parcel, event_id=event_id, event_type=kind, body=BODIES[kind](event)))
    if answer.acknowledged or kind in ODD:
        scene.record.note(f"{kind} is answered {answer.describe()}")
    return answer


def still_works(scene: Scene) -> None:
    """Expect a genuine purchase to take effect.

    Where it does not, what follows in this run proves nothing about its own clause, and is left out.

    Raises:
        ContractViolation: it does not.
    """
    scene.cast("the next purchase")
    try:
        scene.deliver(PAYMENT, name="the next purchase")
        Expectation(scene).takes_effect("the next purchase")
    except (ContractViolation, Unanswered) as problem:
        scene.bench.harmed_by = scene.record.clause_id
        if isinstance(problem, Unanswered):
            seen = "that it does not answer any more"
        else:
            seen = f"that the next purchase does not: {problem.seen}"
        raise ContractViolation("the endpoint to go on working", seen) from None
