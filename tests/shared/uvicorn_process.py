"""Any ASGI application under uvicorn, in a process of its own, for as long as a context lasts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from server_process import serving


@contextmanager
def running(
    app: str, *, env: Mapping[str, str] | None = None, folder: Path | None = None, log: Path | None = None
) -> Iterator[str]:
    """Serve `app` ("module:callable", or "module:factory()") and yield its base URL; as `server_process.serving`.

    `folder` is where the module is found.
    """
    called = ["--factory"] if app.endswith("()") else []

    def start(listener: socket.socket, _: str, output: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "uvicorn", app.removesuffix("()"), *called, "--fd", str(listener.fileno())]
        command += ["--app-dir", str(folder or Path.cwd()), "--no-access-log", "--timeout-graceful-shutdown", "5"]
        with output.open("wb") as sink:
            return subprocess.Popen(
                command,
                env={**os.environ, **(env or {})},
                stdout=sink,
                stderr=subprocess.STDOUT,
                pass_fds=[listener.fileno()],
            )

    with serving(start, log=log) as url:
        yield url
