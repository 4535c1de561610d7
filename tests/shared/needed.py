"""What a test needs of the machine: skipped where it is missing, and never in CI, where a skip would be a hole."""

from __future__ import annotations

import os
from typing import TypeVar

import pytest

T = TypeVar("T")


def needed(found: T | None, reason: str) -> T:
    """`found`; without it the test is skipped for `reason`, and fails where CI=true."""
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
