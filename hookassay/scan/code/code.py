"""One source as code: its calls, what is read of what, and what stands behind casts and defaults."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from ast_grep_py import SgNode

from ..source import Source
from .call import Call, arguments
from .function import CLOSURES
from .grammar import CALLS, CREATIONS, NAMES, functions, has
from .literal import literal
from .name import snake
from .node import named, span

DEEP = 14
"""How many steps are followed; code that goes in circles ends here."""

_TRANSPARENT = frozenset(
    """
    parenthesized_expression parenthesized_statements await_expression await non_null_expression as_expression
    satisfies_expression type_assertion type_assertion_expression type_conversion_expression cast_expression argument
    literal_element reference_modifier
    """.split()
)
# What makes another type of the one thing that it is given, or that it is called on.
_FUNCTIONS_OF_ONE = frozenset(
    """
    String Number parseInt parseFloat BigInt Big BigNumber Decimal str int float Integer Float BigDecimal intval
    floatval strval float64 float32 int64 int32 string NewFromInt NewFromFloat
    """.split()
)
_CONVERSIONS = _FUNCTIONS_OF_ONE | frozenset(
    "to_s to_i to_f to_d to_str to_r toString valueOf presence toNumber".split()
)


class Code:
    """One source with a grammar, and the nodes in it."""

    def __init__(self, source: Source) -> None:
        """Read `source`, which must have a grammar."""
        self.source = source
        self.family = source.family
        self.root = source.root
        self._kinds_of_calls = (*CALLS[self.family], *CREATIONS.get(self.family, ()))
        self._found: dict[str, list[SgNode]] = {}

    def find(self, *kinds: str) -> Iterator[SgNode]:
        """The nodes of these kinds in the whole file, one kind after the other, as far as the grammar has them."""
        for kind in kinds:
            if kind not in self._found:
                self._found[kind] = list(self.find_in(self.root, kind))
            yield from self._found[kind]

    def find_in(self, node: SgNode, *kinds: str) -> Iterator[SgNode]:
        """The nodes of these kinds in `node`, one kind after the other, as far as the grammar has them."""
        for kind in kinds:
            if has(self.source.language, kind):
                yield from node.find_all(kind=kind)

    # Calls

    def calls(self, node: SgNode | None = None) -> Iterator[Call]:
        """The calls in `node`, or in the whole file."""
        begin, end = span(node) if node is not None else (0, len(self.source.text) + 1)
        return (call for start, call in self._calls if begin <= start < end)

    @cached_property
    def calls_by_name(self) -> dict[str, list[Call]]:
        """Name of a function or method → its calls in this file."""
        calls = defaultdict(list)
        for call in self.calls():
            calls[call.name].append(call)
        return calls

    @cached_property
    def _calls(self) -> list[tuple[int, Call]]:
        found = (self.call(node) for node in self.find(*self._kinds_of_calls))
        return [(span(call.node)[0], call) for call in found if call is not None]

    def is_call(self, node: SgNode) -> bool:
        """Whether `node` calls something, or makes an object."""
        return node.kind() in self._kinds_of_calls

    def call(self, node: SgNode) -> Call | None:
        """What `node` calls; None where it is no call."""
        if not self.is_call(node):
            return None
        called = node.field("function") or node.field("constructor")
        last: SgNode | None
        if self.family == "ruby":
            receiver, last = node.field("receiver"), node.field("method")
        elif self.family == "php":
            receiver, last = node.field("object") or node.field("scope"), node.field("name") or called
            if node.kind() == "object_creation_expression":
                last = next((one for one in node.children() if one.kind() in ("name", "qualified_name")), None)
        elif called is None:
            return None
        else:
            receiver = called.field("object") or called.field("operand")
            last = called.field("property") or called.field("attribute") or called.field("field") or called
        return Call(node, receiver, last.text() if last is not None else "", tuple(arguments(node)))

    # Names and fields

    def name(self, node: SgNode | None) -> str | None:
        """The name of a plain variable; None where `node` is none."""
        return node.text() if node is not None and node.kind() in NAMES[self.family] else None

    def access(self, node: SgNode) -> tuple[SgNode, tuple[str, ...]] | None:
        """What is read of what: `charge["payment_intent"]` → (charge, payment_intent)."""
        kind = node.kind()
        base: SgNode | None = None
        field: str | None = None
        if kind in ("attribute", "member_expression", "selector_expression"):
            base = node.field("object") or node.field("operand")
            last = node.field("attribute") or node.field("property") or node.field("field")
            field = last.text() if last is not None else None
        elif kind in ("member_access_expression", "nullsafe_member_access_expression"):
            base, last = node.field("object"), node.field("name")
            field = last.text() if last is not None else None
        elif kind in ("subscript", "subscript_expression", "index_expression", "element_reference"):
            parts = named(node)
            if len(parts) == 2:
                base, field = parts[0], literal(parts[1])
                if field is None and parts[1].text().isdigit():
                    field = parts[1].text()
        else:
            return self._asked_for(node)
        if base is None or field is None:
            return None
        return base, (snake(field) if self.family == "go" else field,)

    def _asked_for(self, node: SgNode) -> tuple[SgNode, tuple[str, ...]] | None:
        """What a method reads: `charge.get("id")`, `charge.id` in Ruby."""
        call = self.call(node)
        if call is None or call.receiver is None:
            return None
        if self.family == "ruby" and not call.arguments and node.field("block") is None:
            return call.receiver, (call.name,)
        literals = [literal(one) for one in call.arguments]
        if call.name in ("get", "fetch", "GetObjectValue", "dig") and literals and literals[0] is not None:
            fields = tuple(one for one in literals if one is not None)
            return call.receiver, fields if call.name in ("dig", "GetObjectValue") else fields[:1]
        return None

    def last_name(self, node: SgNode) -> str:
        """The last name in `node`: that of the field that is read, or of the variable; empty for neither."""
        read = self.access(node)
        return read[1][-1] if read is not None else (self.name(node) or "").lstrip("$@")

    def declared_type(self, node: SgNode) -> str:
        """The type that a declaration gives its name; in PHP a comment before it may say so (`@var`). May be empty."""
        typed = node.field("type")
        if typed is not None:
            return typed.text()
        parent = node.parent() if self.family == "php" else None
        comment = parent.prev() if parent is not None else None
        if comment is None or comment.kind() != "comment":
            return ""
        said = re.search(r"@var\s+(\S+)", comment.text())
        return said[1] if said else ""

    # Around a node, and behind it

    def function(self, node: SgNode) -> SgNode:
        """The closest named function around `node`, however many closures lie between; the whole file without one."""
        outermost: SgNode | None = None
        for one in node.ancestors():
            if one.kind() in functions(self.family):
                outermost = one
                if one.kind() not in CLOSURES:
                    break
        return outermost or self.root

    def operator(self, node: SgNode) -> str:
        """The operator of a binary expression, or of an assignment."""
        written = node.field("operator") or node.field("operators")
        if written is not None:
            return written.text()
        return next((one.text() for one in node.children() if not one.is_named()), "")

    def alternatives(self, node: SgNode, depth: int = 0) -> Iterator[SgNode]:
        """What `node` may stand for, without the casts, conversions and defaults around it."""
        if depth > DEEP:
            return
        inner = self._unwrapped(node)
        if not inner:
            yield node
        for one in inner:
            yield from self.alternatives(one, depth + 1)

    def _unwrapped(self, node: SgNode) -> list[SgNode]:
        """What `node` passes on; empty where it is itself what counts."""
        kind, parts = node.kind(), named(node)
        if kind in _TRANSPARENT:
            return parts[-1:] if kind in ("type_assertion", "cast_expression", "argument") else parts[:1]
        if kind == "expression_list" and len(parts) == 1:
            return parts
        if kind == "unary_expression" and node.text()[:1] in "&*":
            return parts[-1:]
        if kind in ("boolean_operator", "binary_expression", "binary"):
            return parts[:1] if self.operator(node) in ("||", "??", "or") else []
        if kind in ("ternary_expression", "conditional_expression", "conditional"):
            return [parts[0], parts[2]] if self.family == "python" and len(parts) == 3 else parts[1:]
        call = self.call(node)
        if call is None:
            return []
        if call.name in _FUNCTIONS_OF_ONE and call.arguments:
            return list(call.arguments[:1])
        if call.name in _CONVERSIONS and call.receiver is not None:
            return [call.receiver]
        if call.name == "cast" and len(call.arguments) == 2:
            return [call.arguments[1]]
        return []


def passes_on(node: SgNode) -> bool:
    """Whether `node` only puts parentheses, a cast or a wait around another."""
    return node.kind() in _TRANSPARENT
