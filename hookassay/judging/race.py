"""Races: copies of one event that reach the endpoint at the same instant, round after round.

A race only shows where the attempts really overlap, so a round counts only if at least two copies overlapped on the
wire and two were acknowledged, after retries. Sizes and holds vary from round to round, because what makes a window
visible differs between servers; each round has a purchase of its own on fresh connections, and the first doubled order
ends the race.
"""

from __future__ import annotations

import time

from ..errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from ..orders.book import Orders, describe, same
from ..sender.dispatch import Parcel
from ..wire.connection import Connection, unanswered
from .expectation import Expectation
from .scene import Role, Scene

ROUNDS_NEAR = 10
# Behind a proxy or on another machine copies spread, so that the same confidence takes twice the rounds.
ROUNDS_FAR = 20
SIZES = (8, 4, 16, 2)
SHORTEST_HOLD = 0.002
# In every third round, so that each size gets it: for servers that read the body only after they have found a worker.
LONG_HOLD = 0.025
RACED = "checkout.session.completed"


class Race:
    """Rounds of copies of one completed checkout."""

    def __init__(self, scene: Scene) -> None:
        """Race on `scene`'s stage."""
        self._scene = scene
        self._expect = Expectation(scene)
        self._bench = scene.bench
        self.counted = 0
        self.rounds = 0
        self.doubled: tuple[Role, Orders] | None = None
        self._raced: list[Role] = []
        self._spreads: list[float] = []

    def run(self) -> None:
        """Run the rounds, until one doubled its order.

        Raises:
            NotApplicable: the endpoint is not subscribed to the event.
            NotTestable: a doubled order would not be seen.
        """
        subscription = self._bench.settings.endpoint.events
        if subscription is not None and RACED not in subscription:
            raise NotApplicable(f"not subscribed to {RACED}")
        self._expect.require_uniqueness()
        rounds = ROUNDS_NEAR if self._bench.endpoint.loopback else ROUNDS_FAR
        round_trip = self._round_trip()
        for number in range(rounds):
            copies = SIZES[number % len(SIZES)]
            hold = LONG_HOLD if number % 3 == 2 else max(SHORTEST_HOLD, round_trip)
            self._round(number, copies, hold)
            if self.doubled:
                return

    def doubles_nothing(self) -> None:
        """Expect exactly one order from each round, now and when nothing is under way any more.

        Raises:
            ContractViolation: a round made two orders or effects, or none.
            NotTestable: no round counted.
        """
        if self.doubled:
            raise ContractViolation(
                "exactly one order from each round", f"{describe(self.doubled[1])} in round {self.rounds}"
            )
        if not self.counted:
            raise NotTestable(
                f"none of {self.rounds} rounds had two overlapping copies that were acknowledged: no race was run"
            )
        slowest = max(self._spreads)
        self._scene.record.note(
            f"0 of {self.counted} rounds doubled an order (last bytes within {slowest * 1000:.1f} ms)"
        )
        for role in self._raced:
            self._expect.watch_once(role)

    def _round(self, number: int, copies: int, hold: float) -> None:
        scene = self._scene
        self.rounds = number + 1
        role = scene.cast(f"round {number + 1}")
        self._raced.append(role)
        bundle = role.story.tell("the payment")
        event = bundle.of(RACED)
        parcel = self._bench.dispatch.parcel(role.purchase.session_id, event)
        parcels: list[Parcel] = [parcel] * copies
        volley = self._bench.dispatch.fire(parcels, hold)
        self._spreads.append(volley.spread)
        for sent, answer in zip(parcels, volley.answers, strict=True):
            scene.courier.adopt(sent, answer)
        # What else Stripe reports of the payment; an endpoint may need another event than the raced one to pay it.
        scene.courier.deliver(
            role.purchase.session_id,
            [other for other in bundle if other is not event and scene.courier.subscribed(other)],
        )
        effect, seen = self._bench.settling.eventually(
            lambda: scene.orders(role),
            lambda orders: not same(role.before, orders),
            scene.courier,
            outstanding=copies,
            overhead=self._bench.book.overhead,
        )
        acknowledged = sum(answer.acknowledged for answer in volley.answers)
        if acknowledged < 2:
            # A copy that loses may be asked to come again. Only the copies of this round count here.
            self._bench.settling.eventually(lambda: not scene.courier.waiting(event.id), bool, scene.courier)
            acknowledged = copies - scene.courier.waiting(event.id)
        if not effect:
            window = self._bench.settling.window(copies)
            raise ContractViolation(
                f"one order from {copies} copies that arrived together, within {window:.2g} s",
                f"{describe(seen)} in round {self.rounds}",
            )
        if volley.overlapped >= 2 and acknowledged >= 2:
            self.counted += 1
        try:
            self._expect.once(role)()
        except ContractViolation:
            self.doubled = role, scene.orders(role)

    def _round_trip(self) -> float:
        """Seconds that one connection to the endpoint takes to open.

        Raises:
            HarnessError: it cannot be opened.
        """
        endpoint = self._bench.endpoint
        began = time.monotonic()
        try:
            with Connection(endpoint):
                return time.monotonic() - began
        except OSError as error:
            problem = unanswered(error, endpoint.timeout, 0.0).problem
            raise HarnessError(f"no race could be run, for the endpoint cannot be reached: {problem}") from None
