"""What was meant by a misspelt word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def hint(word: str, valid: Iterable[str]) -> str:
    """` Did you mean …?` with the valid word nearest to `word`, whatever its case; empty where none is near."""
    words = {one.casefold(): one for one in valid}
    near = get_close_matches(word.strip().casefold(), words, n=1)
    return f" Did you mean {words[near[0]]}?" if near else ""
