"""The payload templates: Stripe's objects with every field, ready to be filled."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def template(name: str) -> dict[str, Any]:
    """The payload template `fixtures/events/<name>.json`, read once; copy what you change."""
    path = files("hookassay.fixtures") / "events" / f"{name}.json"
    shape: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return shape
