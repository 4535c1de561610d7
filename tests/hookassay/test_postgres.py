"""A PostgreSQL of our own: stopped and started again on the same data."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from needed import needed

from hookassay import postgres
from hookassay.postgres import Postgres
from hookassay.reference import free_port


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One that runs, and whose end is the module's."""
    programs = needed(postgres.binaries(), "no PostgreSQL is installed (apt-get install postgresql)")
    with postgres.running(programs, free_port()) as server:
        yield server


def written(server: Postgres, name: str) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute(f"CREATE TABLE {name} ()")


@pytest.mark.parametrize("at_once", [False, True])
def test_what_was_committed_outlives_a_stop(server: Postgres, at_once: bool) -> None:
    """However it is stopped, what it had committed is there when it was started again."""
    name = f"kept_{at_once}"
    written(server, name)
    server.stop(at_once=at_once)
    server.start()

    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT to_regclass(%s)", (name,)).fetchone() == (name.lower(),)


def test_it_is_away(server: Postgres) -> None:
    """While it is stopped nobody reaches it, and to stop it twice does no harm."""
    server.stop()
    server.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url, connect_timeout=1)
    server.start()
