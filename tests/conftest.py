"""Fixtures for all tests: databases to keep orders in, and the machine as a test may take it for granted."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
from needed import needed


@pytest.fixture(scope="session", autouse=True)
def _heed_interruptions() -> None:
    """A shell that starts the tests in the background lets them, and all that they start, ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a throw-away PostgreSQL server, shared by the session.

    Skips where no PostgreSQL is installed, except in CI (CI=true), where a skipped database would be a hole.
    """
    binaries = needed(postgres.binaries(), "no PostgreSQL is installed (apt-get install postgresql)")
    with postgres.running(binaries) as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database of the test's own."""
    with postgres.fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    """The URL of a SQLite database of the test's own, whose file does not exist yet."""
    return f"sqlite:///{tmp_path / 'orders.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database: the test runs once for each kind."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    url: str = request.getfixturevalue(name)
    return url
