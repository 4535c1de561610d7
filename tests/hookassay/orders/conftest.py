"""Fixtures for reading orders back: databases with the standard table, an HTTP shop, and files on disk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import mariadb
import psycopg
import pytest

SCHEMA = (
    "CREATE TABLE orders (id integer PRIMARY KEY, user_id text, stripe_session_id varchar(255), status text, "
    "refund_status text, dispute_status text, total_amount numeric(12, 2), created_at text)"
)


@dataclass(frozen=True)
class Kept:
    """The implementation's database with the standard table `orders`: its kind, its URL, and how to run SQL in it."""

    kind: str
    url: str
    execute: Callable[..., None]

    def keep(self, session_id: str, status: str = "paid", total: str = "10.00", number: int = 1) -> None:
        """Insert an order."""
        self.execute(
            f"INSERT INTO orders VALUES ({number}, '42', '{session_id}', '{status}', 'none', 'none', {total}, 'now')"
        )


@pytest.fixture
def sqlite_kept(tmp_path: Path) -> Iterator[Kept]:
    """A `shop.db` in the test's folder, in WAL mode."""
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None, check_same_thread=False)

    def execute(*statements: str) -> None:
        for statement in statements:
            connection.execute(statement)

    execute("PRAGMA journal_mode = WAL", SCHEMA)
    yield Kept("sqlite", f"sqlite:///{tmp_path / 'shop.db'}", execute)
    connection.close()


@pytest.fixture
def postgresql_kept(postgres_database: str) -> Iterator[Kept]:
    """A PostgreSQL database."""
    with psycopg.connect(postgres_database, autocommit=True) as connection:

        def execute(*statements: str) -> None:
            for statement in statements:
                connection.execute(statement)

        execute(SCHEMA)
        yield Kept("postgresql", postgres_database, execute)


@pytest.fixture
def mysql_kept(mariadb_database: str) -> Kept:
    """A MariaDB database."""

    def execute(*statements: str) -> None:
        mariadb.execute(mariadb_database, *statements)

    execute(SCHEMA)
    return Kept("mysql", mariadb_database, execute)


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def kept(request: pytest.FixtureRequest) -> Kept:
    """The implementation's database: the test runs once for each kind."""
    made: Kept = request.getfixturevalue(f"{request.param}_kept")
    return made


@dataclass
class Shop:
    """A shop's HTTP server: what it was asked, and what it answers next."""

    url: str
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, bytes, Mapping[str, str]]] = field(default_factory=list)

    def answer(self, value: Any, status: int = 200, **headers: str) -> None:
        """Queue an answer, bytes as they are and anything else as JSON; the last one is given again and again."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.answers.append((status, body, {name.replace("_", "-"): text for name, text in headers.items()}))


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop that is asked over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            made.asked.append((self.command, self.path, dict(self.headers), body))
            status, answer, headers = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if status != 204:
                self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = Shop(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], str]:
    """Writes an executable shell script into the test's folder: its name, its lines."""

    def write(name: str, lines: str) -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return f"./{name}"

    return write


@pytest.fixture
def values() -> dict[str, Any]:
    """Every placeholder of a purchase."""
    return {
        "session_id": "cs_test_1",
        "client_reference_id": "cart 1; rm -rf",
        "payment_intent": "pi_1",
        "charge": None,
        "amount": 1000,
        "amount_major": Decimal("10.00"),
        "currency": "usd",
        "run": "r1",
        "n": 7,
        "uuid": "0d4b8a52-6c1c-4f6e-9a43-6c9f1f2b7c10",
    }
