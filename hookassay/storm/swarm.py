"""A swarm: the load of a storm made by Locust's own master and workers, in processes of their own.

Nothing of Locust is imported here: it does not go together in one process with what else a run imports.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .. import child
from ..endpoint import Endpoint
from ..errors import NotJudged, UsageError
from ..reference import free_port
from . import returns
from .commission import FILE, HEADERS, VARIABLE, Commission
from .receipts import Receipts
from .result import Load

LOCUSTFILE = Path(__file__).with_name("locustfile.py")

LINGER = 20.0
"""Seconds that the master may take to write down what a last worker told."""

JOINING = 60
"""Seconds within which all workers must have joined."""


class Swarm:
    """Locust's processes for one commission."""

    def __init__(self, commission: Commission, folder: Path) -> None:
        """Write the commission into `folder`, where the master will leave what came of it."""
        from ..report.document import save

        self._commission = commission
        self._folder = folder
        self.file = save(folder, FILE, commission.to_json().encode())
        (folder / returns.FILE).unlink(missing_ok=True)

    def commands(self) -> list[tuple[str, str]]:
        """What to run where: what a command is for, and the command."""
        several = self._commission.workers
        locustfile = '"$(python -m hookassay.storm)"'
        master = " ".join(self._master("python", [])).replace(str(LOCUSTFILE), locustfile)
        worker = " ".join(self._worker("python", ["--master-host", "MASTER"])).replace(str(LOCUSTFILE), locustfile)
        file = shlex.quote(str(self.file))
        return [
            ("the master, here", f"{VARIABLE}={file} {master}"),
            (
                f"{several} workers, on whichever machines, each with {self.file.name} beside it and "
                "STRIPE_WEBHOOK_SECRET set",
                f"{VARIABLE}={self.file.name} {worker}",
            ),
        ]

    def start(self, endpoint: Endpoint) -> tuple[Load, Receipts]:
        """Start the master and all workers on this machine, wait for their end, and say what came of it.

        Raises:
            UsageError: Locust is not installed.
            NotJudged: one of them ended before its part was done.
        """
        require()
        port = str(free_port())
        environment = {
            **os.environ,
            VARIABLE: str(self.file),
            "STRIPE_WEBHOOK_SECRET": endpoint.secret.reveal(),
            HEADERS: json.dumps(endpoint.headers),
        }
        master = self._start(
            "locust-master.log",
            self._master(sys.executable, ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]),
            {**environment, "STRIPE_WEBHOOK_SECRET": "", HEADERS: ""},
        )
        line = self._worker(sys.executable, ["--master-host", "127.0.0.1", "--master-port", port])
        workers = [
            self._start(f"locust-worker-{number}.log", line, environment)
            for number in range(1, self._commission.workers + 1)
        ]
        try:
            self._wait(master, workers)
            with suppress(subprocess.TimeoutExpired):
                master.wait(LINGER)  # it lets the workers go, and ends
        finally:
            for process in (master, *workers):
                child.stop(process)
        return returns.read(self._folder / returns.FILE, self._commission)

    def _wait(self, master: subprocess.Popen[bytes], workers: list[subprocess.Popen[bytes]]) -> None:
        written = self._folder / returns.FILE
        ended: float | None = None
        while not written.exists():
            if master.poll() is not None or any(worker.poll() is not None for worker in workers):
                ended = ended or time.monotonic()
                if time.monotonic() - ended > LINGER or all(one.poll() is not None for one in (master, *workers)):
                    raise NotJudged(
                        "Locust ended before all was delivered. What its processes said stands in "
                        f"{self._folder / 'locust-master.log'} and beside it:\n{self._last_words()}"
                    )
            time.sleep(0.05)

    def _last_words(self) -> str:
        texts = [path.read_text(errors="replace") for path in sorted(self._folder.glob("locust-*.log"))]
        return "\n".join(line for text in texts for line in text.strip().splitlines()[-3:])

    def _start(self, log: str, line: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        return child.start(line, folder=str(self._folder), environment=environment, log=self._folder / log)

    def _master(self, python: str, more: list[str]) -> list[str]:
        users = str(self._commission.connections)
        return [
            *_locust(python),
            "--master",
            *more,
            "--headless",
            "--only-summary",
            *("--expect-workers", str(self._commission.workers)),
            *("--expect-workers-max-wait", str(JOINING)),
            *("--users", users),
            *("--spawn-rate", users),
            *("--exit-code-on-error", "0"),
        ]

    def _worker(self, python: str, more: list[str]) -> list[str]:
        return [*_locust(python), "--worker", *more]


def require() -> None:
    """See that Locust is there.

    Raises:
        UsageError: it is not.
    """
    # Found, and not imported.
    if importlib.util.find_spec("locust") is None:
        raise UsageError("Locust is not installed here. Install it with: pip install 'hookassay[locust]'")


def _locust(python: str) -> list[str]:
    return [python, "-m", "locust", "--locustfile", str(LOCUSTFILE)]
