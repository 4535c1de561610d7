"""A throw-away MariaDB: its own data in a temporary folder, on a free loopback port, gone when its context ends."""

from __future__ import annotations

import os
import pwd
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

import pymysql

PASSWORD = "mdb-canary/p@ss:w%rd?"  # looked for where it must not appear, and hard to put in a URL
ENCODED_PASSWORD = "mdb-canary%2Fp%40ss%3Aw%25rd%3F"
START_TIMEOUT = 30.0


def binaries() -> tuple[str, str] | None:
    """The programs that start a server and prepare its folder; None where no MariaDB is installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    server, install = shutil.which("mariadbd", path=path), shutil.which("mariadb-install-db", path=path)
    # mariadb-install-db is a script that needs it; Debian keeps it among the client's programs.
    complete = shutil.which("my_print_defaults", path=path)
    return (server, install) if server and install and complete else None


@contextmanager
def running(programs: tuple[str, str]) -> Iterator[str]:
    """Start a server and yield its URL without a database, with a user and a password.

    As root it runs as `mysql` or `nobody`, since MariaDB refuses to run as root. Data is not synced to the disk.
    """
    server, install = programs
    who = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="mariadb-") as name:
        folder = Path(name)
        if who:
            shutil.chown(folder, who["user"], who["group"])
        data = folder / "data"
        subprocess.run(
            [
                install,
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            **who,
        )
        account = folder / "account.sql"
        password = PASSWORD.replace("'", "''")
        account.write_text(
            f"CREATE USER shop@'127.0.0.1' IDENTIFIED BY '{password}';\nGRANT ALL ON *.* TO shop@'127.0.0.1';\n"
        )
        account.chmod(0o644)
        port = _free_port()
        command = [server, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1"]
        command += [f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", f"--init-file={account}"]
        command += ["--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M"]
        log = folder / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(command, cwd=folder, stdout=sink, stderr=sink, **who)
        try:
            _wait_until_ready(process, port, log)
            yield f"mysql://shop:{ENCODED_PASSWORD}@127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(START_TIMEOUT)


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Create an empty database on the server of `server_url`, yield its URL, and drop it."""
    name = f"fresh_{uuid.uuid4().hex}"
    execute(f"{server_url}/", f"CREATE DATABASE {name}")
    try:
        yield f"{server_url}/{name}"
    finally:
        execute(f"{server_url}/", f"DROP DATABASE {name}")


def execute(url: str, *statements: str) -> None:
    """Run statements in the database that `url` names."""
    address, _, database = url.rpartition("/")
    with _connect(int(address.rpartition(":")[2]), database or None) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _connect(port: int, database: str | None = None) -> pymysql.Connection[Any]:
    return pymysql.connect(
        host="127.0.0.1", port=port, user="shop", password=PASSWORD, database=database, autocommit=True
    )


def _unprivileged() -> dict[str, Any]:
    """Who the server runs as, as arguments for subprocess; nothing where we are not root."""
    if os.geteuid() != 0:
        return {}
    for user in ("mysql", "nobody"):
        try:
            account = pwd.getpwnam(user)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise RuntimeError("MariaDB cannot run as root, and there is neither a user mysql nor nobody")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            _connect(port).close()
            return
        except pymysql.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"MariaDB does not start:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.05)
