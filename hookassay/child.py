"""A server of ours as a child process of a run: apart from the terminal, and stopped with the run."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

PATIENCE = 10.0


def start(line: Sequence[str], *, folder: str, environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a command line in `folder`, what it prints on both streams going to `log`."""
    with log.open("wb") as output:
        return subprocess.Popen(
            line,
            cwd=folder,
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            # A Ctrl-C is for the run, which stops the server when it is done with it.
            start_new_session=True,
        )


def stop(server: subprocess.Popen[bytes]) -> None:
    """End it, where it has not ended: gunicorn's quick shutdown, for nothing is under way any more."""
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGINT)
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def become(line: Sequence[str], environment: Mapping[str, str]) -> None:
    """Be replaced by a command line: this process is the server's from here on.

    Raises:
        OSError: the program could not be started.
    """
    os.execve(line[0], list(line), dict(environment))  # noqa: S606 - there is no shell to avoid
