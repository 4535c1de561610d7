"""Tables as Drizzle's schemas define them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from ast_grep_py import Config, SgNode

from ...code.call import arguments, called, chain
from ...code.entry import pairs
from ...code.literal import string
from ...code.node import named
from ...source import Source
from .table import BOOLEAN, DECIMAL, FLOAT, INTEGER, OTHER, PRIMARY, TEXT, TIME, UNKNOWN, Column, Key, Table, plain

MARKS = (b"pgtable(", b"mysqltable(", b"sqlitetable(", b"singlestoretable(", b"createtable(", b"schema.table(")

_KINDS = {
    **dict.fromkeys(("real", "doublePrecision", "double", "float"), FLOAT),
    **dict.fromkeys(("numeric", "decimal"), DECIMAL),
    **dict.fromkeys(
        "integer int bigint smallint tinyint mediumint serial bigserial smallserial".split(),
        INTEGER,
    ),
    **dict.fromkeys("text varchar char uuid tinytext mediumtext longtext mysqlEnum singlestoreEnum".split(), TEXT),
    **dict.fromkeys("timestamp datetime date time year".split(), TIME),
    "boolean": BOOLEAN,
    **dict.fromkeys(("json", "jsonb", "blob", "bytea", "vector"), OTHER),
}
_TABLES = {
    "rule": {
        "kind": "call_expression",
        "has": {
            "field": "function",
            "regex": r"^((create|pg|mysql|sqlite|singlestore|gel)\w*Table|\w*[sS]chema\w*\.table)$",
        },
    }
}


def read(source: Source) -> Iterator[Table]:
    """The tables in a schema."""
    for call in source.root.find_all(cast(Config, _TABLES)):
        given = arguments(call)
        name = string(given[0]) if given else None
        shape = _object(given[1]) if len(given) > 1 else None
        if name and shape is not None:
            yield _table(source, call, name, shape, given[2] if len(given) > 2 else None)


def _object(node: SgNode) -> SgNode | None:
    """The object literal that `node` is, or that a function returns: `(t) => ({ id: t.integer() })`."""
    if node.kind() == "object":
        return node
    if node.kind() == "arrow_function":
        body = node.field("body")
        while body is not None and body.kind() == "parenthesized_expression":
            body = named(body)[0] if named(body) else None
        return body if body is not None and body.kind() == "object" else None
    return None


def _table(source: Source, call: SgNode, name: str, shape: SgNode, extras: SgNode | None) -> Table:
    columns: list[Column] = []
    keys: list[Key] = []
    names: dict[str, str] = {}
    for key, value in pairs(shape).items():
        calls = chain(value)
        if not calls:
            continue
        base, methods = calls[0], [called(one) for one in calls[1:]]
        given = arguments(base)
        column = (string(given[0]) if given else None) or key
        kind = _KINDS.get(called(base), UNKNOWN)
        if any(plain(option) == "mode" and "timestamp" in mode.text() for option, mode in _options(given)):
            kind = TIME
        names[key] = column
        columns.append(Column(column, kind, source.place(value)))
        if "primaryKey" in methods:
            keys.append(Key((column,), PRIMARY))
        if "unique" in methods:
            keys.append(Key((column,)))
    keys += _extras(extras, names)
    is_open = any(one.kind() in ("spread_element", "shorthand_property_identifier") for one in named(shape))
    return Table(name, tuple(columns), tuple(keys), source.place(call), "a table of Drizzle's", open=is_open)


def _options(given: list[SgNode]) -> Iterator[tuple[str, SgNode]]:
    for one in given:
        if one.kind() == "object":
            yield from pairs(one).items()


def _extras(node: SgNode | None, names: dict[str, str]) -> Iterator[Key]:
    """The keys in a table's third argument: `(t) => [uniqueIndex("a").on(t.b), unique().on(t.c, t.d)]`."""
    for call in node.find_all(kind="call_expression") if node is not None else ():
        if called(call) == "on":
            calls = chain(call)
            if len(calls) > 1 and called(calls[0]) in ("uniqueIndex", "unique"):
                given = arguments(calls[0])
                columns = tuple(_column(one, names) for one in arguments(call))
                if all(columns):
                    yield Key(columns, (string(given[0]) if given else None) or "")
        elif called(call) == "primaryKey":
            for key, value in _options(arguments(call)):
                if key == "columns":
                    yield Key(tuple(_column(one, names) for one in named(value)), PRIMARY)


def _column(node: SgNode, names: dict[str, str]) -> str:
    """The column that `t.stripeSessionId` (or `t.stripeSessionId.asc()`) names; empty for an expression."""
    if node.kind() == "call_expression":
        inner = node.field("function")
        node = (inner.field("object") if inner is not None else None) or node
    last = node.field("property") if node.kind() == "member_expression" else None
    return names.get(last.text(), "") if last is not None else ""
