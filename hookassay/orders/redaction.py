"""Redaction: what may be shown of a source and of a foreign error message."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "***"

_LOGIN = re.compile(r"(://[^\s:/@?#]*):\S*@")
_HTTP_LOGIN = re.compile(r"^(https?://)[^/@?#]*@", re.IGNORECASE)
_PARAMETER = re.compile(r"([?&][^=&\s]*(?:pass|pwd|secret|token|key|auth|sig)[^=&\s]*=)[^&#\s]*", re.IGNORECASE)
_SPOKEN = (
    re.compile(r"\b((?:whsec|sk_live|sk_test|rk_live|rk_test)_)[A-Za-z0-9+/=_-]+"),
    re.compile(r"((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
    re.compile(r"((?:password|passwd|pwd|secret|token)[\"']?\s*[=:]\s*)[\"']?[^\s\"',;&]+[\"']?", re.IGNORECASE),
)


def redacted(source: str) -> str:
    """The printable form of an order source: no password, no token, of a command only the program's name."""
    source = source.strip()
    if source.startswith("cmd:"):
        program, *arguments = source.removeprefix("cmd:").split() or [""]
        return f"cmd:{program}{' …' if arguments else ''}"
    shown = _HTTP_LOGIN.sub(rf"\1{MASK}@", source)
    if not shown.lower().startswith(("http://", "https://")):
        # Up to the last @: a password that was not percent-encoded reaches further than the URL parses.
        shown = _LOGIN.sub(rf"\1:{MASK}@", shown)
    return _PARAMETER.sub(rf"\1{MASK}", shown)


def scrubbed(text: str, secrets: Iterable[str] = (), limit: int = 300) -> str:
    """Foreign text made fit to print: on one line, at most `limit` characters, its secrets masked.

    Masked are the given `secrets` (those of at least four characters: a shorter one would garble every message), and
    what looks like a login in a URL, a Stripe key, an authorization header or a password.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    text = _PARAMETER.sub(rf"\1{MASK}", _LOGIN.sub(rf"\1:{MASK}@", text))
    for pattern in _SPOKEN:
        text = pattern.sub(rf"\1{MASK}", text)
    text = "".join(character if character.isprintable() else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
