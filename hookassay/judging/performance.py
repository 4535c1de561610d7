"""Runs the features under pytest, in the order that judging needs, and writes how each scenario ended.

This is a pytest plugin object that lives in the process that started the run, so that secrets, connections and
evidence never leave it. pytest's own report is not consulted: a scenario's last word may come after pytest passed it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ..errors import ContractViolation, HarnessError, HookassayError, NotApplicable, NotTestable
from . import feature
from .bench import Bench
from .contract import PHASES, Clause, Contract
from .journal import ERROR, FAILED, NOT_APPLICABLE, NOT_TESTABLE, PASSED, ScenarioRecord
from .scene import Scene

# What pytest has of its own for the code that it runs. An application in this process is not that: its warnings are no
# errors, its log is its own, and what goes wrong in its threads is for the contract to find.
STRANGERS = ("warnings", "logging", "threadexception", "unraisableexception", "faulthandler")

PLUGINS = ("pytest_bdd.plugin", "hookassay.steps.plugin", "hookassay.fixtures.plugin")

Progress = Callable[[int, int, str], None]


class Performance:
    """Everything that pytest has to be told about a run of the contract.

    Attributes:
        items: How many examples were collected for the clauses to be judged, after collection.
        examples: Clause id → how many examples it has.
        problem: What ended the run early, None if nothing did.
        interrupted: Whether a person did.
        ended: Is told of each scenario that ended.
        between: Is called when one phase is over and the next begins.
    """

    def __init__(
        self, contract: Contract, judged: Mapping[str, Clause], bench: Bench | None, progress: Progress | None = None
    ) -> None:
        """Judge the clauses in `judged` with `bench`; without a bench, only collect."""
        self.contract = contract
        self.judged = judged
        self.bench = bench
        self.items = 0
        self.examples: dict[str, int] = {}
        self.problem: HookassayError | None = None
        self.interrupted = False
        self.scene: Scene | None = None
        self.ended = self.count
        self.between: Callable[[], None] = self._settle
        self._progress = progress
        self._done = 0
        self._phase = ""
        self._record: ScenarioRecord | None = None

    # --- pytest's hooks -----------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Any) -> bool:
        """Keep a rule's tags on the function that runs its scenario; they are no pytest marks."""
        function.contract_tags = {*getattr(function, "contract_tags", ()), tag}
        return True

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the clauses to be judged, what can do harm last."""
        rank = {clause.id: number for number, clause in enumerate(self._in_order())}
        kept = []
        for item in items:
            clause_id = self.clause_id(item)
            self.examples[clause_id] = self.examples.get(clause_id, 0) + 1
            if clause_id in self.judged:
                kept.append((rank[clause_id], item))
        items[:] = [item for _, item in sorted(kept, key=lambda pair: pair[0])]
        self.items = len(items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Put a barrier behind the last phase."""
        result = yield
        self._settle()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Give each scenario its record and its stage; put a barrier behind each phase."""
        if self.bench is None:
            raise RuntimeError("there is nothing to judge with: this run only collects")
        clause = self.judged[self.clause_id(item)]
        if self._phase not in ("", clause.phase):
            self.between()
        self._phase = clause.phase
        record = self._record = self.bench.journal.open(clause.id, title(item))
        self.scene = Scene(self.bench, record)
        began = time.monotonic()
        try:
            with self.bench.journal.phase(f"{clause.phase} clauses"):
                result = yield
        finally:
            record.seconds = time.monotonic() - began
            self.bench.journal.close()
            self.ended(record)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, None]:
        """Run the scenario, and say who is to blame for how it ended."""
        record = self._record
        assert record is not None
        try:
            yield
        except ContractViolation as violation:
            record.end(FAILED, str(violation), expected=violation.expected, seen=violation.seen)
        except NotTestable as reason:
            record.end(NOT_TESTABLE, str(reason))
        except NotApplicable as reason:
            record.end(NOT_APPLICABLE, str(reason))
        except HarnessError as error:
            record.end(ERROR, str(error))
        except HookassayError as error:
            record.end(ERROR, str(error))
            self.problem = error
            item.session.shouldstop = "the run cannot go on"
        except Exception as error:
            record.end(ERROR, broke(error))
        else:
            record.end(PASSED)

    def pytest_runtest_setup(self) -> None:
        """Leave out a scenario that would prove nothing, because what it rests on is known to have failed."""
        assert self._record is not None
        assert self.bench is not None
        if self.bench.harmed_by:
            self._record.end(NOT_TESTABLE, f"the endpoint does not work any more ({self.bench.harmed_by})")
            pytest.skip("nothing to be seen")
        failed = self._failed_prerequisites(self._record.clause_id)
        if failed:
            self._record.end(NOT_TESTABLE, f"{' and '.join(failed)} failed")
            pytest.skip("proves nothing")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A scenario that could not even be set up is our error."""
        if report.when == "setup" and report.failed and self._record is not None:
            self._record.end(ERROR, f"hookassay broke while preparing: {report.longreprtext.splitlines()[-1]}")

    @pytest.hookimpl
    def pytest_bdd_before_scenario(self, scenario: Any) -> None:
        """Keep the scenario's steps as its story."""
        if self._record is not None:
            self._record.story = [f"{step.keyword.strip()} {step.name}" for step in scenario.steps]

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """A person ended the run, unless it is pytest that did; what was judged so far stays."""
        self.interrupted = not isinstance(excinfo.value, pytest.Session.Interrupted)

    # --- how it is decided --------------------------------------------------------------------------------------------

    def count(self, record: ScenarioRecord) -> None:
        """Tell how far the run is, now that one more scenario ended."""
        self._done += 1
        if self._progress:
            self._progress(self._done, self.items, record.clause_id)

    def clause_id(self, item: pytest.Item) -> str:
        """The clause that a scenario judges.

        Raises:
            RuntimeError: it is tagged with none, or with several.
        """
        tags: set[str] = getattr(getattr(item, "function", None), "contract_tags", set())
        found = [tag for tag in tags if any(tag == clause.id for clause in self.contract.clauses)]
        if len(found) != 1:
            raise RuntimeError(f"{item.nodeid} must be tagged with exactly one clause of clauses.toml; it has {tags}")
        return str(found[0])

    def _settle(self) -> None:
        if self.bench is not None:
            self.bench.settle_watches()

    def _in_order(self) -> list[Clause]:
        """The clauses in the order of running: by phase, and what others rest on first."""
        ordered: list[Clause] = []

        def add(clause: Clause) -> None:
            for needed in self.contract.prerequisites(clause.id):
                if needed not in ordered:
                    add(needed)
            if clause not in ordered:
                ordered.append(clause)

        for phase in PHASES:
            for clause in self.contract.clauses:
                if clause.phase == phase:
                    add(clause)
        # What does not count must not do harm before what does.
        return sorted(ordered, key=lambda clause: (PHASES.index(clause.phase), not self.contract.counts(clause)))

    def _failed_prerequisites(self, clause_id: str) -> list[str]:
        assert self.bench is not None
        journal = self.bench.journal
        failed = {record.clause_id for record in journal.of(journal.api_version) if record.status == FAILED}
        return [needed.id for needed in self.contract.prerequisites(clause_id) if needed.id in failed]


