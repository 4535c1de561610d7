"""Tables as SQLAlchemy, Flask-SQLAlchemy and SQLModel define them, and as Alembic's migrations do."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ...code.name import snake
from ...source import Source
from .history import Act, Change, Statement, stream
from .lineage import Class
from .python import assigned, dotted, is_true, keywords, last, parsed, place, statements, text, texts
from .table import (
    BOOLEAN,
    DECIMAL,
    FLOAT,
    INTEGER,
    MODEL,
    OTHER,
    PRIMARY,
    TEXT,
    TIME,
    UNKNOWN,
    Column,
    Key,
    Table,
)

MARKS = (b"column(", b"__tablename__", b"table=true", b"db.model)", b"def upgrade")
BASES = (b"mapped_column(", b"= column(", b"= db.column(", b"= sa.column(", b"declarativebase", b"sqlmodel)")

_KINDS = {
    **dict.fromkeys(("Float", "FLOAT", "REAL", "Double", "DOUBLE", "DOUBLE_PRECISION", "float"), FLOAT),
    **dict.fromkeys(("Numeric", "NUMERIC", "DECIMAL", "Decimal", "MONEY"), DECIMAL),
    **dict.fromkeys(
        ("Integer", "BigInteger", "SmallInteger", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "int"), INTEGER
    ),
    **dict.fromkeys(
        """String Text Unicode UnicodeText Enum Uuid UUID VARCHAR TEXT CHAR NVARCHAR ENUM CITEXT AutoString str
        """.split(),
        TEXT,
    ),
    **dict.fromkeys(("DateTime", "Date", "TIMESTAMP", "DATETIME", "DATE", "datetime", "date"), TIME),
    **dict.fromkeys(("Boolean", "BOOLEAN", "bool"), BOOLEAN),
    **dict.fromkeys(("JSON", "JSONB", "LargeBinary", "ARRAY", "dict", "list"), OTHER),
}
# Bases that the libraries give, and that have no columns.
_OWN = (
    "Model",
    "SQLModel",
    "DeclarativeBase",
    "MappedAsDataclass",
    "AsyncAttrs",
    "object",
    "DeclarativeBaseNoMeta",
)
_WRAPPERS = ("Mapped", "Optional", "Annotated", "Union")


def read(source: Source) -> Iterator[Class | Table | Change]:
    """The models and tables in a module, or what a migration does."""
    module = parsed(source)
    if module is None:
        return
    if b"def upgrade" in source.lowered and b"op." in source.lowered:
        yield from _migration(source, module)
        return
    for node in statements(module.body):
        if isinstance(node, ast.ClassDef):
            yield from _model(source, node)
        call = getattr(node, "value", None)
        if isinstance(call, ast.Call) and last(call.func) == "Table" and len(call.args) >= 2:
            name = text(call.args[0])
            if name:
                columns, keys, is_open = _parts(source, call.args[2:])
                is_open = is_open or bool({"autoload", "autoload_with"} & keywords(call).keys())
                yield Table(name, columns, keys, place(source, call), "a table of SQLAlchemy's", MODEL, is_open)


def _model(source: Source, node: ast.ClassDef) -> Iterator[Class]:
    columns: list[Column] = []
    keys: list[Key] = []
    names: dict[str, str] = {}
    table = ""
    arguments: ast.expr | None = None
    sqlmodel = any(one.arg == "table" and is_true(one.value) for one in node.keywords)
    is_open = False
    for statement in node.body:
        name, value = assigned(statement)
        if name == "__tablename__":
            table = text(value) or ""
            is_open = is_open or not table
        elif name == "__table_args__":
            arguments = value
        elif name == "__table__":
            return
        elif name and "." not in name:
            annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
            column = _column(source, name, value, annotation, sqlmodel)
            if column is not None:
                columns.append(column[0])
                keys += column[1]
                names[name] = column[0].name
    bases = tuple(name for name in map(last, node.bases) if name and name not in _OWN)
    flask = any(dotted(base).endswith("db.Model") for base in node.bases)
    if not table and (sqlmodel or (flask and columns)):
        table = node.name.lower() if sqlmodel else snake(node.name)
    if arguments is not None:
        for part in arguments.elts if isinstance(arguments, (ast.Tuple, ast.List)) else ():
            keys += _constraint(part, names)
    if table or columns or node.bases:
        yield Class(
            "SQLAlchemy",
            node.name,
            bases,
            table,
            tuple(columns),
            tuple(keys),
            source.place_at(node.lineno),
            "a model of SQLAlchemy's",
            (),
            is_open,
        )


def _column(
    source: Source, name: str, value: ast.expr | None, annotation: ast.expr | None, sqlmodel: bool
) -> tuple[Column, list[Key]] | None:
    """The column that an attribute of a model is, with its keys; None for another attribute."""
    made = last(value.func) if isinstance(value, ast.Call) else ""
    mapped = annotation is not None and last(annotation) == "Mapped"
    if made in ("relationship", "Relationship", "synonym", "column_property", "association_proxy", "deferred"):
        return None
    if made not in ("Column", "mapped_column", "Field") and not (mapped and made == "") and not sqlmodel:
        return None
    if made == "" and not mapped and annotation is None:
        return None
    if mapped and made == "" and _is_relation(annotation):
        return None
    call = value if isinstance(value, ast.Call) else None
    found = _described(source, name, call) if call is not None else None
    written = found[0].kind if found else UNKNOWN
    node: ast.expr | None = value or annotation
    if node is None:
        return None
    column = found[0].name if found else name
    kind = written or _annotated(annotation)
    at = place(source, node) if value is None or annotation is None or written else place(source, annotation)
    return Column(column, kind, at), found[1] if found else []


def _described(source: Source, name: str, call: ast.Call) -> tuple[Column, list[Key]]:
    """What `Column(…)`, `mapped_column(…)` or `Field(…)` says."""
    options = keywords(call)
    inside = options.get("sa_column")
    if isinstance(inside, ast.Call):
        return _described(source, name, inside)
    arguments = list(call.args)
    column = name
    if arguments and text(arguments[0]) is not None and last(call.func) != "Field":
        column = text(arguments.pop(0)) or name
    column = text(options.get("name")) or column
    typed = [options[word] for word in ("type_", "sa_type") if word in options] or arguments
    kind = next((known for one in typed if (known := _kind(one))), UNKNOWN)
    keys = []
    if is_true(options.get("primary_key")):
        keys.append(Key((column,), PRIMARY))
    if is_true(options.get("unique")):
        keys.append(Key((column,)))
    shown = next((one for one in typed if _kind(one)), call)
    return Column(column, kind, place(source, shown)), keys


def _kind(node: ast.expr) -> str:
    return _KINDS.get(last(node), UNKNOWN)


def _annotated(annotation: ast.expr | None) -> str:
    """The kind of `Mapped[float | None]`, `Optional[Decimal]` and the like."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except (SyntaxError, ValueError):
            return UNKNOWN
    while isinstance(annotation, ast.Subscript) and last(annotation) in _WRAPPERS:
        inside = annotation.slice
        annotation = inside.elts[0] if isinstance(inside, ast.Tuple) and inside.elts else inside
    if isinstance(annotation, ast.BinOp):
        return _annotated(annotation.left) or _annotated(annotation.right)
    return _KINDS.get(last(annotation), UNKNOWN) if annotation is not None else UNKNOWN


