"""A scene to judge on, whose shop is honest unless it is told otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from toy_shop import Staging, ToyShop, bench

from hookassay.config import Settings
from hookassay.judging.scene import Scene


@pytest.fixture
def shop() -> ToyShop:
    return ToyShop()


@pytest.fixture
def staging(shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> Staging:
    """Makes the scene of a run with these settings."""

    def stage(settings: Settings | None = None, **options: Any) -> Scene:
        the_bench = bench(shop, monkeypatch, settings, **options)
        return Scene(the_bench, the_bench.journal.open("RP-03", "a scenario"))

    return stage


@pytest.fixture
def scene(staging: Staging) -> Scene:
    return staging()
