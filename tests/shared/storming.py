"""A storm as a process of its own, and a server whose workers are killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judged import SECRET
from spawned import Spawned

PATIENCE = 600.0


@dataclass(frozen=True)
class Stormed:
    """What one run of `hookassay storm` said: its exit code, what it printed on both streams, and its storm.json."""

    exit_code: int
    output: str
    report: Mapping[str, Any]


def storm(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Stormed:
    """Run `hookassay storm` in `folder`, with the tests' secret in its environment."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    environment = {**surroundings, "COLUMNS": "100", "STRIPE_WEBHOOK_SECRET": SECRET, **(env or {})}
    report = folder / "hookassay-report" / "storm.json"
    report.unlink(missing_ok=True)
    output = folder / "storm.log"
    process = Spawned("hookassay", ["storm", *arguments], env=environment, output=output, cwd=folder)
    code = process.wait(PATIENCE)
    return Stormed(code, output.read_text(), json.loads(report.read_text()) if report.exists() else {})


@dataclass
class Killings:
    """How many workers were killed."""

    count: int = 0


@contextmanager
def killing(pid_file: Path, every: float) -> Iterator[Killings]:
    """Kill one worker of the gunicorn whose master wrote `pid_file` every so many seconds (SIGKILL)."""
    killed = Killings()
    over = threading.Event()
    master = int(pid_file.read_text())

    def kill() -> None:
        due = time.monotonic() + every
        while not over.wait(max(0.0, due - time.monotonic())):
            due += every
            workers = children(master)
            if workers:
                with suppress(ProcessLookupError):
                    os.kill(workers[killed.count % len(workers)], signal.SIGKILL)
                    killed.count += 1

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def children(pid: int) -> list[int]:
    """The processes that a process has started and that have not ended."""
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
