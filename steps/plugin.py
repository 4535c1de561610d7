"""Loads every module of step definitions: `pytest -p hookassay.steps.plugin`."""

from __future__ import annotations

pytest_plugins = [
    "hookassay.steps.purchases",
    "hookassay.steps.deliveries",
    "hookassay.steps.forgeries",
    "hookassay.steps.races",
    "hookassay.steps.courses",
    "hookassay.steps.orders",
    "hookassay.steps.currencies",
    "hookassay.steps.failures",
    "hookassay.steps.faults",
    "hookassay.steps.connections",
    "hookassay.steps.exposure",
]
