"""The faults that are built in for the reference server (`hookassay certify --faults`).

It dies of SIGKILL: its workers alone, which gunicorn replaces, or gunicorn and all of them. PostgreSQL is stopped and
started, with its clients asked to leave and without. SQLite's file is on a disk that can be read and no longer written,
or that is full in the middle of a page: a limit on how large its processes may make any file (RLIMIT_FSIZE, prlimit(2))
lets their writes fail as such a disk does.
"""

from __future__ import annotations

import contextlib
import resource
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .errors import HarnessError
from .faults import BACK, Fault, Faults
from .server_process import ServerProcess

if TYPE_CHECKING:
    from .postgres import Postgres

MIDDLE_OF_A_PAGE = 2048
"""Bytes. Where a log of SQLite's begins anew, its first page is cut; further on, nothing is written at all."""


def faults_of(server: ServerProcess, postgres: Postgres | None) -> Faults:
    """How `server` is killed, and its store taken away: `postgres`, or SQLite where there is none."""
    deaths = (
        Fault(
            "workers killed",
            server.kill_workers,
            lambda: _until(server.has_replaced_them, "its workers were not replaced"),
        ),
        Fault("server killed", server.kill, server.start_again),
    )
    if postgres is not None:
        return Faults(
            deaths,
            (
                Fault("PostgreSQL stopped", postgres.stop, postgres.start),
                Fault("PostgreSQL killed", lambda: postgres.stop(at_once=True), postgres.start),
            ),
        )
    if not hasattr(resource, "prlimit"):
        return Faults(deaths)  # only Linux lets one process limit another
    return Faults(
        deaths,
        tuple(
            Fault(name, lambda size=size: _limit(server, size), lambda: _limit(server, resource.RLIM_INFINITY))  # type: ignore[misc]
            for name, size in (("read-only disk", 0), ("full disk", MIDDLE_OF_A_PAGE))
        ),
    )


def _limit(server: ServerProcess, size: int) -> None:
    """Let no process of the server's write behind `size` bytes of any file."""
    for process in (server.pid, *server.workers()):
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _until(holds: Callable[[], object], otherwise: str) -> None:
    end = time.monotonic() + BACK
    while not holds():
        if time.monotonic() > end:
            raise HarnessError(f"{otherwise} within {BACK:g} s")
        time.sleep(0.01)
