"""Tables as TypeORM defines them: its entities (its migrations are SQL in strings, or calls of a query runner)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from ast_grep_py import Config, SgNode

from ...code.call import arguments, called
from ...code.entry import pairs
from ...code.literal import string
from ...code.name import snake
from ...code.node import line, named
from ...source import Source
from . import sql
from .lineage import Class
from .table import BOOLEAN, INTEGER, OTHER, PRIMARY, TEXT, TIME, UNKNOWN, Column, Key

MARKS = (b"@entity",)
BASES = (b"@primarygeneratedcolumn", b"@createdatecolumn")

_COLUMNS = frozenset(
    {
        "Column",
        "PrimaryColumn",
        "PrimaryGeneratedColumn",
        "CreateDateColumn",
        "UpdateDateColumn",
        "DeleteDateColumn",
        "VersionColumn",
        "ObjectIdColumn",
    }
)
_WRITTEN = {"string": TEXT, "number": INTEGER, "Date": TIME, "boolean": BOOLEAN, "bigint": INTEGER}
_NAMED = {"String": TEXT, "Number": INTEGER, "Date": TIME, "Boolean": BOOLEAN}
_CLASSES = {"rule": {"any": [{"kind": "class_declaration"}, {"kind": "abstract_class_declaration"}]}}


def read(source: Source) -> Iterator[Class]:
    """The entities in a module, and the classes that they may inherit from."""
    for node in source.root.find_all(cast(Config, _CLASSES)):
        made = _class(source, node)
        if made is not None:
            yield made


def _class(source: Source, node: SgNode) -> Class | None:
    name, body = node.field("name"), node.field("body")
    if name is None or body is None:
        return None
    parent = node.parent()
    around = named(parent) if parent is not None and parent.kind() == "export_statement" else []
    decorators = {called(call): call for call in _decorators([*around, *named(node)])}
    columns: list[Column] = []
    keys: list[Key] = []
    names: dict[str, str] = {}
    is_open = False
    before: list[SgNode] = []
    for member in named(body):
        if member.kind() == "decorator":
            before.append(member)  # the JavaScript grammar puts some beside the field
            continue
        if member.kind() in ("public_field_definition", "field_definition"):
            column = _column(source, member, before)
            if column is not None:
                columns.append(column[0])
                keys += column[1]
                names[column[2]] = column[0].name
            # Columns of an embedded object are named by it.
            is_open = is_open or (column is not None and column[0].kind == OTHER and column[0].name == "")
        before = []
    columns = [column for column in columns if column.name]
    table = ""
    if "Entity" in decorators:
        given = arguments(decorators["Entity"])
        options = pairs(given[-1]) if given and given[-1].kind() == "object" else {}
        table = (string(given[0]) if given else None) or string(options.get("name")) or snake(name.text())
    elif not columns:
        return None
    for decorator in ("Unique", "Index"):
        for call in _decorators([*around, *named(node)]):
            if called(call) == decorator:
                keys += _key(call, names, decorator == "Unique")
    heritage = next((one for one in named(node) if one.kind() == "class_heritage"), None)
    inherited = heritage.find(kind="extends_clause") if heritage is not None else None
    bases = [one.text() for one in named(inherited or heritage)][:1]
    return Class(
        "TypeORM",
        name.text(),
        tuple(base.rpartition(".")[2] for base in bases if base.rpartition(".")[2] != "BaseEntity"),
        table,
        tuple(columns),
        tuple(keys),
        source.place_at(line(name)),
        "an entity of TypeORM's",
        (),
        is_open,
    )


def _decorators(nodes: list[SgNode]) -> Iterator[SgNode]:
    for node in nodes:
        if node.kind() == "decorator":
            yield from (one for one in named(node) if one.kind() == "call_expression")


def _column(source: Source, member: SgNode, before: list[SgNode]) -> tuple[Column, list[Key], str] | None:
    """The column that a field is, its keys, and the field's name; None for another field."""
    decorators = {called(call): call for call in _decorators([*before, *named(member)])}
    made = next((one for one in decorators if one in _COLUMNS), "")
    field = member.field("name") or member.field("property")
    if field is None:
        return None
    if not made:
        if {"ManyToOne", "OneToOne"} & set(decorators) and ("JoinColumn" in decorators or "ManyToOne" in decorators):
            join = decorators.get("JoinColumn")
            given = arguments(join) if join is not None else []
            name = string(pairs(given[0]).get("name")) if given else None
            keys = [Key((name or f"{field.text()}Id",))] if "OneToOne" in decorators else []
            return Column(name or f"{field.text()}Id", UNKNOWN, source.place(field)), keys, field.text()
        return None
    call = decorators[made]
    given = arguments(call)
    options: dict[str, SgNode] = {}
    for one in given:
        if one.kind() == "object":
            options = pairs(one)
    first = given[0] if given else None
    if made == "Column" and first is not None and first.kind() == "arrow_function":
        return Column("", OTHER, source.place(call)), [], ""
    name = string(options.get("name")) or field.text()
    written = string(first) or string(options.get("type"))
    keys = []
    if made.startswith("Primary") or made == "ObjectIdColumn" or _true(options.get("primary")):
        keys.append(Key((name,), PRIMARY))
    index = decorators.get("Index")
    if _true(options.get("unique")) or (index is not None and any(_true(_unique(one)) for one in arguments(index))):
        keys.append(Key((name,)))
    if made.endswith("DateColumn"):
        kind = TIME
    elif made == "PrimaryGeneratedColumn":
        kind = TEXT if written == "uuid" else INTEGER
    elif written:
        kind = TEXT if written in ("enum", "simple-enum") else sql.kind(written)
    else:
        typed = member.find(kind="type_annotation")
        said = typed.text().lstrip(": ").partition("|")[0].strip() if typed is not None else ""
        other = options.get("type") or first
        kind = _NAMED.get(other.text() if other is not None else "", _WRITTEN.get(said, UNKNOWN))
    return Column(name, kind, source.place(call)), keys, field.text()


def _unique(node: SgNode) -> SgNode | None:
    return pairs(node).get("unique") if node.kind() == "object" else None


def _true(node: SgNode | None) -> bool:
    return node is not None and node.text() == "true"


def _key(call: SgNode, names: dict[str, str], always: bool) -> Iterator[Key]:
    """`@Unique(["a"])`, `@Unique("name", ["a"])`, `@Index(["a"], { unique: true })`, `@Index((o) => [o.a], …)`."""
    given = arguments(call)
    if not (always or any(_true(_unique(one)) for one in given)):
        return
    for one in given:
        if one.kind() == "array":
            columns = [string(each) or "" for each in named(one)]
        elif one.kind() == "arrow_function":
            columns = [each.text().rpartition(".")[2] for each in one.find_all(kind="member_expression")]
        elif one.kind() == "object" and "columns" in pairs(one):
            columns = [string(each) or "" for each in named(pairs(one)["columns"])]
        else:
            continue
        yield Key(tuple(names.get(column, column) for column in columns))
        return
    # `@Unique("a", "b")`: names of columns alone.
    if always and given and all(string(one) for one in given):
        yield Key(tuple(names.get(string(one) or "", string(one) or "") for one in given))
