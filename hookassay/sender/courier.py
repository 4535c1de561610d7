"""Delivers as Stripe would: only subscribed types, a fresh signature for each attempt, again until a 2xx.

Source: docs.stripe.com/webhooks, “Retry behavior” and “Fix HTTP status codes”: any 2xx counts, a redirect is a failure
and is never followed. Stripe's days of back-off become tenths of a second: after every later delivery of the scenario,
then at 0.1, 0.3, 1 and 3 seconds, and at the end of the settling time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..wire.connection import Answer, Line
from .dispatch import Dispatch, Parcel, retried
from .event import Event, Style
from .signature import HONEST

RETRIES = (0.1, 0.3, 1.0, 3.0)


@dataclass(eq=False)
class _Waiting:
    """An event that was not acknowledged yet."""

    parcel: Parcel
    tries_since: int = 0
    not_before: float = 0.0


class Courier:
    """Delivers the events of one scenario.

    Attributes:
        last_sent: Monotonic seconds of the latest first delivery: retries count from there.
        asked_until: Monotonic seconds until which the endpoint asked us to wait (`Retry-After`) at the longest.
        answers: Every answer to every attempt, in order.
        line: What attempts are made on, one connection for all; None, as it begins, opens one for each.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        subscription: frozenset[str] | None = None,
        glance: Callable[[str], None] | None = None,
    ) -> None:
        """Deliver through `dispatch` the event types in `subscription` (None: all).

        `glance` is called after each attempt of this courier's own with the Checkout Session id that it was about.
        """
        self._dispatch = dispatch
        self._glance = glance or (lambda _: None)
        self._subscription = subscription
        self._waiting: list[_Waiting] = []
        self._acknowledged: set[str] = set()
        self.last_sent = time.monotonic()
        self.asked_until = self.last_sent
        self.answers: list[Answer] = []
        self.line: Line | None = None

    def subscribed(self, event: Event) -> bool:
        """Whether Stripe would deliver events of this type to the endpoint."""
        return self._subscription is None or event.type in self._subscription

    def deliver(
        self,
        about: str,
        events: Iterable[Event],
        *,
        signing: str = HONEST,
        style: Style | None = None,
        lost: bool = False,
    ) -> list[Answer]:
        """Deliver each subscribed event once, and what waits again after each; the answers to the first attempts.

        Where the answers are `lost` on their way, nobody knows that the endpoint has handled it: it waits, too.
        """
        firsts = []
        for event in events:
            if not self.subscribed(event):
                continue
            waiting = list(self._waiting)
            parcel = self._dispatch.parcel(about, event, signing=signing, style=style)
            answer = self._dispatch.send(parcel, line=self.line)
            answer = answer.lost() if lost else answer
            self.adopt(parcel, answer)
            self._glance(about)
            firsts.append(answer)
            for letter in waiting:
                letter.tries_since = 0
                if letter.not_before <= time.monotonic():
                    self._again(letter)
        return firsts

    def adopt(self, parcel: Parcel, answer: Answer) -> None:
        """Take over an attempt that was made, by this courier or in a volley: retry it until it is acknowledged."""
        self.last_sent = time.monotonic()
        self.answers.append(answer)
        if answer.acknowledged:
            self._acknowledged.add(parcel.event_id)
        else:
            self._waiting.append(_Waiting(parcel, not_before=self._patience(answer)))

    def pump(self, *, last: bool = False) -> None:
        """Retry what is due now; `last` retries everything, whatever its time."""
        now = time.monotonic()
        for letter in list(self._waiting):
            if last:
                self._again(letter)
            elif letter.tries_since < len(RETRIES):
                due = max(self.last_sent + RETRIES[letter.tries_since], letter.not_before)
                if now >= due:
                    letter.tries_since += 1
                    self._again(letter)

    @property
    def outstanding(self) -> int:
        """How many deliveries still wait for a 2xx."""
        return len(self._waiting)

    @property
    def refusals(self) -> list[str]:
        """The types of the events that still wait for a 2xx, for messages."""
        return [letter.parcel.event_type for letter in self._waiting]

    def waiting(self, event_id: str) -> int:
        """How many deliveries of one event still wait for a 2xx."""
        return sum(letter.parcel.event_id == event_id for letter in self._waiting)

    @property
    def acknowledgements(self) -> int:
        """How many different events were acknowledged."""
        return len(self._acknowledged)

    def _again(self, letter: _Waiting) -> None:
        letter.parcel = retried(letter.parcel)
        answer = self._dispatch.send(letter.parcel, line=self.line)
        self.answers.append(answer)
        if answer.acknowledged:
            self._acknowledged.add(letter.parcel.event_id)
            self._waiting.remove(letter)
        else:
            letter.not_before = self._patience(answer)
        self._glance(letter.parcel.about)

    def _patience(self, answer: Answer) -> float:
        """Monotonic seconds before which an answer asks not to be tried again; 0 where it does not say."""
        asked = answer.retry_after()
        if asked is None:
            return 0.0
        self.asked_until = max(self.asked_until, answer.answered_at + asked)
        return answer.answered_at + asked
