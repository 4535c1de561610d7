"""What a string in the code says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from .node import named

_STRINGS = frozenset(
    {"string", "interpreted_string_literal", "raw_string_literal", "encapsed_string", "template_string"}
)
_HEREDOCS = frozenset({"heredoc", "nowdoc", "heredoc_body"})
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
_QUOTES = frozenset({"string_start", "string_end"})  # of Python
_QUOTE = re.compile(
    r"""
      ^[a-zA-Z]{0,2}(\"{3}|'{3}|["'`])  # with the prefixes of Python's strings
    | (\"{3}|'{3}|["'`])$
    """,
    re.VERBOSE,
)


def literal(node: SgNode | None) -> str | None:
    """What stands between the quotes of a string, or in a symbol of Ruby's, as it is written; None for all else.

    What is interpolated is part of it: of SQL and of paths the rest is wanted.
    """
    if node is None:
        return None
    kind = node.kind()
    if kind in ("simple_symbol", "hash_key_symbol"):
        return node.text().lstrip(":")
    return _QUOTE.sub("", node.text()) if kind in _STRINGS else None


def string(node: SgNode | None) -> str | None:
    """The value of a string or a symbol that is certain; None for an interpolated one, and for all else."""
    if node is None or (node.kind() not in _STRINGS and node.kind() not in _HEREDOCS):
        return literal(node)
    inner = [child for child in named(node) if child.kind() not in _QUOTES]
    if not inner:
        return literal(node) or ""
    if any(child.kind() not in _CONTENT for child in inner):
        return None
    return "".join(child.text() for child in inner)


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
