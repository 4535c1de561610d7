"""Signatures of Stripe's that are computed by hand and then compared as any text is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from ..code.assignment import assignments
from ..code.call import arguments, callee, calls
from ..code.function import functions_around
from ..code.grammar import NAMES, grammatical
from ..code.node import every, named
from ..finding import Hit
from ..source import Source
from .file_by_file import FileByFile

_COMPUTED = re.compile(
    r"""
      \bhmac\.(new|New|digest)\b | \bcreateHmac\b | \bhash_hmac\b | \bOpenSSL::HMAC\b | \bsubtle\.sign\b
    | (compute|calculate|generate|expected|create|make)_?\w{0,40}(signature|hmac)\w{0,40}\(
    """,
    re.VERBOSE | re.IGNORECASE,
)
# What is made of a digest without hiding it: hexadecimal, base64, bytes, lower case.
_REWRITTEN = re.compile(r"hex|base64|b64|buffer|byte|string|encode|decode|lower|digest|\bSum\(", re.IGNORECASE)
_CONSTANT_TIME = re.compile(
    r"compare_digest|timingSafeEqual|secure_?compare|hash_equals|hmac\.Equal|ConstantTime|constant_time|safe_?equal",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"""
    (?: (\.|::)(equals|compare|localeCompare|includes|indexOf|isEqual|eql\?|equal\?|casecmp\??|include\?)
    | ^\\?(strcmp|strcasecmp|strncmp|in_array|isEqual)
    | bytes\.(Equal|Compare) | strings\.(EqualFold|Compare) | slices\.(Contains|Equal) | reflect\.DeepEqual
    )\Z """,
    re.VERBOSE,
)
_OPERATORS = frozenset({"==", "===", "!=", "!==", "<>", "in", "not in", "not", "eql?", "<=>"})
_BINARY = {
    "python": ("comparison_operator",),
    "javascript": ("binary_expression",),
    "ruby": ("binary",),
    "php": ("binary_expression",),
    "go": ("binary_expression",),
}
_NOT_A_DIGEST = re.compile(
    r"""(None|null|nil|undefined|true|false|True|False|\d+|-1|''|""|b''|b"")""",
)
_LENGTH = re.compile(r"\blength\b|\bbyteLength\b|\blen\(|strlen|\.size\b|\.bytesize\b|\btypeof\b|count\(|gettype")
_STRIPE = re.compile(r"stripe|whsec|\bv1\b", re.IGNORECASE)


class OrdinaryComparisons(FileByFile):
    """Finds SC-17: a digest that the code computed, in a comparison that ends at the first difference."""

    words = (
        b"stripe-signature",
        b"stripe_signature",
        b"stripesignature",
        b"whsec",
        b"stripe_webhook",
        b"stripewebhook",
    )

    def look(self, source: Source) -> Iterator[Hit]:
        """The comparisons in one file."""
        if not grammatical(source) or not _COMPUTED.search(source.text):
            return
        for node, operands in _comparisons(source):
            if any(_NOT_A_DIGEST.fullmatch(one.text()) or _LENGTH.search(one.text()) for one in operands):
                continue
            if _CONSTANT_TIME.search(node.text()) or not _of_stripe(source, node):
                continue
            scope = functions_around(source, node)
            if any(_is_digest(source, scope, one) for one in operands):
                message = "The signature is compared as any text is, not in constant time."
                yield Hit("SC-17", source.place(node), message)


def _comparisons(source: Source) -> Iterator[tuple[SgNode, list[SgNode]]]:
    """Comparisons, and what is compared."""
    for node in every(source.root, *_BINARY[source.family]):
        children = node.children()
        if any(not child.is_named() and child.text() in _OPERATORS for child in children):
            yield node, named(node)
    for call in calls(source, source.root):
        if _COMPARED.search(callee(call)):
            receiver = [child for child in call.children()[:1] if child.kind() not in ("arguments", "argument_list")]
            yield call, [*receiver, *arguments(call)]


def _is_digest(source: Source, scope: list[SgNode], operand: SgNode, hops: int = 4) -> bool:
    """Whether `operand` is what an HMAC was computed to, or holds it."""
    text = operand.text()
    if _COMPUTED.search(text):
        return True
    if hops == 0:
        return False
    names = {text} | {node.text() for node in every(operand, *NAMES[source.family])}
    # The outermost function: an arrow inside it compares what the function computed.
    outermost = scope[-2] if len(scope) > 1 else scope[-1]
    return any(
        name in names
        and not _CONSTANT_TIME.search(given.value.text())
        and (_COMPUTED.search(given.value.text()) or _REWRITTEN.search(given.value.text()))
        and given.value.text() != text
        and _is_digest(source, scope, given.value, hops - 1)
        for given in assignments(source, outermost)
        for name in given.names
        if name not in ("err", "error")
    )


def _of_stripe(source: Source, node: SgNode) -> bool:
    """Whether the function, its class or its file is about Stripe: a file may verify for others too."""
    *functions, _ = functions_around(source, node)
    if not functions or re.search("stripe", source.path, re.IGNORECASE):
        return True
    if any(_STRIPE.search(function.text()) for function in functions):
        return True
    named = [above.field("name") for above in node.ancestors()]
    return any(name is not None and re.search("stripe", name.text(), re.IGNORECASE) for name in named)
