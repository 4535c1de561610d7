"""Judges mutants by the contract: each in a process of its own, forked from one that has collected the contract.

Nothing of the server is imported before the fork. A mutant is killed by the first scenario that fails, by a run that
cannot be judged, or by its deadline.
"""

from __future__ import annotations

import gc
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from multiprocessing import Pipe, connection
from pathlib import Path
from typing import Any

import falcon  # noqa: F401 - all that a mutant imports is there before the fork
import peewee  # noqa: F401
import psycopg_pool  # noqa: F401
import pytest
import stripe  # noqa: F401
from mutation import mutants as source
from mutation import mutated, profiles
from mutation.mutants import Mutant
from mutation.profiles import Profile

import hookassay.orders.sql  # noqa: F401
from hookassay import configuration
from hookassay.errors import HookassayError
from hookassay.importing import load
from hookassay.judging import preflight
from hookassay.judging.contract import PHASES, Contract
from hookassay.judging.journal import ERROR, FAILED, NOT_TESTABLE, ScenarioRecord
from hookassay.judging.performance import Performance, perform
from hookassay.judging.preflight import Preflight
from hookassay.judging.run import Run, plan
from hookassay.orders import settling
from hookassay.redaction import Redactor
from hookassay.wire.application import hosting

APPLICATION = "hookassay.server.wsgi:app"
SHIPPED = "python:hookassay.server.gunicorn_conf"
DEADLINE = 60.0
"""Seconds after which a mutant in this process hangs."""
HTTP_DEADLINE = 240.0


@dataclass(frozen=True)
class Task:
    """One mutant, to be judged in one profile; None is the server as it is."""

    mutant: Mutant | None
    profile: Profile


@dataclass(frozen=True)
class Outcome:
    """How a mutant fared in one profile.

    Attributes:
        killed_by: A clause's id; `start`, `preflight`, `error`, `unproven` or `time`; empty for a mutant that survived.
        detail: What was seen, for a person.
        seconds: How long it took.
        scenarios: How many ran.
    """

    killed_by: str
    detail: str = ""
    seconds: float = 0.0
    scenarios: int = 0
    untestable: tuple[str, ...] = ()
    """Clauses about which nothing could be seen."""


Report = Callable[[Task, Outcome], "Task | None"]
"""Is told of each outcome; may give the next task about the same mutant."""


