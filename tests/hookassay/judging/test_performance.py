"""A run of the scenarios under pytest: their order, who is to blame for how each ended, and how the whole ended."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import judged
import pytest
from results import CONTRACT
from stage import Stage, contract

from hookassay.judging.journal import ERROR, FAILED, NOT_APPLICABLE, NOT_TESTABLE, PASSED, Journal, ScenarioRecord


def only(journal: Journal) -> ScenarioRecord:
    assert len(journal.scenarios) == 1
    return journal.scenarios[0]


# --- the order --------------------------------------------------------------------------------------------------------


def ids(journal: Journal) -> list[str]:
    return [record.clause_id for record in journal.scenarios]


EIGHT = "".join(
    f"@clause({clause.id!r})\ndef test_{clause.id.replace('-', '_')}(): pass\n" for clause in reversed(CONTRACT.clauses)
)


def test_order_of_phases(stage: Stage) -> None:
    """First what must work, then forgeries, races, and last what can do harm; within these as the contract has it."""
    phases = {"SG-01": "harm", "SG-02": "race", "SG-03": "forgery", "RP-05": "race"}

    assert ids(stage.run(EIGHT, contract(phases))) == [
        "SG-04",
        "RP-03",
        "OO-01",
        "OO-02",
        "SG-03",
        "SG-02",
        "RP-05",
        "SG-01",
    ]


def test_what_does_not_count_runs_last_in_its_phase(stage: Stage) -> None:
    """A clause that came later than the contract must not do harm before what counts."""
    later = tuple(replace(one, since="2" if one.id == "RP-05" else "1") for one in contract({"OO-01": "race"}))
    grown = replace(contract({}), clauses=later, version="1", versions=("1", "2"))

    assert ids(stage.run(EIGHT, grown))[-3:] == ["OO-02", "RP-05", "OO-01"]


def test_prerequisites_first(stage: Stage) -> None:
    """A clause runs after those that it rests on, wherever the contract lists them."""
    rests = contract(depends={"SG-01": ("OO-02",), "OO-02": ("RP-05",)})

    assert ids(stage.run(EIGHT, rests))[:4] == ["RP-05", "OO-02", "SG-01", "SG-02"]


def test_barrier_behind_each_phase(stage: Stage) -> None:
    """When a phase is over, and at the very end, what was left to be watched is settled."""
    stage.run(EIGHT, contract({"SG-02": "forgery", "SG-03": "forgery", "RP-05": "race"}))

    assert stage.barriers == [5, 7, 8]


def test_only_what_is_judged(stage: Stage) -> None:
    """Clauses that are not to be judged do not run, and are counted all the same."""
    journal = stage.run(EIGHT, only=("RP-03", "OO-02"))

    assert ids(journal) == ["RP-03", "OO-02"]
    assert stage.performance.items == 2
    assert len(stage.performance.examples) == 8


def test_progress(stage: Stage) -> None:
    """Whoever watches is told of each scenario's end."""
    stage.run(EIGHT, only=("RP-03", "OO-02"))

    assert stage.progress == [(1, 2, "RP-03"), (2, 2, "OO-02")]


def test_dependents_of_a_failure_are_left_out(stage: Stage) -> None:
    """What rests on a clause that has failed is not run: it would prove nothing."""
    source = (
        "@clause('SG-01')\ndef test_a(): raise ContractViolation('a', 'b')\n"
        "@clause('RP-03')\ndef test_b(): raise AssertionError('it ran')\n"
        "@clause('RP-05')\ndef test_c(): raise AssertionError('it ran')\n"
        "@clause('OO-01')\ndef test_d(): pass\n"
    )
    journal = stage.run(source, contract(depends={"RP-03": ("SG-01",), "RP-05": ("RP-03",)}))

    assert [(record.status, record.message) for record in journal.scenarios] == [
        (FAILED, "expected a, saw b"),
        (NOT_TESTABLE, "SG-01 failed"),
        (NOT_TESTABLE, "SG-01 failed"),
        (PASSED, ""),
    ]


# --- the blame --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("pass", PASSED, ""),
        ("raise ContractViolation('one order', 'none')", FAILED, "expected one order, saw none"),
        ("raise NotTestable('no reader')", NOT_TESTABLE, "no reader"),
        ("raise NotApplicable('not subscribed')", NOT_APPLICABLE, "not subscribed"),
        ("raise HarnessError('the barrier')", ERROR, "the barrier"),
        ("1 / 0", ERROR, "hookassay broke: ZeroDivisionError: division by zero (test_contract.py:12)"),
        ("assert 1 == 2", ERROR, "hookassay broke: AssertionError: "),
        ("raise LookupError('no fact')", ERROR, "hookassay broke: LookupError: no fact (test_contract.py:12)"),
        ("import warnings; warnings.warn('old', stacklevel=1)", ERROR, "hookassay broke: UserWarning: old"),
        ("raise SystemExit(0)", ERROR, "the scenario did not end"),
        ("import pytest; pytest.skip('never')", ERROR, "the scenario did not end"),
    ],
)
def test_blame(stage: Stage, body: str, status: str, message: str) -> None:
    """Only a violation of the contract is the endpoint's; whatever else goes wrong is ours."""
    record = only(stage.run(f"@clause('SG-01')\ndef test_a():\n    {body}\n"))

    assert record.status == status
    assert record.message.startswith(message)
    assert stage.complaint == ""


