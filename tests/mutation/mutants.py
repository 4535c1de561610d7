"""Mutants of the reference server: its source with one thing changed, as a slip or a misunderstanding would change it.

What no request can see by design is left alone: documentation, annotations, imports, logging, texts of messages.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from mutation import sql

SERVER = Path(__file__).parents[2] / "server"

MODULES = ("webhook", "event", "facts", "ledger", "group", "orders", "models", "body", "money", "app")
"""What a delivery and a reading of its order pass through. The rest is none of the contract's."""

COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "//",
    ast.FloorDiv: "*",
    ast.Div: "*",
    ast.Mod: "*",
    ast.Pow: "*",
    ast.BitAnd: "|",
    ast.BitOr: "&",
}
NAMES = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "startswith": "endswith",
    "partition": "rpartition",
    "replace": "strip",
    "BigIntegerField": "IntegerField",
    "BigAutoField": "AutoField",
}
"""Functions that are taken for each other."""

FORGOTTEN = ("strip", "lower")
"""Methods of a text that are forgotten."""

MESSAGES = ("title", "description", "slots", "repr")
"""Keyword arguments whose values are a message, or have no effect but on a person or on memory."""

NO_CONTEXT = '__import__("contextlib").nullcontext()'


@dataclass(frozen=True)
class Mutant:
    """One change to one module of the server.

    Attributes:
        module: The module's name, such as `facts`.
        where: The function or class that it is in, such as `Ledger.record`; empty outside of any.
        line: The number of the line, from 1.
        text: That line as it stands, without the spaces around it.
        operator: What kind of change it is.
        start: Where the changed text begins, in bytes of the module.
        end: Where it ends.
        was: The text that is replaced.
        becomes: What replaces it.
        number: 1, or more for the next changes that read the same in the same line.
    """

    module: str
    where: str
    line: int
    text: str
    operator: str
    start: int
    end: int
    was: str
    becomes: str
    number: int = 1

    @property
    def change(self) -> str:
        """The change in a line, unique in its line of the source."""
        was, becomes = (" ".join(text.split()) for text in (self.was, self.becomes))
        return f"{was} → {becomes}" + (f" #{self.number}" if self.number > 1 else "")

    @property
    def key(self) -> str:
        """A name that stays the same while other lines change."""
        return f"{self.module} · {self.where} · {self.text} · {self.change}"

    def applied(self, source: str) -> str:
        """The module with this change made."""
        data = source.encode()
        return (data[: self.start] + self.becomes.encode() + data[self.end :]).decode()


def source(module: str) -> str:
    """The text of a module of the server."""
    return (SERVER / f"{module}.py").read_text(encoding="utf-8")


def all_mutants(modules: Sequence[str] = MODULES) -> list[Mutant]:
    """Every mutant of these modules, in the order of the source."""
    return [mutant for module in modules for mutant in mutants(module, source(module))]


