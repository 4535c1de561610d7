"""Processes that begin with everything imported: to import it anew takes longer than most of what they are for.

A server of multiprocessing's (the forkserver method) imports the libraries once and is forked for each process. It has
no threads, so that a fork of it is safe.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LIBRARIES = [
    "falcon",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "hookassay.cli",
    "hookassay.cli.certify",
    "hookassay.judging.run",
    "hookassay.orders.sql",
    "hookassay.report.certificate",
    "hookassay.report.github",
    "hookassay.report.junit",
    "hookassay.report.reproduction",
    "hookassay.report.terminal",
    "peewee",
    "playhouse.pool",
    "psycopg_pool",
    "sqlalchemy.dialects.sqlite",
    "stripe",
    "warmed",
]
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(LIBRARIES)


class Spawned:
    """One process, with as much of subprocess.Popen's interface as the tests need."""

    def __init__(
        self,
        program: str,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        output: Path,
        cwd: Path | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        """Run one of `PROGRAMS` as a command line would, what it prints on both streams going to `output`.

        A `listener` is handed over; `{listener}` in an argument stands for its file descriptor there.
        """
        self._process = _CONTEXT.Process(
            target=_run, args=(program, list(arguments), dict(env), str(output), str(cwd or Path.cwd()), listener)
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _run(
    program: str, arguments: list[str], env: dict[str, str], output: str, cwd: str, listener: socket.socket | None
) -> None:
    sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in (1, 2):
        os.dup2(sink, descriptor)
    os.close(sink)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    # As `python -m` has it.
    sys.path.insert(0, cwd)
    if listener is not None:
        listener.set_inheritable(True)
        arguments = [word.replace("{listener}", str(listener.fileno())) for word in arguments]
    sys.argv = [program, *arguments]
    PROGRAMS[program]()


def _hookassay() -> None:
    from hookassay.cli import main

    main()


def _gunicorn() -> None:
    from gunicorn.app.wsgiapp import run

    run(prog="gunicorn")


PROGRAMS: Mapping[str, Callable[[], None]] = {"hookassay": _hookassay, "gunicorn": _gunicorn}
