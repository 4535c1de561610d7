"""Tables as SQL defines them: in files of migrations, and in the strings of programs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ...finding import Place
from ...source import Source
from ...tree import Skipped
from .history import Act, Change, Statement, stream
from .table import BOOLEAN, DECIMAL, FLOAT, INTEGER, OTHER, PRIMARY, TEXT, TIME, UNKNOWN, UNREAD, Column, Key

MARKS = (b"create table", b"alter table", b"create unique index", b"rename table", b"drop table", b"drop index")

_KINDS = {
    **dict.fromkeys(("FLOAT", "DOUBLE", "UDOUBLE", "BIGFLOAT"), FLOAT),
    **dict.fromkeys(("DECIMAL", "UDECIMAL", "BIGDECIMAL", "MONEY", "SMALLMONEY", "DECIMAL32", "DECIMAL64"), DECIMAL),
    **dict.fromkeys(
        """TINYINT UTINYINT SMALLINT USMALLINT MEDIUMINT UMEDIUMINT INT UINT BIGINT UBIGINT INT128 SERIAL SMALLSERIAL
        BIGSERIAL YEAR""".split(),
        INTEGER,
    ),
    **dict.fromkeys(
        "CHAR NCHAR VARCHAR NVARCHAR TEXT TINYTEXT MEDIUMTEXT LONGTEXT UUID ENUM ENUM8 ENUM16 NAME".split(), TEXT
    ),
    **dict.fromkeys("DATE DATETIME DATETIME2 TIMESTAMP TIMESTAMPTZ TIMESTAMPLTZ TIMESTAMPNTZ TIME".split(), TIME),
    **dict.fromkeys(("BOOLEAN", "BIT"), BOOLEAN),
    **dict.fromkeys(("JSON", "JSONB", "BINARY", "VARBINARY", "BLOB", "ARRAY"), OTHER),
}

# Comments, strings, dollar-quoted bodies and quoted names, inside which a semicolon ends nothing.
_TOKEN = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/
    | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*`
    | (?P<tag>\$\w*\$).*?(?P=tag)
    | ;
    """,
    re.VERBOSE | re.DOTALL,
)
_DEFINES = re.compile(
    r"""
      (?:create\s+(?:or\s+replace\s+)?(?:unlogged\s+|foreign\s+)?table
        |create\s+unique\s+index
        |alter\s+table
        |drop\s+(?:table|index)
        |rename\s+table)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BLANK = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_BLOCK = re.compile(r"do\s+(language\s+\w+\s+)?\$", re.IGNORECASE)
_INSIDE = re.compile(rf"{_DEFINES.pattern}[^;]*", re.VERBOSE | re.IGNORECASE)
_UNDONE = re.compile(
    r"(^|/)(down|rollbacks?|undo)(/|\.sql$)|[._-](down|rollback|undo)\.sql$|(^|/)U\d[\d._]*__[^/]*\.sql$"
)
# Tools that keep both ways in one file: goose, sql-migrate, dbmate, and comments that say as much.
_DOWN = re.compile(r"^--\s*(\+goose\s+down|\+migrate\s+down|migrate:down|\+down|@?(un)?down|@?undo)\b.*$", re.I | re.M)
_UP = re.compile(r"^--\s*(\+goose\s+up|\+migrate\s+up|migrate:up|\+up|@?up)\b.*$", re.IGNORECASE | re.MULTILINE)
_RENAME = re.compile(r"rename\s+table\s+[`\"]?(?:\w+[`\"]?\.[`\"]?)?(\w+)[`\"]?\s+to\s+[`\"]?(\w+)", re.IGNORECASE)
# What SQLite says behind a table, and sqlglot does not know.
_OPTIONS = re.compile(r"\)\s*+(?:(?:without\s++rowid|strict)\s*+(?:,\s*+)?)+$", re.IGNORECASE)
_LONGEST = 100_000
"""Characters of a statement that is parsed: nobody's table has a longer one."""

_SPOKEN_OF = re.compile(
    r"(create|alter)\s+(?:unlogged\s+)?table\s+(?:if\s+(?:not\s+)?exists\s+)?(?:only\s+)?[`\"\[]?"
    r"(?:\w+[`\"\]]?\.[`\"\[]?)?(\w+)",
    re.IGNORECASE,
)
_BY_INDEX = re.compile(r"alter\s+table.*\bunique\s+using\s+index\b", re.IGNORECASE | re.DOTALL)

At = Callable[[int, int], Place]
"""The place of the characters from … up to … of the SQL."""


Wanted = Callable[[str, str], bool]
"""Whether a table matters, by its name and the statement that makes or changes it."""


def read(source: Source, wanted: Wanted = lambda *_: True) -> Iterator[Change | Skipped]:
    """What a file of SQL does to the tables that are wanted; what undoes a migration is left out."""
    if _UNDONE.search(source.path):
        return
    for change in changes(_upward(source.text), source.path, source.place_of, wanted=wanted):
        yield change or Skipped(source.path, "SQL that is not understood everywhere; the rest was read")


def changes(
    text: str, path: str, at: At, offset: int = 0, dialect: str = "SQL", wanted: Wanted = lambda *_: True
) -> Iterator[Change | None]:
    """What the statements in `text` do to tables; None for one that may define a table and cannot be parsed.

    Args:
        text: SQL.
        path: The file that it stands in.
        at: Its places.
        offset: How many characters of the file stand before it, to keep the order of several texts in one file.
        dialect: What the migrations around it are written with.
        wanted: Which tables matter: a dump has hundreds that do not, and parsing is what takes long.
    """
    for begin, statement in _statements(text):
        made = _SPOKEN_OF.match(statement)
        if made and not wanted(made[2], statement):
            continue
        renamed = _RENAME.match(statement)
        if renamed:
            place = at(begin, begin + renamed.end())
            yield Change(Act.RENAME, renamed[1], place, stream(dialect, path), "SQL", offset + begin, new=renamed[2])
            continue
        tree = _parsed(statement)
        if tree is None:
            if _BY_INDEX.match(statement):  # the index was seen where it was created
                continue
            if made:
                place = at(begin + made.start(2), begin + made.end(2))
                act = Act.CREATE if made[1].lower() == "create" else Act.ADD
                unread = (Key((UNREAD,)),) if re.search(r"\bunique\b", statement, re.IGNORECASE) else ()
                where = stream(dialect, path)
                yield Change(act, made[2], place, where, "SQL", offset + begin, keys=unread, open=True)
            yield None
            continue

        def here(start: int, end: int, begin: int = begin) -> Place:
            return at(begin + start, begin + end)

        yield from _Statement(path, dialect, offset + begin, here).changes(tree)


def kind(written: str) -> str:
    """The kind of a column whose type is `written` as in SQL: `double precision`, `numeric(10, 2)`."""
    try:
        with _quiet():
            return _kind(exp.DataType.build(written.strip(), dialect="postgres"))
    except (SqlglotError, ValueError):
        return UNKNOWN


def _upward(text: str) -> str:
    """`text` with what undoes a migration blanked, so that all else stays where it stands."""
    at = 0
    while found := _DOWN.search(text, at):
        up = _UP.search(text, found.end())
        at = up.start() if up else len(text)
        text = text[: found.start()] + re.sub(r"[^\n]", " ", text[found.start() : at]) + text[at:]
    return text


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement that may define a table, without comments before it, and where it begins."""
    begin = 0
    ends = [found.start() for found in _TOKEN.finditer(text) if found[0] == ";"]
    for end in (*ends, len(text)):
        statement = text[begin:end]
        blank = _BLANK.match(statement)
        skipped = blank.end() if blank else 0
        if _DEFINES.match(statement, skipped):
            yield begin + skipped, statement[skipped:]
        elif _BLOCK.match(statement, skipped):
            # What PostgreSQL runs at once, so that it can be told what to do if it was done before.
            for found in _INSIDE.finditer(statement, skipped):
                yield begin + found.start(), found[0]
        begin = end + 1


def _parsed(statement: str) -> exp.Expression | None:
    if len(statement) > _LONGEST:
        return None
    statement = _OPTIONS.sub(")", statement)
    for dialect in _dialects(statement):
        try:
            with _quiet():
                tree = sqlglot.parse_one(statement, dialect=dialect)
        except (SqlglotError, RecursionError, ValueError):
            continue
        if not isinstance(tree, exp.Command):
            return cast(exp.Expression, tree)
    return None


def _dialects(statement: str) -> tuple[str, ...]:
    """The dialects to try, the likeliest first."""
    if re.search(r"`|\bauto_increment\b|\bengine\s*=|\b(modify|change)\s+column\b|\bunique\s+key\b", statement, re.I):
        return "mysql", "sqlite", "postgres"
    if re.search(r"\bautoincrement\b", statement, re.IGNORECASE):
        return "sqlite", "postgres", "mysql"
    return "postgres", "sqlite", "mysql", "tsql"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep sqlglot's warnings about what it cannot parse off the terminal: they are notes of ours."""
    logger = logging.getLogger("sqlglot")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


class _Statement:
    """Turns one parsed statement into changes."""

    def __init__(self, path: str, dialect: str, position: int, at: At) -> None:
        self._path, self._dialect, self._position, self._at = path, dialect, position, at

    def changes(self, tree: exp.Expression) -> Iterator[Change]:
        if isinstance(tree, exp.Create) and tree.kind == "INDEX":
            index = tree.this
            table, params = index.args.get("table"), index.args.get("params")
            columns = [] if params is None else params.args.get("columns") or []
            names = tuple(_name(column) for column in columns)
            if tree.args.get("unique") and table is not None and all(names):
                yield self._change(Act.KEY, table, keys=(Key(names, index.name),))
        elif isinstance(tree, exp.Create) and tree.kind == "TABLE":
            yield from self._created(tree)
        elif isinstance(tree, exp.Drop) and tree.kind in ("TABLE", "INDEX"):
            for dropped in tree.args.get("tables") or [tree.this]:
                if tree.kind == "TABLE":
                    yield self._change(Act.DROP, dropped)
                else:
                    yield self._change(Act.UNKEY, None, old=dropped.name)
        elif isinstance(tree, exp.Alter) and tree.args.get("kind") == "TABLE":
            for action in tree.args.get("actions") or []:
                yield from self._altered(tree.this, action)

    def _created(self, tree: exp.Create) -> Iterator[Change]:
        properties = tree.args.get("properties")
        kept = not (properties and properties.find(exp.TemporaryProperty))
        if isinstance(tree.this, exp.Schema) and kept:
            columns: list[Column] = []
            keys: list[Key] = []
            more = bool(properties and properties.find(exp.LikeProperty, exp.InheritsProperty))
            for part in tree.this.expressions:
                if isinstance(part, exp.ColumnDef):
                    columns.append(self._column(part))
                    keys += _keys_of(part)
                elif isinstance(part, exp.Identifier):  # SQLite lets a column have no type
                    columns.append(Column(part.name, UNKNOWN, self._place(part)))
                elif isinstance(part, exp.LikeProperty):
                    more = True
                else:
                    keys += _keys(part)
            yield self._change(Act.CREATE, tree.this.this, columns=tuple(columns), keys=tuple(keys), is_open=more)
        elif kept and isinstance(tree.this, exp.Table):
            yield self._change(Act.CREATE, tree.this, is_open=True)

    def _altered(self, table: exp.Expression, action: exp.Expression) -> Iterator[Change]:
        if isinstance(action, exp.ColumnDef):
            yield self._change(Act.ADD, table, columns=(self._column(action),), keys=tuple(_keys_of(action)))
        elif isinstance(action, exp.Schema):  # ADD (a, b)
            for part in action.expressions:
                if isinstance(part, exp.ColumnDef):
                    yield from self._altered(table, part)
        elif isinstance(action, exp.AddConstraint):
            keys = tuple(key for part in action.expressions for key in _keys(part))
            yield self._change(Act.KEY, table, keys=keys)
        elif isinstance(action, exp.AlterColumn) and action.args.get("dtype"):
            column = Column(action.name, _kind(action.args["dtype"]), self._place(action.this))
            yield self._change(Act.RETYPE, table, columns=(column,))
        elif isinstance(action, exp.ModifyColumn):
            old, column = action.args.get("rename_from"), self._column(action.this)
            if old is not None:
                yield self._change(Act.RENAME_COLUMN, table, old=old.name, new=column.name)
            yield self._change(Act.RETYPE, table, columns=(column,), keys=tuple(_keys_of(action.this)))
        elif isinstance(action, exp.RenameColumn):
            yield self._change(Act.RENAME_COLUMN, table, old=action.this.name, new=action.args["to"].name)
        elif isinstance(action, exp.AlterRename):
            yield self._change(Act.RENAME, table, new=action.this.name)
        elif isinstance(action, exp.Drop):
            act = Act.REMOVE if action.args.get("kind") == "COLUMN" else Act.UNKEY
            for dropped in action.args.get("tables") or [action.this]:
                yield self._change(act, table, old=dropped.name)

    def _change(self, act: Act, table: exp.Expression | None, **told: Any) -> Change:
        name = table.name if table is not None else ""
        where = stream(self._dialect, self._path)
        return Statement(name, self._place(table), where, "SQL", self._position).change(act, **told)

    def _column(self, part: exp.ColumnDef) -> Column:
        written = part.args.get("kind")
        return Column(part.name, _kind(written) if written is not None else UNKNOWN, self._place(part.this))

    def _place(self, node: exp.Expression | None) -> Place:
        meta: dict[str, Any] = {}
        for one in node.find_all(exp.Identifier) if node is not None else ():
            meta = one.meta or meta
            break
        return self._at(meta.get("start", 0), meta.get("end", 0) + 1)


def _kind(written: exp.Expression) -> str:
    known = written.this if isinstance(written, exp.DataType) else None
    if known == exp.DataType.Type.USERDEFINED:
        # An enumeration of PostgreSQL's, an extension's type, or what only one database knows.
        text = written.sql().lower()
        if re.match(r"(float|double|real)\d*\b", text):
            return FLOAT
        return TEXT if text.startswith("citext") else UNKNOWN
    return _KINDS.get(known.value.upper() if known is not None else "", UNKNOWN)


def _name(node: exp.Expression) -> str:
    """The column that a part of a key names; empty for an expression."""
    if isinstance(node, exp.Ordered):
        node = node.this
    return node.name if isinstance(node, (exp.Identifier, exp.Column)) else ""


def _keys_of(column: exp.ColumnDef) -> Iterator[Key]:
    for constraint in column.constraints:
        if isinstance(constraint.kind, exp.PrimaryKeyColumnConstraint):
            yield Key((column.name,), PRIMARY)
        elif isinstance(constraint.kind, exp.UniqueColumnConstraint):
            yield Key((column.name,))


def _keys(part: exp.Expression, name: str = "") -> Iterator[Key]:
    """The keys that a constraint of a table stands for."""
    if isinstance(part, exp.Constraint):
        for inner in part.expressions:
            yield from _keys(inner, part.name)
    elif isinstance(part, exp.PrimaryKey):
        columns = tuple(_name(one) for one in part.expressions)
        if all(columns):
            yield Key(columns, PRIMARY)
    elif isinstance(part, exp.UniqueColumnConstraint) and isinstance(part.this, exp.Schema):
        columns = tuple(_name(one) for one in part.this.expressions)
        if all(columns):
            yield Key(columns, name or (part.this.this.name if part.this.this else ""))
