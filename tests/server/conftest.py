"""Fixtures: the reference server in this process, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import postgres
import pytest
import reference_shop
from reference_shop import Purchase, Shop


@pytest.fixture
def shop(sqlite_database: str) -> Iterator[Shop]:
    """A shop on a SQLite database of its own."""
    with reference_shop.opened(reference_shop.settings_for(sqlite_database)) as shop:
        yield shop


@pytest.fixture
def any_shop(database_url: str) -> Iterator[Shop]:
    """A shop on an empty database: the test runs on SQLite and on PostgreSQL."""
    with reference_shop.opened(reference_shop.settings_for(database_url)) as shop:
        yield shop


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def open_shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop that other tests have used and will use, of each kind: for tests that look at their own purchases only."""
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('open') / 'orders.db'}"
        else:
            url = stack.enter_context(postgres.fresh_database(request.getfixturevalue("postgres_url")))
        yield stack.enter_context(reference_shop.opened(reference_shop.settings_for(url)))


@pytest.fixture
def purchase() -> Purchase:
    """A purchase of 10.00 USD that nothing has been said about yet."""
    return Purchase()