class Judge:
    """A pytest plugin that runs no scenario itself, but forks a process for each task when all are collected."""

    def __init__(
        self, contract: Contract, postgres: Callable[[], Any] | None = None, clauses: Sequence[str] = ()
    ) -> None:
        """Judge by `contract`, or by some clauses of it and what they rest on.

        `postgres` gives a context with the URL of an empty PostgreSQL database.
        """
        self.contract = contract
        self.clauses = tuple(clauses)
        self.performance = Performance(contract, {clause.id: clause for clause in contract}, None)
        self.kills: Counter[tuple[str, str]] = Counter()
        self._provable: dict[str, tuple[str, ...]] = {}
        self._postgres = postgres
        self._tasks: Iterator[Task] = iter(())
        self._told: Report = lambda task, outcome: None
        self._workers = 1

    def run(self, tasks: Iterator[Task], told: Report, workers: int) -> None:
        """Judge all tasks, `workers` at a time; the server as it is comes first, for what can be seen of it."""
        self._tasks, self._told, self._workers = tasks, told, workers
        complaint = perform(self.performance, self, in_process=True)
        if complaint:
            raise RuntimeError(complaint)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge each mutant in a copy of this process."""
        # The copies are short-lived: collecting garbage would only make them touch, and so copy, all that is here.
        gc.collect()
        gc.freeze()
        gc.disable()
        at_work: dict[connection.Connection, _Child] = {}
        waiting: list[Task] = []
        try:
            while True:
                # What is known of the server itself is needed before anything is said of a mutant.
                while len(at_work) < self._workers and all(child.task.mutant for child in at_work.values()):
                    task = waiting.pop() if waiting else next(self._tasks, None)
                    if task is None:
                        break
                    child = _Child(task, lambda line, task=task: self._work(line, task, session.items))
                    at_work[child.line] = child
                if not at_work:
                    return True
                for line in connection.wait(list(at_work), 0.2):
                    assert isinstance(line, connection.Connection)
                    self._ended(at_work.pop(line), waiting)
                for line, child in list(at_work.items()):
                    if child.late:
                        child.kill()
                        self._ended(at_work.pop(line), waiting)
        finally:
            for child in at_work.values():
                child.kill()

    def _ended(self, child: _Child, waiting: list[Task]) -> None:
        outcome, task = child.outcome(), child.task
        if task.mutant is None:
            self._provable[task.profile.name] = outcome.untestable
        elif lost := [one for one in outcome.untestable if one not in self._provable.get(task.profile.name, ())]:
            # The verdict about the server is no more what it was: what it promises can no longer be seen.
            outcome = replace(outcome, killed_by=outcome.killed_by or "unproven", detail=outcome.detail or lost[0])
        if outcome.killed_by and task.mutant is not None:
            self.kills[task.mutant.module, outcome.killed_by] += 1
        following = self._told(task, outcome)
        if following is not None:
            waiting.append(following)

    # --- in the copy --------------------------------------------------------------------------------------------------

    def _work(self, line: connection.Connection, task: Task, items: list[pytest.Item]) -> None:
        began = time.monotonic()
        ran: list[ScenarioRecord] = []
        try:
            killed_by, detail = self._judge(task, items, ran)
        except BaseException as error:
            killed_by, detail = "broken", f"{type(error).__name__}: {error}"
        untestable = {one.clause_id for one in ran if one.status == NOT_TESTABLE and not killed_by}
        spent = time.monotonic() - began
        line.send(asdict(Outcome(killed_by, detail[:300], spent, len(ran), tuple(sorted(untestable)))))

    def _judge(self, task: Task, items: list[pytest.Item], ran: list[ScenarioRecord]) -> tuple[str, str]:
        """What killed the mutant, and what was seen of it."""
        profile = task.profile
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mutant-", dir=_memory())))
            database = profiles.sqlite(folder)
            if profile.database == "postgresql":
                assert self._postgres is not None
                database = stack.enter_context(self._postgres())
            os.environ.update(stack.enter_context(profiles.environment(profile, database)))
            os.chdir(folder)
            if task.mutant is not None:
                module = task.mutant.module
                mutated.install(module, task.mutant.applied(source.source(module)))
            settings = profile.settings(database)
            settings = replace(settings, folder=folder, run=replace(settings.run, only=self.clauses))
            try:
                if profile.workers:
                    url = stack.enter_context(_served(folder, profile.workers))
                    settings = replace(settings, endpoint=replace(settings.endpoint, url=f"{url}{profiles.PATH}"))
                    endpoint = configuration.endpoint(settings)
                else:
                    _at_once()
                    application = stack.enter_context(hosting(lambda: load(APPLICATION)))
                    endpoint = configuration.endpoint(settings, application)
            except (HookassayError, RuntimeError) as error:
                return "start", str(error)
            run = Run(settings, endpoint, self.contract, Redactor(), _Silence())
            the_plan = plan(self.contract, settings)
            run.journal.api_version = the_plan.versions[0]
            run.journal.scenarios = ran
            performance = self.performance
            performance.judged = the_plan.runnable
            try:
                bench = stack.enter_context(run.instruments())
                performance.bench = bench
                Preflight(bench, lambda line: None).run()
                module = task.mutant.module if task.mutant else ""
                for item in self._in_order(items, module):
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                    if found := self._failed(run):
                        return found
                    if performance.problem is not None:
                        return "error", str(performance.problem)
                bench.settle_watches()
                bench.watchlist.read_again()
            except HookassayError as error:
                return "preflight", str(error)
            return self._failed(run) or self._erred(run) or ("", "")

    def _in_order(self, items: list[pytest.Item], module: str) -> list[pytest.Item]:
        """The scenarios to run, phase by phase, what killed most mutants of the module first."""

        def place(item: pytest.Item) -> tuple[int, int]:
            clause_id = self.performance.clause_id(item)
            return PHASES.index(self.contract[clause_id].phase), -self.kills[module, clause_id]

        return sorted((one for one in items if self.performance.clause_id(one) in self.performance.judged), key=place)

    def _failed(self, run: Run) -> tuple[str, str] | None:
        for record in run.journal.scenarios:
            if record.status == FAILED and self.contract[record.clause_id].level != "MAY":
                return record.clause_id, f"{record.name}: {record.message}"
        return None

    def _erred(self, run: Run) -> tuple[str, str] | None:
        for record in run.journal.scenarios:
            if record.status == ERROR:
                return "error", f"{record.clause_id} {record.name}: {record.message}"
        return None


class _Silence:
    """Nobody is told how a run goes."""

    def opening(self, target: object) -> None: ...

    def tick(self, line: str) -> None: ...

    def progress(self, done: int, total: int, clause_id: str) -> None: ...


class _Child:
    """A copy of this process that judges one mutant."""

    def __init__(self, task: Task, work: Callable[[connection.Connection], None]) -> None:
        self.task = task
        self.line, theirs = Pipe(duplex=False)
        self._deadline = time.monotonic() + (HTTP_DEADLINE if task.profile.workers else DEADLINE)
        self._began = time.monotonic()
        self._pid = os.fork()
        if not self._pid:
            # Whatever happens, the copy never returns into what it was copied from.
            with suppress(BaseException):
                os.setsid()
                self.line.close()
                nowhere = os.open(os.devnull, os.O_RDWR)
                for descriptor in (0, 1, 2):
                    os.dup2(nowhere, descriptor)
                work(theirs)
            os._exit(0)
        theirs.close()

    @property
    def late(self) -> bool:
        """Whether its time is over."""
        return time.monotonic() > self._deadline

    def kill(self) -> None:
        """End it, and whatever it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)

    def outcome(self) -> Outcome:
        """What it found; it has ended then."""
        try:
            outcome = Outcome(**self.line.recv()) if self.line.poll() else Outcome("time", "it hangs")
        except EOFError:
            outcome = Outcome("broken", "its process ended without a word")
        outcome = replace(outcome, seconds=time.monotonic() - self._began)
        self.kill()
        os.waitpid(self._pid, 0)
        self.line.close()
        return outcome


