"""Assignments: names, and what they are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ast_grep_py import SgNode

from ..source import Source
from .node import every

# Family → the kinds that give a name a value, with the fields that hold them.
_ASSIGNMENTS: Mapping[str, tuple[tuple[str, str, str], ...]] = MappingProxyType(
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


def assignments(source: Source, scope: SgNode) -> Iterator[Assignment]:
    """What is given a value within `scope`, in the order of the text."""
    fields = {kind: (left, right) for kind, left, right in _ASSIGNMENTS[source.family]}
    for node in every(scope, *fields):
        left, right = (node.field(name) for name in fields[node.kind()])
        if left is not None and right is not None:
            yield Assignment(node, tuple(name.strip() for name in left.text().split(",")), right)
