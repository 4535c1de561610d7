"""Secrets of Stripe's that stand in a file, told from the placeholders of documentation and tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..check import Circumstances
from ..finding import Hit
from ..language import ENV
from ..source import Source

_SECRET = re.compile(r"(?<![A-Za-z0-9_])(?P<kind>[rs]k_live_|[rs]k_test_|whsec_)(?P<rest>[A-Za-z0-9+/=_-]+)")

_KINDS = {
    "sk_live_": "A live secret key",
    "rk_live_": "A live restricted key",
    "sk_test_": "A test secret key",
    "rk_test_": "A test restricted key",
    "whsec_": "A signing secret",
}

# Stripe's keys have 24 random characters at least, its signing secrets 32: shorter ones are somebody's placeholder.
_SHORTEST = 24

# Stripe's own documentation shows this test key to everybody.
_PUBLIC = frozenset({"sk_test_4eC39HqLyjWDarjtT1zdp7dc"})


class HardcodedSecrets:
    """Finds SC-02 in whatever file a secret stands, but for a .env, where it belongs unless git keeps it (SC-03)."""

    words = (b"sk_live_", b"sk_test_", b"rk_live_", b"rk_test_", b"whsec_")

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def look(self, source: Source) -> Iterator[Hit]:
        """The secrets in one file; a script in a page was seen with its page."""
        if source.language == ENV:
            return
        for found in _SECRET.finditer(source.text):
            if genuine(found[0]):
                place = source.place_of(*found.span())
                message = f"{_KINDS[found['kind']]} ({found['kind']}***) stands here."
                yield Hit("SC-02", place, message, secrets=(found[0],))

    def conclude(self, facts: list[Hit]) -> Iterable[Hit]:
        """What was seen."""
        return facts


def genuine(secret: str) -> bool:
    """Whether `secret` looks as Stripe makes them, and not like a placeholder (sk_live_..., whsec_your_secret_here)."""
    rest = secret.split("_", 2)[-1] if secret[:3] in ("sk_", "rk_") else secret.removeprefix("whsec_")
    if secret in _PUBLIC or len(rest) < _SHORTEST:
        return False
    # Random text has digits, letters of both cases, and hardly a character twice in a row.
    kinds = (str.isdigit, str.islower, str.isupper)
    return all(any(kind(character) for character in rest) for kind in kinds) and len(set(rest)) >= 12
