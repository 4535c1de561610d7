"""Functions that take an event from a request, and verify nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ast_grep_py import SgNode

from ...code.assignment import assignments
from ...code.function import functions_around
from ...code.grammar import STRINGS
from ...code.node import every, inside, named, without_comments
from ...finding import Hit
from ...source import Source
from .parsing import parsed_in

_TYPE = re.compile(
    r"""["'`](checkout\.session\.[a-z_]+|payment_intent\.[a-z_]+|charge\.(refunded|succeeded|failed|dispute\.[a-z_]+)"""
    r"""|customer\.subscription\.[a-z_]+|invoice\.(payment_succeeded|payment_failed|paid|finalized))["'`]"""
)
# What a file that verifies says somewhere; and what a function says that may be given what was verified, or that asks
# Stripe itself, and so is believed. Whoever makes one of the library's events of it must do more than read the header.
_LOOKS = re.compile(
    r"signature|construct_?event|hmac|whsec|timingSafe|compare_digest|webhook_?secret|parse_?event_?notification"
    r"|parseThin|verif\w{0,40}(stripe|webhook|event|request|header)|(\.|::|->)retrieve\(",
    re.IGNORECASE,
)
_DOES = (
    r"verif|construct_?event|hmac|guard|authenti|authori[sz]|middleware"
    r"|retrieve\(|\b(session|paymentintent|event)\.Get\("
)
_BELIEVED = re.compile(rf"{_DOES}|signature|whsec|(webhook|signing|endpoint)_?secret", re.IGNORECASE)
_MADE = re.compile(r"\bEvent(\.|::)(construct_from|constructFrom)\b")
_MUST = re.compile(_DOES, re.IGNORECASE)
_NAMED = re.compile(r"\$?(stripe_?)?(event|evt)(_?(data|json|body|payload))?", re.IGNORECASE)


@dataclass(frozen=True)
class Trusting:
    """A function that takes the type of an event from a request, in a file that verifies nothing.

    Attributes:
        hit: Where it takes it.
        route: Whether requests come to it directly.
    """

    hit: Hit
    route: bool


def instead(source: Source, verifies: bool) -> Iterator[Trusting]:
    """A function that takes an event from a request nobody verified, where the file decides by Stripe's types."""
    if not _TYPE.search(source.text):
        return
    looks = verifies or bool(_LOOKS.search(without_comments(source.root)))
    if looks and not verifies and not _MADE.search(source.text):
        return
    types = [text for text in every(source.root, *STRINGS[source.family]) if _TYPE.fullmatch(text.text())]
    functions = dict.fromkeys(function for text in types for function in functions_around(source, text))
    events = [one.value for one in assignments(source, source.root) if _NAMED.fullmatch(one.names[0])]
    parses = [parsed_in(source, node, True) for node in (*functions, *events)]
    taken = [(parsed, functions_around(source, parsed)[0]) for parsed in parses if parsed is not None]
    seen: set[SgNode] = set()
    for parsed, function in taken:
        decides = any(inside(text, function) for text in types)
        if function == source.root and source.family != "php":
            continue
        made = _MADE.search(function.text()) is not None
        if parsed in seen or not (decides or (not looks and _event(source, parsed))):
            continue
        if looks and not made and not (verifies and _is_route(function)):
            continue
        if (_MUST if made else _BELIEVED).search(_with_route(function)):
            continue
        seen.add(parsed)
        message = "This event is processed, and nothing here verifies that Stripe sent it."
        yield Trusting(Hit("SC-15", source.place(parsed), message), _is_route(function))


def _event(source: Source, parsed: SgNode) -> bool:
    """Whether what was parsed is called an event."""
    return any(inside(parsed, one.value) and _NAMED.fullmatch(one.names[0]) for one in assignments(source, source.root))


def _with_route(function: SgNode) -> str:
    """The text of a function with its decorators, or with the registration that it is handed to."""
    above = function.parent()
    if above is not None and above.kind() in ("arguments", "argument_list"):
        above = above.parent()
    if above is not None and above.kind() in ("decorated_definition", "call_expression", "call"):
        return without_comments(above)
    return without_comments(function)


def _is_route(function: SgNode) -> bool:
    """Whether requests come to it directly."""
    above = function.parent()
    if above is None:
        return True
    if above.kind() == "decorated_definition":
        return bool(
            re.match(r"@[\w.]*\b(route|post|api_view|csrf_exempt|require_POST|require_http_methods)\b", above.text())
        )
    if above.kind() in ("arguments", "argument_list"):
        return len(named(above)) == 2
    return bool(
        re.search(
            r"export (default )?(async )?(function|const) (POST|handler)|http\.ResponseWriter|^do\b",
            function.text()[:200],
        )
    )
