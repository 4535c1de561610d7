"""Tables as Prisma's schema defines them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...source import Source
from .table import BOOLEAN, DECIMAL, FLOAT, INTEGER, OTHER, PRIMARY, TEXT, TIME, UNKNOWN, Column, Key, Table

MARKS = (b"model ",)

_KINDS = {
    "Float": FLOAT,
    "Decimal": DECIMAL,
    "Int": INTEGER,
    "BigInt": INTEGER,
    "String": TEXT,
    "DateTime": TIME,
    "Boolean": BOOLEAN,
    "Json": OTHER,
    "Bytes": OTHER,
}
_HEAD = re.compile(r"^[ \t]*(?P<kind>model|enum)[ \t]+(?P<name>\w+)[ \t]*\{[^\n]*\n", re.MULTILINE)
_END = re.compile(r"^[ \t]*\}", re.MULTILINE)
_FIELD = re.compile(r"^[ \t]*(?P<name>\w+)[ \t]+(?P<type>\w+)(?P<many>\[\])?\??(?P<rest>[^\n]*)$", re.MULTILINE)
_COMMENT = re.compile(r"//[^\n]*")
_LIST = re.compile(r"@@(?P<kind>unique|id)\s*\(\s*(?:fields:\s*)?\[(?P<fields>[^\]]*)\]")
_MAPPED = re.compile(r"""@map\(\s*(?:name:\s*)?"(?P<name>[^"]*)"\s*\)""")
_TABLE = re.compile(r"""@@map\(\s*(?:name:\s*)?"(?P<name>[^"]*)"\s*\)""")


@dataclass(frozen=True)
class _Block:
    """A model or an enumeration: `start` is where its body begins, `at` where its name stands."""

    kind: str
    name: str
    body: str
    start: int
    at: int


def read(source: Source) -> Iterator[Table]:
    """The models in a schema."""
    # Comments become blanks, so that everything else stays where it stands.
    blocks = list(_blocks(_COMMENT.sub(lambda found: " " * len(found[0]), source.text)))
    enumerations = {block.name for block in blocks if block.kind == "enum"}
    models = {block.name for block in blocks if block.kind == "model"}
    for block in blocks:
        if block.kind == "model":
            yield _model(source, block, enumerations, models)


def _blocks(text: str) -> Iterator[_Block]:
    at = 0
    while head := _HEAD.search(text, at):
        end = _END.search(text, head.end())
        if end is None:
            return
        yield _Block(head["kind"], head["name"], text[head.end() : end.start()], head.end(), head.start("name"))
        at = end.end()


def _model(source: Source, block: _Block, enumerations: set[str], models: set[str]) -> Table:
    body, start = block.body, block.start
    columns: list[Column] = []
    keys: list[Key] = []
    names: dict[str, str] = {}
    is_open = False
    for field in _FIELD.finditer(body):
        kind = TEXT if field["type"] in enumerations else _KINDS.get(field["type"])
        if kind is None and field["type"] in models:
            continue  # a relation: the column is the scalar field beside it
        if kind is None and not re.search(r"@(default|map)\b", field["rest"]) and field["type"] != "Unsupported":
            is_open = True  # an enumeration or a model of another file
            continue
        mapped = _MAPPED.search(field["rest"])
        name = mapped["name"] if mapped else field["name"]
        names[field["name"]] = name
        place = source.place_of(start + field.start("name"), start + field.end("type"))
        columns.append(Column(name, OTHER if field["many"] else kind or UNKNOWN, place))
        attributes = re.sub(r'"[^"]*"', "", field["rest"])
        if re.search(r"@id\b", attributes):
            keys.append(Key((name,), PRIMARY))
        if re.search(r"@unique\b", attributes):
            keys.append(Key((name,)))
    for found in _LIST.finditer(body):
        fields = [re.sub(r"\(.*", "", one).strip() for one in found["fields"].split(",")]
        label = PRIMARY if found["kind"] == "id" else ""
        keys.append(Key(tuple(names.get(one, one) for one in fields if one), label))
    table = _TABLE.search(body)
    return Table(
        table["name"] if table else block.name,
        tuple(columns),
        tuple(keys),
        source.place_at(source.text.count("\n", 0, block.at) + 1),
        "a model of Prisma's",
        open=is_open,
        entity=block.name,
    )
