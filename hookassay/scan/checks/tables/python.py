"""What readers of Python ask of a syntax tree: places, names, the arguments of a call."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ...finding import Place
from ...source import Source


@lru_cache(maxsize=1)
def parsed(source: Source) -> ast.Module | None:
    """The tree of a module; None where Python cannot parse it. It is kept for the next reader of the same source."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python thinks of the code's escapes is no concern of ours
            return ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement in `body` and inside those, without looking into their expressions, which are far more."""
    for statement in body:
        yield statement
        for name in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, name, ()))
        for handler in getattr(statement, "handlers", ()):
            yield from statements(handler.body)


def place(source: Source, node: ast.expr | ast.stmt | ast.keyword) -> Place:
    """Where `node` stands: its first line; of a class that is its name, not what decorates it."""
    line = source.lines[node.lineno - 1] if node.lineno <= len(source.lines) else ""
    whole = source.place_at(min(node.lineno, len(source.lines)))
    start = len(line.encode()[: node.col_offset].decode(errors="ignore"))
    if node.end_lineno == node.lineno and node.end_col_offset is not None:
        end = len(line.encode()[: node.end_col_offset].decode(errors="ignore"))
    else:
        end = len(line.rstrip())
    return Place(source.path, node.lineno, start + 1, max(end, start + 1) + 1, whole.text)


def dotted(node: ast.AST | None) -> str:
    """`models.Model` for the expression that says so; empty for what is no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else node.attr
    return ""


def last(node: ast.AST | None) -> str:
    """`Model` of `models.Model`; of a call or a subscript, that of what is called or subscripted."""
    while isinstance(node, (ast.Call, ast.Subscript)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return dotted(node).rpartition(".")[2]


def text(node: ast.AST | None) -> str | None:
    """The value of a string literal; None for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def keywords(call: ast.Call) -> dict[str, ast.expr]:
    """The keyword arguments of a call."""
    return {one.arg: one.value for one in call.keywords if one.arg}


def is_true(node: ast.AST | None) -> bool:
    """Whether an argument says True."""
    return isinstance(node, ast.Constant) and node.value is True


def texts(node: ast.AST | None) -> list[str]:
    """The strings in a list, a tuple or a set literal, or the one string that stands for it."""
    alone = text(node)
    if alone is not None:
        return [alone]
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [found for found in map(text, node.elts) if found is not None]
    return []


def assigned(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    """The name that a statement gives a value to, and the value; an empty name for another statement."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return dotted(statement.targets[0]), statement.value
    if isinstance(statement, ast.AnnAssign):
        return dotted(statement.target), statement.value
    return "", None


def inner(node: ast.ClassDef, name: str) -> dict[str, ast.expr]:
    """What the class called `name` inside a class says: Django's and Peewee's Meta."""
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == name:
            return {key: value for key, value in map(assigned, statement.body) if key and value is not None}
    return {}
