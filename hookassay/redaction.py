"""Redaction: what must never be printed or written is replaced by `***`, wherever it turns up.

Two nets. The secrets of the run are known, so each is looked for in every spelling that an error message or an answer
may give it. What merely looks like a Stripe secret, or stands where a URL holds a password, is replaced as well,
because an endpoint may show us secrets that we were never told.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote

from .endpoint import Secret

HIDDEN = "***"

# Shorter ones are words of ordinary text: replacing them would hide the report and protect nothing.
SHORTEST = 4

SIGNING_PREFIX = "whsec_"

_STRIPE_SECRETS = re.compile(
    r"""
      whsec_[\w+/=%-]+                                  # a signing secret
    | (?<![A-Za-z0-9])[rs]k_(?:live|test)_\w+           # a secret or restricted API key, as a word of its own
    | [rs]k_(?:live|test)_[A-Za-z0-9]{16,}              # or inside one, where it is too long to be anything else
    """,
    re.VERBOSE,
)

# One of them stands in every such secret.
_STRIPE_MARKS = (SIGNING_PREFIX, "k_live_", "k_test_")

# A port is no password: //localhost:4242/hook?mail=a@b.example keeps its port. The slashes may be escaped, as PHP does.
_URL_PASSWORD = re.compile(
    r"""
      (?P<before> (?:\\?/){2} [^\s/:@\[\]"'<>]* : )     # //user:
      (?! \d{1,5} (?: [/?\#\\\s] | $ ) )
      [^\s"'<>]* @                                      # to the last @, for passwords hold unescaped ones
    """,
    re.VERBOSE,
)

# https://TOKEN@host: a user alone is a name to a database and a token to a web server.
_URL_TOKEN = re.compile(r"""(?P<before>https?:(?:\\?/){2})[^\s/:@?#"'<>]+@""", re.IGNORECASE)

_QUERY_PASSWORD = re.compile(
    r"""(?P<before> [?&] (?:ssl)? (?:password|passwd|pwd|token|secret|api_?key) = ) [^&\s"'<>]+""",
    re.VERBOSE | re.IGNORECASE,
)


# What a foreign message says of a login, a parameter, a header or a password.
_LOGIN = re.compile(r"(://[^\s:/@?#]*):\S*@")
_HTTP_LOGIN = re.compile(r"^(https?://)[^/@?#]*@", re.IGNORECASE)
_PARAMETER = re.compile(r"([?&][^=&\s]*(?:pass|pwd|secret|token|key|auth|sig)[^=&\s]*=)[^&#\s]*", re.IGNORECASE)
_SPOKEN = (
    re.compile(r"((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
    re.compile(r"((?:password|passwd|pwd|secret|token)[\"']?\s*[=:]\s*)[\"']?[^\s\"',;&]+[\"']?", re.IGNORECASE),
)


class Redactor:
    """Replaces the secrets of a run, and what looks like one, by `***`."""

    __slots__ = ("_known", "_spellings")

    def __init__(self, secrets: Iterable[Secret | str] = ()) -> None:
        """Learn the run's secrets; blank ones and those shorter than `SHORTEST` characters are ignored."""
        spellings = {
            spelling
            for secret in secrets
            for spelling in _spellings(secret.reveal() if isinstance(secret, Secret) else secret)
            if len(spelling) >= SHORTEST
        }
        # Longest first, or a secret that begins with another one would leave its tail.
        longest_first = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        self._spellings = tuple(longest_first)

    def clean(self, text: str) -> str:
        """`text` without secrets; what holds none comes back as it is."""
        # Looking for a plain text is many times as fast as looking for a pattern, and most texts hold nothing.
        if self._known and any(spelling in text for spelling in self._spellings):
            text = self._known.sub(HIDDEN, text)
        if any(mark in text for mark in _STRIPE_MARKS):
            text = _STRIPE_SECRETS.sub(HIDDEN, text)
        if "@" in text:
            text = _URL_PASSWORD.sub(rf"\g<before>{HIDDEN}@", text)
            text = _URL_TOKEN.sub(rf"\g<before>{HIDDEN}@", text)
        if "?" in text or "&" in text:
            text = _QUERY_PASSWORD.sub(rf"\g<before>{HIDDEN}", text)
        return text

    def hidden(self, text: str) -> list[tuple[int, int]]:
        """Where in `text` stands what `clean` replaces: from the first character to behind the last, in order."""
        found = [one.span() for one in self._known.finditer(text)] if self._known else []
        found += [one.span() for one in _STRIPE_SECRETS.finditer(text)]
        for pattern in (_URL_PASSWORD, _URL_TOKEN):
            found += [(one.end("before"), one.end() - 1) for one in pattern.finditer(text)]
        found += [(one.end("before"), one.end()) for one in _QUERY_PASSWORD.finditer(text)]
        return sorted(found)


def _spellings(secret: str) -> Iterator[str]:
    """Every way in which a secret may be written out: by itself, in a URL, in JSON, in HTML."""
    secret = secret.strip()
    bare = {secret, secret.removeprefix(SIGNING_PREFIX), unquote(secret)}
    if secret.count(" ") == 1:
        # `Bearer abc`: the token alone is the secret.
        bare.add(secret.split(" ")[1])
    for value in bare:
        yield value
        # The environment may hold bytes that are no UTF-8; they must not stop a run.
        yield quote(value, errors="backslashreplace")
        yield quote(value, safe="", errors="backslashreplace")
        yield quote_plus(value, errors="backslashreplace")
        yield json.dumps(value)[1:-1]
        yield json.dumps(value, ensure_ascii=False)[1:-1]
        yield json.dumps(value)[1:-1].replace("/", "\\/")
        yield html.escape(value)


def redacted(source: str) -> str:
    """The printable form of an order source: no password, no token, of a command only the program's name."""
    source = source.strip()
    if source.startswith("cmd:"):
        program, *arguments = source.removeprefix("cmd:").split() or [""]
        return f"cmd:{program}{' …' if arguments else ''}"
    shown = _HTTP_LOGIN.sub(rf"\1{HIDDEN}@", source)
    if not shown.lower().startswith(("http://", "https://")):
        # Up to the last @: a password that was not percent-encoded reaches further than the URL parses.
        shown = _LOGIN.sub(rf"\1:{HIDDEN}@", shown)
    return _PARAMETER.sub(rf"\1{HIDDEN}", shown)


def scrubbed(text: str, secrets: Iterable[str] = (), limit: int = 300) -> str:
    """Foreign text made fit to print: on one line, at most `limit` characters, its secrets masked.

    Masked are the given `secrets`, and what looks like a login in a URL, a Stripe key, an authorization header or a
    password.
    """
    text = _PARAMETER.sub(rf"\1{HIDDEN}", _LOGIN.sub(rf"\1:{HIDDEN}@", Redactor(secrets).clean(text)))
    for pattern in _SPOKEN:
        text = pattern.sub(rf"\1{HIDDEN}", text)
    text = "".join(character if character.isprintable() else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
