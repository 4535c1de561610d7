"""Defects of convergence: what goes wrong in one order of arrival, or between other purchases' events."""

from __future__ import annotations

import uuid
from dataclasses import replace

import peewee
from hookassay.server.event import Event, word
from hookassay.server.facts import Fact, facts_in
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .registry import WSGIApp, defect
from .state import REFUND_EVENTS
from .variant import SingleLedger, execute, variant

COMPLETED = "checkout.session.completed"


# --- one order of arrival ---------------------------------------------------------------------------------------------


def tells_a_refund(fact: Fact) -> bool:
    """Whether money was given back, by this fact."""
    return fact.kind == "refund" or (fact.kind == "charge" and bool(fact.amount))


@defect(
    source="synthetic",
    fails="CV-01 OO-05",
    known_as="refunds dropped by a repeated completion",
    fix=(
        "Create the order only where the session has none. A completion that comes again must leave the refunds and "
        "disputes that are recorded as they are."
    ),
)
def refund_lost_between_completions(settings: Settings) -> WSGIApp:
    """A completion that comes again makes the order anew, without the refunds that came since the first one."""

    class Anew(SingleLedger):
        def __init__(self, database: peewee.Database) -> None:
            super().__init__(database)
            self._completed: set[str] = set()
            self._since: set[str] = set()
            self._completes = False

        def is_new(self, event_id: str, event_type: str) -> bool:
            self._completes = event_type == COMPLETED
            return super().is_new(event_id, event_type) or self._completes

        def apply(self, facts: tuple[Fact, ...]) -> None:
            payment = next((fact.payment_intent for fact in facts if fact.payment_intent), None)
            if payment and self._completes and payment in self._since:
                self._since.remove(payment)
                execute(self, "DELETE FROM facts WHERE kind = 'refund' AND payment_intent = ?", payment)
                execute(self, "UPDATE facts SET amount = NULL WHERE kind = 'charge' AND payment_intent = ?", payment)
            elif payment and payment in self._completed and any(map(tells_a_refund, facts)):
                self._since.add(payment)
            if self._completes and payment:
                self._completed.add(payment)
            super().apply(facts)

    return variant(settings, ledger=Anew)


@defect(
    source="synthetic",
    fails="RP-03 RF-05 CV-01 CV-02",
    known_as="only the latest event id remembered",
    fix=(
        "Keep the id of every handled event under a unique key, written in the transaction of its effect, and store "
        "each refund once under its refund id."
    ),
)
def refund_again_after_another_event(settings: Settings) -> WSGIApp:
    """Only the latest event is remembered: a refund whose answer was lost counts again once another event came."""

    class Adding(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._seen: dict[str, int] = {}
            self._latest = ""

        def take(self, event: Event) -> None:
            super().take(event)
            if event.type == "refund.created" and event.id != self._latest:
                again, *_ = facts_in(event)
                self._seen[again.stripe_id] = number = self._seen.get(again.stripe_id, 0) + 1
                if number > 1:
                    again = again._replace(stripe_id=f"{again.stripe_id} {number}")
                self._ledger.record(str(uuid.uuid4()), event.type, [again])
            self._latest = event.id

    return variant(settings, webhook=Adding)


# --- other purchases' events between ----------------------------------------------------------------------------------


@defect(
    source="synthetic",
    fails="CV-03 OR-09",
    may="OO-11 RF-06 RF-11",
    known_as="refunds booked to the customer's current payment",
    fix=(
        "Find the order of each refund by the payment_intent or charge that the event names. Keep no current payment "
        "from one delivery to the next."
    ),
)
def refund_of_the_current_payment(settings: Settings) -> WSGIApp:
    """A refund is that of the payment which the customer made last, kept from one delivery to the next."""

    class Keeping(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._current: dict[str, str] = {}

        def take(self, event: Event) -> None:
            customer, payment = word(event.object, "customer"), word(event.object, "payment_intent")
            if event.type == COMPLETED and customer and payment:
                self._current[customer] = payment
            current = self._current.get(customer or "", payment)
            if event.type in REFUND_EVENTS and current != payment:
                taken = {"id": f"{event.object['id']} taken", "charge": None, "payment_intent": current}
                event = replace(event, object={**event.object, **taken})
            super().take(event)

    return variant(settings, webhook=Keeping)
