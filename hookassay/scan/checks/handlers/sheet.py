"""What one file says of handlers: its routes, and where it verifies and looks at types of events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ast_grep_py import SgNode

from ...code.grammar import CALLS, STRINGS, grammatical
from ...code.literal import literal
from ...code.node import holds, start
from ...code.outline import Outline
from ...language import language
from ...source import Source
from .routes import routes
from .routes.route import Mount, Route

_VERIFIERS = re.compile(
    r"""
    ^(
        construct_event | constructEvent(Async)? | ConstructEvent(WithOptions|WithTolerance|IgnoringTolerance)?
      | verify_header | verifyHeader(Async)? | ValidatePayload(WithTolerance|IgnoringTolerance)?
      | parse_event_notification | parseEventNotification | ParseEventNotification
      | parse_thin_event | parseThinEvent | ParseThinEvent
    )$
    """,
    re.VERBOSE,
)
_EVENT_TYPE = re.compile(
    r"""
    (v1\.)?
    (
        checkout\.session | charge | charge\.dispute | charge\.refund | refund | payment_intent | setup_intent | invoice
      | customer | customer\.subscription | subscription_schedule | payment_method | payout | transfer | account
      | review | radar[\w.]*
    )
    \.[a-z_]+
    """,
    re.VERBOSE,
)
# Where a string stands that the type of an event is compared with.
_COMPARED = frozenset(
    "comparison_operator case_pattern switch_case binary_expression pattern binary case_statement "
    "match_condition_list expression_case".split()
)
_BETWEEN = frozenset("tuple list set array expression_list parenthesized_expression array_element_initializer".split())
_TABLE = frozenset({"pair", "array_element_initializer", "keyed_element", "method_definition"})
# What an entry of a table of handlers may hold: a name, a function, a list of them, an object that is called.
_CALLABLE = re.compile(
    r"""
      ^[\w.$:@>\-]+$
    | ^(async\b | function\b | lambda\b | -> | fn\b | \(?[\w\s,{}:]*+\)?\s*=> | \[ | method\()
    | ^[\w.]+\.new\b
    """,
    re.VERBOSE,
)
_BY_HAND = re.compile(
    r"createHmac\(|hmac\.new\(|hash_hmac\(|OpenSSL::HMAC|hmac\.New\(|crypto\.subtle\.\w+\(|hmac\.digest\("
)
_HEADER = re.compile(r"""["'`](http_)?stripe[-_]signature["'`]|\bstripe_signature\b[^,)]*\bHeader\b""", re.IGNORECASE)


@dataclass(frozen=True)
class Sheet:
    """What one file says of handlers.

    Attributes:
        path: The file.
        outline: Its functions, names and imports.
        routes: What it routes.
        mounts: What it mounts routers at.
        verified: Where a delivery is verified by Stripe's library.
        by_hand: Where one may be verified without it.
        compared: Where the type of an event is looked at.
        headers: Where the header that holds the signature is named.
        script: Whether a request runs the file as a whole (PHP).
        filters: Names of functions that run before every action of a controller (Rails).
    """

    path: str
    outline: Outline
    routes: tuple[Route, ...]
    mounts: tuple[Mount, ...]
    verified: tuple[int, ...]
    by_hand: tuple[int, ...]
    compared: tuple[int, ...]
    headers: tuple[int, ...]
    script: bool
    filters: tuple[str, ...]


def read(source: Source) -> Sheet | None:
    """What a file of code says; None where it says nothing. A script in a page handles nothing."""
    if not grammatical(source) or language(source.path) != source.language or source.path.endswith(".d.ts"):
        return None
    outline = Outline(source)
    speaks = b"stripe" in source.lowered
    named = list(routes(outline))
    if not named and not speaks:
        return None
    headers = tuple(found.start() for found in _HEADER.finditer(source.text)) if speaks else ()
    return Sheet(
        source.path,
        outline,
        tuple(one for one in named if isinstance(one, Route)),
        tuple(one for one in named if isinstance(one, Mount)),
        tuple(_verified(outline)) if speaks else (),
        tuple(_by_hand(outline, headers)),
        tuple(_compared(outline)) if speaks else (),
        headers,
        source.family == "php" and "php://input" in source.text,
        tuple(re.findall(r"before_action\s+:(\w+)", source.text)) if source.family == "ruby" else (),
    )


def _verified(outline: Outline) -> Iterator[int]:
    for call in outline.nodes(CALLS[outline.source.family]):
        callee = call.field("function") or call.field("method") or call.field("name")
        called = callee.text() if callee is not None else ""
        # github.ValidatePayload verifies what GitHub sent.
        other = "ValidatePayload" in called and not called.startswith("webhook.")
        if _VERIFIERS.match(re.split(r"\W+", called)[-1]) and not other:
            yield start(call)


def _by_hand(outline: Outline, headers: Sequence[int]) -> Iterator[int]:
    """Where a signature is computed by code that names the header of Stripe's."""
    for found in _BY_HAND.finditer(outline.source.text):
        around = outline.around(found.start())
        if any(around is None or holds(around.span, at) for at in headers):
            yield found.start()


def _compared(outline: Outline) -> Iterator[int]:
    for node in outline.nodes((*STRINGS[outline.source.family], "selector_expression")):
        if node.kind() == "selector_expression":
            if not re.fullmatch(r"stripe\.EventType[A-Z]\w+", node.text()):
                continue
        else:
            said = literal(node)
            if said is None or not _EVENT_TYPE.fullmatch(said):
                continue
        if _is_compared(node):
            yield start(node)


def _is_compared(node: SgNode) -> bool:
    parent, below = node.parent(), node
    if parent is not None and parent.kind() in _TABLE and start(parent) == start(node):
        value: SgNode | None = parent.field("value") or parent.children()[-1]
        if value is not None and start(value) != start(node) and _CALLABLE.match(value.text()):
            return True
    while parent is not None and parent.kind() in _BETWEEN:
        below, parent = parent, parent.parent()
    if parent is None or parent.kind() not in _COMPARED:
        return False
    if parent.kind() == "switch_case" or parent.kind() == "case_statement":
        case = parent.field("value")
        return case is None or start(case) == start(below)
    if parent.kind() in ("binary_expression", "binary", "comparison_operator"):
        return bool(re.search(r"[!=]==?|\bin\b|~=", parent.text().replace(node.text(), "")))
    return True
