"""Tables as Rails defines them: its schema, or else its migrations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import cast

from ast_grep_py import Config, SgNode

from ...code.call import called
from ...code.entry import pairs
from ...code.literal import members, string
from ...code.node import line, named, start
from ...finding import Place
from ...source import Source
from .history import Act, Change, Statement
from .migration import undoes
from .table import BOOLEAN, DECIMAL, FLOAT, INTEGER, OTHER, PRIMARY, TEXT, TIME, UNKNOWN, Column, Key

SCHEMA, MIGRATIONS = "the schema of Rails'", "a migration of Rails'"
"""Who defines a table, as `Table.origin` says it."""

MARKS = (
    *(b"create_table", b"change_table", b"rename_table", b"drop_table"),
    *(b"add_column", b"remove_column", b"rename_column", b"change_column"),
    *(b"add_index", b"remove_index", b"add_reference", b"add_belongs_to", b"add_timestamps", b"add_unique_constraint"),
)

_KINDS = {
    **dict.fromkeys(("float", "double"), FLOAT),
    **dict.fromkeys(("decimal", "numeric", "money"), DECIMAL),
    **dict.fromkeys(("integer", "bigint", "smallint", "primary_key"), INTEGER),
    **dict.fromkeys(("string", "text", "uuid", "enum", "citext", "inet"), TEXT),
    **dict.fromkeys(("datetime", "timestamp", "timestamptz", "date", "time"), TIME),
    "boolean": BOOLEAN,
    **dict.fromkeys(("json", "jsonb", "binary", "hstore", "virtual"), OTHER),
}
_NO_COLUMN = frozenset(
    """foreign_key check_constraint exclusion_constraint change_default change_null remove_index remove_references
    remove_foreign_key remove_timestamps remove_belongs_to remove_check_constraint""".split()
)
_CALLS = {
    "rule": {
        "kind": "call",
        "has": {
            "field": "method",
            "regex": (
                "^(create_table|change_table|add_column|remove_column|rename_column|change_column|rename_table"
                "|drop_table|add_index|remove_index|add_reference|add_belongs_to|add_timestamps|add_monetize"
                "|add_unique_constraint)$"
            ),
        },
    }
}


def read(source: Source) -> Iterator[Change]:
    """What a schema or a migration does."""
    for call in source.root.find_all(cast(Config, _CALLS)):
        receiver = call.field("receiver")
        if receiver is None and not undoes(call) and not _reverts(call):
            yield from _Definition(source, call).changes()


def stream(path: str) -> tuple[str, str]:
    """`db/schema.rb` is what all migrations amount to, and stands apart from them."""
    file = PurePosixPath(path)
    return (SCHEMA if file.name.endswith("schema.rb") else "Rails"), file.parent.as_posix()


def _reverts(call: SgNode) -> bool:
    """Whether `call` stands in `dir.down do … end` or `revert do … end`."""
    return any(around.kind() == "call" and called(around) in ("down", "revert") for around in call.ancestors())


class _Definition:
    """Reads one call."""

    def __init__(self, source: Source, call: SgNode) -> None:
        self._source, self._call = source, call
        self._given = [one for one in named(call.field("arguments")) if one.kind() != "pair"]
        self._options = pairs(call.field("arguments"))
        self._table = (string(self._given[0]) if self._given else None) or ""
        self._statement = Statement(
            self._table,
            source.place(call),
            stream(source.path),
            SCHEMA if source.path.endswith("schema.rb") else MIGRATIONS,
            start(call),
        )

    def changes(self) -> Iterator[Change]:
        made, at = called(self._call), self._source.place(self._call)
        second = string(self._given[1]) if len(self._given) > 1 else None
        if not self._table:
            return
        if made in ("create_table", "change_table"):
            yield from self._block(made == "create_table")
        elif made == "add_column":
            kind = _KINDS.get((string(self._given[2]) if len(self._given) > 2 else None) or "", UNKNOWN)
            keys = _keys((second or "",), self._options)
            yield self._statement.change(Act.ADD, at, (Column(second or "", kind, at),), keys)
        elif made == "change_column" and len(self._given) > 2:
            kind = _KINDS.get(string(self._given[2]) or "", UNKNOWN)
            yield self._statement.change(Act.RETYPE, at, (Column(second or "", kind, at),))
        elif made == "remove_column":
            yield self._statement.change(Act.REMOVE, at, old=second or "")
        elif made == "rename_column" and len(self._given) > 2:
            yield self._statement.change(Act.RENAME_COLUMN, at, old=second or "", new=string(self._given[2]) or "")
        elif made == "rename_table":
            yield self._statement.change(Act.RENAME, at, new=second or "")
        elif made == "drop_table":
            yield self._statement.change(Act.DROP, at)
        elif made in ("add_index", "add_unique_constraint"):
            if made == "add_unique_constraint" or _true(self._options.get("unique")):
                columns = tuple(members(self._given[1])) if len(self._given) > 1 else ()
                yield self._statement.change(Act.KEY, at, keys=(Key(columns, string(self._options.get("name")) or ""),))
        elif made == "remove_index":
            column = self._options.get("column")
            listed = list(members(column if column is not None else (self._given[1] if second else None)))
            yield self._statement.change(Act.UNKEY, at, old=string(self._options.get("name")) or "".join(listed))
        elif made in ("add_reference", "add_belongs_to"):
            yield self._statement.change(
                Act.ADD, at, (Column(f"{second}_id", UNKNOWN, at),), _keys((f"{second}_id",), self._options)
            )
        elif made == "add_timestamps":
            yield self._statement.change(Act.ADD, at, (Column("created_at", TIME, at), Column("updated_at", TIME, at)))

    def _block(self, creates: bool) -> Iterator[Change]:
        block = self._call.field("block")
        at = self._source.place_at(line(self._call))
        steps: list[Change] = []
        parameter = block.find(kind="block_parameters") if block is not None else None
        name = parameter.text().strip("| ") if parameter is not None else ""
        for call in block.find_all(kind="call") if block is not None else ():
            receiver = call.field("receiver")
            if receiver is not None and receiver.text() == name:
                steps += self._step(call)
        if not creates:
            yield from steps
            return
        columns = [column for step in steps for column in step.columns]
        keys = [key for step in steps for key in step.keys]
        identity = self._options.get("id")
        named_key = self._options.get("primary_key")
        if identity is None or identity.text() != "false":
            kind = TEXT if identity is not None and identity.text() in (":uuid", ":string") else INTEGER
            key = string(named_key) or "id"
            columns.insert(0, Column(key, kind, at))
            keys.insert(0, Key((key,), PRIMARY))
        yield self._statement.change(
            Act.CREATE, at, tuple(columns), tuple(keys), is_open=not name or any(step.open for step in steps)
        )

    def _step(self, call: SgNode) -> Iterator[Change]:
        made, at = called(call), self._source.place(call)
        arguments = call.field("arguments")
        given, options = [one for one in named(arguments) if one.kind() != "pair"], pairs(arguments)
        names = [name for name in map(string, given) if name]
        if made == "column" and len(names) > 1:
            yield self._added(names[0], _KINDS.get(names[1], UNKNOWN), options, at)
        elif made in ("references", "belongs_to"):
            for name in names:
                yield self._added(f"{name}_id", UNKNOWN, options, at)
        elif made == "timestamps":
            yield self._statement.change(Act.ADD, at, (Column("created_at", TIME, at), Column("updated_at", TIME, at)))
        elif made in ("index", "unique_constraint"):
            if made == "unique_constraint" or _true(options.get("unique")):
                columns = tuple(members(given[0])) if given else ()
                yield self._statement.change(Act.KEY, at, keys=(Key(columns, string(options.get("name")) or ""),))
        elif made == "remove":
            for name in names:
                yield self._statement.change(Act.REMOVE, at, old=name)
        elif made == "rename" and len(names) > 1:
            yield self._statement.change(Act.RENAME_COLUMN, at, old=names[0], new=names[1])
        elif made == "change" and len(names) > 1:
            yield self._statement.change(Act.RETYPE, at, (Column(names[0], _KINDS.get(names[1], UNKNOWN), at),))
        elif made == "monetize":  # of money-rails: an integer of cents, and its currency
            for name in names:
                yield self._added(f"{re.sub('_cents$', '', name)}_cents", INTEGER, {}, at)
        elif made in _KINDS:
            for name in names:
                yield self._added(name, _KINDS[made], options, at)
            if len(names) < len(given):  # a name that the code makes up
                yield self._statement.change(Act.ADD, at, is_open=True)
        elif made not in _NO_COLUMN:
            yield self._statement.change(Act.ADD, at, is_open=True)

    def _added(self, name: str, kind: str, options: dict[str, SgNode], at: Place) -> Change:
        return self._statement.change(Act.ADD, at, (Column(name, kind, at),), _keys((name,), options))


def _keys(columns: tuple[str, ...], options: dict[str, SgNode]) -> tuple[Key, ...]:
    """`index: { unique: true }`, and `unique: true` where an adapter takes it."""
    index = options.get("index")
    if index is not None and _true(pairs(index).get("unique")):
        return (Key(columns, string(pairs(index).get("name")) or ""),)
    return (Key(columns),) if _true(options.get("unique")) else ()


def _true(node: SgNode | None) -> bool:
    return node is not None and node.text() == "true"
