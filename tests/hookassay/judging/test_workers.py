"""Scenarios in several processes: what runs beside what, what is lost with a process, and how a run is ended."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from results import CONTRACT
from stage import Stage, contract

from hookassay.config import FaultsSettings, RunSettings, Settings
from hookassay.endpoint import Endpoint, Secret
from hookassay.errors import UsageError
from hookassay.judging import workers as module
from hookassay.judging.journal import ERROR, FAILED, NOT_TESTABLE, PASSED, Journal
from hookassay.judging.performance import Performance
from hookassay.judging.run import Run
from hookassay.judging.workers import Workers
from hookassay.redaction import Redactor

TRACE = """
import os, pathlib, time

def trace(clause_id, seconds=0.0):
    began = time.monotonic()
    time.sleep(seconds)
    with open(os.environ["TRACE"], "a") as file:
        file.write(f"{clause_id} {os.getpid()} {began} {time.monotonic()}\\n")

"""


@pytest.fixture
def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which scenarios that call `trace` leave their process and their time."""
    path = tmp_path / "trace"
    path.touch()
    monkeypatch.setenv("TRACE", str(path))
    return path


def scenario(clause_id: str, body: str = "pass", name: str = "") -> str:
    return f"@clause({clause_id!r})\ndef test_{clause_id.replace('-', '_')}{name}():\n    {body}\n"


def traces(path: Path) -> list[tuple[str, int, float, float]]:
    """Clause, process, beginning and end of each scenario, in the order of their ends."""
    lines = [line.split() for line in path.read_text().splitlines()]
    return [(clause, int(process), float(began), float(ended)) for clause, process, began, ended in lines]


def ended_by(journal: Journal) -> dict[str, str]:
    return {record.clause_id: record.status for record in journal.scenarios}


def until(path: Path, lines: int) -> None:
    """Wait until so many scenarios have left their trace."""
    deadline = time.monotonic() + 20
    while len(path.read_text().splitlines()) < lines and time.monotonic() < deadline:
        time.sleep(0.01)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


# --- what runs beside what --------------------------------------------------------------------------------------------


def test_scenarios_run_at_the_same_time(stage: Stage, traced: Path) -> None:
    """Scenarios that wait do so beside one another, in processes of their own."""
    journal = stage.run(
        TRACE + "".join(scenario(clause.id, f"trace({clause.id!r}, 0.5)") for clause in CONTRACT), workers=4
    )
    found = traces(traced)

    assert set(ended_by(journal).values()) == {PASSED}
    assert len({process for _, process, _, _ in found} - {os.getpid()}) == 4
    assert max(began for _, _, began, _ in found[:4]) < min(ended for _, _, _, ended in found)


def test_every_scenario_runs_once(stage: Stage, traced: Path) -> None:
    """Whoever takes it, a scenario runs once, and the journal has all in the order of running."""
    source = TRACE + "".join(
        scenario(clause.id, f"trace({clause.id!r})", f"_{number}") for clause in CONTRACT for number in range(5)
    )
    journal = stage.run(source, workers=3)

    assert sorted(clause for clause, *_ in traces(traced)) == sorted([clause.id for clause in CONTRACT] * 5)
    assert [record.clause_id for record in journal.scenarios] == [clause.id for clause in CONTRACT for _ in range(5)]


def test_one_worker_is_none(stage: Stage, traced: Path) -> None:
    """With one worker no process is made."""
    stage.run(TRACE + scenario("SG-01", "trace('SG-01')"), workers=1)

    assert [process for _, process, _, _ in traces(traced)] == [os.getpid()]


def test_what_most_rests_on_runs_first_and_alone(stage: Stage, traced: Path) -> None:
    """A clause that many rest on is judged before anything else, and where it fails the others are left out."""
    rests = contract(depends={clause.id: ("OO-01",) for clause in CONTRACT if clause.id not in ("OO-01", "SG-01")})
    others = "".join(scenario(clause.id, f"trace({clause.id!r})") for clause in CONTRACT if clause.id != "OO-01")
    journal = stage.run(TRACE + others + scenario("OO-01", "raise ContractViolation('a', 'b')"), rests, workers=3)

    assert [clause for clause, *_ in traces(traced)] == ["SG-01"]
    assert ended_by(journal) == {clause.id: NOT_TESTABLE for clause in CONTRACT} | {"OO-01": FAILED, "SG-01": PASSED}


def test_races_run_alone(stage: Stage, traced: Path) -> None:
    """A race runs in the run's own process when no worker delivers anything any more, and nothing runs beside it."""
    source = TRACE + "".join(scenario(clause.id, f"trace({clause.id!r}, 0.1)") for clause in CONTRACT)
    stage.run(source, contract({"RP-05": "race", "RP-03": "race", "SG-01": "forgery"}), workers=4)
    found = traces(traced)

    assert [(clause, process) for clause, process, _, _ in found[-2:]] == [
        ("RP-03", os.getpid()),
        ("RP-05", os.getpid()),
    ]
    assert found[-2][2] >= max(ended for _, _, _, ended in found[:-2])
    assert found[-1][2] >= found[-2][3]


def test_harm_of_one_clause_only_at_a_time(stage: Stage, traced: Path) -> None:
    """The examples of a harmful clause may run together, for the blame is the clause's; those of two never do."""
    source = TRACE + scenario("SG-01") + scenario("SG-02")
    for clause_id in ("OO-01", "OO-02"):
        source += "".join(scenario(clause_id, f"trace({clause_id!r}, 0.2)", f"_{number}") for number in range(3))
    stage.run(source, contract({"OO-01": "harm", "OO-02": "harm"}), workers=3)
    found = traces(traced)

    assert [clause for clause, *_ in found] == ["OO-01"] * 3 + ["OO-02"] * 3
    assert max(ended for _, _, _, ended in found[:3]) <= min(began for _, _, began, _ in found[3:])
    assert len({process for _, process, _, _ in found[:3]}) > 1


