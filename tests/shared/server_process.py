"""A web server in processes of its own, for as long as a context lasts."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

START_TIMEOUT = 30.0
STOP_TIMEOUT = 15.0


class Process(Protocol):
    """A process that was started: a Popen, or what has as much of its interface."""

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, number: int, /) -> None: ...

    def kill(self) -> None: ...


Start = Callable[[socket.socket, str, Path], Process]
"""Starts what serves on a listening socket, given a folder for temporary files and the file for what it prints."""


class ServerError(RuntimeError):
    """The server ended by itself, or never answered. `exit_status` is None where it had to be stopped."""

    def __init__(self, exit_status: int | None, output: str) -> None:
        self.exit_status = exit_status
        self.output = output
        super().__init__(f"the server ended with {exit_status}:\n{output}")


@contextmanager
def serving(
    start: Start,
    *,
    ready_path: str = "/healthz",
    log: Path | None = None,
) -> Iterator[str]:
    """Start a server and yield its base URL, such as http://127.0.0.1:40123.

    Ready is whatever answers `ready_path` with any status. What the server prints goes to `log`, or to a file that is
    read only when it fails. Raises ServerError if it does not come up. The port is bound here and handed over, so that
    nothing can take it in between. All processes have ended when the context does.
    """
    with tempfile.TemporaryDirectory(prefix="server-") as folder, socket.socket() as listener:
        # Connections inherit it. A server that takes the descriptor for a local socket would not ask for it, and each
        # answer in two pieces would wait 40 ms for an acknowledgement of the first.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen(512)
        port: int = listener.getsockname()[1]
        output = log or Path(folder, "log")
        process = start(listener, folder, output)
        # Ours is closed: once the server ends, connecting is refused at once instead of waiting for nobody.
        listener.close()
        try:
            _wait_until_ready(process, port, ready_path, output)
            yield f"http://127.0.0.1:{port}"
        finally:
            _stop(process)


def _wait_until_ready(process: Process, port: int, path: str, output: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(process.returncode, output.read_text(errors="replace"))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
            return
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
        finally:
            connection.close()
    raise ServerError(None, output.read_text(errors="replace"))


def _stop(process: Process) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