def _is_relation(annotation: ast.expr | None) -> bool:
    """Whether `Mapped[…]` without a call holds other objects, as far as that can be told."""
    inside = annotation.slice if isinstance(annotation, ast.Subscript) else None
    return isinstance(inside, ast.Subscript) and last(inside) in ("List", "list", "Set", "set")


def _constraint(node: ast.expr, names: dict[str, str]) -> Iterator[Key]:
    if not isinstance(node, ast.Call):
        return
    made, options = last(node.func), keywords(node)
    arguments = node.args[1:] if made == "Index" else node.args
    columns = tuple(names.get(name, name) for name in (text(one) or dotted(one) for one in arguments) if name)
    if made == "UniqueConstraint" or (made == "Index" and is_true(options.get("unique"))):
        yield Key(columns, text(options.get("name")) or (text(node.args[0]) or "" if made == "Index" else ""))
    elif made == "PrimaryKeyConstraint":
        yield Key(columns, PRIMARY)


def _parts(source: Source, arguments: Iterable[ast.expr]) -> tuple[tuple[Column, ...], tuple[Key, ...], bool]:
    """The columns and keys in the arguments of `Table(…)` and `op.create_table(…)`, and whether there may be more."""
    columns: list[Column] = []
    keys: list[Key] = []
    is_open = False
    for one in arguments:
        if isinstance(one, ast.Call) and last(one.func) == "Column":
            column, unique = _described(source, "", one)
            columns.append(column)
            keys += unique
        elif isinstance(one, ast.Starred):
            is_open = True
        else:
            keys += _constraint(one, {})
    return tuple(columns), tuple(keys), is_open


