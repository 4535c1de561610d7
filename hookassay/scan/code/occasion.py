"""On which types of Stripe's events code runs, as the cases, conditions, tables and calls around it say."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property

from ast_grep_py import SgNode

from ..event_types import compact, known
from .code import Code
from .function import CLOSURES, name_of
from .grammar import functions
from .literal import literal
from .node import named, span

Types = frozenset[str]
"""Types of events; none of them stands for any."""

_ANY: Types = frozenset()

_FURTHEST = 2
"""How many calls are followed back to where they are made."""

_QUOTED = re.compile(r"""["'`]([a-z0-9_.]+)["'`]""")
_CONSTANT = re.compile(r"\bEventType(\w+)")
# Methods that frameworks call by the event's name: handleChargeRefunded of Cashier, process_charge_refunded of Pay.
_HANDLER = re.compile(r"(?:handle|on|process)_?(\w+?)(?:_?event)?", re.I)
_CALLABLE = re.compile(r"[\w.$>:&-]+")
_NEGATED = re.compile(r"!=|\bnot\b|!\s*[\w$([]|<>")
_NEGATED_GUARD = re.compile(r"!=|\bnot\b|!\s*\w*[.\[(]")
_LEAVES = re.compile(r"\b(return|throw|raise|continue|break|next|abort|exit|head)\b")

_SWITCH_CASES = frozenset({"switch_case", "case_statement"})
_PATTERN_CASES = frozenset({"expression_case", "when", "match_conditional_expression", "case_clause"})
_PATTERNS = frozenset({"expression_list", "pattern", "match_condition_list", "case_pattern"})
_ENTRIES = frozenset({"pair", "array_element_initializer"})
_IFS = frozenset(
    """
    if_statement elif_clause else_if_clause if elsif if_modifier unless unless_modifier
    """.split()
)
_GUARDS = frozenset({"if_statement", "unless_modifier", "if_modifier", "unless", "if", "expression_statement"})
_BLOCKS = frozenset(
    """
    block statement_block compound_statement body_statement statement_list program module
    """.split()
)
# What compares or looks up a type that it is given, and does not wait for it.
_NO_SUBSCRIPTION = ("eq", "where")


class Occasions:
    """The events on which the code of one source runs."""

    def __init__(self, code: Code) -> None:
        """Know the code."""
        self._code = code

    def types(self, node: SgNode, depth: int = 0) -> Types:
        """The types of event on which alone `node` runs, as far as the code around it says; empty for any."""
        start = span(node)[0]
        below = node
        for one in node.ancestors():
            types = self._of_branch(one, start, below)
            if types:
                return types
            if one.kind() in functions(self._code.family):
                name = name_of(one)
                types = self._of_function(name, one, depth) if name else _ANY
                if types:
                    return types
                if one.kind() not in CLOSURES:
                    parent = one.parent()
                    decorated = parent is not None and parent.kind() == "decorated_definition"
                    return _of_decorators(parent) if parent is not None and decorated else _ANY
            below = one
        return _ANY

    def _of_function(self, name: str, function: SgNode, depth: int) -> Types:
        """The types that a function is for by its name, by a table, or by all the calls of it in this file."""
        handled = _HANDLER.fullmatch(name)
        if handled and self._code.family in ("php", "ruby"):
            own = compact().get(re.sub("_", "", handled[1]).lower())
            if own and own.count("."):
                return frozenset({own})
        if depth > _FURTHEST:
            return _ANY
        begin, end = span(function)
        types = set(self._mapped.get(name, ()))
        for call in self._code.calls_by_name.get(name, ()):
            if not begin <= span(call.node)[0] < end:
                here = self.types(call.node, depth + 1)
                if not here:
                    return _ANY
                types |= here
        return frozenset(types)

    @cached_property
    def _mapped(self) -> dict[str, set[str]]:
        """Name of a function → the types that a table of handlers gives it."""
        found: dict[str, set[str]] = defaultdict(set)
        for node in self._code.find("pair", "array_element_initializer", "keyed_element"):
            parts = named(node)
            if len(parts) != 2:
                continue
            key, value = types_in(parts[0]), parts[1].text()
            if len(key) == 1 and _CALLABLE.fullmatch(value):
                found[re.split(r"\W+", value.rstrip("()"))[-1]] |= key
        return found

    def _of_branch(self, one: SgNode, start: int, below: SgNode) -> Types:
        """The types that `one` lets through to a node that begins at `start`, in its child `below`."""
        kind = one.kind()
        if kind in _SWITCH_CASES:
            return _of_case(one, below)
        if kind in _PATTERN_CASES:
            heads = [part for part in named(one) if part.kind() in _PATTERNS]
            asked = any(span(head)[0] <= start < span(head)[1] for head in heads)
            return _ANY if asked else frozenset(name for head in heads for name in types_in(head))
        if kind in _IFS:
            return _of_condition(one, start)
        if kind in _ENTRIES:
            return _of_key(one, start)
        if self._code.is_call(one):
            types = self._of_subscription(one, start)
            if types:
                return types
        if kind == "decorated_definition":
            return _of_decorators(one)
        return _of_guards(below) if kind in _BLOCKS else _ANY

    def _of_subscription(self, node: SgNode, start: int) -> Types:
        """`on("charge.refunded", (event) => { … })`."""
        call = self._code.call(node)
        if call is None or not call.arguments or call.name in _NO_SUBSCRIPTION:
            return _ANY
        first = call.arguments[0]
        return _type(first) if start >= span(first)[1] else _ANY


def types_in(node: SgNode) -> Types:
    """Stripe's types of event that stand in `node`, as strings or as Go's constants."""
    found: set[str] = set()
    for written in _QUOTED.finditer(node.text()):
        if written[1] in known():
            found.add(written[1])
        elif written[1].endswith(".") or written[1] == "charge.dispute":
            found.update(one for one in known() if one.startswith(written[1].rstrip(".") + "."))
    for constant in _CONSTANT.finditer(node.text()):
        name = compact().get(constant[1].lower())
        if name:
            found.add(name)
    return frozenset(found)


def _type(node: SgNode) -> Types:
    """The one type that a string is."""
    said = literal(node) or ""
    return frozenset({said}) if "." in said and said in known() else _ANY


def _of_case(case: SgNode, below: SgNode) -> Types:
    value = case.field("value")
    if value is None or span(below) == span(value):
        return _ANY
    types = types_in(value)
    for before in case.prev_all():
        # An empty case falls through to the next.
        if before.kind() == case.kind() and len(named(before)) == 1:
            types |= types_in(before)
        elif before.is_named() and before.kind() != "comment":
            break
    return types


def _of_condition(node: SgNode, start: int) -> Types:
    condition, body = node.field("condition"), node.field("consequence") or node.field("body")
    if condition is None or body is None or not span(body)[0] <= start < span(body)[1]:
        return _ANY
    negated = bool(_NEGATED.search(condition.text())) or node.kind().startswith("unless")
    return _ANY if negated else types_in(condition)


def _of_key(entry: SgNode, start: int) -> Types:
    key = entry.field("key") or next(iter(named(entry)), None)
    return _type(key) if key is not None and span(key)[1] <= start else _ANY


def _of_decorators(definition: SgNode) -> Types:
    return frozenset(name for part in named(definition) if part.kind() == "decorator" for name in types_in(part))


def _of_guards(statement: SgNode) -> Types:
    """The types that `if (event.type !== "…") return;` before a statement lets through."""
    for before in statement.prev_all():
        if before.kind() not in _GUARDS:
            continue
        condition, body = before.field("condition"), before.field("consequence") or before.field("body")
        if condition is None or body is None or before.field("alternative") is not None:
            continue
        types = types_in(condition)
        negated = bool(_NEGATED_GUARD.search(condition.text())) != before.kind().startswith("unless")
        if types and negated and _LEAVES.search(body.text()):
            return types
    return _ANY
