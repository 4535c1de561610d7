"""Tables as GORM's models define them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from ...code.literal import string
from ...code.name import snake
from ...code.node import line, named
from ...source import Source
from . import sql
from .lineage import Class
from .table import BOOLEAN, FLOAT, INTEGER, OTHER, PRIMARY, TEXT, TIME, UNKNOWN, Column, Key, plural

MARKS = (b"gorm:", b"gorm.model", b"automigrate(", b"tablename()")
BASES = (b"gorm:",)

_KINDS = {
    **dict.fromkeys(("float32", "float64", "sql.NullFloat64"), FLOAT),
    **dict.fromkeys("int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 sql.NullInt64".split(), INTEGER),
    **dict.fromkeys(("string", "uuid.UUID", "sql.NullString"), TEXT),
    **dict.fromkeys(("time.Time", "sql.NullTime", "gorm.DeletedAt"), TIME),
    **dict.fromkeys(("bool", "sql.NullBool"), BOOLEAN),
    **dict.fromkeys(("[]byte", "datatypes.JSON"), OTHER),
}
_MODEL = (("ID", INTEGER), ("CreatedAt", TIME), ("UpdatedAt", TIME), ("DeletedAt", TIME))


def read(source: Source) -> Iterator[Class]:
    """The structs in a file that are models, or that models embed."""
    tables = {
        receiver.text().lstrip("*"): string(written)
        for method in source.root.find_all(kind="method_declaration")
        if (name := method.field("name")) is not None and name.text() == "TableName"
        if (parameter := method.find(kind="parameter_declaration")) is not None
        if (receiver := parameter.field("type")) is not None
        if (written := method.find(kind="interpreted_string_literal")) is not None
    }
    migrated = set(re.findall(r"&(?:\w+\.)?(\w+)\{\}", " ".join(re.findall(r"AutoMigrate\(([^)]*)\)", source.text))))
    for node in source.root.find_all(kind="type_spec"):
        name, struct = node.field("name"), node.field("type")
        fields = struct.find(kind="field_declaration_list") if struct is not None else None
        if name is not None and struct is not None and struct.kind() == "struct_type" and fields is not None:
            table = tables.get(name.text())
            # A struct of that name may also be what a handler answers with: a model says that it is one.
            if not table and (name.text() in migrated or re.search(r'gorm:"|\bgorm\.Model\b', fields.text())):
                table = plural(snake(name.text()))
            yield _class(source, node, name.text(), fields, table or "")


def _class(source: Source, node: SgNode, name: str, fields: SgNode, table: str) -> Class:
    columns: list[Column] = []
    keys: list[Key] = []
    bases: list[str] = []
    together: dict[str, list[str]] = {}
    everything = {one.text() for one in fields.find_all(kind="field_identifier")}
    for field in named(fields):
        if field.kind() != "field_declaration":
            continue
        typed, tag = field.field("type"), field.field("tag")
        said = _settings(string(tag) or "") if tag is not None else {}
        written = typed.text().lstrip("*") if typed is not None else ""
        names = [one.text() for one in field.children() if one.kind() == "field_identifier"]
        if "-" in said:
            continue
        if not names or "embedded" in said:
            if written == "gorm.Model":
                columns += [Column(snake(one), kind, source.place(field)) for one, kind in _MODEL]
                keys.append(Key(("id",), PRIMARY))
            elif written:
                bases.append(written.rpartition(".")[2])
            continue
        if written.startswith("[]") and written not in _KINDS and not {"type", "serializer"} & said.keys():
            continue  # several other models
        if any(f"{one}ID" in everything for one in names):
            continue  # another model, whose id is a column of this one
        for one in names:
            column = said.get("column") or snake(one)
            kind = sql.kind(said["type"]) if "type" in said else _KINDS.get(written, UNKNOWN)
            columns.append(Column(column, kind, source.place(field)))
            if "primarykey" in said or "primary_key" in said or one == "ID":
                keys.append(Key((column,), PRIMARY))
            for setting in ("unique", "uniqueindex"):
                if setting in said:
                    label = said[setting].partition(",")[0]
                    together.setdefault(label or f" {column}", []).append(column)
            if "unique" in said.get("index", "").split(",")[1:]:
                together.setdefault(said["index"].partition(",")[0] or f" {column}", []).append(column)
    keys += [
        Key(tuple(members), label.strip() if not label.startswith(" ") else "") for label, members in together.items()
    ]
    return Class(
        "GORM",
        name,
        tuple(bases),
        table,
        tuple(columns),
        tuple(keys),
        source.place_at(line(node)),
        "a model of GORM's",
    )


def _settings(tag: str) -> dict[str, str]:
    """What `gorm:"column:total;type:numeric(12,2)"` says, its names in lower case."""
    found = re.search(r'gorm:"((?:[^"\\]|\\.)*)"', tag)
    said = {}
    for setting in found[1].split(";") if found else ():
        name, _, value = setting.partition(":")
        said[name.strip().lower()] = value.strip()
    return said
