"""The reference server as a process of ours: gunicorn and its workers, which can be killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from . import child
from .errors import NotJudged

APPLICATION = "hookassay.server.wsgi:app"
GUNICORN_SETTINGS = "python:hookassay.server.gunicorn_conf"
START_PATIENCE = 20.0


def command(host: str, port: int, workers: int | None = None) -> list[str]:
    """The gunicorn command line that serves the reference server."""
    line = [sys.executable, "-m", "gunicorn", "-c", GUNICORN_SETTINGS, "--bind", f"{host}:{port}"]
    if workers is not None:
        line += ["--workers", str(workers)]
    return [*line, APPLICATION]


class ServerProcess:
    """One gunicorn on a loopback port.

    Attributes:
        port: Where it listens.
        url: Where it takes webhooks.
    """

    def __init__(self, port: int, environment: Mapping[str, str], folder: Path, log: str, workers: int = 1) -> None:
        """Start it in `folder`, what it prints going to the file `log` there; it is not there yet."""
        self.port = port
        self.url = f"http://127.0.0.1:{port}/stripe/webhook"
        self._environment = environment
        self._folder = folder
        self._log = folder / log
        self._workers = workers
        self._killed: set[int] = set()
        self._process = self._started()

    def wait_until_open(self) -> None:
        """Wait until it listens.

        Raises:
            NotJudged: it did not start; with what it printed.
        """
        deadline = time.monotonic() + START_PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if self._is_open():
                return
            time.sleep(0.02)
        said = self._log.read_text(errors="replace")[-2000:]
        raise NotJudged(f"The reference server did not start. It said:\n{said}")

    def start_again(self) -> None:
        """Start it once more where it was, after it was killed, and wait until it listens.

        Raises:
            NotJudged: it did not start.
        """
        self._process = self._started()
        self.wait_until_open()

    def kill(self) -> None:
        """Kill it and all of its workers at once (SIGKILL)."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # it leads a group of its own (child.start)
        self._process.wait()
        # A worker may still be dying, with the listening socket in its hands.
        deadline = time.monotonic() + START_PATIENCE
        while self._is_open() and time.monotonic() < deadline:
            time.sleep(0.001)

    def kill_workers(self) -> None:
        """Kill its workers (SIGKILL); it replaces them by itself."""
        self._killed = set(self.workers())
        for worker in self._killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def has_replaced_them(self) -> bool:
        """Whether all that were killed last are gone, and others are there."""
        now = set(self.workers())
        return bool(now) and not now & self._killed

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid="],
            capture_output=True,
            text=True,
            check=True,
        )
        pairs = (line.split() for line in listed.stdout.splitlines())
        return [int(pid) for pid, parent in pairs if int(parent) == self._process.pid]

    @property
    def pid(self) -> int:
        """The process id of gunicorn itself."""
        return self._process.pid

    def ended(self) -> bool:
        """Whether it ends by itself, and not well."""
        try:
            return self._process.wait(START_PATIENCE) != 0
        except subprocess.TimeoutExpired:
            return False

    def stop(self) -> None:
        """End it, where it has not ended."""
        child.stop(self._process)

    def _is_open(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _started(self) -> subprocess.Popen[bytes]:
        line = command("127.0.0.1", self.port, self._workers)
        return child.start(
            [*line[:-1], "--no-control-socket", line[-1]],
            folder=str(self._folder),
            environment=self._environment,
            log=self._log,
        )
