"""A route: what method and path lead to which function; and what all routes of a router begin with."""

from __future__ import annotations

from dataclasses import dataclass

from ast_grep_py import SgNode

from ....code.grammar import STRINGS
from ....code.literal import literal
from ....code.node import Span, every, span, start

ANY = "ANY"
"""The method of a route that takes every one, POST included."""


@dataclass(frozen=True)
class Route:
    """A route, or a function that a platform calls with each request.

    Attributes:
        line: Where it is written, counted from 1.
        span: The text that names its handlers, or holds them.
        method: In capitals; `ANY`.
        url: What it answers to; empty where the source does not say.
        handlers: Names that strings hold: `webhooks#create`, `StripeController@handle`, …
        router: The variable that it is registered at, for what it is mounted at.
        library: Whether a library handles Stripe's events behind it.
    """

    line: int
    span: Span
    method: str
    url: str
    handlers: tuple[str, ...] = ()
    router: str = ""
    library: bool = False


@dataclass(frozen=True)
class Mount:
    """What all routes of a router begin with."""

    router: str
    url: str


METHODS = {"post": "POST", "get": "GET", "put": "PUT", "patch": "PATCH", "delete": "DELETE"}
"""Name of the function that registers a route → its method."""


def joined(prefix: str, url: str) -> str:
    """A path below another one."""
    if not prefix.strip("/"):
        return url if url.startswith("/") else f"/{url}"
    return f"/{prefix.strip('/')}" + (f"/{url.lstrip('/')}" if url.strip("/") else "")


def keyword(arguments: list[SgNode], name: str) -> SgNode | None:
    """The value of a named argument, or of a key of an object among the arguments."""
    for one in arguments:
        for pair in (one, *(one.children() if one.kind() in ("object", "hash") else ())):
            if pair.kind() in ("keyword_argument", "pair"):
                key, value = pair.field("name") or pair.field("key"), pair.field("value")
                if key is not None and key.text().strip("\"':") == name:
                    given: SgNode | None = value
                    return given
    return None


def texts(node: SgNode, family: str) -> list[str]:
    """What the strings in `node` say."""
    return [literal(one) or "" for one in every(node, *STRINGS[family])]


def between(arguments: list[SgNode]) -> Span:
    """From the first of some arguments to the last."""
    return start(arguments[0]), span(arguments[-1])[1]
