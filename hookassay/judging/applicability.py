"""Which clauses can be judged at all, by what was declared and what there is to see with."""

from __future__ import annotations

from ..config import Settings
from ..faults import can_die, can_lose_its_store
from ..sender.signature import PREFIX
from .contract import NEEDS, Clause
from .journal import NOT_APPLICABLE, NOT_TESTABLE


def outside(clause: Clause, settings: Settings, *, readable: bool) -> tuple[str, str] | None:
    """Why `clause` cannot be judged, as a status and a reason; None when it can.

    Args:
        clause: The clause in question.
        settings: What was declared: capabilities decide what is applicable, never what is right.
        readable: Whether there is an order reader.
    """
    reasons = [(_missing(need, settings, readable), f"needs {NEEDS[need]}") for need in clause.needs]
    subscription = settings.endpoint.events
    if subscription is not None:
        reasons += [
            (NOT_APPLICABLE, f"not subscribed to {' or '.join(alternatives)}")
            for alternatives in clause.events
            if not set(alternatives) & set(subscription)
        ]
    # What was declared comes first: a clause that does not apply needs nothing to be seen with.
    for wanted in (NOT_APPLICABLE, NOT_TESTABLE):
        for status, reason in reasons:
            if status == wanted:
                return wanted, reason
    return None


def _missing(need: str, settings: Settings, readable: bool) -> str | None:
    """The status that a clause has where `need` is not met, None where it is."""
    endpoint = settings.endpoint
    match need:
        case "orders" | "unique" | "amounts":
            # Whether several rows or the amounts can be seen shows when they are read.
            return None if readable or (need == "unique" and settings.effects.count) else NOT_TESTABLE
        case "shop":
            return None if settings.purchase.created_by == "shop" else NOT_APPLICABLE
        case "secret prefix":
            secret = endpoint.secret.reveal() if endpoint.secret else ""
            return None if secret.startswith(PREFIX) else NOT_APPLICABLE
        case "url_without_secret":
            return None if endpoint.url_without_secret else NOT_APPLICABLE
        case "livemode":
            return None if endpoint.livemode is not None else NOT_APPLICABLE
        case "account":
            return None if endpoint.account is not None else NOT_APPLICABLE
        case "all events":
            return None if endpoint.events is None else NOT_APPLICABLE
        case "socket":
            return None if endpoint.app is None else NOT_APPLICABLE
        case "kill":
            return None if can_die(settings.faults) else NOT_APPLICABLE
        case "store":
            return None if can_lose_its_store(settings.faults) else NOT_APPLICABLE
        case "stripe_api":
            return None if settings.stripe_api.address is not None else NOT_APPLICABLE
        case _:
            raise LookupError(f"{need!r} is not in NEEDS")
