"""Tables as Laravel's and Knex's migrations define them: `$table->string("a")->unique()`, `table.float("b")`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from ast_grep_py import Config, SgNode

from ...code.call import arguments, called, chain
from ...code.literal import members, string
from ...code.node import named, start
from ...finding import Place
from ...source import Source
from . import sql
from .history import Act, Change, Statement, stream
from .migration import undoes
from .table import BOOLEAN, DECIMAL, FLOAT, INTEGER, OTHER, PRIMARY, TEXT, TIME, UNKNOWN, Column, Key

MARKS = (b"schema::", b"schema.createtable", b"schema.altertable", b"schema.table", b".createtable(", b".altertable(")

_KINDS = {
    **dict.fromkeys(("float", "double", "unsignedFloat", "unsignedDouble"), FLOAT),
    **dict.fromkeys(("decimal", "unsignedDecimal"), DECIMAL),
    **dict.fromkeys(
        """id increments tinyIncrements smallIncrements mediumIncrements bigIncrements integer tinyInteger smallInteger
        mediumInteger bigInteger unsignedInteger unsignedTinyInteger unsignedSmallInteger unsignedMediumInteger
        unsignedBigInteger foreignId bigint tinyint smallint mediumint year""".split(),
        INTEGER,
    ),
    **dict.fromkeys(
        """string char text tinyText mediumText longText uuid ulid enum set enu foreignUuid foreignUlid ipAddress
        macAddress""".split(),
        TEXT,
    ),
    **dict.fromkeys("date dateTime dateTimeTz datetime time timeTz timestamp timestampTz".split(), TIME),
    **dict.fromkeys(("boolean",), BOOLEAN),
    **dict.fromkeys(("json", "jsonb", "binary", "geometry", "specificType"), OTHER),
    "foreignIdFor": UNKNOWN,
    "addColumn": UNKNOWN,
    "rememberToken": TEXT,
}
_NO_COLUMN = frozenset(
    """index foreign fullText spatialIndex rawIndex comment engine charset collation dropForeign dropIndex dropFullText
    dropSpatialIndex renameIndex dropSoftDeletes dropMorphs dropRememberToken check checks info error debug statement
    raw queryContext collate inherits call insert update queue""".split()
)
_INCREMENTING = (
    "id",
    "increments",
    "tinyIncrements",
    "smallIncrements",
    "mediumIncrements",
    "bigIncrements",
)
_FUNCTIONS = ("anonymous_function", "arrow_function", "function_expression", "function")
_BLOCKS = {
    "php": {"kind": "scoped_call_expression", "regex": r"^\\?(\w+\\)*Schema::"},
    "javascript": {
        "kind": "call_expression",
        "has": {
            "field": "function",
            "regex": r"\.(createTable(IfNotExists)?|alterTable|table|dropTable(IfExists)?|renameTable)$",
        },
    },
}


def read(source: Source) -> Iterator[Change]:
    """What a migration does."""
    if source.family == "javascript" and b"knex" not in source.lowered and b".schema" not in source.lowered:
        return
    for call in source.root.find_all(cast(Config, {"rule": _BLOCKS[source.family]})):
        if not undoes(call):
            yield from _Migration(source, call).changes()


class _Migration:
    """Reads one call of the schema builder's."""

    def __init__(self, source: Source, call: SgNode) -> None:
        self._source = source
        self._call = call
        given = arguments(call)
        # `Schema::connection("x")->create(…)` is another call around this one, and is left out.
        self._table = (string(given[0]) if given else None) or ""
        self._second = string(given[1]) if len(given) > 1 else None
        self._body = given[-1] if given and given[-1].kind() in _FUNCTIONS else None
        dialect = "Laravel" if source.family == "php" else "Knex"
        self._statement = Statement(
            self._table,
            source.place(call),
            stream(dialect, source.path),
            f"a migration of {dialect}'s",
            start(call),
        )

    def changes(self) -> Iterator[Change]:
        made = called(self._call)
        at = self._source.place(self._call)
        if not self._table:
            return
        if made in ("dropIfExists", "drop", "dropTable", "dropTableIfExists"):
            yield self._statement.change(Act.DROP, at)
        elif made in ("rename", "renameTable") and self._second:
            yield self._statement.change(Act.RENAME, at, new=self._second)
        elif made in ("create", "createTable", "createTableIfNotExists") and self._body is not None:
            columns: list[Column] = []
            keys: list[Key] = []
            is_open = False
            for change in self._steps():
                columns += change.columns
                keys += change.keys
                is_open = is_open or change.open
            yield self._statement.change(Act.CREATE, at, tuple(columns), tuple(keys), is_open=is_open)
        elif made in ("table", "alterTable") and self._body is not None:
            yield from self._steps()

    def _steps(self) -> Iterator[Change]:
        body = self._body.field("body") if self._body is not None else None
        statements = [] if body is None else body.find_all(kind="expression_statement")
        for statement in statements:
            inside = named(statement)
            calls = chain(inside[0]) if inside else []
            if calls:
                yield from self._step(calls)
        if body is not None and body.kind() not in ("compound_statement", "statement_block"):
            calls = chain(body)
            if calls:
                yield from self._step(calls)

    def _step(self, calls: list[SgNode]) -> Iterator[Change]:
        base, methods = calls[0], {called(one): one for one in calls[1:]}
        made, given = called(base), arguments(base)
        first = string(given[0]) if given else None
        at = self._source.place(calls[-1])
        if made in ("timestamps", "timestampsTz", "nullableTimestamps"):
            yield self._statement.change(Act.ADD, at, (Column("created_at", TIME, at), Column("updated_at", TIME, at)))
        elif made in ("softDeletes", "softDeletesTz"):
            yield self._statement.change(Act.ADD, at, (Column("deleted_at", TIME, at),))
        elif made in ("morphs", "nullableMorphs", "uuidMorphs") and first:
            yield self._statement.change(
                Act.ADD, at, (Column(f"{first}_id", UNKNOWN, at), Column(f"{first}_type", TEXT, at))
            )
        elif made in ("unique", "primary"):
            name = string(given[1]) if len(given) > 1 else None
            columns = tuple(members(given[0])) if given else ()
            yield self._statement.change(
                Act.KEY, at, keys=(Key(columns, PRIMARY if made == "primary" else name or ""),)
            )
        elif made in ("dropColumn", "dropColumns", "dropConstrainedForeignId"):
            for one in given:
                for column in members(one):
                    yield self._statement.change(Act.REMOVE, at, old=column)
        elif made == "dropTimestamps":
            yield self._statement.change(Act.REMOVE, at, old="created_at")
        elif made in ("dropUnique", "dropIndex", "dropPrimary") and given:
            listed = list(members(given[0]))
            # A list names the columns, a text (of Laravel's) the key.
            name = listed[0] if len(listed) == 1 else "_".join([self._table, *listed, "unique"])
            yield self._statement.change(Act.UNKEY, at, old=name)
        elif made == "renameColumn" and len(given) > 1:
            yield self._statement.change(Act.RENAME_COLUMN, at, old=first or "", new=string(given[1]) or "")
        elif made == "rename" and first:
            yield self._statement.change(Act.RENAME, at, new=first)
        elif made in _KINDS:
            yield from self._column(made, given, methods, at)
        elif made not in _NO_COLUMN:
            yield self._statement.change(Act.ADD, at, is_open=True)  # a macro of the application's

    def _column(self, made: str, given: list[SgNode], methods: dict[str, SgNode], at: Place) -> Iterator[Change]:
        name = string(given[0]) if given else None
        kind = _KINDS[made]
        if made == "foreignIdFor" and given:
            second = string(given[1]) if len(given) > 1 else None
            model = given[0].text().partition("::")[0].rpartition("\\")[2]
            name = second or f"{model.lower()}_id"
        elif made == "addColumn" and len(given) > 1:
            kind, name = _KINDS.get(name or "", UNKNOWN), string(given[1])
        elif made == "specificType" and len(given) > 1:
            kind = sql.kind(string(given[1]) or "")
        elif made in ("uuid", "ulid") and not given:
            name = "id" if made == "ulid" else "uuid"
        if made in _INCREMENTING:
            name = name or "id"
        if not name:
            yield self._statement.change(Act.ADD, at, is_open=True)
            return
        keys: list[Key] = []
        if made in _INCREMENTING or "primary" in methods:
            keys.append(Key((name,), PRIMARY))
        if "unique" in methods:
            keys.append(Key((name,)))
        changed = "change" in methods or "alter" in methods
        yield self._statement.change(Act.RETYPE if changed else Act.ADD, at, (Column(name, kind, at),), tuple(keys))
