"""Where names are given what they hold: assignments, patterns, parameters and loops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ast_grep_py import SgNode

from .code import Code
from .function import name_of
from .grammar import NAMES, functions
from .node import named, span


@dataclass(frozen=True)
class Binding:
    """Where a name is given what it holds.

    Attributes:
        start: From where on in the text.
        scope: The stretch of text in which it is known.
        value: What it is given; None for a parameter, and for what is only declared.
        path: The fields that a pattern takes out of the value.
        typed: The type that is written; may be empty.
        parameter: The function's name and the place among its parameters; None for a variable.
    """

    start: int
    scope: tuple[int, int]
    value: SgNode | None
    path: tuple[str, ...] = ()
    typed: str = ""
    parameter: tuple[str, int] | None = None


class Bindings:
    """Every binding in one source."""

    def __init__(self, code: Code) -> None:
        """Look for them all."""
        self._code = code
        self._found: dict[str, list[Binding]] = defaultdict(list)
        self._assigned()
        self._assigned_in_go()
        self._looped()
        for kind in functions(code.family):
            for function in code.find(kind):
                self._parameters(function)
        for bindings in self._found.values():
            bindings.sort(key=lambda one: one.start)

    def of(self, name: str, node: SgNode) -> Binding | None:
        """Where the name that `node` uses was given what it holds."""
        start = span(node)[0]
        best: Binding | None = None
        for one in self._found.get(name, ()):
            if one.start < start and one.scope[0] <= start < one.scope[1] and (best is None or one.start >= best.start):
                best = one
        return best

    def _bind(
        self,
        target: SgNode | None,
        value: SgNode | None,
        typed: str = "",
        path: tuple[str, ...] = (),
        parameter: tuple[str, int] | None = None,
    ) -> None:
        if target is None:
            return
        kind = target.kind()
        if kind == "object_pattern":
            for field, part in _taken_out(target):
                self._bind(part, value, "", (*path, field), parameter)
        elif kind in (*NAMES[self._code.family], "shorthand_property_identifier_pattern", "variable_name"):
            # A name is bound behind its value, so that `amount = amount / 100` speaks of the amount before.
            at = span(value)[1] - 1 if value is not None and not parameter else span(target)[0] - 1
            self._found[target.text()].append(Binding(at, self._scope(target), value, path, typed, parameter))

    def _assigned(self) -> None:
        for node in self._code.find("assignment", "variable_declarator", "assignment_expression", "named_expression"):
            value, said = node.field("right") or node.field("value"), self._code.declared_type(node)
            if value is not None or said:
                self._bind(node.field("left") or node.field("name"), value, said)

    def _assigned_in_go(self) -> None:
        for node in self._code.find("short_var_declaration", "assignment_statement"):
            targets, values = named(node.field("left")), named(node.field("right"))
            for number, target in enumerate(targets):
                # Of `event, err := …` the first is what is wanted.
                value = values[number] if len(values) == len(targets) else next(iter(values), None)
                self._bind(target, value if len(values) == len(targets) or number == 0 else None)
        for node in self._code.find("var_spec"):
            self._bind(node.field("name"), node.field("value"), self._code.declared_type(node))

    def _looped(self) -> None:
        for node in self._code.find("for_statement", "foreach_statement", "for_in_statement", "range_clause"):
            if self._code.family == "python" or node.kind() == "for_in_statement":
                self._bind(node.field("left"), None, parameter=("", 0))

    def _parameters(self, function: SgNode) -> None:
        listed = function.field("parameters") or function.field("parameter")
        if listed is None:
            return
        name = name_of(function)
        position = 0
        for one in [listed] if listed.kind() == "identifier" else named(listed):
            if one.text() in ("self", "cls"):
                continue
            typed = one.field("type")
            for target in self._parameter_names(one):
                said = typed.text() if typed is not None else ""
                self._bind(target, None, said, parameter=(name, position))
                position += 1

    def _parameter_names(self, parameter: SgNode) -> list[SgNode | None]:
        """The names that one parameter, as the grammar counts them, gives; what cannot be read still takes a place."""
        kind = parameter.kind()
        if kind in (*NAMES[self._code.family], "object_pattern"):
            return [parameter]
        if kind == "typed_parameter":
            return [*named(parameter)[:1]]
        if kind == "parameter_declaration":
            return [each for each in named(parameter) if each.kind() == "identifier"]
        return [parameter.field("pattern") or parameter.field("name")]

    def _scope(self, node: SgNode) -> tuple[int, int]:
        kinds = functions(self._code.family)
        for one in node.ancestors():
            # In Ruby what is assigned in a block is the block's own; what a parameter of it is called too.
            if one.kind() in kinds:
                return span(one)
        return 0, len(self._code.source.text) + 1


def _taken_out(pattern: SgNode) -> Iterator[tuple[str, SgNode | None]]:
    """Which fields `const { id, amount: total, status = "paid" } = …` takes out, and what they are bound to."""
    for part in named(pattern):
        kind = part.kind()
        if kind == "shorthand_property_identifier_pattern":
            yield part.text(), part
        elif kind == "object_assignment_pattern":
            left = named(part)[0]
            yield left.text(), left
        elif kind == "pair_pattern":
            key = part.field("key")
            if key is not None:
                yield key.text(), part.field("value")
