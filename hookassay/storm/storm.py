"""A storm from its beginning to its end: the preflight, the load, the proof."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from ..config import Settings
from ..endpoint import Endpoint
from ..errors import HarnessError, NotJudged
from ..judging.bench import Bench
from ..judging.contract import Contract
from ..judging.crowd import in_lanes
from ..judging.preflight import Preflight
from ..judging.run import Run, Unheard
from ..redaction import Redactor, redacted
from .client import Client
from .forecast import SHARED, Forecast
from .outbox import SILENCE, Outbox
from .proof import LANES, Proof
from .receipts import Receipts
from .result import CONVERGED, MOST_WRONG, NOT_CONVERGED, NOT_JUDGED, Load, Result
from .script import Repertoire, enough
from .stream import stream
from .tally import Tally

PURCHASES = 500
CONNECTIONS = 32

MINUTE = 60
"""Seconds ago when the sessions were created: the facts of a purchase then lie in the past."""

EVERY = 0.5
"""Seconds between two tellings of how far it is."""


@dataclass(frozen=True)
class Scale:
    """How large a storm is to be.

    Attributes:
        purchases: How many purchases; None where `deliveries` says it.
        deliveries: How many deliveries at least, nothing counted that is sent anew.
        duplicates: The share of them that delivers again what was delivered before.
        connections: How many may be under way at the same time.
    """

    purchases: int | None = PURCHASES
    deliveries: int | None = None
    duplicates: float = SHARED
    connections: int = CONNECTIONS


class Watcher(Protocol):
    """Who is told how a storm goes."""

    def tick(self, line: str) -> None:
        """The preflight found something to be so."""
        ...

    def begins(self, phase: str, total: int) -> None:
        """A phase begins: `delivering` so many deliveries, `reading` so many orders."""
        ...

    def progress(self, done: int) -> None:
        """So much of the phase is done."""
        ...


class Storm:
    """One storm on one endpoint."""

    def __init__(
        self, settings: Settings, endpoint: Endpoint, redactor: Redactor, scale: Scale, watcher: Watcher
    ) -> None:
        """Prepare it; nothing is sent or opened yet."""
        self._endpoint = endpoint
        self._redactor = redactor
        self._scale = scale
        self._watcher = watcher
        self._run = Run(settings, endpoint, Contract.load(), redactor, Unheard())
        self.settings = self._run.settings

    def forecast(self, bench: Bench | None = None) -> Forecast:
        """What is to come, in the manner that the preflight of `bench` found to work."""
        manner = bench.dispatch.manner if bench is not None else None
        forecast = Forecast(
            run=self._run.id,
            created=int(time.time()) - MINUTE,
            purchases=self._scale.purchases or 1,
            duplicates=self._scale.duplicates,
            seed=self.settings.run.seed or 0,
            style=manner.style if manner else "compact",
            headers=manner.headers if manner else (),
            url=(manner.url if manner else None) or self._endpoint.url,
        )
        if self._scale.deliveries is not None:
            forecast = replace(forecast, purchases=enough(Repertoire(self.settings, forecast), self._scale.deliveries))
        return forecast

    def run(self) -> Result:
        """Let it come, and prove what it left.

        Raises:
            UsageError: the configuration does not fit what was found.
            NotJudged: the endpoint cannot be judged.
        """
        with self._run.instruments() as bench:
            repertoire, findings = self._prepared(bench)
            load, receipts, interrupted = self._deliver(repertoire)
            return self._proved(bench, repertoire, load, receipts, findings, interrupted=interrupted)

    def prepare(self) -> Forecast:
        """Only see that it can come, and what is to come: the load is made by others, later.

        Raises:
            UsageError: the configuration does not fit what was found.
            NotJudged: the endpoint cannot be judged.
        """
        with self._run.instruments() as bench:
            return self._prepared(bench)[0].forecast

    def run_by(self, others: Callable[[Forecast], tuple[Load, Receipts]]) -> Result:
        """The same as `run`, with the load made by others.

        Raises:
            UsageError: the configuration does not fit what was found.
            NotJudged: the endpoint cannot be judged.
        """
        with self._run.instruments() as bench:
            repertoire, findings = self._prepared(bench)
            load, receipts = others(repertoire.forecast)
            return self._proved(bench, repertoire, load, receipts, findings, interrupted=False)

    def prove(self, load: Load, receipts: Receipts, made_by: Settings) -> Result:
        """Prove what a load left that others made before, by settings of theirs.

        Raises:
            UsageError: the orders cannot be opened.
        """
        with self._run.instruments() as bench:
            repertoire = Repertoire(made_by, load.forecast)
            return self._proved(bench, repertoire, load, receipts, (), interrupted=False)

    def _prepared(self, bench: Bench) -> tuple[Repertoire, tuple[str, ...]]:
        """What is to come, and what was found before it."""
        preflight = Preflight(bench, self._watcher.tick)
        preflight.run()
        repertoire = Repertoire(self.settings, self.forecast(bench))
        self._introduce(bench, repertoire)
        return repertoire, tuple(preflight.findings)

    def _introduce(self, bench: Bench, repertoire: Repertoire) -> None:
        """Let the shop create the orders, where it does so before it is paid."""
        create = bench.create
        if create is None:
            return
        places = range(repertoire.forecast.purchases)
        self._watcher.begins("creating orders", len(places))
        try:
            for start in range(0, len(places), 256):
                some = places[start : start + 256]
                in_lanes(lambda place: create(repertoire.purchase_at(place).placeholders()), some, LANES)
                self._watcher.progress(start + len(some))
        except HarnessError as error:
            raise NotJudged(f"The shop's own orders could not be created ([orders] create): {error}") from None

    def _deliver(self, repertoire: Repertoire) -> tuple[Load, Receipts, bool]:
        """Make the load; what became of it, and whether a person ended it."""
        forecast, run = repertoire.forecast, self.settings.run
        receipts, tally = Receipts(forecast.purchases), Tally()
        outbox = Outbox(stream(repertoire), receipts, tally, time.monotonic())
        endpoint = self._endpoint.with_url(forecast.url)
        client = Client(endpoint, forecast.headers, outbox, forecast.first, self._scale.connections, run.rate)
        self._watcher.begins("delivering", about(repertoire))

        async def watched() -> None:
            watching = asyncio.get_running_loop().create_task(self._watch(tally))
            try:
                await client.run()
            finally:
                watching.cancel()

        by, factory = _loop()
        interrupted = False
        try:
            with asyncio.Runner(loop_factory=factory) as runner:
                runner.run(watched())
        except KeyboardInterrupt:
            interrupted = True
        tally.close()
        load = Load(forecast, tally, self._scale.connections, run.rate, by, outbox.given_up, outbox.silenced)
        return load, receipts, interrupted

    async def _watch(self, tally: Tally) -> None:
        while True:
            await asyncio.sleep(EVERY)
            self._watcher.progress(tally.deliveries)

    def _proved(
        self,
        bench: Bench,
        repertoire: Repertoire,
        load: Load,
        receipts: Receipts,
        preflight: tuple[str, ...],
        *,
        interrupted: bool,
    ) -> Result:
        """Read the orders back, and say what they prove."""
        began = time.monotonic()
        proof = Proof(bench, repertoire, receipts)
        wrong: list[int] = []
        problem = ""
        if interrupted:
            problem = "It was interrupted."
        elif not load.tally.acknowledged:
            problem = "No delivery was acknowledged."
        elif not bench.book.readable:
            problem = "No order reader was given (--orders)."
        else:
            self._watcher.begins("reading orders", load.forecast.purchases)
            try:
                wrong = proof.unconverged(self._watcher.progress)
            except (HarnessError, NotJudged) as error:
                problem = f"The orders could not be read back: {error}"
        told = []
        with suppress(HarnessError, NotJudged):
            told = [proof.explained(place) for place in wrong[:MOST_WRONG]]
        return Result(
            url=self._endpoint.url,
            orders=bench.book.kind,
            source=redacted(self.settings.orders.source or ""),
            verdict=NOT_JUDGED if problem else NOT_CONVERGED if wrong else CONVERGED,
            load=load,
            preflight=preflight,
            claimed=proof.claimed,
            unclaimed=proof.unclaimed,
            wrong=tuple(told),
            wrong_count=len(wrong),
            notes=tuple(_notes(bench, proof, load)),
            problem=problem,
            proof_seconds=time.monotonic() - began,
        )


def about(repertoire: Repertoire, sample: int = 400) -> int:
    """About how many deliveries a storm has, nothing counted that is sent anew."""
    some = min(repertoire.forecast.purchases, sample)
    return (
        sum(len(group) for place in range(some) for group in repertoire.course(place)[1])
        * (repertoire.forecast.purchases)
        // some
    )


def _notes(bench: Bench, proof: Proof, load: Load) -> list[str]:
    notes = []
    if load.silenced:
        notes.append(f"It ended early: for {SILENCE:g} s nothing was acknowledged any more.")
    if proof.unclaimed:
        told = "1 event was" if proof.unclaimed == 1 else f"{proof.unclaimed:,} events were"
        kinds = f" (of the types {', '.join(sorted(load.given_up))})" if load.given_up else ""
        notes.append(f"{told} never acknowledged{kinds}, so that nothing is claimed about them.")
    if bench.book.readable and not proof.sees_twice:
        notes.append(
            "The order reader yields one row for a session, so that a second order would not be seen; an SQL source or "
            "a counter of effects ([effects] count) would show it."
        )
    return notes


def _loop() -> tuple[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The quickest event loop that is installed, and its name."""
    with suppress(ImportError):
        import uvloop

        return "uvloop", uvloop.new_event_loop
    return "the standard event loop (install hookassay[storm] for a quicker one)", asyncio.new_event_loop
