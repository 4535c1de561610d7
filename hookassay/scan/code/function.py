"""Functions: those that something stands in, and their decorators."""

from __future__ import annotations

from ast_grep_py import SgNode

from ..source import Source
from .grammar import functions

CLOSURES = frozenset({"do_block", "block", "lambda", "arrow_function", "func_literal"})
"""Those that mostly go on with the work of the function around them."""

_NAMING = frozenset({"variable_declarator", "assignment", "assignment_expression", "pair"})


def functions_around(source: Source, node: SgNode) -> list[SgNode]:
    """The functions that `node` stands in, the closest one first, and the whole file last."""
    kinds = functions(source.family)
    return [*(above for above in node.ancestors() if above.kind() in kinds), source.root]


def decorated(node: SgNode) -> SgNode:
    """A function with its decorators, in Python, or itself."""
    parent = node.parent()
    return parent if parent is not None and parent.kind() == "decorated_definition" else node


def name_of(function: SgNode) -> str:
    """The name of a function, or the one that a closure is given where it is written; may be empty."""
    named = function.field("name")
    parent = function.parent() if named is None else None
    if parent is not None and parent.kind() in _NAMING:
        named = parent.field("name") or parent.field("left") or parent.field("key")
    return named.text() if named is not None else ""
