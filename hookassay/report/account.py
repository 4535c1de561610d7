"""A scenario as an account: what was sent, what came back, and how the orders read meanwhile, in the order of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..judging.journal import DeliveryRecord, Reading, ScenarioRecord
from ..orders.book import Orders, describe
from ..sender.signature import FORGERIES, HONEST

Clean = Callable[[str], str]
"""Makes a text fit for a report: no secrets, nothing that is not to be printed."""

ACKNOWLEDGED, REFUSED, SILENT = "acknowledged", "refused", "silent"


@dataclass(frozen=True)
class Sent:
    """One attempt.

    Attributes:
        at: Seconds since the first delivery of the scenario.
        until: When its answer came.
        who: The letter of the purchase that it is about; empty where there is only one.
        what: The event's type, or what the body is.
        how: How it was signed, and which attempt it was; empty for the first honest one.
        forged: Whether it was not as Stripe would send it.
        answer: The status and how long it took, or why there is none.
        kind: `acknowledged`, `refused` or `silent`.
        record: What the journal knows of it.
    """

    at: float
    until: float
    who: str
    what: str
    how: str
    forged: bool
    answer: str
    kind: str
    record: DeliveryRecord


@dataclass(frozen=True)
class Read:
    """How the orders of a purchase read.

    Attributes:
        at: Seconds since the first delivery of the scenario; negative before it.
        until: When the same was read last.
        who: The letter of the purchase; empty where there is only one.
        what: What is new about it.
        state: Which of the purchase's readings it is, from 0.
    """

    at: float
    until: float
    who: str
    what: str
    state: int


Moment = Sent | Read


def account(scenario: ScenarioRecord, clean: Clean) -> list[Moment]:
    """What the journal kept of a scenario, in the order of time; orders of purchases not delivered about are not."""
    if not scenario.deliveries:
        return []
    start = min(one.at for one in scenario.deliveries)
    purchases = list(dict.fromkeys(one.purchase for one in scenario.deliveries))
    letters = {purchase: _letter(place) if len(purchases) > 1 else "" for place, purchase in enumerate(purchases)}
    moments: list[Moment] = [_sent(one, start, letters[one.purchase], clean) for one in scenario.deliveries]
    before: dict[str, list[Reading]] = {}
    for one in scenario.readings:
        if one.purchase in letters:
            earlier = before.setdefault(one.purchase, [])
            told = clean(_told(earlier[-1].orders if earlier else (), one.orders))
            moments.append(Read(one.at - start, one.until - start, letters[one.purchase], told, len(earlier)))
            earlier.append(one)
    return sorted(moments, key=lambda moment: moment.at)


def how(delivery: DeliveryRecord) -> str:
    """How an attempt was signed, and which one it was; empty for the first honest one."""
    told = []
    if delivery.attempt > 1:
        told.append(f"attempt {delivery.attempt}")
    if delivery.signing != HONEST:
        told.append(f"{'forged' if delivery.signing in FORGERIES else 'signed'}: {delivery.signing}")
    return ", ".join(told)


def milliseconds(seconds: float) -> str:
    """A time as a person reads it: `<1 ms`, `12 ms`, `1.4 s`."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "<1 ms"


def since(at: float) -> str:
    """When something was, seen from the first delivery: `0 ms`, `3.2 ms`, `1.40 s`; `before` it."""
    if at < 0:
        return "before"
    if at >= 1:
        return f"{at:.2f} s"
    return f"{at * 1000:.0f} ms" if at >= 0.1 or at < 0.00005 else f"{at * 1000:.1f} ms"


def _sent(one: DeliveryRecord, start: float, who: str, clean: Clean) -> Sent:
    if one.status is None:
        kind, answer = SILENT, f"no answer: {one.problem}" if one.problem else "no answer"
    else:
        kind = ACKNOWLEDGED if 200 <= one.status < 300 else REFUSED
        answer = f"{one.status} in {milliseconds(one.seconds)}"
        if one.problem:
            answer += f", {one.problem}"
    at = one.at - start
    return Sent(
        at,
        at + one.seconds,
        who,
        clean(one.event_type),
        clean(how(one)),
        one.signing in FORGERIES,
        clean(answer),
        kind,
        one,
    )


def _told(before: Orders, now: Orders) -> str:
    """What is new about the orders of a purchase."""
    if len(before) != 1 or len(now) != 1:
        return describe(now)
    old, new = before[0].words, now[0].words
    changes = [
        f"{column}: {old.get(column, 'null')} → {word}" for column, word in new.items() if old.get(column) != word
    ]
    return ", ".join(changes) or describe(now)


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else str(place + 1)
