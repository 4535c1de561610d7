"""A throw-away PostgreSQL, and databases on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from hookassay import postgres
from hookassay.postgres import PASSWORD, binaries
from hookassay.reference import free_port

__all__ = ["PASSWORD", "binaries", "fresh_database", "running"]


@contextmanager
def running(programs: Path, *, synced: bool = False) -> Iterator[str]:
    """Start a server and yield the URL of its maintenance database, with a user and a password.

    Data is not synced to the disk unless it is to be `synced`, as a benchmark wants it.
    """
    with postgres.running(programs, free_port(), synced=synced) as server:
        yield server.url


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
