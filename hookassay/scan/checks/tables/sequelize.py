"""Tables as Sequelize defines them: its models, and the calls of its migrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from ast_grep_py import Config, SgNode

from ...code.call import arguments, called
from ...code.entry import pairs
from ...code.literal import members, string
from ...code.name import snake
from ...code.node import named, start
from ...finding import Place
from ...source import Source
from .history import Act, Change, Statement, stream
from .migration import undoes
from .table import (
    BOOLEAN,
    DECIMAL,
    FLOAT,
    INTEGER,
    OTHER,
    PRIMARY,
    TEXT,
    TIME,
    UNKNOWN,
    Column,
    Key,
    Table,
    plural,
)

MARKS = (b"datatypes", b"sequelize.define", b"sequelize.string", b"queryinterface")

_KINDS = {
    **dict.fromkeys(("FLOAT", "DOUBLE", "REAL", "DOUBLE PRECISION"), FLOAT),
    **dict.fromkeys(("DECIMAL", "NUMERIC"), DECIMAL),
    **dict.fromkeys(("INTEGER", "BIGINT", "SMALLINT", "MEDIUMINT", "TINYINT", "NUMBER"), INTEGER),
    **dict.fromkeys(("STRING", "TEXT", "CHAR", "UUID", "UUIDV4", "ENUM", "CITEXT"), TEXT),
    **dict.fromkeys(("DATE", "DATEONLY", "TIME", "NOW"), TIME),
    "BOOLEAN": BOOLEAN,
    **dict.fromkeys(("JSON", "JSONB", "BLOB", "ARRAY", "VIRTUAL"), OTHER),
}
_CALLS = {
    "rule": {
        "kind": "call_expression",
        "has": {
            "field": "function",
            "regex": (
                r"\.(define|init|createTable|addColumn|removeColumn|renameColumn|changeColumn|renameTable|dropTable"
                r"|addIndex|addConstraint|removeConstraint|removeIndex)$"
            ),
        },
    }
}


def read(source: Source) -> Iterator[Table | Change]:
    """The models in a module, or what a migration does."""
    for call in source.root.find_all(cast(Config, _CALLS)):
        made, given = called(call), arguments(call)
        if made == "define" and len(given) > 1 and given[1].kind() == "object":
            name = string(given[0])
            if name:
                yield _model(source, call, name, given[1], given[2] if len(given) > 2 else None)
        elif made == "init" and len(given) > 1 and given[0].kind() == "object" and given[1].kind() == "object":
            function = call.field("function")
            owner = function.field("object") if function is not None else None
            name = string(pairs(given[1]).get("modelName")) or _owner(call, owner)
            if name:
                yield _model(source, call, name, given[0], given[1])
        elif not undoes(call) and b"queryinterface" in source.lowered:
            yield from _migration(source, call, made, given)


def _owner(call: SgNode, owner: SgNode | None) -> str:
    """The class of `Order.init(…)`, or the one around `super.init(…)`."""
    if owner is not None and owner.kind() == "identifier":
        return owner.text()
    for around in call.ancestors():
        name = around.field("name") if around.kind() == "class_declaration" else None
        if name is not None:
            return name.text()
    return ""


def _model(source: Source, call: SgNode, name: str, shape: SgNode, told: SgNode | None) -> Table:
    place, options = source.place(call), pairs(told)
    columns, keys, names, is_open = _columns(source, shape)
    if not any(key.name == PRIMARY for key in keys):
        columns.insert(0, Column("id", INTEGER, place))
        keys.append(Key(("id",), PRIMARY))
    if not _says(options, "timestamps", "false"):
        for option in ("createdAt", "updatedAt"):
            written = options.get(option)
            if written is None or written.text() != "false":
                column = string(written) or option
                if column not in names:
                    columns.append(Column(column, TIME, place))
    indexes = options.get("indexes")
    for index in named(indexes) if indexes is not None and indexes.kind() == "array" else ():
        said = pairs(index)
        if _says(said, "unique", "true"):
            fields = tuple(names.get(one, one) for one in members(said.get("fields")))
            keys.append(Key(fields, string(said.get("name")) or ""))
    frozen = _says(options, "freezeTableName", "true")
    underscored = _says(options, "underscored", "true")
    table = string(options.get("tableName")) or (name if frozen else plural(snake(name) if underscored else name))
    return Table(table, tuple(columns), tuple(keys), place, "a model of Sequelize's", open=is_open, entity=name)


def _says(options: dict[str, SgNode], name: str, value: str) -> bool:
    return name in options and options[name].text() == value


def _columns(source: Source, shape: SgNode) -> tuple[list[Column], list[Key], dict[str, str], bool]:
    """The columns of an object of attributes, their keys, attribute → column, and whether there may be more."""
    columns: list[Column] = []
    keys: list[Key] = []
    names: dict[str, str] = {}
    for attribute, value in pairs(shape).items():
        options = pairs(value) if value.kind() == "object" else {}
        typed = options.get("type") if options else value
        kind = _kind(typed)
        if kind == OTHER and typed is not None and "VIRTUAL" in typed.text():
            continue
        column = string(options.get("field")) or attribute
        names[attribute] = column
        columns.append(Column(column, kind, _place(source, value, typed)))
        if _says(options, "primaryKey", "true"):
            keys.append(Key((column,), PRIMARY))
        unique = options.get("unique")
        if unique is not None and unique.text() != "false":
            # A text names the key, and columns that say the same name share it.
            keys.append(Key((column,), string(unique) or ""))
    together: dict[str, list[str]] = {}
    for key in keys:
        if key.name and key.name != PRIMARY:
            together.setdefault(key.name, []).extend(key.columns)
    keys = [key for key in keys if key.name not in together]
    keys += [Key(tuple(fields), name) for name, fields in together.items()]
    is_open = any(one.kind() in ("spread_element", "shorthand_property_identifier") for one in named(shape))
    return columns, keys, names, is_open


def _place(source: Source, value: SgNode, typed: SgNode | None) -> Place:
    """An attribute is shown where its type is; one that is written on several lines too."""
    return source.place(typed if typed is not None else value)


def _kind(node: SgNode | None) -> str:
    """The kind of `DataTypes.DECIMAL(10, 2)`, `Sequelize.FLOAT`, `'FLOAT'`."""
    if node is None:
        return UNKNOWN
    text = string(node)
    if text is None:
        call = node
        while call.kind() in ("call_expression", "member_expression"):
            inner = call.field("function") or call.field("object")
            last = call.field("property")
            if last is not None and last.text() in _KINDS:
                return _KINDS[last.text()]
            if inner is None:
                break
            call = inner
        text = node.text()
    return _KINDS.get(text.partition("(")[0].strip().upper(), UNKNOWN)


def _migration(source: Source, call: SgNode, made: str, given: list[SgNode]) -> Iterator[Change]:
    table = _table(given[0]) if given else None
    if not table:
        return
    first = string(given[1]) if len(given) > 1 else None
    told = given[2] if len(given) > 2 else (given[1] if len(given) > 1 else None)
    options = pairs(told) if told is not None and told.kind() == "object" else {}

    change = Statement(
        table, source.place(call), stream("Sequelize", source.path), "a migration of Sequelize's", start(call)
    ).change
    if made == "createTable" and len(given) > 1:
        columns, keys, _, is_open = _columns(source, given[1])
        for name, value in pairs(options.get("uniqueKeys") if len(given) > 2 else None).items():
            keys.append(Key(tuple(members(pairs(value).get("fields"))), name))
        yield change(Act.CREATE, columns=tuple(columns), keys=tuple(keys), is_open=is_open)
    elif made in ("addColumn", "changeColumn") and first and told is not None:
        kind = _kind(options.get("type") if options else told)
        unique = options.get("unique")
        own = (Key((first,)),) if unique is not None and unique.text() != "false" else ()
        column = Column(first, kind, _place(source, told, options.get("type")))
        yield change(Act.ADD if made == "addColumn" else Act.RETYPE, columns=(column,), keys=own)
    elif made == "removeColumn":
        yield change(Act.REMOVE, old=first or "")
    elif made == "renameColumn" and len(given) > 2:
        yield change(Act.RENAME_COLUMN, old=first or "", new=string(given[2]) or "")
    elif made == "renameTable":
        yield change(Act.RENAME, new=first or "")
    elif made == "dropTable":
        yield change(Act.DROP)
    elif made in ("addIndex", "addConstraint"):
        unique_type = string(options.get("type")) or ""
        if _says(options, "unique", "true") or unique_type.lower() in ("unique", "primary key"):
            listed = options.get("fields") or (given[1] if given[1].kind() == "array" else None)
            name = string(options.get("name")) or string(options.get("indexName")) or ""
            yield change(Act.KEY, keys=(Key(tuple(members(listed)), name),))
    elif made in ("removeConstraint", "removeIndex"):
        yield change(Act.UNKEY, old=first or next(members(given[1]) if len(given) > 1 else iter(()), ""))


def _table(node: SgNode) -> str | None:
    """The table that a call speaks of: its name, or `{ tableName: "orders", schema }`."""
    return string(pairs(node).get("tableName")) if node.kind() == "object" else string(node)