def test_violation_is_kept_in_two_parts(stage: Stage) -> None:
    """What was expected and what was seen stand apart in the record."""
    record = only(stage.run("@clause('SG-01')\ndef test_a(): raise ContractViolation('one order', 'none')\n"))

    assert (record.expected, record.seen) == ("one order", "none")


def test_fixture_that_breaks(stage: Stage) -> None:
    """A scenario that cannot even be prepared is our error."""
    record = only(stage.run("@clause('SG-01')\ndef test_a(no_such_fixture): pass\n"))

    assert record.status == ERROR
    assert record.message.startswith("hookassay broke while preparing: ")


def test_run_that_cannot_go_on(stage: Stage) -> None:
    """A run that cannot go on ends with its reason; what did not run has no record, and nobody interrupted it."""
    journal = stage.run(
        "@clause('SG-01')\ndef test_a(): raise NotJudged('HTTP 401')\n@clause('SG-02')\ndef test_b(): pass\n"
    )

    assert [(record.status, record.message) for record in journal.scenarios] == [(ERROR, "HTTP 401")]
    assert str(stage.performance.problem) == "HTTP 401"
    assert not stage.performance.interrupted
    assert stage.complaint == ""


def test_interrupted(stage: Stage) -> None:
    """A person may end the run; what was judged stays, and the scenario that ran did not end."""
    journal = stage.run(
        "@clause('SG-01')\ndef test_a(): pass\n"
        "@clause('SG-02')\ndef test_b(): raise KeyboardInterrupt\n"
        "@clause('SG-03')\ndef test_c(): pass\n"
    )

    assert [record.status for record in journal.scenarios] == [PASSED, ERROR]
    assert stage.performance.interrupted
    assert stage.complaint == ""


# --- how the whole ended ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("import no_such_module\n", "No module named 'no_such_module'"),
        ("def test_a(): pass\n", "must be tagged with exactly one clause"),
        ("@clause('XX-99')\ndef test_a(): pass\n", "must be tagged with exactly one clause"),
        ("", "no tests ran"),
    ],
    ids=["a module that is missing", "no tag", "no clause of the contract", "nothing"],
)
def test_complaint(stage: Stage, source: str, complaint: str) -> None:
    """What keeps pytest from running the scenarios is told, and is not taken for somebody's interruption."""
    journal = stage.run(source)

    assert complaint in stage.complaint
    assert not stage.performance.interrupted
    assert journal.scenarios == []


def test_complaint_of_a_collection(stage: Stage) -> None:
    """A collection that fails is told as well."""
    stage.run("import no_such_module\n", collect_only=True)

    assert "No module named 'no_such_module'" in stage.complaint


def test_failures_are_no_complaint(stage: Stage) -> None:
    """That scenarios fail is the journal's to tell."""
    stage.run("@clause('SG-01')\ndef test_a(): raise ContractViolation('a', 'b')\n")

    assert stage.complaint == ""


def test_nothing_is_printed(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    """The words of pytest stay out of the run's output."""
    stage.run("@clause('SG-01')\ndef test_a(): print('words')\n")

    assert capfd.readouterr() == ("", "")


def test_surroundings_are_given_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The surroundings' wishes about pytest do not reach the run, and stand again after it."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    record = only(stage.run("@clause('SG-01')\ndef test_a(): pass\n"))

    assert record.status == PASSED
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option"
    assert os.environ["PYTEST_PLUGINS"] == "no_such_plugin"
    assert "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ


def test_phases_are_timed(stage: Stage) -> None:
    """The journal has the time of each phase that ran."""
    journal = stage.run(EIGHT, contract({"SG-02": "forgery"}))

    assert set(journal.phases) == {"positive clauses", "forgery clauses"}


# --- from any folder --------------------------------------------------------------------------------------------------

HOSTILE: dict[str, str] = {
    "conftest.py": "raise RuntimeError('the conftest of the project was loaded')\n",
    "pytest.ini": "[pytest]\naddopts = --no-such-option\n",
    "setup.cfg": "[tool:pytest]\naddopts = --no-such-option\n",
    "steps/__init__.py": "raise RuntimeError('the steps of the project were loaded')\n",
    "server/__init__.py": "raise RuntimeError('the server of the project was loaded')\n",
    "features/__init__.py": "raise RuntimeError('the features of the project were loaded')\n",
    "fixtures/__init__.py": "raise RuntimeError('the fixtures of the project were loaded')\n",
    "features/broken.feature": "this is no Gherkin\n",
    "test_contract.py": "raise RuntimeError('the test of the project was loaded')\n",
}


def test_hostile_folder(tmp_path: Path) -> None:
    """The project that a run is started from has no part in it: neither its pytest settings nor its packages."""
    for name, text in HOSTILE.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    env = {"PYTEST_ADDOPTS": "--no-such-option", "PYTEST_PLUGINS": "no_such_plugin"}
    run = judged.certify(tmp_path, "--only", "SG-01,FG-03", env=env, secret=None, timeout=60)

    assert (run.exit_code, run.verdict) == (0, "passed (partial)"), run.output
    assert run.having("passed") >= {"SG-01", "FG-03"}
