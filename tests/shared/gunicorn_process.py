"""Any WSGI application under gunicorn, in processes of its own, for as long as a context lasts."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from server_process import ServerError, serving
from spawned import Spawned

GunicornError = ServerError


@contextmanager
def running(
    app: str,
    *,
    workers: int = 1,
    threads: int = 8,
    env: Mapping[str, str] | None = None,
    args: Sequence[str] = (),
    cwd: Path | None = None,
    ready_path: str = "/healthz",
    log: Path | None = None,
) -> Iterator[str]:
    """Serve `app` ("module:callable", or "module:factory()") and yield its base URL; as `server_process.serving`.

    `env` is added to this process's environment; a variable set to "" stays set and empty.
    """

    def start(listener: socket.socket, folder: str, output: Path) -> Spawned:
        # gunicorn goes back to the folder in which it was imported, which here is another.
        words = [app, "--chdir", str(cwd or Path.cwd()), "--bind", "fd://{listener}", "--workers", str(workers)]
        words += ["--worker-class", "gthread", "--threads", str(threads)] if threads > 1 else []
        words += ["--no-control-socket", "--worker-tmp-dir", folder, "--graceful-timeout", "5", *args]
        return Spawned("gunicorn", words, env={**os.environ, **(env or {})}, output=output, cwd=cwd, listener=listener)

    with serving(start, ready_path=ready_path, log=log) as url:
        yield url
