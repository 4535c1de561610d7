"""Whole outputs that are kept as files: the best documentation of what is printed.

`HOOKASSAY_SNAPSHOTS=write pytest tests/hookassay/report tests/hookassay/test_output.py` writes them anew. Read what
changed (`git diff`) before it is committed.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path

import pytest


def matches(output: str, path: Path) -> bool:
    """Whether `output` is what the file holds, the version number aside."""
    output = output.replace(f"hookassay {version('hookassay')} ", "hookassay VERSION ")
    if os.environ.get("HOOKASSAY_SNAPSHOTS") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(output, encoding="utf-8")
    if not path.exists():
        pytest.fail(f"{path} does not exist: HOOKASSAY_SNAPSHOTS=write pytest … writes it")
    assert output == path.read_text(encoding="utf-8")
    return True
