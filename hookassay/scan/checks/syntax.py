"""What checks ask of the code around a webhook: where it verifies, in which function, and what a variable was given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import cast

from ast_grep_py import Config, SgNode

from ..language import GRAMMARS
from ..rule import utilities
from ..source import Source

# Family → the kinds that give a name a value, with the fields that hold them.
_ASSIGNMENTS = MappingProxyType(
    {
        "python": (("assignment", "left", "right"), ("named_expression", "name", "value")),
        "javascript": (("variable_declarator", "name", "value"), ("assignment_expression", "left", "right")),
        "ruby": (("assignment", "left", "right"), ("operator_assignment", "left", "right")),
        "php": (("assignment_expression", "left", "right"),),
        "go": (
            ("short_var_declaration", "left", "right"),
            ("assignment_statement", "left", "right"),
            ("var_spec", "name", "value"),
        ),
    }
)
_CALLS = MappingProxyType(
    {
        "python": ("call",),
        "javascript": ("call_expression", "new_expression"),
        "ruby": ("call",),
        "php": ("function_call_expression", "member_call_expression", "scoped_call_expression"),
        "go": ("call_expression",),
    }
)


@dataclass(frozen=True)
class Assignment:
    """A place where names are given a value.

    Attributes:
        node: The whole of it.
        names: What stands left, as it is written.
        value: What stands right.
    """

    node: SgNode
    names: tuple[str, ...]
    value: SgNode


def grammatical(source: Source) -> bool:
    """Whether it has a syntax tree, and is no code of tests."""
    return source.language in GRAMMARS and not source.is_test


def every(node: SgNode, *kinds: str) -> list[SgNode]:
    """The nodes of these kinds below `node`, in the order of the text."""
    return node.find_all({"rule": {"any": [{"kind": kind} for kind in kinds]}})


@lru_cache(maxsize=4)
def verifications(source: Source) -> list[SgNode]:
    """The calls that verify a delivery with one of Stripe's libraries."""
    config = {"rule": {"matches": "verification"}, "utils": dict(utilities()[source.family])}
    return source.root.find_all(cast(Config, config))


def functions_around(source: Source, node: SgNode) -> list[SgNode]:
    """The functions that `node` stands in, the closest one first, and the whole file last."""
    kinds = [one["kind"] for one in utilities()[source.family]["function"]["any"]]
    return [*(above for above in node.ancestors() if above.kind() in kinds), source.root]


def calls(source: Source, node: SgNode) -> list[SgNode]:
    """The calls below `node`."""
    return every(node, *_CALLS[source.family])


def callee(call: SgNode) -> str:
    """What is called, as it is written: `os.environ.get`, `$request->input`, `Stripe::Webhook.construct_event`."""
    arguments = call.field("arguments")
    end = arguments.range().start.index if arguments is not None else call.range().end.index
    text = call.text()[: end - call.range().start.index]
    return re.sub(r"<[^<>()]*>$|\s+", "", text.removesuffix("("))


def arguments(call: SgNode) -> list[SgNode]:
    """The arguments of a call, without comments."""
    found = call.field("arguments")
    written = found.children() if found is not None else []
    return [_inner(one) for one in written if one.is_named() and "comment" not in one.kind()]


def assignments(source: Source, scope: SgNode) -> Iterator[Assignment]:
    """What is given a value within `scope`, in the order of the text."""
    fields = {kind: (left, right) for kind, left, right in _ASSIGNMENTS[source.family]}
    for node in every(scope, *fields):
        left, right = (node.field(name) for name in fields[node.kind()])
        if left is not None and right is not None:
            yield Assignment(node, tuple(name.strip() for name in left.text().split(",")), right)


def inside(node: SgNode, outer: SgNode) -> bool:
    """Whether `node` stands within `outer`, or is it."""
    a, b = node.range(), outer.range()
    return b.start.index <= a.start.index and a.end.index <= b.end.index


def code(node: SgNode) -> str:
    """The text of `node` without its comments."""
    text, parts, at = node.text(), list[str](), 0
    first = node.range().start.index
    for comment in every(node, "comment"):
        span = comment.range()
        parts.append(text[at : span.start.index - first])
        at = span.end.index - first
    return "".join((*parts, text[at:]))


def _inner(argument: SgNode) -> SgNode:
    """PHP wraps each argument in a node of its own."""
    return argument.children()[-1] if argument.kind() == "argument" and argument.children() else argument
