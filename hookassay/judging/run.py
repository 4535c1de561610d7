"""One run: preflight, the scenarios, a last look at what must not have happened, and the verdict."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Protocol

from ..config import Settings
from ..endpoint import Endpoint
from ..errors import HarnessError, NotJudged
from ..faults import Faults, declared
from ..orders.adapter import open_reader
from ..orders.book import OrderBook
from ..orders.effects import EffectCounter, open_counter
from ..orders.reader import OrderReader
from ..orders.settling import BARRIER_PURCHASES, Settling
from ..orders.shop import Action, open_action
from ..orders.vocabulary import Vocabulary
from ..redaction import Redactor, redacted
from ..sender.dispatch import Dispatch, Parcel
from ..sender.purchase import PurchaseBook
from ..sender.version import expanded
from ..stripe_api.client import StripeApi
from . import feature
from .applicability import outside
from .baseline import Baseline, Standing
from .bench import Bench, observer
from .contract import Clause, Contract
from .diagnosis import diagnose
from .journal import NOT_TESTABLE, Journal
from .performance import Performance, perform
from .preflight import Preflight
from .verdict import (
    NOT_CERTIFIED,
    NOT_JUDGED,
    ClauseResult,
    Result,
    Target,
    clause_results,
    excuse,
    standing,
    verdict,
)
from .watch import Watchlist
from .workers import Workers

# Clause id → about how many deliveries and purchases it takes beyond those of an ordinary scenario: every order of
# arrival, or rounds of up to 16 copies on another machine.
MANY = {
    "RP-05": (320, 20),
    "CV-01": (3600, 370),
    "CV-02": (600, 40),
    "CV-03": (500, 60),
    "CV-04": (600, 40),
    "CV-05": (1200, 80),
    "CV-06": (1200, 100),
}

# No run issues as many purchases in one API version: their numbers keep those of different versions apart.
NUMBERS_A_VERSION = 10_000

# Seconds after which whoever waited may want to know how to wait less.
LONG = 30.0


class Listener(Protocol):
    """Who is told how a run goes."""

    def opening(self, target: Target) -> None:
        """What is tested against what is known."""
        ...

    def tick(self, line: str) -> None:
        """The preflight found something to be so."""
        ...

    def progress(self, done: int, total: int, clause_id: str) -> None:
        """A scenario ended."""
        ...


class Unheard:
    """A listener for whoever uses a run's instruments alone: there is nothing to tell."""

    def opening(self, target: Target) -> None:
        """Nothing begins."""

    def tick(self, line: str) -> None:
        """Nothing is found."""

    def progress(self, done: int, total: int, clause_id: str) -> None:
        """Nothing ends."""


@dataclass(frozen=True)
class Plan:
    """What a run is going to do.

    Attributes:
        clauses: Every clause that the result speaks of, in the contract's order.
        runnable: Those that have examples and can be judged.
        outside: Clause id → status and reason of the others.
        examples: Clause id → how many examples it has.
        versions: The API versions to judge in, the declared one first; in the others only `again` is judged.
        again: Those of the runnable clauses that depend on how Stripe's objects look; empty for one version.
    """

    clauses: tuple[Clause, ...]
    runnable: dict[str, Clause]
    outside: dict[str, tuple[str, str]]
    examples: dict[str, int]
    versions: tuple[str, ...] = ("",)
    again: dict[str, Clause] = field(default_factory=dict)

    @property
    def scenarios(self) -> int:
        """How many scenarios will run, in all versions together."""
        return sum(self.scenarios_in(version) for version in self.versions)

    def scenarios_in(self, version: str) -> int:
        """How many scenarios will run in one API version."""
        return sum(self.examples.get(clause_id, 0) for clause_id in self.judged_in(version))

    def judged_in(self, version: str) -> dict[str, Clause]:
        """The clauses that are judged in one API version."""
        return self.runnable if version == self.versions[0] else self.again

    def estimate(self, workers: int = 1) -> tuple[int, int]:
        """About how many deliveries and purchases the run sends, rounded up: for whoever must consent to them."""
        # Each worker puts two barriers of its own.
        more = (workers - 1) * 2 * BARRIER_PURCHASES
        # A scenario delivers two bundles of three events on the average; some deliver a great many.
        many = [MANY[clause_id] for clause_id in self.runnable if clause_id in MANY]
        deliveries, purchases = (sum(numbers) for numbers in zip((60, 40), *many, strict=True))
        return (
            _rounded(self.scenarios * 7 + deliveries + more * 4),
            _rounded(self.scenarios * 2 + purchases + more),
        )


