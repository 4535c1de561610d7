from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from hookassay.config import (
    DEFAULT_COLUMNS,
    EffectsSettings,
    EndpointSettings,
    FaultsSettings,
    OrdersSettings,
    Settings,
)
from hookassay.endpoint import Secret


def test_settings_are_frozen():
    """What a run was told does not change while it runs."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().run.strict = True  # type: ignore[misc]


def test_an_implementation_that_follows_the_table_needs_no_file():
    """The defaults are the columns and the money unit of the promised order vocabulary."""
    orders = OrdersSettings()

    assert orders.money == "major"
    assert orders.columns == {name: name for name in DEFAULT_COLUMNS}
    assert orders.values["paid"] == ("paid", "complete")


def test_settings_share_no_mapping():
    """The mappings of one Settings are its own."""
    assert Settings().orders.columns is not Settings().orders.columns
    assert Settings().orders.values is not Settings().orders.values


def test_repr_shows_nothing_that_may_be_secret():
    """Secrets, tokens and passwords do not show in the repr of settings."""
    settings = Settings(
        endpoint=EndpointSettings(secret=Secret("whsec_hidden"), headers=(("X-Bypass", "hidden"),)),
        orders=OrdersSettings(
            source="postgresql://shop:hidden@localhost/shop",
            create="cmd:create --token hidden",
            refund="https://shop:hidden@example.com/refund",
            headers=(("Authorization", Secret("hidden")),),
        ),
        effects=EffectsSettings(count="https://x:hidden@example.com/"),
        faults=FaultsSettings(kill="hidden", start="hidden", store_down="hidden", store_up="hidden"),
        folder=Path("/shop"),
    )

    assert "hidden" not in repr(settings)
