"""Tables as Peewee defines them: its models."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...source import Source
from .lineage import Class
from .python import assigned, inner, is_true, keywords, last, parsed, place, statements, text, texts
from .table import BOOLEAN, DECIMAL, FLOAT, INTEGER, OTHER, PRIMARY, TEXT, TIME, UNKNOWN, Column, Key

MARKS = (b"peewee", b"playhouse")
BASES = (b"peewee", b"playhouse")

_KINDS = {
    **dict.fromkeys(("FloatField", "DoubleField"), FLOAT),
    "DecimalField": DECIMAL,
    **dict.fromkeys(("IntegerField", "BigIntegerField", "SmallIntegerField", "AutoField", "BigAutoField"), INTEGER),
    **dict.fromkeys(("CharField", "FixedCharField", "TextField", "UUIDField"), TEXT),
    **dict.fromkeys(("DateTimeField", "DateField", "TimeField", "TimestampField"), TIME),
    "BooleanField": BOOLEAN,
    **dict.fromkeys(("BlobField", "JSONField", "BinaryJSONField", "ArrayField"), OTHER),
}


def read(source: Source) -> Iterator[Class]:
    """The models in a module."""
    module = parsed(source)
    for node in statements(module.body) if module is not None else ():
        if isinstance(node, ast.ClassDef) and node.bases:
            columns: list[Column] = []
            keys: list[Key] = []
            fields: dict[str, str] = {}
            for name, value in map(assigned, node.body):
                if not (isinstance(value, ast.Call) and last(value.func).endswith("Field")) or not name:
                    continue
                made, options = last(value.func), keywords(value)
                if made == "ManyToManyField":
                    continue
                related = made == "ForeignKeyField"
                default = name if not related or name.endswith("_id") else f"{name}_id"
                column = text(options.get("column_name")) or text(options.get("db_column")) or default
                fields[name] = column
                columns.append(Column(column, UNKNOWN if related else _KINDS.get(made, UNKNOWN), place(source, value)))
                if is_true(options.get("primary_key")) or made in ("AutoField", "BigAutoField", "IdentityField"):
                    keys.append(Key((column,), PRIMARY))
                if is_true(options.get("unique")):
                    keys.append(Key((column,)))
            meta = inner(node, "Meta")
            keys += _keys(meta, fields)
            # A class without a field of its own is a base that others share, such as BaseModel with its database.
            written = text(meta.get("table_name")) or text(meta.get("db_table"))
            name = written or (node.name.lower() if columns else "")
            yield Class(
                "Peewee",
                node.name,
                tuple(base for base in map(last, node.bases) if base not in ("Model", "object")),
                name,
                tuple(columns),
                tuple(keys),
                source.place_at(node.lineno),
                "a model of Peewee's",
                (Column("id", INTEGER, source.place_at(node.lineno)),),
            )


def _keys(meta: dict[str, ast.expr], fields: dict[str, str]) -> Iterator[Key]:
    primary = meta.get("primary_key")
    if isinstance(primary, ast.Call):  # CompositeKey("a", "b")
        yield Key(tuple(fields.get(name, name) for name in map(text, primary.args) if name), PRIMARY)
    indexes = meta.get("indexes")
    for index in indexes.elts if isinstance(indexes, (ast.List, ast.Tuple)) else ():
        # ((columns), unique)
        if isinstance(index, (ast.List, ast.Tuple)) and len(index.elts) == 2 and is_true(index.elts[1]):
            yield Key(tuple(fields.get(name, name) for name in texts(index.elts[0])))