def plan(contract: Contract, settings: Settings) -> Plan:
    """What a run with these settings would judge, found without sending anything.

    Raises:
        UsageError: `only` names what is no clause and no group.
    """
    chosen = {clause.id for clause in contract.select(settings.run.only)}
    chosen |= {needed.id for clause_id in chosen for needed in contract.prerequisites(clause_id)}
    clauses = tuple(clause for clause in contract.clauses if clause.id in chosen)
    examples = {clause_id: len(titles) for clause_id, titles in feature.examples().items()}
    found: dict[str, tuple[str, str]] = {}
    for clause in clauses:
        reason = outside(clause, settings, readable=settings.orders.source is not None)
        if reason is not None:
            found[clause.id] = reason
    runnable = {clause.id: clause for clause in clauses if clause.id not in found}
    versions = expanded(settings.endpoint.api_version)
    again = {id_: clause for id_, clause in runnable.items() if id_ in contract.payload and len(versions) > 1}
    return Plan(clauses, runnable, found, examples, versions, again)


class Run:
    """Judges one endpoint by the contract."""

    def __init__(
        self,
        settings: Settings,
        endpoint: Endpoint,
        contract: Contract,
        redactor: Redactor,
        listener: Listener,
        reader: OrderReader | None = None,
        stripe_api: StripeApi | None = None,
        baseline: Baseline | None = None,
        faults: Faults | None = None,
    ) -> None:
        """Prepare a run; nothing is sent or opened yet.

        A `reader` and `faults` take the place of those that settings name.
        """
        self.versions = expanded(settings.endpoint.api_version)
        self.settings = _in_version(settings, self.versions[0])
        self.endpoint = endpoint
        self.contract = contract
        self.redactor = redactor
        self.listener = listener
        self.reader = reader
        self.stripe_api = stripe_api
        self.baseline = baseline
        self.faults = faults
        self.journal = Journal()
        self.began = datetime.now(UTC)
        # Letters and digits, eight of them, as Stripe's ids have them; the clock keeps runs apart for a person.
        self.id = secrets.token_hex(4)

    def execute(self, the_plan: Plan) -> Result:
        """Judge what the plan says.

        Raises:
            UsageError: the configuration does not fit what was found; nothing was judged.
            NotJudged: no clause of the plan can be judged.
        """
        began = time.monotonic()
        if not the_plan.runnable:
            reasons = "".join(f"\n  {clause}: {reason}" for clause, (_, reason) in the_plan.outside.items())
            raise NotJudged(f"None of the chosen clauses can be judged, so nothing was sent.{reasons}")
        preflight: Preflight | None = None
        problem = ""
        interrupted = False
        with self.instruments() as bench:
            self.listener.opening(self.target(bench.book))
            try:
                with self.journal.phase("preflight"):
                    preflight = Preflight(bench, self.listener.tick)
                    preflight.run()
                for version in the_plan.versions:
                    problem, interrupted = self._judge_in(version, bench, the_plan)
                    if problem or interrupted:
                        break
            except (NotJudged, HarnessError) as error:
                problem = str(error)
            except KeyboardInterrupt:
                interrupted = True
            bench.watchlist.abandon()
            return self._result(bench, the_plan, preflight, problem, interrupted, time.monotonic() - began)

    def rehearse(self) -> tuple[str, ...]:
        """The preflight alone; the ids of the purchases that it made.

        Raises:
            UsageError: the configuration does not fit what was found.
            NotJudged: the endpoint cannot be judged.
        """
        with self.instruments() as bench:
            self.listener.opening(self.target(bench.book))
            Preflight(bench, self.listener.tick).run()
            return tuple(self.journal.created)

    def _judge_in(self, version: str, bench: Bench, the_plan: Plan) -> tuple[str, bool]:
        """Judge in one API version; what ended it early, and whether a person did."""
        judged = the_plan.judged_in(version)
        if not judged:
            return "", False
        self.journal.api_version = version
        place = the_plan.versions.index(version)
        if place:
            bench = self._bench_in(version, bench, place)
        before = sum(map(the_plan.scenarios_in, the_plan.versions[:place]))

        def progress(done: int, _: int, clause_id: str) -> None:
            self.listener.progress(before + done, the_plan.scenarios, clause_id)

        performance = Performance(self.contract, judged, bench, progress)
        try:
            with Workers(performance, self.settings.run.workers) as workers:
                complaint = perform(performance, workers, in_process=self.endpoint.application is not None)
                if complaint and not performance.interrupted:
                    return f"pytest could not run the scenarios:\n{complaint}", False
                if performance.problem is not None:
                    return str(performance.problem), performance.interrupted
                if not performance.interrupted:
                    with self.journal.phase("last look"):
                        bench.watchlist.read_again()
                        workers.end()
                return "", performance.interrupted
        finally:
            bench.watchlist.abandon()

    def _bench_in(self, version: str, bench: Bench, place: int) -> Bench:
        """The same instruments, with purchases of another API version and nothing to watch yet."""
        shop = bench.shop.in_version(version, place * NUMBERS_A_VERSION)
        return replace(bench, settings=_in_version(self.settings, version), shop=shop, watchlist=Watchlist())

    def target(self, book: OrderBook) -> Target:
        """What is judged, as a report may show it."""
        settings = self.settings
        return Target(
            url=self.redactor.clean(self.endpoint.url),
            orders=book.kind,
            source=redacted(settings.orders.source or ""),
            api_version=settings.endpoint.api_version,
            also=self.versions[1:],
            events=settings.endpoint.events,
            app=settings.endpoint.app or "",
            seed=settings.run.seed,
        )

    @contextmanager
    def instruments(self) -> Iterator[Bench]:
        """What the scenarios of this run share, opened now and closed at the end; nothing is sent yet.

        Raises:
            UsageError: what the settings name cannot be opened.
            NotJudged: the order source refuses us.
        """
        settings = self.settings
        folder, timeout = settings.folder, settings.run.timeout
        opened: list[OrderReader | Action | EffectCounter | StripeApi] = []

        def rest() -> None:
            for thing in opened:
                thing.close()

        try:
            reader = self.reader or open_reader(settings.orders, folder, timeout, settings.run.cacert, self.endpoint)
            if reader is not None:
                opened.append(reader)
                reader.check()
            create = None
            if settings.purchase.created_by == "shop" and settings.orders.create is not None:
                create = open_action(
                    settings.orders.create,
                    "[orders] create",
                    settings.orders,
                    folder,
                    timeout,
                    settings.run.cacert,
                    self.endpoint,
                )
                opened.append(create)
            counter = open_counter(
                settings.effects, settings.orders, folder, timeout, settings.run.cacert, self.endpoint
            )
            if counter is not None:
                opened.append(counter)
            if self.stripe_api is not None:
                opened.append(self.stripe_api)
            shop = PurchaseBook(settings.purchase, settings.endpoint, self.id)
            yield Bench(
                settings=settings,
                endpoint=self.endpoint,
                shop=shop,
                dispatch=Dispatch(
                    self.endpoint,
                    observer(self.journal, self.redactor.clean),
                    tolerance=settings.endpoint.tolerance,
                    rate=settings.run.rate,
                    announce=self._announcing(shop),
                ),
                book=OrderBook(reader, Vocabulary(settings.orders), self.journal.read),
                settling=Settling(settings.run.settle),
                journal=self.journal,
                create=create.run if create is not None else None,
                effects=counter.count if counter is not None else None,
                stripe_api=self.stripe_api,
                faults=self.faults or declared(settings, self.endpoint),
                rest=rest,
            )
        finally:
            rest()

    def _announcing(self, shop: PurchaseBook) -> Callable[[Parcel], None] | None:
        """Tells the stand-in for Stripe's API of the purchase that an attempt is about, where there is one."""
        api = self.stripe_api
        if api is None:
            return None

        def announce(parcel: Parcel) -> None:
            purchase = shop.in_play.get(parcel.about)
            if purchase is not None:
                api.announce(purchase, parcel)

        return announce

    def _result(
        self,
        bench: Bench,
        the_plan: Plan,
        preflight: Preflight | None,
        problem: str,
        interrupted: bool,
        seconds: float,
    ) -> Result:
        begun = {record.api_version for record in self.journal.scenarios}
        first, *others = the_plan.versions
        clauses = self._results_in(first, the_plan)
        results = {version: self._results_in(version, the_plan) for version in others if version in begun}
        judged = [*clauses, *chain.from_iterable(results.values())]
        early, strict = interrupted or bool(problem), self.settings.run.strict
        known = None
        if self.baseline is not None:
            everywhere = {first: clauses, **results}
            known = standing(self.baseline, everywhere, strict=strict, interrupted=early)
            excuse(known.used, everywhere)
        left_out = tuple(self._left_out(clauses, bench.book, known))
        passing = known.passing if known else ()
        found = verdict(judged, left_out, strict=strict, interrupted=early, passing=passing)
        if interrupted and not problem:
            problem = "The run was interrupted. What was judged until then is in the report."
        return Result(
            target=self.target(bench.book),
            verdict=found,
            scope="orders" if bench.book.readable else "wire",
            seconds=seconds,
            clauses=clauses,
            contract=self.contract.version,
            run=self.id,
            left_out=left_out,
            problem=problem if found in (NOT_JUDGED, NOT_CERTIFIED) else "",
            sent=self.journal.sent,
            preflight=tuple(preflight.findings if preflight else ()),
            created=tuple(self.journal.created),
            phases=dict(self.journal.phases),
            versions=results,
            advice=self._advice(seconds),
            manner=bench.dispatch.manner,
            settle=bench.settling.window(),
            baseline=known,
            diagnoses=diagnose(judged),
            began=self.began,
        )

    def _advice(self, seconds: float) -> str:
        """What would make the next run shorter, where most of this one was waiting; else nothing."""
        alone = self.settings.run.workers == 1 and self.endpoint.application is None
        seconds -= self.journal.phases.get("fault clauses", 0.0)  # one after another, however many workers there are
        if alone and seconds > LONG and time.process_time() < seconds / 2:
            return "Most of this time was waiting for the endpoint: --workers 8 makes a run shorter."
        return ""

    def _results_in(self, version: str, the_plan: Plan) -> tuple[ClauseResult, ...]:
        """What was found in one API version about the clauses that it is judged by."""
        first = version == the_plan.versions[0]
        ids = [clause.id for clause in the_plan.clauses if first or clause.id in the_plan.again]
        outside = the_plan.outside if first else {}
        return clause_results(self.contract, ids, outside, self.journal.of(version), the_plan.examples)

    def _left_out(
        self, clauses: Sequence[ClauseResult], book: OrderBook, known: Standing | None = None
    ) -> Iterator[str]:
        """Why a passing verdict could only be partial, a sentence each."""
        excused: dict[str, list[str]] = {}
        for entry in known.used if known else ():
            excused.setdefault(entry.reason, []).append(entry.clause)
        for reason, ids in excused.items():
            yield f"Known to fail: {', '.join(dict.fromkeys(ids))} ({reason})."
        if self.endpoint.application is not None:
            yield "It ran in-process (--app): no server, no network and no two deliveries at once took part in it."
        if not book.readable:
            yield "No order reader was given (--orders), so that only what the wire shows was judged."
        if self.settings.run.only:
            yield f"Only {', '.join(self.settings.run.only)} was asked for (--only)."
        reasons: dict[str, list[str]] = {}
        for result in clauses:
            # Without an order reader the first sentence says it for all clauses that need one.
            said = not book.readable and "orders" in result.clause.needs
            if result.counted and result.status == NOT_TESTABLE and result.clause.level == "MUST" and not said:
                reasons.setdefault(result.reason, []).append(result.clause.id)
        for reason, ids in reasons.items():
            yield f"Not testable: {', '.join(ids)} ({reason})."


def _in_version(settings: Settings, api_version: str) -> Settings:
    """The settings with one API version in place of what was declared."""
    return replace(settings, endpoint=replace(settings.endpoint, api_version=api_version))


def _rounded(number: int) -> int:
    """Up to the next fifty."""
    return -(-number // 50) * 50
