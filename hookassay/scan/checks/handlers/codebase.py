"""Every entry point of a codebase that handles Stripe's events."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...code.node import holds, overlap
from ...finding import Place
from .calls import Calls
from .directory import Directory
from .entry import Entry, Fact, Reached
from .routes.route import ANY, Route
from .sheet import Sheet

# How code gets at what a request brings: whoever looks at types of events without it has them from elsewhere.
_BODY = re.compile(
    r"""
      \b(req|request|ctx|c|self\.request)\.(req\.)?(body|rawBody|raw_body|data|json|text|get_json|get_data|media
      |bounded_stream|raw_post|stream|request\.body)\b
    | \bevent\.body\b|JSON\.parse|\bparams\b|@Body\(|\bbuffer\(|\bread(Raw)?Body\(|json\.loads?\(
    | \b(event|payload|body)\s*:
    | getContent\(|php://input|->(all|json|input|toArray|getParsedBody)\(|json_decode
    | \.Body\b|Bind(JSON)?\(|ShouldBind|NewDecoder|GetRawData|Unmarshal
    """,
    re.VERBOSE,
)

# An event, and not only a word for a kind of it that somebody searches for.
_EVENT = re.compile(
    r"""(?ix) \bdata\W{1,6}(object|raw)\b | \bobject\b | \{[^{}]*\bdata\b[^{}]*\}\s*= | \bEventType[A-Z]
    | (event|evt|payload|hook|body|data|message|notification)\w*\W{1,4}type\b"""
)
# What another provider sends, whose types may be spelt as Stripe's are, and what waits in a queue.
_ELSEWHERE = re.compile(
    r"""(?ix) paystack | razorpay | paypal | paddle | \bsquare | adyen | mollie | lemon_?squeezy | flutterwave
    | braintree | mercado_?pago | coinbase | revenue_?cat | chargebee | recurly | gocardless | xendit | midtrans
    | shopify | polar_?sh | clerk | svix | github"""
)
_QUEUED = re.compile(r"""\bRecords\b|\b(SQS|SNS|EventBridge|Kinesis)(Event|Handler)\b|\bevent\b(\.|\[["'])detail\b""")


class Codebase:
    """All sheets together."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        """Know the sheets."""
        self._directory = Directory(sheets)
        self._sheets = self._directory.sheets
        self._calls = Calls(self._directory)

    def entries(self) -> list[Entry]:
        """Every entry point, routes first."""
        found = [entry for sheet in self._sheets.values() for entry in self._routed(sheet)]
        known: set[Fact] = {fact for entry in found for fact in entry.verifies}
        lacking = [entry for entry in found if not entry.verifies]
        for sheet in self._sheets.values():
            for entry in self._unrouted(sheet, known):
                # Verified in what no call leads to (a middleware, a decorator of another file), then looked at here.
                if lacking and not entry.reached.compared:
                    lacking.pop()
                    continue
                found.append(entry)
        return found

    def _routed(self, sheet: Sheet) -> Iterator[Entry]:
        for route in sheet.routes:
            if route.method not in ("POST", ANY):
                continue
            reached = self._calls.from_route(sheet, route)
            if route.library:
                reached.verified.add((sheet.path, route.line))
            if not reached.verified and not self._takes(sheet, route, reached):
                continue
            inside = [one for one in reached.functions if one.path == sheet.path and overlap(one.span, route.span)]
            facts = reached.verified | reached.compared | reached.by_hand
            inline = inside or any(fact[0] == sheet.path and holds(route.span, fact[1]) for fact in facts)
            line, path = route.line, sheet.path
            if not inline and not route.library and reached.functions:
                line, path = reached.functions[0].line, reached.functions[0].path
            url = self._directory.whole(sheet, route)
            named = ((route.method, url),) if url else ()
            yield Entry(reached, self._place(path, line), named)
        if sheet.script and (sheet.verified or sheet.by_hand or sheet.compared):
            top = [at for at in (*sheet.verified, *sheet.by_hand, *sheet.compared) if sheet.outline.around(at) is None]
            if top:
                reached = self._calls.reach(sheet, (0, len(sheet.outline.source.text)))
                line = sheet.outline.source.text.count("\n", 0, min(top)) + 1
                yield Entry(reached, self._place(sheet.path, line), (("POST", f"/{sheet.path}"),))

    def _takes(self, sheet: Sheet, route: Route, reached: Reached) -> bool:
        """Whether the handler takes events of Stripe's although their library does not verify them there."""
        handlers = [one for one in reached.functions if one.owner == reached.functions[0].owner][:3]
        spans = [(sheet, route.span), *((self._sheets[one.path], one.span) for one in handlers)]
        texts = [each.outline.source.text[slice(*where)] for each, where in spans]
        if "stripe" not in route.url.lower() and any(map(_ELSEWHERE.search, (route.url, *texts))):
            return False
        if reached.by_hand:
            return True
        if not reached.compared or any(map(_QUEUED.search, texts)) or not any(map(_BODY.search, texts)):
            return False
        further = (self._sheets[one.path].outline.source.text[slice(*one.span)] for one in reached.functions)
        return any(map(_EVENT.search, (*texts, *further)))

    def _unrouted(self, sheet: Sheet, known: set[Fact]) -> Iterator[Entry]:
        for at in sheet.verified:
            if (sheet.path, at) in known:
                continue
            owner = sheet.outline.around(at)
            if owner is None:
                reached = self._calls.reach(sheet, (0, len(sheet.outline.source.text)))
                known |= reached.verified
                if reached.compared or sheet.headers:
                    line = sheet.outline.source.text.count("\n", 0, at) + 1
                    yield Entry(reached, self._place(sheet.path, line))
                continue
            callers = [one for one in self._calls.callers(owner) if self._calls.answers(one)] or [owner]
            for caller in callers:
                reached = self._calls.from_function(caller)
                known |= reached.verified
                if reached.compared or self._calls.answers(caller):
                    yield Entry(reached, self._place(caller.path, caller.line))

    def _place(self, path: str, line: int) -> Place:
        return self._sheets[path].outline.source.place_at(line)
