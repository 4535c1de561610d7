"""Calls: what is called, and with what."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ast_grep_py import SgNode

from ..source import Source
from .grammar import CALLS
from .node import every, named, start


@dataclass(frozen=True)
class Call:
    """A call: what is called on what, with what.

    Attributes:
        node: The whole.
        receiver: What the method belongs to; None for a plain function.
        name: The function's or method's name.
        arguments: In order, keyword arguments among them.
    """

    node: SgNode
    receiver: SgNode | None
    name: str
    arguments: tuple[SgNode, ...]


def calls(source: Source, node: SgNode) -> list[SgNode]:
    """The calls below `node`, in the order of the text; `new Stripe(…)` of JavaScript's is one."""
    creations = ("new_expression",) if source.family == "javascript" else ()
    return every(node, *CALLS[source.family], *creations)


def callee(call: SgNode) -> str:
    """What is called, as it is written: `os.environ.get`, `$request->input`, `Stripe::Webhook.construct_event`."""
    given = call.field("arguments")
    end = start(given) if given is not None else call.range().end.index
    text = call.text()[: end - start(call)]
    return re.sub(r"<[^<>()]*>$|\s+", "", text.removesuffix("("))


def called(call: SgNode) -> str:
    """The last name of what is called: `unique` of `text("a").unique()`."""
    for field in ("function", "method", "name"):
        node = call.field(field)
        if node is not None:
            last = node.field("property") or node
            return last.text()
    return ""


def arguments(call: SgNode) -> list[SgNode]:
    """The arguments of a call, without comments and without the nodes that PHP wraps them in."""
    listed = call.field("arguments")
    if listed is None and call.kind() == "object_creation_expression":
        listed = next((one for one in call.children() if one.kind() == "arguments"), None)
    if listed is not None and listed.kind() == "template_string":
        return [listed]
    return [(named(one) or [one])[-1] if one.kind() == "argument" else one for one in named(listed)]


def chain(node: SgNode) -> list[SgNode]:
    """The calls of a chain, the innermost first: `text("a").notNull().unique()` is three."""
    found: list[SgNode] = []
    current: SgNode | None = node
    while current is not None:
        kind = current.kind()
        if kind in ("call_expression", "call", "member_call_expression", "scoped_call_expression"):
            found.append(current)
            function = current.field("function") if kind == "call_expression" else current
            current = function.field("object") or function.field("receiver") if function is not None else None
        elif kind in ("as_expression", "satisfies_expression", "non_null_expression", "parenthesized_expression"):
            current = next(iter(named(current)), None)
        else:
            break
    return found[::-1]
