"""What is shown for CI is true: the action, the examples, and every option and variable that they use."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hookassay.cli import main
from hookassay.configuration.keys import TABLES

ROOT = Path(__file__).resolve().parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
EXAMPLES = ROOT / "examples" / "ci"
VARIABLES = {key.variable for table in TABLES.values() for key in table.keys if key.variable}


def texts() -> dict[str, str]:
    """Every file that CI reads, by its name."""
    return {path.name: path.read_text() for path in (ROOT / "action.yml", *sorted(EXAMPLES.iterdir()))}


def unknown(text: str) -> set[str]:
    """The commands and options that a text uses and hookassay does not have."""
    found = set()
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        for name, rest in re.findall(r"hookassay\"? (certify|scan|serve|send|replay|clauses|stripe-api)\b(.*)", line):
            known = {option for parameter in main.commands[name].params for option in parameter.opts}
            found |= {f"{name} {option}" for option in re.findall(r"(?<![\w-])--[a-z-]+", rest)} - {
                f"{name} {option}" for option in known
            }
    return found


@pytest.mark.parametrize("name", texts())
def test_commands_and_options_exist(name: str) -> None:
    """Whatever is called is a command of hookassay's with options that it has."""
    assert unknown(texts()[name]) == set()


@pytest.mark.parametrize("name", texts())
def test_variables_exist(name: str) -> None:
    """Whatever is set is a variable that hookassay reads."""
    used = set(re.findall(r"\b(HOOKASSAY_[A-Z_]+|STRIPE_WEBHOOK_SECRET)\b", texts()[name])) - {"HOOKASSAY_"}

    assert used <= VARIABLES, used - VARIABLES


def test_a_wrong_option_would_be_seen() -> None:
    """The check sees what does not exist."""
    assert unknown("run: hookassay certify URL --order x \\\n  --strict") == {"certify --order"}


def test_the_actions_inputs_are_used_and_declared() -> None:
    """Each input is used, and nothing is used that is none."""
    used = set(re.findall(r"inputs\.([a-z-]+)", str(ACTION["runs"]) + str(ACTION["outputs"])))

    assert used == set(ACTION["inputs"])


def test_the_actions_inputs_never_become_code() -> None:
    """An input reaches a script as a variable, so that no text of it is run."""
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]

    assert scripts
    assert not any("${{" in script for script in scripts)


def test_the_secret_is_no_input() -> None:
    """Inputs are shown in logs: the secret comes from the environment."""
    assert not any("secret" in name for name in ACTION["inputs"])


def test_the_actions_steps_are_whole() -> None:
    """A composite action's scripts name their shell, and its steps are used or run."""
    for step in ACTION["runs"]["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert "shell" in step or "uses" in step


def test_the_example_uses_the_actions_inputs() -> None:
    """What the workflow hands to the action are inputs of it."""
    workflow = yaml.safe_load((EXAMPLES / "github.yml").read_text())
    (step,) = (step for step in workflow["jobs"]["certify"]["steps"] if "hookassay@" in step.get("uses", ""))

    assert set(step["with"]) <= set(ACTION["inputs"])
    options = {option for parameter in main.commands["certify"].params for option in parameter.opts}
    assert set(re.findall(r"--[a-z-]+", step["with"]["args"])) <= options


def test_gitlab_gets_the_reports() -> None:
    """GitLab keeps the folder that certify writes, and reads its junit.xml."""
    job = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text())["certify"]

    assert job["artifacts"]["when"] == "always"
    assert job["artifacts"]["reports"]["junit"] == "hookassay-report/junit.xml"


def test_tox_is_read() -> None:
    """The tox example is a configuration with the environments that it names."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(EXAMPLES / "tox.ini")
    names = [name.strip() for name in tox["tox"]["env_list"].split(",")]

    assert {f"testenv:{name}" for name in names} <= set(tox.sections())
