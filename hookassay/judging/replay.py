"""A recording delivered again, and how the orders read after it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from ..orders.book import Orders
from ..sender.courier import Courier
from ..sender.dispatch import Parcel
from ..sender.signature import SIGNINGS
from ..wire.connection import Answer
from .bench import Bench
from .journal import ScenarioRecord
from .recording import Delivery, Recording

HOLD = 0.01
"""Seconds between the last-but-one bytes of a volley and the last."""


@dataclass(frozen=True)
class Replayed:
    """What came of one replay.

    Attributes:
        record: What was delivered, and how it was answered.
        orders: Checkout Session id → its orders at the end; empty without an order reader.
        effects: Checkout Session id → how many effects it had; empty without a counter of effects.
    """

    record: ScenarioRecord
    orders: dict[str, Orders]
    effects: dict[str, int]

    @property
    def answered(self) -> bool:
        """Whether anything was answered at all."""
        return any(delivery.status is not None for delivery in self.record.deliveries)


class Replay:
    """Delivers recordings once more, each about fresh purchases."""

    def __init__(self, bench: Bench) -> None:
        """Deliver with the instruments of `bench`, whose shop's run id gives the fresh ids."""
        self._bench = bench

    def run(self, recording: Recording, run: str) -> Replayed:
        """Deliver a recording as it was, signed afresh and with the ids of another `run`; then read the orders.

        Every attempt is made again where it stands. One that was a retry is left out where it has become needless; what
        is not acknowledged in the end is retried as Stripe would, while the orders have their time to settle.

        Raises:
            HarnessError, NotJudged: the shop's own action or the order reader failed.
        """
        bench = self._bench
        fresh = recording.afresh(run, int(time.time()))
        bench.dispatch.manner = fresh.manner
        record = bench.journal.open(fresh.clause[0], fresh.scenario)
        for purchase in fresh.purchases:
            # Without an amount, in setup mode, the shop creates no order.
            if bench.create is not None and purchase["amount"] is not None:
                bench.create(purchase)
        latest: dict[str, tuple[Parcel, Answer]] = {}
        then: dict[str, Delivery] = {}
        for delivery, answer in self._deliver(fresh.deliveries, latest, then):
            then[delivery.parcel.event_id] = delivery
            if _honest(delivery.parcel):
                latest[delivery.parcel.event_id] = delivery.parcel, answer
        courier = bench.courier()
        for parcel, answer in latest.values():
            if not answer.acknowledged:
                courier.adopt(replace(parcel, together=""), answer)
        self._settle(fresh, courier)
        orders = {session_id: bench.book.of(session_id) for session_id in fresh.about} if bench.book.readable else {}
        bench.journal.close()
        return Replayed(record, orders, self._effects(fresh))

    def _deliver(
        self,
        deliveries: Sequence[Delivery],
        latest: Mapping[str, tuple[Parcel, Answer]],
        then: Mapping[str, Delivery],
    ) -> Iterator[tuple[Delivery, Answer]]:
        """Each delivery that was made, and its answer.

        `latest` and `then` hold, by the event's id, how it was answered last, now and in the recording.
        """
        dispatch = self._bench.dispatch
        for together, group in groupby(deliveries, key=lambda delivery: delivery.parcel.together):
            company = list(group)
            parcels = [replace(delivery.parcel, together="") for delivery in company]
            if together:
                time.sleep(company[0].pause)
            if together.startswith("volley"):
                yield from zip(company, dispatch.fire(parcels, HOLD).answers, strict=True)
            elif together:
                yield from zip(company, dispatch.converse(parcels), strict=True)
            else:
                for delivery, parcel in zip(company, parcels, strict=True):
                    time.sleep(delivery.pause)
                    event_id = parcel.event_id
                    # A retry of what was acknowledged then is one of an answer that got lost.
                    refused = event_id in then and not then[event_id].acknowledged
                    needless = event_id in latest and latest[event_id][1].acknowledged
                    if not (parcel.attempt > 1 and refused and needless):
                        yield delivery, dispatch.send(parcel)

    def _settle(self, recording: Recording, courier: Courier) -> None:
        """Give what was delivered its time, and retry meanwhile."""
        window = self._bench.settings.run.settle
        self._bench.settling.eventually(
            lambda: False, bool, courier, window=recording.settle if window is None else window
        )

    def _effects(self, recording: Recording) -> dict[str, int]:
        count = self._bench.effects
        if count is None:
            return {}
        purchases: list[dict[str, Any]] = [dict(purchase) for purchase in recording.purchases]
        return {purchase["session_id"]: count(purchase) for purchase in purchases}


def _honest(parcel: Parcel) -> bool:
    """Whether Stripe would go on retrying it."""
    return parcel.signing in SIGNINGS and bool(parcel.event_id) and parcel.method == "POST"
