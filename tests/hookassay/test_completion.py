"""What the shell offers behind TAB."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hookassay.cli import main
from hookassay.sender import catalogue


def offered(*words: str) -> list[str]:
    """What a bash offers for the last of the words."""
    line = [sys.executable, "-c", "from hookassay.cli import main; main(prog_name='hookassay')"]
    environment = {
        **os.environ,
        "_HOOKASSAY_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("hookassay", *words)),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
    return [answer.partition(",")[2] for answer in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (("sen",), ["send"]),
        (("certify", "--only", "SG-1"), ["SG-10", "SG-11"]),
        (("certify", "--only", "repl"), ["replayed"]),
        (("certify", "--only", "rp-05,sg-11"), ["rp-05,SG-11"]),
        (("certify", "--events", "charge.refunded,refund.f"), ["charge.refunded,refund.failed"]),
        (("certify", "--api-version", "2025"), ["2025-03-31.basil"]),
        (("send", "charge.refunde"), ["charge.refunded"]),
        (("send", "--forge", "half"), ["half-a-signature"]),
        (("clauses", "fg-14"), ["FG-14"]),
    ],
)
def test_offers(words: tuple[str, ...], some: list[str]) -> None:
    """Commands, clauses, groups, event types, forgeries and versions are completed, lists behind their comma too."""
    assert offered(*words) == some


def test_what_is_offered_is_understood() -> None:
    """A forgery as it is offered is one that --forge takes."""
    names = offered("send", "--forge", "")

    assert [catalogue.forgery(name) for name in names] == [name for name, _ in catalogue.forgeries()]


def test_every_command_is_there() -> None:
    """All commands are offered."""
    assert offered("") == sorted(main.commands)


def colours(**environment: str) -> bool:
    """Whether `hookassay clauses SG-01` in a pipe is coloured."""
    line = [sys.executable, "-c", "from hookassay.cli import main; main()", "clauses", "SG-01"]
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    env = {**kept, "TERM": "xterm-256color", **environment}
    done = subprocess.run(line, env=env, capture_output=True, text=True, check=True)
    return "\x1b[" in done.stdout


def test_colours() -> None:
    """A pipe is not coloured, unless FORCE_COLOR demands it."""
    assert not colours()
    assert colours(FORCE_COLOR="1")
