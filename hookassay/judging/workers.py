"""Workers: processes that run scenarios at the same time, for an endpoint that makes one wait.

They are forked after preflight and collection, so that each knows all that the run knows, and nothing is collected
twice. First the run itself judges, alone, what most clauses rest on. Then it hands out the scenarios, one at a time,
and each worker puts a barrier behind what it has to watch. Races, and what could do harm, run alone after that, and no
worker delivers anything meanwhile; only the examples of one and the same harmful clause may run together, since
whichever of them does harm, it is that clause that is to blame. At the end each worker looks once more at what it
watches, and tells what it found.

A worker that ends before that leaves errors behind and no pass: what it saw pass was not seen to the end.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import groupby
from multiprocessing import connection
from typing import TYPE_CHECKING, Literal, Self

import pytest

from ..errors import HookassayError, UsageError
from .bench import Bench
from .journal import ERROR, PASSED, Extract, ScenarioRecord
from .performance import Performance, broke, title

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

TOGETHER = ("positive", "forgery")
# A clause that this part of all others rests on runs first: where it fails, they are left out. To wait for one that
# fewer rest on takes longer than it saves; what was found about these is put right in the end.
MANY = 0.25
# Seconds in which a worker has to tell what it found, where the run ends early.
FAREWELL = 10.0

_Order = int | Literal["settle", "end", "break off"]
"""What a worker is told: the place, in the order of running, of a scenario to run; or what to do with its watches."""


@dataclass(frozen=True)
class _Ended:
    """A scenario ended, although what it left to be watched may still change its status."""

    place: int
    record: ScenarioRecord
    extract: Extract
    harmed_by: str
    problem: HookassayError | None


@dataclass(frozen=True)
class _Settled:
    """A barrier stands behind what a worker watches; the slowest effect that it saw took so many seconds."""

    slowest: float


@dataclass(frozen=True)
class _Found:
    """All that a worker found: its last words."""

    records: dict[int, ScenarioRecord]
    extract: Extract


@dataclass(frozen=True)
class _Broke:
    """A worker cannot go on, and why."""

    message: str


_Message = _Ended | _Settled | _Found | _Broke


@dataclass(eq=False)
class _Worker:
    """A worker, as the run sees it.

    Attributes:
        process: Its process.
        line: Where it is told what to do, and what it says.
        records: Place in the order of running → the scenario that ended there.
        busy: Whether it does what it was told last.
        over: Whether it has said its last words, or ended without any.
        broke: Why it cannot go on, where it could say so.
    """

    process: BaseProcess
    line: Connection
    records: dict[int, ScenarioRecord] = field(default_factory=dict)
    busy: bool = False
    over: bool = False
    broke: str = ""

    def tell(self, order: _Order) -> None:
        """Tell it what to do."""
        self.busy = True
        with suppress(OSError):  # it has ended, which is found out by listening
            self.line.send(order)


class Workers:
    """A pytest plugin that runs a performance in several processes; where one is asked for, it changes nothing.

    It is a context, which no process of its outlives.
    """

    def __init__(self, performance: Performance, crowd: int) -> None:
        """Let `crowd` workers run the scenarios of `performance`.

        Raises:
            UsageError: this platform cannot fork a process.
        """
        if crowd > 1 and not hasattr(os, "fork"):
            raise UsageError(f"--workers {crowd} needs a platform that can fork processes. Leave it out here.")
        self._performance = performance
        self._crowd = crowd
        self._workers: list[_Worker] = []
        self._items: Sequence[pytest.Item] = ()
        self._shared: list[int] = []
        self._before = 0
        self._kept = False
        self._loss = ""

    def __enter__(self) -> Self:
        """Nothing is started before pytest begins to run."""
        return self

    def __exit__(self, *_: object) -> None:
        """Break off what still runs, however the run ended, and keep what was found until then."""
        try:
            self._end("break off")
        finally:
            for worker in self._workers:
                worker.process.kill()
                worker.process.join()
                worker.line.close()

    # --- the run ------------------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run alone what most rests on, then together what can be, then the rest alone."""
        performance, bench = self._performance, self._performance.bench
        # What could not even be collected is pytest's to tell.
        if self._crowd == 1 or bench is None or session.testsfailed:
            return None
        self._items = session.items
        self._before = len(bench.journal.scenarios)
        clauses = [performance.judged[performance.clause_id(item)] for item in session.items]
        needed = (needed.id for clause in performance.judged for needed in performance.contract.prerequisites(clause))
        resting = Counter(needed)
        first, together, last = [], [], []
        for place, clause in enumerate(clauses):
            if clause.phase not in TOGETHER:
                last.append(place)
            elif resting[clause.id] >= MANY * len(performance.judged):
                first.append(place)
            else:
                together.append(place)
        performance.between = lambda: None  # barriers are put here
        self._play(session, first)
        if len(together) > 1:
            self._start(session, bench, min(self._crowd, len(together)))
            with bench.journal.phase("workers"):
                self._hand_out(session, together)
            self._settle(bench)
        else:
            self._play(session, together)
        for phase, places in groupby(last, key=lambda place: clauses[place].phase):
            bench.settle_watches()
            for _, group in groupby(places, key=lambda place: clauses[place].id):
                self._play_apart(session, bench, phase, list(group))
        self._settle(bench)
        return True

    def end(self) -> None:
        """Let every worker read once more what it watches, and write what it found into the journal."""
        self._end("end")

    def _end(self, order: Literal["end", "break off"]) -> None:
        """End the workers and keep what they found; to do so again does nothing.

        Broken off, a worker ends at once: a scenario that runs did not end, and what was not read is not judged.
        """
        if self._kept or not self._workers:
            return
        for worker in self._workers:
            if worker.busy:
                worker.process.terminate()
            worker.tell(order)
        self._listen(lambda worker: worker.over, patience=None if order == "end" else FAREWELL)
        self._keep(all_ran=order == "end")
        self._kept = True

    def _play(self, session: pytest.Session, places: Iterable[int]) -> None:
        for place in places:
            item = self._items[place]
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)

    def _play_apart(self, session: pytest.Session, bench: Bench, phase: str, places: list[int]) -> None:
        """Run the scenarios of one clause while no other clause's run."""
        # An outage is everybody's.
        mixable = phase == "harm" and not bench.faults.outages
        if self._workers and mixable and len(places) > 1 and not bench.harmed_by:
            with bench.journal.phase(f"{phase} clauses"):
                self._hand_out(session, places)
        else:
            self._play(session, places)

    def _start(self, session: pytest.Session, bench: Bench, crowd: int) -> None:
        # A copy of a connection would be one connection used by two.
        bench.rest()
        forking = multiprocessing.get_context("fork")
        for number in range(1, crowd + 1):
            ours, theirs = forking.Pipe()
            hand = _Hand(self._performance, session, bench, theirs)
            process = forking.Process(target=hand.work, args=(number, crowd), daemon=True)
            process.start()
            theirs.close()
            self._workers.append(_Worker(process, ours))
        bench.join(0, crowd)

    def _hand_out(self, session: pytest.Session, places: Iterable[int]) -> None:
        """Have the workers run the scenarios at these places, each the next one as soon as it is done with one."""
        waiting = deque(places)
        self._shared += waiting
        at_work = [worker for worker in self._workers if not worker.over]
        while waiting and at_work:
            for worker in at_work:
                if waiting and not worker.busy:
                    worker.tell(waiting.popleft())
            self._hear_any(at_work)
            at_work = [worker for worker in at_work if not worker.over]
            if self._performance.problem is not None:
                waiting.clear()
        self._listen(lambda worker: not worker.busy)
        if self._performance.problem is not None:
            raise session.Interrupted("the run cannot go on")

    def _settle(self, bench: Bench) -> None:
        """Put a barrier behind everything that is watched, here and by the workers, all at the same time."""
        for worker in self._workers:
            worker.tell("settle")
        bench.settle_watches()
        with bench.journal.phase("barriers"):
            self._listen(lambda worker: not worker.busy)
        bench.dispatch.share(1)

    def _listen(self, until: Callable[[_Worker], bool], patience: float | None = None) -> None:
        """Hear every worker until each has come so far, or has ended; one that needs longer is ended."""
        deadline = None if patience is None else time.monotonic() + patience
        while waiting := [worker for worker in self._workers if not (worker.over or until(worker))]:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not self._hear_any(waiting, left):
                for worker in waiting:
                    worker.process.kill()

    def _hear_any(self, workers: Iterable[_Worker], patience: float | None = None) -> bool:
        """Hear what was said first; whether anything was."""
        lines = {worker.line: worker for worker in workers}
        heard = connection.wait(list(lines), patience)
        for line, worker in lines.items():
            if line in heard:
                self._hear(worker)
        return bool(heard)

    def _hear(self, worker: _Worker) -> None:
        bench = self._performance.bench
        assert bench is not None
        try:
            # Half a message heard would be the end of all: an interruption waits.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            message: _Message = worker.line.recv()
        except (EOFError, OSError):
            self._lose(worker)
            return
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        match message:
            case _Ended():
                worker.busy = False
                worker.records[message.place] = message.record
                bench.journal.take(message.extract)
                bench.harmed_by = bench.harmed_by or message.harmed_by
                self._performance.problem = self._performance.problem or message.problem
                self._performance.count(message.record)
            case _Settled(slowest):
                worker.busy = False
                bench.settling.learn(slowest)
            case _Found(records, extract):
                worker.over = True
                worker.records = records
                bench.journal.take(extract)
            case _Broke(text):
                worker.broke = text

    def _lose(self, worker: _Worker) -> None:
        """A worker has ended without its last words: nothing that it saw pass was seen to the end."""
        worker.over = True
        worker.process.join()
        code = worker.process.exitcode or 0
        how = signal.strsignal(-code) if code < 0 else f"exit code {code}"
        self._loss = f"a worker process ended before the run did ({worker.broke or how}); run again"
        for record in worker.records.values():
            if record.status == PASSED:
                record.end(ERROR, self._loss)

    def _keep(self, *, all_ran: bool) -> None:
        """Write every worker's scenarios into the journal, in the order of running."""
        performance = self._performance
        assert performance.bench is not None
        journal = performance.bench.journal
        found = {place: record for worker in self._workers for place, record in worker.records.items()}
        if all_ran and self._loss:
            for place in self._shared:
                item = self._items[place]
                lost = ScenarioRecord(performance.clause_id(item), title(item), ERROR, self._loss)
                lost.api_version = journal.api_version
                found.setdefault(place, lost)
        ran = journal.scenarios[self._before :] + [found[place] for place in sorted(found)]
        order = {performance.clause_id(item): place for place, item in enumerate(self._items)}
        journal.scenarios[self._before :] = sorted(ran, key=lambda record: order[record.clause_id])