def test_harm_runs_alone_where_faults_are_declared(stage: Stage, traced: Path) -> None:
    """A command that takes the store away takes it from every scenario, so that none may run beside it."""
    source = TRACE + scenario("SG-01") + scenario("SG-02")
    source += "".join(scenario("OO-01", "trace('OO-01')", f"_{number}") for number in range(3))
    stage.run(source, contract({"OO-01": "harm"}), workers=3, faults=FaultsSettings(store_down="true", store_up="true"))

    assert {process for _, process, _, _ in traces(traced)} == {os.getpid()}


def test_progress_of_all_workers(stage: Stage) -> None:
    """Whoever watches is told of each scenario's end, wherever it ran."""
    stage.run("".join(scenario(clause.id) for clause in CONTRACT), workers=3)

    assert [done for done, _, _ in stage.progress] == list(range(1, 9))
    assert {clause_id for _, _, clause_id in stage.progress} == {clause.id for clause in CONTRACT}


def test_dependents_are_judged_by_what_failed_before(stage: Stage) -> None:
    """A worker knows what the run found before it was made."""
    rests = contract(depends={clause.id: ("SG-01",) for clause in CONTRACT if clause.id != "SG-01"})
    source = scenario("SG-01", "raise ContractViolation('a', 'b')") + scenario("SG-02") + scenario("SG-03")
    journal = stage.run(source, rests, workers=2)

    assert [(record.status, record.message) for record in journal.scenarios] == [
        (FAILED, "expected a, saw b"),
        (NOT_TESTABLE, "SG-01 failed"),
        (NOT_TESTABLE, "SG-01 failed"),
    ]


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_worker_that_is_killed_leaves_errors(stage: Stage, traced: Path) -> None:
    """What a killed worker ran, and what it had seen pass, is an error; a violation that it saw stands."""
    source = (
        scenario("SG-01", "raise ContractViolation('a', 'b')")
        + scenario("SG-02", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        + scenario("SG-03", "time.sleep(0.3)")
    )
    journal = stage.run(TRACE + source, workers=2)
    killed = next(record for record in journal.scenarios if record.clause_id == "SG-02")

    assert ended_by(journal) == {"SG-01": FAILED, "SG-02": ERROR, "SG-03": PASSED}
    assert killed.message == "a worker process ended before the run did (Killed); run again"
    assert killed.name == "test_SG_02"


def test_all_workers_killed(stage: Stage) -> None:
    """Where no worker is left, what nobody ran is an error as well, and the run comes to its end."""
    source = "".join(
        scenario(clause.id, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)") for clause in CONTRACT
    )
    journal = stage.run(source, workers=2)

    assert ended_by(journal) == {clause.id: ERROR for clause in CONTRACT}


def test_run_that_cannot_go_on(stage: Stage, traced: Path) -> None:
    """What ends the run in one worker ends it in all: nothing more is handed out."""
    source = TRACE + scenario("SG-01", "raise NotJudged('HTTP 401')") + scenario("SG-02", "time.sleep(0.5)")
    source += "".join(scenario("SG-03", "trace('SG-03')", f"_{number}") for number in range(20))
    stage.run(source, contract({"SG-03": "race"}), workers=2)

    assert str(stage.performance.problem) == "HTTP 401"
    assert not stage.performance.interrupted
    assert traces(traced) == []


def test_interrupted(stage: Stage, traced: Path) -> None:
    """A person who ends the run waits for no scenario; what was judged stays, and no process does."""
    source = TRACE + scenario("SG-01", "trace('SG-01')") + scenario("SG-02", "trace('SG-02')")
    source += scenario("SG-03", "trace('SG-03'); time.sleep(60)") + scenario("SG-04", "trace('SG-04'); time.sleep(60)")

    def interrupt() -> None:
        until(traced, 4)
        os.kill(os.getpid(), signal.SIGINT)

    person = threading.Thread(target=interrupt)
    began = time.monotonic()
    person.start()
    journal = stage.run(source, workers=2)
    person.join()

    assert time.monotonic() - began < 30
    assert stage.performance.interrupted
    assert ended_by(journal) == {"SG-01": PASSED, "SG-02": PASSED, "SG-03": ERROR, "SG-04": ERROR}
    assert not any(alive(process) for _, process, _, _ in traces(traced) if process != os.getpid())


def test_no_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where processes cannot be forked, that is said before anything runs; one worker needs none."""
    monkeypatch.delattr(module.os, "fork")
    performance = Performance(CONTRACT, {}, None)
    Workers(performance, 1)

    with pytest.raises(UsageError, match="--workers 2 needs a platform that can fork"):
        Workers(performance, 2)


# --- whom they would help ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "busy", "crowd", "advised"),
    [(60, 10, 1, True), (20, 1, 1, False), (60, 40, 1, False), (60, 10, 8, False)],
    ids=["long and idle", "short", "long and busy", "has workers"],
)
def test_workers_are_advised(
    seconds: float, busy: float, crowd: int, advised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has waited long for an endpoint, and has no workers, is told of them."""
    monkeypatch.setattr("hookassay.judging.run.time.process_time", lambda: busy)
    endpoint = Endpoint("http://127.0.0.1:9/webhook", Secret("whsec_c2VjcmV0"))
    run = Run(Settings(run=RunSettings(workers=crowd)), endpoint, CONTRACT, Redactor(), MagicMock())

    assert ("--workers 8" in run._advice(seconds)) is advised
