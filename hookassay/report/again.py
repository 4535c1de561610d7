"""The commands that show again what was found about one clause."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from ..judging.verdict import Target


def again(command: str, target: Target, clause_id: str, versions: Sequence[str] = ()) -> str:
    """The command line that judges one clause of the same target.

    Args:
        command: The command line that began the run, without its secrets and without `--only`; empty builds one from
            the target.
        target: What was judged.
        clause_id: The clause.
        versions: The API versions at fault, where it is not the target's.
    """
    command = command or _command(target)
    if versions:
        command = f"{command.replace(' --api-version all', '')} --api-version {versions[0]}"
    return f"{command} --only {clause_id}"


def replay(script: Path) -> str:
    """The command line that runs a clause's script, as one would type it in the working folder."""
    with suppress(ValueError):
        script = script.relative_to(Path.cwd())
    return f"sh {shlex.quote(str(script))}"


def _command(target: Target) -> str:
    """The command that tests the same target; what was redacted in it is for the reader to fill in."""
    words = ["hookassay", "certify"]
    words += ["--app", target.app, urlsplit(target.url).path] if target.app else [target.url]
    if target.source:
        words += ["--orders", target.source]
    return shlex.join(words)
