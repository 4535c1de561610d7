"""What the tests of a storm share: a small forecast, and what is delivered by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hookassay.config import EndpointSettings, Settings
from hookassay.storm.forecast import Forecast
from hookassay.storm.script import Repertoire

FORECAST = Forecast(
    run="abcd1234",
    created=1_700_000_000,
    purchases=40,
    duplicates=0.2,
    seed=7,
    style="compact",
    headers=(("Content-Type", "application/json"),),
    url="http://127.0.0.1/stripe/webhook",
)

Make = Callable[..., Repertoire]


@pytest.fixture
def make() -> Make:
    """A repertoire by a forecast with some of its fields changed, for a subscription."""

    def repertoire(events: tuple[str, ...] | None = None, **changes: object) -> Repertoire:
        settings = Settings(endpoint=EndpointSettings(events=events))
        return Repertoire(settings, replace(FORECAST, **changes))  # type: ignore[arg-type]  # fields by name

    return repertoire


@pytest.fixture
def repertoire(make: Make) -> Repertoire:
    """What is delivered by the small forecast."""
    return make()
