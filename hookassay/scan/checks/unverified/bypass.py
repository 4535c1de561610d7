"""Ways around a verification: beside it, before it, and behind its failure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from ...code.assignment import assignments
from ...code.call import callee, calls
from ...code.function import functions_around
from ...code.grammar import CHOICES
from ...code.node import every, inside, named, span, start
from ...code.verification import verifications
from ...finding import Hit
from ...source import Source
from .branch import IFS, branches, leaves, refuses
from .parsing import parsed_in

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
_CATCHES = {
    "python": ("except_clause",),
    "javascript": ("catch_clause",),
    "ruby": ("rescue",),
    "php": ("catch_clause",),
}


def around(source: Source, call: SgNode) -> Iterator[Hit]:
    """The ways around one verification, in its function."""
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
        if node.kind() in CHOICES.get(source.family, ()):
            parts = named(node)
            condition: SgNode | None = parts[1 if source.family == "python" else 0]
            choices = [part for part in parts if part != condition]
        elif node.kind() in IFS[source.family]:
            condition, choices = node.field("condition"), branches(node)
        else:
            continue
        if condition is None or inside(call, condition) or not _asks(condition):
            continue
        others = [one for one in choices if not inside(call, one)]
        parsed = next(filter(None, (parsed_in(source, one) for one in others if not refuses(one))), None)
        if parsed is not None:
            yield _hit(source, parsed, "Where the signature is not checked, the event is taken as it came.")
        elif not any(map(leaves, others)) and _goes_on(source, call, node, scope):
            yield _hit(source, condition, "Where this is not so, the event is taken as it came.")


def _before(source: Source, call: SgNode, scope: SgNode) -> Iterator[Hit]:
    """An `if` before the verification that parses and leaves: `if not secret: return json.loads(body)`."""
    for node in every(scope, *IFS[source.family]):
        condition = node.field("condition")
        if condition is None or span(node)[1] > start(call) or not _asks(condition):
            continue
        for branch in branches(node):
            if any(inside(one, branch) for one in verifications(source)) or refuses(branch) or not leaves(branch):
                continue
            parsed = parsed_in(source, branch)
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
            parsed = parsed_in(source, catch)
            if parsed is not None and not refuses(catch):
                yield _hit(source, parsed, "After the verification has failed the event is taken as it came.")
            elif not leaves(catch) and not refuses(catch) and _goes_on(source, call, node, scope):
                yield _hit(source, catch, "After the verification has failed the event is processed all the same.")


def _fails_in_go(source: Source, call: SgNode, scope: SgNode) -> Iterator[Hit]:
    """`if err != nil` behind the verification, which parses."""
    if source.family != "go":
        return
    for node in every(scope, "if_statement"):
        condition, end = node.field("condition"), span(call)[1]
        if condition is None or not re.search(r"\berr\w*\s*!=\s*nil", condition.text()) or span(node)[1] < end:
            continue
        body = node.field("consequence")
        # The first one behind it asks for its error.
        parsed = parsed_in(source, body) if body is not None else None
        if body is not None and parsed is not None and not refuses(body):
            yield _hit(source, parsed, "After the verification has failed the event is taken as it came.")
        return


def middleware(source: Source) -> Iterator[Hit]:
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
    begin, end = span(around)
    first = start(scope)
    rest = scope.text()[end - first :]
    parsed = [one.names[0] for one in given if start(one.node) < begin and parsed_in(source, one.value) is not None]
    parsed += re.findall(r"(?:Unmarshal\([^,]+,|\.Decode\()\s*&(\w+)", scope.text()[: begin - first])
    names = [name for name in parsed if name in verified or not verified]
    return any(re.search(rf"(?<![\w$]){re.escape(name)}(?!\w)", rest) for name in names)


def _asks(condition: SgNode) -> bool:
    return bool(_GATE.search(condition.text())) and not _OTHERS.search(condition.text())


def _hit(source: Source, node: SgNode, message: str) -> Hit:
    return Hit("SC-15", source.place(node), message)
