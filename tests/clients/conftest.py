"""Fixtures for clients of Stripe's API: the stand-in, run as `certify --stripe-api` runs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from stand_in import StandIn, standing_in


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    """A stand-in for all tests of a module, which use purchases of their own."""
    with standing_in() as running:
        yield running
