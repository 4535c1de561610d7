"""A throw-away PostgreSQL: its own data in a temporary folder, on a free loopback port, gone when its context ends."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

PASSWORD = "pg-canary-password"  # its only use is to be looked for where it must not appear
START_TIMEOUT = 30.0


def binaries() -> Path | None:
    """The folder of the newest PostgreSQL server that is installed: Debian's, or the one on PATH; None without one."""
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: [int(number) for number in re.findall(r"\d+", folder.parent.name)])
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


@contextmanager
def running(bin_folder: Path, *, synced: bool = False) -> Iterator[str]:
    """Start a server and yield the URL of its maintenance database, with a user and a password.

    As root it runs as `postgres` or `nobody`, since PostgreSQL refuses to run as root. Data is not synced to the disk
    unless it is to be `synced`, as a benchmark wants it.
    """
    who = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        if who:
            for path in (folder, folder / "password"):
                shutil.chown(path, who["user"], who["group"])
        data = folder / "data"
        initdb: list[str | Path] = [
            bin_folder / "initdb",
            "-D",
            data,
            "-U",
            "shop",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run(
            [*initdb, "--locale=C", f"--pwfile={folder / 'password'}"],
            check=True,
            capture_output=True,
            cwd=folder,
            **who,
        )
        port = _free_port()
        options = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
        options += [] if synced else ["fsync=off"]
        command: list[str | Path] = [bin_folder / "postgres", "-D", data]
        for option in options:
            command += ["-c", option]
        log = folder / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(command, cwd=folder, stdout=sink, stderr=sink, **who)
        url = f"postgresql://shop:{PASSWORD}@127.0.0.1:{port}/postgres"
        try:
            _wait_until_ready(process, url, log)
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # "fast": ends connections that are still open
            process.wait(START_TIMEOUT)


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Create an empty database on the server of `server_url`, yield its URL, and drop it."""
    name = f"fresh_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield server_url.rpartition("/")[0] + "/" + name
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


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
    raise RuntimeError("PostgreSQL cannot run as root, and there is neither a user postgres nor nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.05)
