"""What readers of all grammars ask of a syntax tree: a string's text, a call's arguments, what a node stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

_CONTENT = frozenset(
    {
        "string_fragment",
        "string_content",
        "interpreted_string_literal_content",
        "raw_string_literal_content",
        "heredoc_content",
        "heredoc_body",
        "nowdoc_string",
        "escape_sequence",
    }
)
_STRINGS = frozenset(
    {
        "string",
        "template_string",
        "encapsed_string",
        "heredoc",
        "nowdoc",
        "heredoc_body",
        "raw_string_literal",
        "interpreted_string_literal",
    }
)

# `down`, `exports.down`, `downgrade`, and Go's `down20260101` and `DownOrders`; but not `download`.
_UNDOES = re.compile(r"""["']?(?:module\.)?(?:exports\.)?(?:[dD]own(?:[A-Z_0-9]\w*)?|downgrade|[rR]ollback)["']?$""")


def string(node: SgNode | None) -> str | None:
    """The text of a string literal (or of a symbol of Ruby's); None for anything else, and for an interpolated one."""
    if node is None:
        return None
    kind = node.kind()
    if kind == "simple_symbol":
        return node.text().removeprefix(":")
    if kind == "hash_key_symbol":
        return node.text()
    if kind not in _STRINGS:
        return None
    inner = [child for child in node.children() if child.is_named()]
    if not inner:
        return node.text().strip("\"'`")
    if any(child.kind() not in _CONTENT for child in inner):
        return None
    return "".join(child.text() for child in inner)


def named(node: SgNode | None) -> list[SgNode]:
    """The children of `node` that are no punctuation and no comment."""
    return [] if node is None else [one for one in node.children() if one.is_named() and one.kind() != "comment"]


def arguments(call: SgNode) -> list[SgNode]:
    """The arguments of a call; PHP wraps each in a node of its own."""
    found = named(call.field("arguments"))
    return [(named(one) or [one])[-1] if one.kind() == "argument" else one for one in found]


def pairs(node: SgNode | None) -> dict[str, SgNode]:
    """Key → value of an object, a hash, or the keyword arguments among a call's arguments."""
    found: dict[str, SgNode] = {}
    for pair in named(node):
        if pair.kind() == "pair":
            key, value = pair.field("key"), pair.field("value")
            if key is not None and value is not None:
                found[string(key) or key.text()] = value
    return found


def chain(node: SgNode) -> list[SgNode]:
    """The calls of a chain, the innermost first: `text("a").notNull().unique()` is three."""
    calls: list[SgNode] = []
    current: SgNode | None = node
    while current is not None:
        kind = current.kind()
        if kind in ("call_expression", "call", "member_call_expression", "scoped_call_expression"):
            calls.append(current)
            function = current.field("function") if kind == "call_expression" else current
            current = function.field("object") or function.field("receiver") if function is not None else None
        elif kind in ("as_expression", "satisfies_expression", "non_null_expression", "parenthesized_expression"):
            current = next(iter(named(current)), None)
        else:
            break
    return calls[::-1]


def called(call: SgNode) -> str:
    """The last name of what is called: `unique` of `text("a").unique()`."""
    for field in ("function", "method", "name"):
        node = call.field(field)
        if node is not None:
            last = node.field("property") or node
            return last.text()
    return ""


def undoes(node: SgNode) -> bool:
    """Whether `node` stands in the half of a migration that takes it back."""
    for around in node.ancestors():
        name = around.field("name") or around.field("key") or around.field("left")
        if name is not None and _UNDOES.match(name.text()):
            return True
    return False


def members(node: SgNode | None) -> Iterator[str]:
    """The strings in a list, or the one string that stands for it."""
    if node is None:
        return
    alone = string(node)
    if alone is not None:
        yield alone
        return
    for one in named(node):
        inner = named(one)[-1] if one.kind() == "array_element_initializer" and named(one) else one
        text = string(inner)
        if text is not None:
            yield text