def perform(performance: Performance, *others: object, collect_only: bool = False, in_process: bool = False) -> str:
    """Run pytest over the features; what pytest itself complained about, empty when it had nothing to say.

    The project that the run is started from (its conftest, its pytest.ini, its own `steps` package) has no part in it,
    nor has a pytest that this one is run from.

    Args:
        performance: What is to be told of the run.
        others: Plugins beside it, such as `Workers`.
        collect_only: Whether to stop before the scenarios.
        in_process: Whether the application that is judged runs in this process.
    """
    stage = Path(str(files("hookassay.steps")))
    arguments = ["-c", str(files("hookassay") / "pytest.ini"), "--rootdir", str(stage), "--noconftest"]
    # Steps hold no assertions of pytest's kind, and to rewrite them takes longer than to run some of them.
    arguments += ["--import-mode=importlib", "-p", "no:cacheprovider", "--capture=no", "--assert=plain", "-q"]
    for plugin in PLUGINS:
        arguments += ["-p", plugin]
    if collect_only:
        arguments.append("--collect-only")
    if in_process:
        arguments += [word for plugin in STRANGERS for word in ("-p", f"no:{plugin}")]
    output = _Output()
    with _own_pytest(), redirect_stdout(output), redirect_stderr(output):
        code = pytest.main([*arguments, str(stage / "test_contract.py")], plugins=[performance, *others])
    ended = code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    stopped = performance.interrupted or performance.problem is not None
    return "" if (ended or stopped) and performance.items else output.getvalue()


class _Output(StringIO):
    """What pytest prints; what another thread prints (an application's, in this process) goes where it went before."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.current_thread()
        self._elsewhere = sys.stdout

    def write(self, text: str) -> int:
        if threading.current_thread() is self._thread:
            return super().write(text)
        return self._elsewhere.write(text)


@contextmanager
def _own_pytest() -> Iterator[None]:
    """Keep the surroundings' wishes about pytest away from this run, and give them back after it."""
    names = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_CURRENT_TEST")
    kept = {name: os.environ.pop(name, None) for name in names}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def title(item: pytest.Item) -> str:
    """The scenario's title, its placeholders filled in with the example's values."""
    document = getattr(getattr(item, "function", None), "__doc__", "") or item.name
    callspec = getattr(item, "callspec", None)
    example: dict[str, str] = callspec.params.get("_pytest_bdd_example", {}) if callspec else {}
    return feature.title(document.partition(": ")[2] or document, example)


def broke(error: Exception) -> str:
    """How an error that nobody foresaw is told."""
    return f"hookassay broke: {type(error).__name__}: {error} ({_where(error)})"


def _where(error: BaseException) -> str:
    """The file and line an unforeseen error came from."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "nowhere"
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
