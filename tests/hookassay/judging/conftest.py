"""A scene to judge on, whose shop is honest unless it is told otherwise, and a stage in place of the features."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from stage import Stage
from toy_shop import Staging, ToyShop, bench

from hookassay.config import Settings
from hookassay.judging import performance
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


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    def ours(package: str) -> Any:
        return tmp_path if package == "hookassay.steps" else files(package)

    monkeypatch.setattr(performance, "files", ours)
    monkeypatch.setattr(performance, "PLUGINS", ("pytest_bdd.plugin",))
    yield Stage(tmp_path)
    for name, loaded in list(sys.modules.items()):
        if str(getattr(loaded, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]
