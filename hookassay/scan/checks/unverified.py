"""Deliveries that are processed although nothing says that Stripe sent them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ast_grep_py import SgNode

from ..check import Circumstances
from ..finding import Hit
from ..rule import utilities
from ..source import Source
from .syntax import assignments, callee, calls, code, every, functions_around, grammatical, inside, verifications

# What makes an event of the text of a request, without a look at the signature.
_PARSED = re.compile(
    r"""
      (?<![\w.])(stripe\.(util\.)?)?(json|orjson|ujson|simplejson)\.loads\(\s*(?P<python>[^()]*(\([^()]*\))?[^()]*)\)
    | \bJSON\.parse\(\s*(?P<javascript>[^()]*(\([^()]*\))?[^()]*)\)
    | \bjson_decode\(\s*(?P<php>[^()]*(\([^()]*\))?[^()]*)\)
    | \bjson\.Unmarshal\(\s*(?P<go>[^,()]*(\([^()]*\))?)\s*,
    | \bJSON\.parse\s+(?P<ruby>\w+)
    | (?P<whole>
        json\.NewDecoder\(\s*\w*\.?(r|req|request|Request)\.Body | \b(c|ctx)\.(ShouldBind(JSON)?|BindJSON|Bind)\(
      | \b(req|request|self\.request|flask\.request|ctx\.req|c\.req|ctx\.request)
        \.(get_json\(|json\b(?!\s*=)|media\b|get_media\()
      | \$(this->)?request->(all|json|toArray|input)\(
      )
    """,
    re.VERBOSE,
)
_PAYLOAD = re.compile(
    r"\b(raw_?)?(payload|body|raw|request|req|buf|buffer|text|content|contents|data|input|bytes|b|event)(_?(body|data|str|string|text|bytes|buffer|payload|raw|content))?\b"
    r"|get_data|getContent|php://input|raw_post|rawBody|body\.read|getBody",
    re.IGNORECASE,
)
# Where a request's body comes from; what a worker takes from its queue comes from elsewhere.
_REQUEST = re.compile(
    r"(?<![\w.])(self\.|this\.|flask\.)?(req|request|ctx|c|r|\$request|event)(\.|->)(\w+(\(\))?\.)*"
    r"(body|Body|data|text|json|raw_?[Bb]ody|raw_post|get_data|getContent|bounded_stream|stream|Request)\b"
    r"|php://input|params\b",
)
_FUNCTIONS = frozenset(kind["kind"] for family in utilities().values() for kind in family["function"]["any"])
_BODY = re.compile(
    r"(?<![\w.])(await\s+)?(req|request|ctx\.request|ctx\.req|c\.req)\.body(\s+as\s+[\w.<>]+)?(?![\w(\[?])"
)
_WITHOUT = re.compile(r"without_?verif\w*$|unverified_?event$", re.IGNORECASE)

# Conditions about whether to verify: is there a secret, a header, and where do we run.
_GATE = re.compile(
    r"""
      secret | whsec | signature | \bsig | sig\b | _sig | sigHeader | header | verif | validat | skip | bypass | secure
    | (?<![a-z])(
        debug | dev | develop(ment)? | is_?dev\w* | test(ing)? | is_?test\w* | prod | production | is_?prod\w*
      | staging | local | mock | demo | sandbox
      )(?![a-z])
    | isDev | isTest | isProd | isLocal | NODE_ENV | APP_ENV | FLASK_ENV | environment | evt_test | useMock | mock
    """,
    re.VERBOSE | re.IGNORECASE,
)
_OTHERS = re.compile(
    r"paypal|paystack|razorpay|github|clerk|svix|braintree|adyen|mollie|square|paddle|lemon", re.IGNORECASE
)

_REFUSES = re.compile(
    r"""
      ^\s*(raise|throw|abort|halt|die|exit|panic|log\.Fatal|os\.Exit|sys\.exit|process\.exit|head\s+:(bad|un|for))
    | (?<!\d)[45]\d\d(?!\d)
    | :(bad_request|unauthorized|forbidden|internal_server_error|unprocessable_\w+|service_unavailable)\b
    | BadRequest|Unauthorized|Forbidden|InternalServerError|ServiceUnavailable|HTTP_4|HTTP_5|HTTPException|HTTPError
    | \b(reject|fail|abort)\w*\(
    """,
    re.VERBOSE,
)
_ENDS = re.compile(
    r"^\s*(return|raise|throw|abort|halt|die|exit|panic|break|continue|next|redirect|head|render|log\.Fatal|os\.Exit|sys\.exit|process\.exit|c\.Abort)"
)

_IFS = {
    "python": ("if_statement", "elif_clause"),
    "javascript": ("if_statement",),
    "ruby": ("if", "elsif", "unless"),
    "php": ("if_statement", "else_if_clause"),
    "go": ("if_statement",),
}
_CHOICES = {
    "python": ("conditional_expression",),
    "javascript": ("ternary_expression",),
    "ruby": ("conditional",),
    "php": ("conditional_expression",),
}
_CATCHES = {
    "python": ("except_clause",),
    "javascript": ("catch_clause",),
    "ruby": ("rescue",),
    "php": ("catch_clause",),
}
_STRINGS = {
    "python": ("string",),
    "javascript": ("string",),
    "ruby": ("string",),
    "php": ("string", "encapsed_string"),
    "go": ("interpreted_string_literal",),
}
_BLOCKS = ("block", "statement_block", "compound_statement", "then", "statement_list", "body_statement")
_WRAPPERS = (
    *("else_clause", "elif_clause", "else_if_clause", "except_clause", "catch_clause", "else", "elsif", "rescue"),
    *("try_statement", "with_statement", "begin"),
)
_ELSES = ("else_clause", "elif_clause", "else", "elsif", "else_if_clause")

_TYPE = re.compile(
    r"""["'`](checkout\.session\.[a-z_]+|payment_intent\.[a-z_]+|charge\.(refunded|succeeded|failed|dispute\.[a-z_]+)"""
    r"""|customer\.subscription\.[a-z_]+|invoice\.(payment_succeeded|payment_failed|paid|finalized))["'`]"""
)
# What a file that verifies says somewhere; and what a function says that may be given what was verified, or that asks
# Stripe itself, and so is believed. Whoever makes one of the library's events of it must do more than read the header.
_LOOKS = re.compile(
    r"signature|construct_?event|hmac|whsec|timingSafe|compare_digest|webhook_?secret|parse_?event_?notification"
    r"|parseThin|verif\w*(stripe|webhook|event|request|header)|(\.|::|->)retrieve\(",
    re.IGNORECASE,
)
_DOES = (
    r"verif|construct_?event|hmac|guard|authenti|authori[sz]|middleware"
    r"|retrieve\(|\b(session|paymentintent|event)\.Get\("
)
_BELIEVED = re.compile(rf"{_DOES}|signature|whsec|(webhook|signing|endpoint)_?secret", re.IGNORECASE)
_MADE = re.compile(r"\bEvent(\.|::)(construct_from|constructFrom)\b")
_MUST = re.compile(_DOES, re.IGNORECASE)
_LOGGED = re.compile(r"\b(console|log|logger|logging|Log|Rails\.logger|winston|pino)(\.|::)\w+\([^\n]*")
_NAMED = re.compile(r"\$?(stripe_?)?(event|evt)(_?(data|json|body|payload))?", re.IGNORECASE)


@dataclass(frozen=True)
class _Trusting:
    """A function that takes the type of an event from a request, in a file that verifies nothing."""

    hit: Hit
    route: bool


@dataclass(frozen=True)
class _Verifying:
    """A file that verifies."""

    path: str


class UnverifiedDeliveries:
    """Finds SC-15: beside the verification, behind its failure, or instead of it."""

    words = (b"stripe",)

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def look(self, source: Source) -> Iterator[Hit | _Trusting | _Verifying]:
        """The ways around the verification in one file."""
        if not grammatical(source):
            return
        found = verifications(source)
        if found:
            yield _Verifying(source.path)
        for call in found:
            yield from self._around(source, call)
        for call in calls(source, source.root):
            if _WITHOUT.search(callee(call)):
                yield _hit(source, call, "This makes an event without looking at its signature.")
        yield from _instead(source, bool(found))
        if source.family == "php":
            yield from _middleware(source)

    def conclude(self, facts: list[Hit | _Trusting | _Verifying]) -> Iterable[Hit]:
        """What was seen; where another file verifies, a function that is no route may be given what it verified."""
        elsewhere = any(isinstance(fact, _Verifying) for fact in facts)
        for fact in facts:
            if isinstance(fact, Hit):
                yield fact
            elif isinstance(fact, _Trusting) and (fact.route or not elsewhere):
                yield fact.hit

    def _around(self, source: Source, call: SgNode) -> Iterator[Hit]:
        scope = functions_around(source, call)[0]
        yield from _beside(source, call, scope)
        yield from _before(source, call, scope)
        yield from _behind(source, call, scope)
        yield from _fails_in_go(source, call, scope)


def _beside(source: Source, call: SgNode, scope: SgNode) -> Iterator[Hit]:
    """An `if` about the secret, the header or where we run: one branch verifies, the other parses or goes on."""
    for node in call.ancestors():
        if node == scope:
            break
        if node.kind() in _CHOICES.get(source.family, ()):
            parts = [part for part in node.children() if part.is_named()]
            condition: SgNode | None = parts[1 if source.family == "python" else 0]
            branches = [part for part in parts if part != condition]
        elif node.kind() in _IFS[source.family]:
            condition, branches = node.field("condition"), _branches(node)
        else:
            continue
        if condition is None or inside(call, condition) or not _asks(condition):
            continue
        others = [one for one in branches if not inside(call, one)]
        parsed = next(filter(None, (_parse(source, one) for one in others if not _refuses(one))), None)
        if parsed is not None:
            yield _hit(source, parsed, "Where the signature is not checked, the event is taken as it came.")
        elif not any(map(_leaves, others)) and _goes_on(source, call, node, scope):
            yield _hit(source, condition, "Where this is not so, the event is taken as it came.")


def _before(source: Source, call: SgNode, scope: SgNode) -> Iterator[Hit]:
    """An `if` before the verification that parses and leaves: `if not secret: return json.loads(body)`."""
    for node in every(scope, *_IFS[source.family]):
        condition = node.field("condition")
        if condition is None or node.range().end.index > call.range().start.index or not _asks(condition):
            continue
        for branch in _branches(node):
            if any(inside(one, branch) for one in verifications(source)) or _refuses(branch) or not _leaves(branch):
                continue
            parsed = _parse(source, branch)
            if parsed is not None:
                yield _hit(
                    source, parsed, "Here the event is taken as it came, and the verification below is not reached."
                )


def _behind(source: Source, call: SgNode, scope: SgNode) -> Iterator[Hit]:
    """A handler of the failed verification that parses, or that lets what was parsed before go on."""
    for node in call.ancestors():
        if node == scope:
            break
        catches = [one for one in node.children() if one.kind() in _CATCHES.get(source.family, ())]
        if any(inside(call, one) for one in catches):
            continue
        for catch in catches:
            parsed = _parse(source, catch)
            if parsed is not None and not _refuses(catch):
                yield _hit(source, parsed, "After the verification has failed the event is taken as it came.")
            elif not _leaves(catch) and not _refuses(catch) and _goes_on(source, call, node, scope):
                yield _hit(source, catch, "After the verification has failed the event is processed all the same.")


def _fails_in_go(source: Source, call: SgNode, scope: SgNode) -> Iterator[Hit]:
    """`if err != nil` behind the verification, which parses."""
    if source.family != "go":
        return
    for node in every(scope, "if_statement"):
        condition, end = node.field("condition"), call.range().end.index
        if condition is None or not re.search(r"\berr\w*\s*!=\s*nil", condition.text()) or node.range().end.index < end:
            continue
        body = node.field("consequence")
        # The first one behind it asks for its error.
        parsed = _parse(source, body) if body is not None else None
        if body is not None and parsed is not None and not _refuses(body):
            yield _hit(source, parsed, "After the verification has failed the event is taken as it came.")
        return


def _middleware(source: Source) -> Iterator[Hit]:
    """Laravel's middleware that verifies, registered only where there is a secret."""
    for call in calls(source, source.root):
        if callee(call).endswith("->middleware") and re.search(r"Verify\w*Signature", call.text()):
            for above in call.ancestors():
                condition = above.field("condition") if above.kind() == "if_statement" else None
                if condition is not None and _asks(condition):
                    yield _hit(source, condition, "Where this is not so, nothing verifies the deliveries.")


def _goes_on(source: Source, call: SgNode, around: SgNode, scope: SgNode) -> bool:
    """Whether behind `around` the code uses what was parsed before it under the name that the verified event has."""
    given = list(assignments(source, scope))
    verified = {name for one in given if inside(call, one.value) for name in one.names}
    start, end = around.range().start.index, around.range().end.index
    first = scope.range().start.index
    rest = scope.text()[end - first :]
    parsed = [
        one.names[0] for one in given if one.node.range().start.index < start and _parse(source, one.value) is not None
    ]
    parsed += re.findall(r"(?:Unmarshal\([^,]+,|\.Decode\()\s*&(\w+)", scope.text()[: start - first])
    names = [name for name in parsed if name in verified or not verified]
    return any(re.search(rf"(?<![\w$]){re.escape(name)}(?!\w)", rest) for name in names)


def _instead(source: Source, verifies: bool) -> Iterator[_Trusting]:
    """A function that takes an event from a request nobody verified, where the file decides by Stripe's types."""
    if not _TYPE.search(source.text):
        return
    looks = verifies or bool(_LOOKS.search(code(source.root)))
    if looks and not verifies and not _MADE.search(source.text):
        return
    types = [text for text in every(source.root, *_STRINGS[source.family]) if _TYPE.fullmatch(text.text())]
    functions = dict.fromkeys(function for text in types for function in functions_around(source, text))
    named = [one.value for one in assignments(source, source.root) if _NAMED.fullmatch(one.names[0])]
    parses = [_parse(source, node, True) for node in (*functions, *named)]
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
        hit = _hit(source, parsed, "This event is processed, and nothing here verifies that Stripe sent it.")
        yield _Trusting(hit, _is_route(function))


def _event(source: Source, parsed: SgNode) -> bool:
    """Whether what was parsed is called an event."""
    return any(inside(parsed, one.value) and _NAMED.fullmatch(one.names[0]) for one in assignments(source, source.root))


def _with_route(function: SgNode) -> str:
    """The text of a function with its decorators, or with the registration that it is handed to."""
    above = function.parent()
    if above is not None and above.kind() in ("arguments", "argument_list"):
        above = above.parent()
    if above is not None and above.kind() in ("decorated_definition", "call_expression", "call"):
        return code(above)
    return code(function)


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
        return len([one for one in above.children() if one.is_named()]) == 2
    return bool(
        re.search(
            r"export (default )?(async )?(function|const) (POST|handler)|http\.ResponseWriter|^do\b",
            function.text()[:200],
        )
    )


def _parse(source: Source, node: SgNode, requested: bool = False) -> SgNode | None:
    """The first place within `node` where an event is made of a body: of a request's, if it has to be `requested`."""
    # What is only logged is blanked out; the places stay.
    text, start = _LOGGED.sub(lambda found: " " * len(found[0]), node.text()), node.range().start.index
    places = []
    for found in _PARSED.finditer(text):
        of = next((found[name] for name in ("python", "javascript", "php", "go", "ruby") if found[name]), None)
        if found["whole"] or (of is not None and _is_body(source, node, of, requested)):
            places.append(found.start())
    if source.family == "javascript":
        places += [found.start() for found in _BODY.finditer(text)]
    verified = [call.range() for call in verifications(source)]
    for place in sorted(place + start for place in places):
        if not any(one.start.index <= place < one.end.index for one in verified):
            return _node_at(node, place)
    return None


def _is_body(source: Source, node: SgNode, text: str, requested: bool) -> bool:
    """Whether what is parsed is the body of a delivery, by its name, or by what the variable of this name was given."""
    if not _PAYLOAD.search(text) or "metadata" in text:
        return False
    if not requested or _REQUEST.search(text):
        return True
    function = functions_around(source, node)[0] if node.kind() not in _FUNCTIONS else node
    name = re.match(r"[$\w]+", text)
    return name is not None and any(
        name[0] in one.names and _REQUEST.search(one.value.text()) is not None for one in assignments(source, function)
    )


def _node_at(node: SgNode, index: int) -> SgNode:
    """The smallest node that begins at `index`, or that holds it."""
    best = node
    for child in node.children():
        span = child.range()
        if span.start.index <= index < span.end.index:
            return _node_at(child, index)
    return best


def _asks(condition: SgNode) -> bool:
    return bool(_GATE.search(condition.text())) and not _OTHERS.search(condition.text())


def _branches(node: SgNode) -> list[SgNode]:
    """The branches of an `if`, without its condition."""
    condition = node.field("condition")
    found = [one for one in node.children() if one.is_named() and one != condition and "comment" not in one.kind()]
    above = node.parent()
    if node.kind() in ("elif_clause", "elsif", "else_if_clause") and above is not None:
        found += [
            one
            for one in above.children()
            if one.kind() in _ELSES and one.range().start.index > node.range().start.index
        ]
    return found


def _last(branch: SgNode) -> str:
    """The last statement of a branch; of one that is tried, the last that is."""
    inner = branch
    while True:
        named = [one for one in inner.children() if one.is_named() and "comment" not in one.kind()]
        blocks = [one for one in named if one.kind() in _BLOCKS]
        if inner.kind() in _BLOCKS:
            if not named:
                return ""
            # A bare end says nothing; what stands before it does.
            if len(named) > 1 and re.fullmatch(r"(return|exit(\(\))?|die(\(\))?|end)\s*;?", named[-1].text().strip()):
                return f"{named[-1].text()} {named[-2].text()}"
            inner = named[-1]
        elif blocks and inner.kind() in _WRAPPERS:
            inner = blocks[0]
        else:
            return inner.text()


def _refuses(branch: SgNode) -> bool:
    """Whether it ends by refusing the delivery."""
    return bool(_REFUSES.search(_last(branch)))


def _leaves(branch: SgNode) -> bool:
    """Whether it ends the function."""
    return bool(_ENDS.search(_last(branch)))


def _hit(source: Source, node: SgNode, message: str) -> Hit:
    return Hit("SC-15", source.place(node), message)
