"""Fixtures for all tests: databases to keep orders in, judgements that are under way, and Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import wait
from pathlib import Path
from types import ModuleType

import mariadb
import pool
import postgres
import pytest
from needed import needed


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what waits for a judgement under way: it comes behind what is done meanwhile, races behind all."""
    for item in items:
        if "judgements" in getattr(item, "fixturenames", ()):
            item.add_marker("judgement")
    items.sort(
        key=lambda item: (item.get_closest_marker("race") is not None, item.get_closest_marker("judgement") is not None)
    )


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


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """The URL of a throw-away MariaDB server, shared by the session.

    Skips where no MariaDB is installed, except in CI (CI=true), where a skipped database would be a hole.
    """
    programs = needed(
        mariadb.binaries(), "no MariaDB is installed (apt-get install mariadb-server-core mariadb-client-core)"
    )
    with mariadb.running(programs) as url:
        yield url


@pytest.fixture
def mariadb_database(mariadb_url: str) -> Iterator[str]:
    """The URL of an empty MariaDB database of the test's own."""
    with mariadb.fresh_database(mariadb_url) as url:
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


@pytest.fixture(scope="session", autouse=True)
def under_way(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[ModuleType, pool.Judgements]]:
    """Every judgement that a chosen test asks for by `judgements`, all modules' in one pool."""
    with pool.under_way(request.session, tmp_path_factory, "judgements") as started:
        yield started


@pytest.fixture
def judgements(request: pytest.FixtureRequest, under_way: Mapping[ModuleType, pool.Judgements]) -> pool.Judgements:
    """The judgement of every server that the tests of this module are about, under way or done."""
    return under_way[request.module]


@pytest.fixture(autouse=True)
def _quiet(request: pytest.FixtureRequest, under_way: Mapping[ModuleType, pool.Judgements]) -> None:
    """A race is judged when no judgement is under way any more, beside which copies of a volley would be kept apart."""
    if request.node.get_closest_marker("race"):
        wait([judgement for judgements in under_way.values() for judgement in judgements.values()])
