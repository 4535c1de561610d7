"""A guess: what a key of hookassay.toml should say, why, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Guess:
    """What one key should say.

    Attributes:
        value: As the file would hold it; None leaves the key out, which means its default.
        why: Where it was found, or why it cannot be told: a phrase, not a sentence. It never holds a secret.
        sure: Whether it was seen rather than supposed.
    """

    value: Any
    why: str = ""
    sure: bool = True

    def doubted(self, why: str) -> Guess:
        """The same value, supposed for another reason."""
        return replace(self, why=why, sure=False)


def unsure(value: Any, why: str) -> Guess:
    """What is only supposed, and why no more is known."""
    return Guess(value, why, sure=False)
