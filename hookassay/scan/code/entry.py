"""Entries of objects, dictionaries, hashes and arrays, and keyword arguments: a key and its value."""

from __future__ import annotations

from ast_grep_py import SgNode

from .literal import literal, string
from .node import named

ENTRIES = ("keyword_argument", "pair", "array_element_initializer", "keyed_element")
"""The kinds of them, of all grammars."""


def entry(node: SgNode) -> tuple[str, SgNode] | None:
    """The key of an entry, without quotes, and its value; None where it has no key."""
    parts = named(node)
    if len(parts) != 2:
        return None
    return (literal(parts[0]) or parts[0].text()).strip("\"'"), parts[1]


def pairs(node: SgNode | None) -> dict[str, SgNode]:
    """Key → value of an object, a hash, or the keyword arguments in a list of arguments."""
    found: dict[str, SgNode] = {}
    for pair in named(node):
        if pair.kind() == "pair":
            key, value = pair.field("key"), pair.field("value")
            if key is not None and value is not None:
                found[string(key) or key.text()] = value
    return found
