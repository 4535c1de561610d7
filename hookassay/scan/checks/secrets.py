"""Secrets of Stripe's that stand in a file, told from the placeholders of documentation and tests."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

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

# Stripe's own documentation shows these test keys to everybody, and Standard Webhooks this signing secret.
_PUBLIC = frozenset(
    {
        "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "sk_test_BQokikJOvBiI2HlWgH4olfQ2",
        "sk_test_26PHem9AhJZvU623DfE1x4sd",
        "sk_test_tR3PYbcVNZZ796tH88S4VQ2u",
        "sk_test_VePHdqKTYQjKNInc7u56JBrQ",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }
)

# Words that nobody meets in random text, and that a person writes into a value that is none.
_WORDS = re.compile(
    r"your|secret|example|sample|placeholder|dummy|change_?me|replace|redacted|invalid|testkey|testing|webhook|stripe|x{4}",
    re.IGNORECASE,
)

# What follows a key that somebody cut short on purpose.
_CUT = re.compile(r"\s?(\.{2,}|…|\*{2,}|•|<|\[)")

# Others who write whsec_ or sk_live_ before secrets of their own (Standard Webhooks is a format of several vendors).
_OTHERS = re.compile(r"clerk|svix|paystack|resend|polar|flutterwave|standard[-_ ]?webhook", re.IGNORECASE)

# Signing secrets of Stripe's CLI are 64 hexadecimal characters.
_HEXADECIMAL = re.compile(r"[0-9a-f]{64}")

_TEMPLATE = re.compile(r"(^|[._-])(example|sample|template|tmpl|tpl|dist|defaults?|schema)([._-]|$)", re.IGNORECASE)


class HardcodedSecrets:
    """Finds SC-02 and SC-03: a secret in a file, and a .env with secrets that git keeps.

    In a .env secrets are at home unless git keeps it (SC-03). A template of one (`.env.example`) is written to be
    shared, tracked by git or not yet: a secret in it is as bad as in code (SC-02).
    """

    words = (b"sk_live_", b"sk_test_", b"rk_live_", b"rk_test_", b"whsec_")

    def __init__(self, circumstances: Circumstances) -> None:
        """Need git's list of files."""
        self._tree = circumstances.tree

    def look(self, source: Source) -> Iterator[Hit]:
        """The secrets in one file; a script in a page was seen with its page."""
        rule = "SC-02"
        if source.language == ENV and not template(source.path):
            if self._tree.tracked(source.path) is not True:
                return
            rule = "SC-03"
        for found in _SECRET.finditer(source.text):
            if not genuine(found[0]) or _CUT.match(source.text, found.end()):
                continue
            # Test keys move no money, and a project's tests against Stripe's test mode cannot do without one.
            if source.is_test and found["kind"].endswith("k_test_"):
                continue
            place = source.place_of(*found.span())
            if _OTHERS.search(place.text) and "stripe" not in place.text.lower():
                continue
            where = "stands here" if rule == "SC-02" else "stands in a file that git keeps"
            yield Hit(rule, place, f"{_KINDS[found['kind']]} ({found['kind']}***) {where}.", secrets=(found[0],))

    def conclude(self, facts: list[Hit]) -> Iterable[Hit]:
        """What was seen."""
        return facts


def template(path: str) -> bool:
    """Whether the file at `path` only shows which variables a .env must define (.env.example and its like)."""
    return bool(_TEMPLATE.search(PurePosixPath(path).name))


def genuine(secret: str) -> bool:
    """Whether `secret` looks as Stripe makes them, and not like a placeholder (sk_live_..., whsec_your_secret_here)."""
    rest = secret.split("_", 2)[-1] if secret[:3] in ("sk_", "rk_") else secret.removeprefix("whsec_")
    if secret in _PUBLIC or len(rest) < _SHORTEST or _WORDS.search(rest) or "_" in rest or "-" in rest:
        return False
    if 2 * _counted(rest) > len(rest) or _encoded(rest):
        return False
    if secret.startswith("whsec_") and _HEXADECIMAL.fullmatch(rest):
        return len(set(rest)) >= 12
    # Random text has digits, letters of both cases, and hardly a character twice in a row.
    kinds = (str.isdigit, str.islower, str.isupper)
    return all(any(kind(character) for character in rest) for kind in kinds) and len(set(rest)) >= 12


def _encoded(text: str) -> bool:
    """Whether it is a person's words in base64, as those write who make up a secret for a test."""
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return False
    return all(32 <= byte < 127 for byte in decoded)


def _counted(text: str) -> int:
    """How many characters stand in runs such as abc, 456 or aaa, three or longer: a person's typing, not chance."""
    codes = [ord(character) for character in text.lower()]
    total, begin = 0, 0
    for index in range(1, len(codes) + 1):
        step = codes[index] - codes[index - 1] if index < len(codes) else None
        first = codes[begin + 1] - codes[begin] if index - begin > 1 else step
        if step is not None and step in (0, 1) and step == first:
            continue
        if index - begin >= 3:
            total += index - begin
        begin = index
    return total
