"""The package of `tests/fuzzing`, importable as `fuzzing` from here without putting all of `tests` on the path."""

from __future__ import annotations

from pathlib import Path

__path__ = [str(Path(__file__).parent.parent / "fuzzing")]
"""The search for inputs that the reference server does not stand."""
