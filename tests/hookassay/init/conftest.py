"""What the tests of `hookassay init` share: shops in a folder, looked at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hookassay.scan.survey import Survey, survey

TESTS = Path(__file__).parents[2]
SHOPS = Path(__file__).parent / "shops"
ENDPOINTS = TESTS / "endpoints"

CODE: Mapping[str, Path] = {
    **{path.name: path for path in sorted(SHOPS.iterdir()) if path.is_dir()},
    "origin": TESTS / "scan" / "trees" / "origin",
    "mended": TESTS / "scan" / "trees" / "mended",
    "django_shop": ENDPOINTS / "django_shop",
    "reference": TESTS.parent / "server",
    "starlette_shop": ENDPOINTS / "starlette_shop.py",
    "flask_queue": ENDPOINTS / "flask_queue.py",
    "four_events": ENDPOINTS / "four_events.py",
}
"""Name of a shop → its code."""

Look = Callable[..., Survey]


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Writes files into a folder, and looks at it: `look({"app.py": "…"})`."""

    def written(files: Mapping[str, str]) -> Survey:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return survey(tmp_path)

    return written


@pytest.fixture
def shop(tmp_path: Path) -> Callable[[str], Path]:
    """Copies the code of a shop into a folder of that name, so that the folders around it say nothing of it."""

    def copied(name: str) -> Path:
        folder = tmp_path / name
        if CODE[name].is_dir():
            shutil.copytree(CODE[name], folder, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir()
            shutil.copy(CODE[name], folder)
        return folder

    return copied
