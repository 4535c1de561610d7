"""One run: preflight, the scenarios, a last look at what must not have happened, and the verdict."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from ..config import Settings
from ..endpoint import Endpoint
from ..errors import HarnessError, NotJudged
from ..orders.adapter import open_reader
from ..orders.book import OrderBook
from ..orders.effects import EffectCounter, open_counter
from ..orders.reader import OrderReader
from ..orders.settling import Settling
from ..orders.shop import Action, open_action
from ..orders.vocabulary import Vocabulary
from ..redaction import Redactor, redacted
from ..sender.dispatch import Dispatch
from ..sender.purchase import PurchaseBook
from . import feature
from .applicability import outside
from .bench import Bench, observer
from .contract import Clause, Contract
from .journal import NOT_TESTABLE, Journal
from .performance import Performance, perform
from .preflight import Preflight
from .verdict import NOT_CERTIFIED, NOT_JUDGED, ClauseResult, Result, Target, clause_results, verdict

NOT_YET = "this version of hookassay has no scenario for it yet"


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


@dataclass(frozen=True)
class Plan:
    """What a run is going to do.

    Attributes:
        clauses: Every clause that the result speaks of, in the contract's order.
        runnable: Those that have examples and can be judged.
        outside: Clause id → status and reason of the others.
        examples: Clause id → how many examples it has.
    """

    clauses: tuple[Clause, ...]
    runnable: dict[str, Clause]
    outside: dict[str, tuple[str, str]]
    examples: dict[str, int]

    @property
    def scenarios(self) -> int:
        """How many scenarios will run."""
        return sum(self.examples.get(clause_id, 0) for clause_id in self.runnable)

    def estimate(self) -> tuple[int, int]:
        """About how many deliveries and purchases the run sends, rounded up: for whoever must consent to them."""
        # A scenario delivers two bundles of three events on the average; a race 20 rounds of 16 copies at most.
        race = 320 if any(clause.phase == "race" for clause in self.runnable.values()) else 0
        return _rounded(self.scenarios * 7 + race + 60), _rounded(self.scenarios * 2 + 40)


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
        if reason is None and clause.id not in examples:
            reason = NOT_TESTABLE, NOT_YET
        if reason is not None:
            found[clause.id] = reason
    runnable = {clause.id: clause for clause in clauses if clause.id not in found}
    return Plan(clauses, runnable, found, examples)


class Run:
    """Judges one endpoint by the contract."""

    def __init__(
        self, settings: Settings, endpoint: Endpoint, contract: Contract, redactor: Redactor, listener: Listener
    ) -> None:
        """Prepare a run; nothing is sent or opened yet."""
        self.settings = settings
        self.endpoint = endpoint
        self.contract = contract
        self.redactor = redactor
        self.listener = listener
        self.journal = Journal()
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
        performance: Performance | None = None
        problem = ""
        interrupted = False
        with self._instruments() as bench:
            self.listener.opening(self.target(bench.book))
            try:
                with self.journal.phase("preflight"):
                    preflight = Preflight(bench, self.listener.tick)
                    preflight.run()
                performance = Performance(self.contract, the_plan.runnable, bench, self.listener.progress)
                complaint = perform(performance)
                interrupted = performance.interrupted
                if complaint and not interrupted:
                    problem = f"pytest could not run the scenarios:\n{complaint}"
                elif performance.problem is not None:
                    problem = str(performance.problem)
                elif not interrupted:
                    with self.journal.phase("last look"):
                        bench.watchlist.read_again()
            except (NotJudged, HarnessError) as error:
                problem = str(error)
            except KeyboardInterrupt:
                interrupted = True
            bench.watchlist.abandon()
            return self._result(bench, the_plan, preflight, problem, interrupted, time.monotonic() - began)

    def target(self, book: OrderBook) -> Target:
        """What is judged, as a report may show it."""
        settings = self.settings
        return Target(
            url=self.redactor.clean(self.endpoint.url),
            orders=book.kind,
            source=redacted(settings.orders.source or ""),
            api_version=settings.endpoint.api_version,
            events=settings.endpoint.events,
        )

    @contextmanager
    def _instruments(self) -> Iterator[Bench]:
        settings = self.settings
        folder, timeout = settings.folder, settings.run.timeout
        opened: list[OrderReader | Action | EffectCounter] = []
        try:
            reader = open_reader(settings.orders, folder, timeout, settings.run.cacert)
            if reader is not None:
                opened.append(reader)
                reader.check()
            create = None
            if settings.purchase.created_by == "shop" and settings.orders.create is not None:
                create = open_action(
                    settings.orders.create, "[orders] create", settings.orders, folder, timeout, settings.run.cacert
                )
                opened.append(create)
            counter = open_counter(settings.effects, settings.orders, folder, timeout, settings.run.cacert)
            if counter is not None:
                opened.append(counter)
            yield Bench(
                settings=settings,
                endpoint=self.endpoint,
                shop=PurchaseBook(settings.purchase, settings.endpoint, self.id),
                dispatch=Dispatch(
                    self.endpoint,
                    observer(self.journal, self.redactor.clean),
                    tolerance=settings.endpoint.tolerance,
                    rate=settings.run.rate,
                ),
                book=OrderBook(reader, Vocabulary(settings.orders)),
                settling=Settling(settings.run.settle),
                journal=self.journal,
                create=create.run if create is not None else None,
                effects=counter.count if counter is not None else None,
            )
        finally:
            for thing in opened:
                thing.close()

    def _result(
        self,
        bench: Bench,
        the_plan: Plan,
        preflight: Preflight | None,
        problem: str,
        interrupted: bool,
        seconds: float,
    ) -> Result:
        ids = [clause.id for clause in the_plan.clauses]
        clauses = clause_results(self.contract, ids, the_plan.outside, self.journal.scenarios, the_plan.examples)
        left_out = tuple(self._left_out(clauses, bench.book))
        found = verdict(clauses, left_out, strict=self.settings.run.strict, interrupted=interrupted or bool(problem))
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
        )

    def _left_out(self, clauses: Sequence[ClauseResult], book: OrderBook) -> Iterator[str]:
        """Why a passing verdict could only be partial, a sentence each."""
        if not book.readable:
            yield "No order reader was given (--orders), so that only what the wire shows was judged."
        if self.settings.run.only:
            yield f"Only {', '.join(self.settings.run.only)} was asked for (--only)."
        not_yet = [result.clause.id for result in clauses if result.reason == NOT_YET]
        if not_yet:
            yield f"{len(not_yet)} clauses are not judged yet by this version; they are listed as not testable."
        reasons: dict[str, list[str]] = {}
        for result in clauses:
            # Without an order reader the first sentence says it for all clauses that need one.
            said = result.reason == NOT_YET or (not book.readable and "orders" in result.clause.needs)
            if result.status == NOT_TESTABLE and result.clause.level == "MUST" and not said:
                reasons.setdefault(result.reason, []).append(result.clause.id)
        for reason, ids in reasons.items():
            yield f"Not testable: {', '.join(ids)} ({reason})."


def _rounded(number: int) -> int:
    """Up to the next fifty."""
    return -(-number // 50) * 50
