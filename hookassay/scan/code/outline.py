"""What a file of code consists of, as far as one must know to follow a call: functions, and names they use."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from ast_grep_py import SgNode

from ..source import Source
from .function import decorated
from .grammar import functions, shared
from .imports import imports
from .node import Span, every, line, span, start

# Closures that nobody can call by a name.
_WITHOUT_NAMES = frozenset({"lambda", "do_block", "block", "func_literal"})
_CLASSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "python": ("class_definition",),
        "javascript": ("class_declaration", "abstract_class_declaration", "class"),
        "ruby": ("class",),
        "php": ("class_declaration",),
        "go": (),
    }
)
_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "python": ("identifier",),
        "javascript": ("identifier", "property_identifier", "shorthand_property_identifier"),
        "ruby": ("identifier", "constant", "simple_symbol"),
        "php": ("name",),
        "go": ("identifier", "field_identifier"),
    }
)
_MEMBERS = frozenset(
    {
        "member_expression",
        "attribute",
        "selector_expression",
        "member_call_expression",
        "member_access_expression",
        "scoped_call_expression",
        "class_constant_access_expression",
        "call",
    }
)
# What binds a function or a table of functions to a name outside of functions.
_BINDINGS = frozenset(
    {
        "variable_declarator",
        "assignment",
        "assignment_expression",
        "pair",
        "public_field_definition",
        "field_definition",
    }
    | {"property_element", "const_element", "var_spec", "short_var_declaration", "const_spec"}
)
_NAME_FIELDS = ("name", "left", "key", "property")


class Reference(NamedTuple):
    """A name that is used somewhere: `stripe_hooks.handle` is `handle`, of `stripe_hooks`."""

    name: str
    of: str
    at: int


@dataclass(frozen=True)
class Function:
    """A function with a name, or a table bound to one.

    Attributes:
        path: The file.
        name: Its name; `default` where it is what the file exports without one.
        owner: The class that it is a method of; may be empty.
        span: Where it stands, its decorators included.
        line: Its line, counted from 1.
    """

    path: str
    name: str
    owner: str
    span: Span
    line: int


@dataclass
class Outline:
    """A file.

    Attributes:
        source: The file.
        functions: Its functions, outer before inner.
    """

    source: Source
    functions: tuple[Function, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read its functions."""
        self.functions = tuple(self._functions())

    @property
    def path(self) -> str:
        """Where it is."""
        return self.source.path

    def nodes(self, kinds: Iterable[str]) -> list[SgNode]:
        """Its nodes of these kinds."""
        known = shared(self.source.language, kinds)
        return every(self.source.root, *known) if known else []

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every name that is used in it."""
        found = []
        for node in self.nodes(_NAMES[self.source.family]):
            of = ""
            parent = node.parent()
            if parent is not None and parent.kind() in _MEMBERS:
                first = parent.child(0)
                if first is not None and start(first) != start(node):
                    of = re.split(r"\W+", first.text().rstrip(")]}"))[-1]
            found.append(Reference(node.text().lstrip(":"), of, start(node)))
        return tuple(sorted(found, key=lambda one: one.at))

    @cached_property
    def imports(self) -> Mapping[str, tuple[str, str]]:
        """Name as it is used here → the module that it comes from, and its name there (empty for the whole)."""
        return imports(self.source)

    @cached_property
    def instances(self) -> Mapping[str, str]:
        """Variable → the name that is called to make its value (`hook = StripeHook()`)."""
        return {
            found["name"]: found["made"]
            for found in re.finditer(
                r"^[ \t]*(?:const |let |var )?(?P<name>\w+)\s*:?=\s*(?:new\s+)?(?:\w+\.)*(?P<made>[A-Z]\w*)\(",
                self.source.text,
                re.MULTILINE,
            )
        }

    def within(self, span: Span) -> tuple[Reference, ...]:
        """The names that are used in a stretch of it."""
        return self.references[bisect_left(self._at, span[0]) : bisect_left(self._at, span[1])]

    @cached_property
    def _at(self) -> list[int]:
        return [one.at for one in self.references]

    def around(self, at: int) -> Function | None:
        """The closest function around a place."""
        holding = [one for one in self.functions if one.span[0] <= at < one.span[1]]
        return min(holding, key=lambda one: one.span[1] - one.span[0]) if holding else None

    def module(self, name: str) -> str:
        """Where an imported module is, without its ending: from the root (`/shop/orders`) if it is relative."""
        if not name.startswith("."):
            return bare(name.replace(".", "/")) if self.source.family == "python" else bare(name.lstrip("/@~#"))
        if self.source.family == "python":
            rest = name.lstrip(".")
            above = [".."] * (len(name) - len(rest) - 1)
            there = posixpath.join(posixpath.dirname(self.path), *above, *rest.split("."))
        else:
            there = posixpath.join(posixpath.dirname(self.path), name)
        return f"/{bare(posixpath.normpath(there))}"

    def _functions(self) -> Iterator[Function]:
        family = self.source.family
        classes = [(span(node), _name(node)) for node in self.nodes(_CLASSES[family])]
        for node in self.nodes(kind for kind in functions(family) if kind not in _WITHOUT_NAMES):
            name = _name(node) or _bound(node)
            if name:
                where = span(decorated(node))
                around = [one for one in classes if one[0][0] <= where[0] and where[1] <= one[0][1]]
                owner = min(around, key=lambda one: one[0][1] - one[0][0])[1] if around else _receiver(node)
                yield Function(self.path, name, owner, where, line(node.field("name") or node))


def bare(path: str) -> str:
    """A path without its ending, and without the `index` that stands for its folder."""
    folder, slash, name = path.rpartition("/")
    stem = name.split(".")[0]
    return folder if stem in ("index", "__init__") else f"{folder}{slash}{stem}"


def _name(node: SgNode) -> str:
    named = node.field("name")
    return re.split(r"::|\\", named.text())[-1] if named is not None else ""


def _receiver(node: SgNode) -> str:
    """The type of a method in Go."""
    receiver = node.field("receiver") if node.kind() == "method_declaration" else None
    return re.sub(r"\[.*", "", receiver.text().strip("()").split()[-1].lstrip("*")) if receiver is not None else ""


def _bound(node: SgNode) -> str:
    """The name that a function without one is bound to, through calls that wrap it (`asyncHandler(async () => …)`)."""
    for above in node.ancestors():
        kind = above.kind()
        if kind in _BINDINGS:
            return _left(above)
        if kind == "export_statement":
            return "default"
        if kind not in (
            "arguments",
            "call_expression",
            "parenthesized_expression",
            "await_expression",
            "as_expression",
        ):
            return ""
    return ""


def _left(node: SgNode) -> str:
    for name in _NAME_FIELDS:
        found = node.field(name)
        if found is not None:
            text = found.text().strip("\"'`$")
            return "default" if text == "module.exports" else re.split(r"\W+", text.rstrip(")]"))[-1]
    return ""
