"""Any WSGI application under gunicorn, in processes of its own, for as long as a context lasts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from server_process import ServerError, serving

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
    """Serve `app` ("module:callable", or "module:factory()") and yield its base URL; as `server_process.serving`."""

    def command(listener: int, folder: str) -> list[str]:
        command = [sys.executable, "-m", "gunicorn", app]
        command += ["--bind", f"fd://{listener}", "--workers", str(workers)]
        command += ["--worker-class", "gthread", "--threads", str(threads)] if threads > 1 else []
        return [*command, "--no-control-socket", "--worker-tmp-dir", folder, "--graceful-timeout", "5", *args]

    with serving(command, env=env, cwd=cwd, ready_path=ready_path, log=log) as url:
        yield url