def _at_once() -> None:
    """Wait for nothing that is there at once in-process, or never."""
    preflight.FIRST_PATIENCE = preflight.EFFECT_PATIENCE = preflight.REFUSED_PATIENCE = 0.1
    settling.BARRIER_PATIENCE = 0.5


def _memory() -> str | None:
    """A folder that is no disk, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextmanager
def _served(folder: Path, workers: int) -> Iterator[str]:
    """The mutant under gunicorn, as the server is shipped, with so many processes."""
    from multiprocessing import get_context

    from server_process import serving

    def start(listener: Any, temporary: str, output: Path) -> Any:
        return _Gunicorn(get_context("fork"), listener, temporary, output, workers)

    with serving(start, log=folder / "gunicorn.log") as url:
        yield url


class _Gunicorn:
    """gunicorn in a copy of this process, with as much of subprocess.Popen's interface as is needed."""

    def __init__(self, context: Any, listener: Any, temporary: str, output: Path, workers: int) -> None:
        words = [APPLICATION, "--config", SHIPPED, "--bind", f"fd://{listener.fileno()}", "--workers", str(workers)]
        words += ["--no-control-socket", "--worker-tmp-dir", temporary, "--graceful-timeout", "5"]
        listener.set_inheritable(True)
        self._process = context.Process(target=_gunicorn, args=(words, str(output)))
        self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        import subprocess

        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("gunicorn", timeout or 0.0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _gunicorn(words: list[str], output: str) -> None:
    import sys

    from gunicorn.app.wsgiapp import run

    sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(sink, descriptor)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    sys.argv = ["gunicorn", *words]
    run(prog="gunicorn")
