"""A throw-away PostgreSQL: its own data in a temporary folder, on a free loopback port, gone when its context ends."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from .errors import HarnessError

PASSWORD = "pg-canary-password"  # noqa: S105 - its only use is to be looked for where it must not appear
USER = "shop"
START_PATIENCE = 30.0


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server that is installed: Debian's, or the one on PATH; None without one."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: [int(number) for number in re.findall(r"\d+", folder.parent.name)])
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


class Postgres:
    """One server, which can be stopped and started again on the same data.

    Attributes:
        url: Its maintenance database, with a user and a password.
    """

    def __init__(self, programs: Path, folder: Path, port: int, *, synced: bool = False) -> None:
        """Make its data in `folder`, which must be empty; it is not started yet.

        As root it runs as `postgres` or `nobody`, since PostgreSQL refuses to run as root. Unless it is to be `synced`,
        what it acknowledged outlives the end of its processes, as here, and not that of the machine.

        Raises:
            HarnessError: initdb failed, or nobody is there whom it could run as.
        """
        self.url = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
        self._folder = folder
        self._log = folder / "log"
        self._who = _unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "password").write_text(PASSWORD)
        if self._who:
            for path in (folder, folder / "password"):
                shutil.chown(path, self._who["user"], self._who["group"])
        data = folder / "data"
        initdb: list[str | Path] = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        made = subprocess.run(
            [*initdb, "--locale=C", f"--pwfile={folder / 'password'}"],
            capture_output=True,
            cwd=folder,
            check=False,
            **self._who,
        )
        if made.returncode:
            raise HarnessError(f"PostgreSQL's initdb failed: {made.stderr.decode(errors='replace').strip()[-500:]}")
        options = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
        options += [] if synced else ["fsync=off"]
        self._command: list[str | Path] = [
            programs / "postgres",
            "-D",
            data,
            *(word for one in options for word in ("-c", one)),
        ]

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            HarnessError: it does not.
        """
        with self._log.open("ab") as sink:
            self._process = process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                stdout=sink,
                stderr=sink,
                start_new_session=True,  # a Ctrl-C is for the run, which stops the server when it is done with it
                **self._who,
            )
        end = time.monotonic() + START_PATIENCE
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > end:
                    said = self._log.read_text(errors="replace")[-2000:]
                    raise HarnessError(f"PostgreSQL does not start. It said:\n{said}") from None
                time.sleep(0.02)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop it, its clients' connections included; `at_once` leaves it to recover from that when it starts."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            process.wait(START_PATIENCE)


@contextmanager
def running(programs: Path, port: int, *, synced: bool = False) -> Iterator[Postgres]:
    """A server that has started, with data of its own; stopped and deleted at the end.

    Raises:
        HarnessError: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = Postgres(programs, Path(folder), port, synced=synced)
        try:
            server.start()
            yield server
        finally:
            server.stop(at_once=True)


def _unprivileged() -> dict[str, Any]:
    """Who the server runs as, as arguments for subprocess; nothing where we are not root."""
    if os.geteuid() != 0:
        return {}
    for user in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(user)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise HarnessError("PostgreSQL cannot run as root, and there is neither a user postgres nor nobody.")