def mutants(module: str, text: str) -> list[Mutant]:
    """Every mutant of a module with this text, in the order of the source."""
    finder = _Finder(module, text)
    finder.visit(ast.parse(text))
    unique: dict[str, Mutant] = {}
    for mutant in sorted(finder.found, key=lambda one: (one.start, one.end)):
        unique.setdefault(mutant.applied(text), mutant)
    counts: Counter[str] = Counter()
    numbered = []
    for mutant in unique.values():
        counts[mutant.key] += 1
        numbered.append(replace(mutant, number=counts[mutant.key]))
    return [mutant for mutant in numbered if _compiles(mutant.applied(text))]


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Finder(ast.NodeVisitor):
    """Walks a module and finds what can be changed in it."""

    def __init__(self, module: str, text: str) -> None:
        self.found: list[Mutant] = []
        self._module = module
        self._data = text.encode()
        self._lines = [0]
        for line in self._data.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._where: list[str] = []
        self._unordered: set[ast.expr] = set()

    # --- where something is -------------------------------------------------------------------------------------------

    def _start(self, node: ast.expr | ast.stmt) -> int:
        return self._lines[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._lines[node.end_lineno - 1] + node.end_col_offset

    def _code(self, node: ast.expr | ast.stmt) -> str:
        return self._data[self._start(node) : self._end(node)].decode()

    def _change(self, operator: str, start: int, end: int, becomes: str) -> None:
        line = next(number for number in range(1, len(self._lines)) if start < self._lines[number])
        text = self._data[self._lines[line - 1] : self._lines[line]].decode().strip()
        was = self._data[start:end].decode()
        where = ".".join(self._where)
        self.found.append(Mutant(self._module, where, line, text, operator, start, end, was, becomes))

    def _replace(self, operator: str, node: ast.expr | ast.stmt, becomes: str) -> None:
        self._change(operator, self._start(node), self._end(node), becomes)

    # --- what is left alone -------------------------------------------------------------------------------------------

    def visit_Import(self, node: ast.Import) -> None:
        """Imports are no behaviour."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Imports are no behaviour."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A text made for a person."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """An annotation is none, its value is."""
        if node.value is not None:
            self.visit(node.value)

    def _logs(self, node: ast.stmt | ast.expr) -> bool:
        return self._code(node).startswith(("log.", "logging."))

    def _only_logs(self, node: ast.If) -> bool:
        """Whether all that is done is to tell the log."""
        told = [statement for statement in node.body if self._logs(statement)]
        rest = [statement for statement in node.body if statement not in told]
        return bool(told) and not node.orelse and all(isinstance(statement, ast.Assign) for statement in rest)

    # --- statements ---------------------------------------------------------------------------------------------------

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._inside(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]:
            self.visit(default)
        self._inside(node)

    def _inside(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        for decorator in node.decorator_list:
            self._change("decorator removed", self._start(decorator) - 1, self._end(decorator), "")
            self.visit(decorator)
        self._where.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self._where.pop()

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant) or self._logs(node):
            return
        self._replace("statement removed", node, "pass")
        self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        target = node.targets[0]
        if self._logs(node.value):
            return
        if isinstance(target, (ast.Attribute, ast.Subscript)):
            self._replace("statement removed", node, "pass")
        elif isinstance(target, ast.Name) and not isinstance(node.value, ast.Constant):
            self._replace("value lost", node.value, "None")
        self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._replace("statement removed", node, "pass")
        between = self._data[self._end(node.target) : self._start(node.value)].decode()
        for becomes in (f"{ARITHMETIC[type(node.op)]}=", "="):
            at = self._end(node.target) + len(between) - len(between.lstrip())
            self._change("arithmetic", at, at + len(between.strip()), becomes)
        self.visit(node.value)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            return
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._replace("nothing returned", node.value, "None")
        self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._replace("statement removed", node, "pass")
        if node.exc is None:
            return
        self._replace("another exception", node, "raise RuntimeError")
        if isinstance(node.exc, ast.Call):
            for keyword in node.exc.keywords:
                self._keyword(node.exc, keyword)

    def visit_Break(self, node: ast.Break) -> None:
        self._replace("jump", node, "continue")

    def visit_Continue(self, node: ast.Continue) -> None:
        self._replace("jump", node, "break")

    def visit_If(self, node: ast.If) -> None:
        if self._only_logs(node):
            return
        self._condition(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self._replace("no round", node.iter, "()")
        self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            self._replace("context left out", item.context_expr, NO_CONTEXT)
        self.generic_visit(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if isinstance(node.type, ast.Tuple):
            self._elements("exception not caught", node.type.elts)
        elif node.type is not None:
            self._replace("exception not caught", node.type, "()")
        for statement in node.body:
            self.visit(statement)

    # --- expressions --------------------------------------------------------------------------------------------------

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._condition(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._condition(test)
        self.generic_visit(node)

    def _condition(self, test: ast.expr) -> None:
        if isinstance(test, ast.Constant):
            return
        for becomes in ("True", "False"):
            self._replace("condition", test, becomes)
        flipped = isinstance(test, ast.Compare) and len(test.ops) == 1 and len(COMPARISONS[type(test.ops[0])]) == 1
        if not flipped and not isinstance(test, ast.UnaryOp):
            self._replace("condition", test, f"not ({self._code(test)})")

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            between = self._data[self._end(left) : self._start(right)].decode()
            match = re.search(r"[<>=!]=?|is not|is|not in|in", between)
            assert match is not None
            at = self._end(left) + match.start()
            for becomes in COMPARISONS[type(operator)]:
                self._change("comparison", at, at + len(match[0]), becomes)
            if isinstance(operator, (ast.In, ast.NotIn)) and isinstance(right, (ast.Tuple, ast.List, ast.Set)):
                self._unordered.add(right)
            left = right
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        parts = [f"({self._code(value)})" for value in node.values]
        word, other = (" and ", " or ") if isinstance(node.op, ast.And) else (" or ", " and ")
        self._replace("and, or", node, f"({other.join(parts)})")
        for place in range(len(parts)):
            rest = [part for number, part in enumerate(parts) if number != place]
            self._replace("operand left out", node, f"({word.join(rest)})")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        self._replace("sign", node, f"({self._code(node.operand)})")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        becomes = ARITHMETIC[type(node.op)]
        self._replace("arithmetic", node, f"({self._code(node.left)}) {becomes} ({self._code(node.right)})")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if self._logs(node):
            return
        function = self._code(node.func)
        name = function.rpartition(".")[2]
        if name in NAMES:
            self._change("another function", self._end(node.func) - len(name), self._end(node.func), NAMES[name])
        if isinstance(node.func, ast.Attribute) and name in FORGOTTEN and not node.args:
            self._replace("call left out", node, self._code(node.func.value))
        self.visit(node.func)
        arguments = node.args[1:] if function == "cast" else node.args
        self._swaps(arguments)
        for argument in arguments:
            self.visit(argument)
        for keyword in node.keywords:
            self._keyword(node, keyword)

    def _keyword(self, call: ast.Call, keyword: ast.keyword) -> None:
        if keyword.arg in MESSAGES:
            return
        end = self._end(keyword.value)
        comma = re.match(rb"\s*,?\s*", self._data[end:])
        assert comma is not None
        start = self._lines[keyword.lineno - 1] + keyword.col_offset
        self._change("argument left out", start, end + comma.end(), "")
        self.visit(keyword.value)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self._sequence(node, node.elts)

    def visit_List(self, node: ast.List) -> None:
        self._sequence(node, node.elts)

    def visit_Set(self, node: ast.Set) -> None:
        self._sequence(node, node.elts)

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set, elements: list[ast.expr]) -> None:
        if isinstance(node, (ast.Tuple, ast.List)) and not isinstance(node.ctx, ast.Load):
            return
        if all(isinstance(element, ast.Constant) for element in elements):
            # Renaming one is the same as leaving it out.
            self._elements("element left out", elements)
            return
        if node not in self._unordered:
            self._swaps(elements)
        for element in elements:
            self.visit(element)

    def visit_Dict(self, node: ast.Dict) -> None:
        for number, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
            if key is None:
                continue
            following = node.keys[number + 1] if number + 1 < len(node.keys) else None
            end = self._start(following) if following is not None else self._end(value)
            self._change("entry left out", self._start(key), end, "")
            self.visit(value)

    def _elements(self, operator: str, elements: Sequence[ast.expr]) -> None:
        for number, element in enumerate(elements):
            if number + 1 < len(elements):
                self._change(operator, self._start(element), self._start(elements[number + 1]), "")
            elif number:
                # A comma stays, so that what is left of a tuple is one.
                self._change(operator, self._start(element), self._end(element), "")

    def _swaps(self, arguments: Sequence[ast.expr]) -> None:
        for one, two in pairwise(arguments):
            if isinstance(one, ast.Starred) or isinstance(two, ast.Starred) or self._code(one) == self._code(two):
                continue
            between = self._data[self._end(one) : self._start(two)].decode()
            swapped = f"{self._code(two)}{between}{self._code(one)}"
            self._change("swapped", self._start(one), self._end(two), swapped)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        code = self._code(node)
        if isinstance(value, bool):
            self._replace("constant", node, str(not value))
        elif isinstance(value, (int, float)):
            self._replace("constant", node, str(value + 1))
        elif isinstance(value, str) and sql.is_sql(value):
            for operator, start, end, becomes in sql.changes(code):
                at = self._start(node)
                self._change(operator, at + start, at + end, becomes)
        elif isinstance(value, str):
            self._replace("constant", node, repr(f"XX{value}" if value else "XX"))
        elif isinstance(value, bytes):
            self._replace("constant", node, repr(b"XX" + value))
