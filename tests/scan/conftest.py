"""Fixtures of the scan's tests."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_bdd_apply_tag(tag: str, function: Any) -> bool:
    """Keep the tags of features/system_scan.feature from becoming pytest's marks: they name rules and severities."""
    return True
