"""The package of `tests/mutation`, importable as `mutation` from here without putting all of `tests` on the path.

On the path, its rooms called `server` and `hookassay` would hide the code that they test.
"""

from __future__ import annotations

from pathlib import Path

__path__ = [str(Path(__file__).parent.parent / "mutation")]
