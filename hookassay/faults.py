"""Faults: how an endpoint is killed and its store taken away, and how both come back.

A user gives commands (`[faults]` in hookassay.toml); for the reference server they are built in (`reference.py`).
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .config import FaultsSettings, Settings
from .endpoint import Endpoint
from .errors import HarnessError, UsageError
from .orders.placeholders import arguments_of, in_arguments
from .orders.program import Program
from .redaction import scrubbed

_left_running: list[subprocess.Popen[bytes]] = []
"""Servers in the foreground, which go on when this process ends. To forget one would be told as a leak."""

BACK = 60.0
"""Seconds within which an endpoint that was started again must be there."""


@dataclass(frozen=True)
class Fault:
    """One way in which something fails and is there again.

    Attributes:
        name: What a report calls it, such as `killed`.
        strike: Makes it fail, and returns when it has.
        mend: Brings it back, and returns when it is back. Both raise HarnessError where they cannot.
    """

    name: str
    strike: Callable[[], None] = field(repr=False)
    mend: Callable[[], None] = field(repr=False)


@dataclass(frozen=True)
class Faults:
    """The ways that there are.

    Attributes:
        deaths: Ways to kill the endpoint.
        outages: Ways to take its store away.
    """

    deaths: tuple[Fault, ...] = ()
    outages: tuple[Fault, ...] = ()


def declared(settings: Settings, endpoint: Endpoint) -> Faults:
    """The faults that the commands of `[faults]` make.

    Raises:
        UsageError: a command cannot be split into words.
    """
    faults, folder, timeout = settings.faults, settings.folder, settings.run.timeout
    deaths: tuple[Fault, ...] = ()
    outages: tuple[Fault, ...] = ()
    if faults.kill is not None and faults.start is not None:
        kill, start = Program(faults.kill, folder, timeout), _Start(faults.start, folder, endpoint)
        deaths = (Fault("killed", lambda: _done(kill), start.run),)
    if faults.store_down is not None and faults.store_up is not None:
        down, up = Program(faults.store_down, folder, timeout), Program(faults.store_up, folder, timeout)
        outages = (Fault("without its store", lambda: _done(down), lambda: _done(up)),)
    return Faults(deaths, outages)


def can_die(faults: FaultsSettings) -> bool:
    """Whether the endpoint can be killed and started again."""
    return faults.kill is not None and faults.start is not None


def can_lose_its_store(faults: FaultsSettings) -> bool:
    """Whether its store can be taken away and given back."""
    return faults.store_down is not None and faults.store_up is not None


def _done(program: Program) -> None:
    program.run({})


class _Start:
    """The command that starts the endpoint again: one that ends when it has, or one that stays, a server in front."""

    def __init__(self, command: str, folder: Path, endpoint: Endpoint) -> None:
        self._name = arguments_of(command)[0]
        self._command = command
        self._folder = folder
        self._endpoint = endpoint

    def run(self) -> None:
        """Start it, and wait until something listens where it was reached before."""
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(
                    in_arguments(self._command, {}),
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    # It is the user's server, which outlives this run as the one did that was killed.
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:
                raise UsageError(
                    f"[faults] start: the program {self._name} cannot be started in {self._folder} ({error}). It must "
                    "be on the PATH, or be an executable file given by a path from that folder."
                ) from None
            end = time.monotonic() + BACK
            while True:
                code = process.poll()
                if code not in (None, 0):
                    said.seek(max(0, said.tell() - 2000))
                    words = scrubbed(said.read().decode("utf-8", "replace"))
                    raise HarnessError(
                        f"[faults] start: {self._name} ended with {code}{f'; it said: {words}' if words else ''}. The "
                        "endpoint is down now: start it by hand."
                    )
                if listens(self._endpoint):
                    _left_running[:] = [one for one in (*_left_running, process) if one.poll() is None]
                    return
                if time.monotonic() > end:
                    raise HarnessError(
                        f"[faults] start: nothing listens at {self._endpoint.host}:{self._endpoint.port} within "
                        f"{BACK:g} s of it. The endpoint is down now: start it by hand."
                    )
                time.sleep(0.02)


def listens(endpoint: Endpoint) -> bool:
    """Whether a connection to the endpoint can be made."""
    try:
        socket.create_connection((endpoint.host, endpoint.port), timeout=1).close()
    except OSError:
        return False
    return True