def _migration(source: Source, module: ast.Module) -> Iterator[Change]:
    said = {name: value for name, value in map(assigned, module.body) if name in ("revision", "down_revision")}
    revision = (text(said.get("revision")) or source.path, *texts(said.get("down_revision")))
    for function in module.body:
        if isinstance(function, ast.FunctionDef) and function.name == "upgrade":
            batches = {
                one.optional_vars.id: text(one.context_expr.args[0]) or ""
                for node in ast.walk(function)
                if isinstance(node, ast.With)
                for one in node.items
                if isinstance(one.optional_vars, ast.Name)
                and isinstance(one.context_expr, ast.Call)
                and one.context_expr.args
            }
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
                owner, _, made = dotted(call.func).rpartition(".")
                if owner in batches:
                    yield from _operation(source, call, made, batches[owner], list(call.args), revision)
                elif owner == "op":
                    # An index names itself first, then its table.
                    own = made in ("create_index", "create_unique_constraint", "drop_constraint", "drop_index")
                    arguments = list(call.args)
                    options = keywords(call)
                    at = 1 if own else 0
                    table = text(arguments.pop(at)) if len(arguments) > at else text(options.get("table_name"))
                    yield from _operation(source, call, made, table or "", arguments, revision)


def _operation(
    source: Source, call: ast.Call, made: str, table: str, arguments: list[ast.expr], revision: tuple[str, ...]
) -> Iterator[Change]:
    options = keywords(call)

    change = Statement(
        table,
        place(source, call),
        stream("Alembic", source.path),
        "a migration of Alembic's",
        call.lineno,
        revision=revision,
    ).change
    first = text(arguments[0]) if arguments else None
    if made == "create_table":
        columns, keys, is_open = _parts(source, arguments)
        yield change(Act.CREATE, columns=columns, keys=keys, is_open=is_open)
    elif made == "add_column":
        columns, keys, _ = _parts(source, arguments[:1])
        yield change(Act.ADD, columns[0].place if columns else None, columns, keys)
    elif made == "drop_column":
        yield change(Act.REMOVE, old=first or "")
    elif made == "drop_table":
        yield change(Act.DROP)
    elif made == "rename_table":
        yield change(Act.RENAME, new=first or "")
    elif made == "alter_column":
        if "type_" in options:
            column = Column(first or "", _kind(options["type_"]), place(source, options["type_"]))
            yield change(Act.RETYPE, column.place, (column,))
        if "new_column_name" in options:
            yield change(Act.RENAME_COLUMN, old=first or "", new=text(options["new_column_name"]) or "")
    elif made == "create_unique_constraint" or (made == "create_index" and is_true(options.get("unique"))):
        columns_named = options.get("columns") or (arguments[1] if len(arguments) > 1 else None)
        yield change(Act.KEY, keys=(Key(tuple(texts(columns_named)), first or ""),))
    elif made in ("drop_constraint", "drop_index"):
        yield change(Act.UNKEY, old=first or "")