class _Hand:
    """A worker, as it sees itself: all that happens in its process."""

    def __init__(self, performance: Performance, session: pytest.Session, bench: Bench, line: Connection) -> None:
        self._performance = performance
        self._session = session
        self._bench = bench
        self._line = line
        self._records: dict[int, ScenarioRecord] = {}
        self._place = 0
        self._breakable = False

    def work(self, number: int, crowd: int) -> None:
        """Do as told, from the fork to the last words."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run to hear
        signal.signal(signal.SIGTERM, self._break_off)
        _end_with_parent()
        self._bench.join(number, crowd)
        self._performance.ended = self._ended
        try:
            while (order := self._line.recv()) not in ("end", "break off"):
                self._do(order)
            if order == "end":
                self._bench.watchlist.read_again()
            self._bench.watchlist.abandon()
        except Exception as error:
            self._line.send(_Broke(broke(error)))
            raise SystemExit(1) from None
        self._line.send(_Found(self._records, self._bench.journal.hand_over()))

    def _do(self, order: int | Literal["settle"]) -> None:
        """Run a scenario, or put a barrier behind what is watched, unless that is broken off."""
        try:
            self._breakable = True
            if order == "settle":
                self._bench.settle_watches()
            else:
                self._place = order
                item = self._session.items[order]
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            self._breakable = False
        except KeyboardInterrupt:
            return
        if order == "settle":
            self._line.send(_Settled(self._bench.settling.slowest))

    def _ended(self, record: ScenarioRecord) -> None:
        self._breakable = False  # half a message must not be sent either
        self._records[self._place] = record
        extract = self._bench.journal.hand_over()
        self._line.send(_Ended(self._place, record, extract, self._bench.harmed_by, self._performance.problem))

    def _break_off(self, *_: object) -> None:
        """The run does not wait for what is being done now."""
        if self._breakable:
            self._breakable = False
            raise KeyboardInterrupt


def _end_with_parent() -> None:
    """End this process as soon as the one that forked it has ended, however that came."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
