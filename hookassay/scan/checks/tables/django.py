"""Tables as Django defines them: its models and its migrations."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from ...source import Source
from .history import Act, Change, Statement, stream
from .lineage import Class
from .python import assigned, dotted, inner, is_true, keywords, last, parsed, place, statements, text, texts
from .table import BOOLEAN, DECIMAL, FLOAT, INTEGER, OTHER, PRIMARY, TEXT, TIME, UNKNOWN, Column, Key

MARKS = (b"= models.", b"models.model)", b"migrations.migration")
BASES = (b"abstract = true",)

_KINDS = {
    "FloatField": FLOAT,
    "DecimalField": DECIMAL,
    **dict.fromkeys(("JSONField", "BinaryField", "ArrayField", "DurationField"), OTHER),
    **dict.fromkeys(("BooleanField", "NullBooleanField"), BOOLEAN),
    **dict.fromkeys(("DateTimeField", "DateField", "TimeField"), TIME),
    **dict.fromkeys(
        """IntegerField BigIntegerField SmallIntegerField PositiveIntegerField PositiveBigIntegerField
        PositiveSmallIntegerField AutoField BigAutoField SmallAutoField""".split(),
        INTEGER,
    ),
    **dict.fromkeys(
        """CharField TextField SlugField EmailField URLField UUIDField GenericIPAddressField FileField ImageField
        FilePathField""".split(),
        TEXT,
    ),
}
_RELATIONS = ("ForeignKey", "OneToOneField")
# What is assigned in a class of a model's and is no column of its.
_NO_COLUMNS = ("ManyToManyField", "GenericForeignKey", "GenericRelation", "Manager", "GeneratedField")
_OWN = ("Model", "object", "ABC")
# Modules that have fields too, which are none of a table's.
_OTHERS = ("forms", "serializers", "graphene", "filters", "django_filters", "wtforms", "indexes")


def read(source: Source) -> Iterator[Class | Change]:
    """The models in a module, or what a migration does."""
    module = parsed(source)
    if module is None:
        return
    if b"migrations.migration" in source.lowered:
        yield from _migration(source, module)
    elif b"django" in source.lowered or b"models.model" in source.lowered:
        for node in statements(module.body):
            if isinstance(node, ast.ClassDef):
                yield from _model(source, node)


def _model(source: Source, node: ast.ClassDef) -> Iterator[Class]:
    meta = inner(node, "Meta")
    fields = [field for statement in node.body for field in _field(source, *assigned(statement))]
    if not node.bases or is_true(meta.get("proxy")):
        return
    abstract = is_true(meta.get("abstract")) or not (fields or "Model" in "".join(map(last, node.bases)))
    columns = tuple(column for column, _ in fields)
    keys = [key for _, keys in fields for key in keys]
    for fields_together in _groups(meta.get("unique_together")):
        keys.append(_key(fields_together, columns))
    constraints = meta.get("constraints")
    for constraint in constraints.elts if isinstance(constraints, (ast.List, ast.Tuple)) else ():
        keys += [_key(key.columns, columns, key.name) for key in _constraint(constraint)]
    written = text(meta.get("db_table"))
    yield Class(
        "Django",
        node.name,
        tuple(name for name in map(last, node.bases) if name not in _OWN),
        "" if abstract else written or f"{_app(source.path, meta)}_{node.name.lower()}",
        columns,
        tuple(keys),
        source.place_at(node.lineno),
        "a model of Django's",
        (Column("id", INTEGER, source.place_at(node.lineno)),),
    )


def _app(path: str, meta: dict[str, ast.expr]) -> str:
    """The label of the application that a module of models belongs to: the folder around it."""
    written = text(meta.get("app_label"))
    if written:
        return written
    folder = PurePosixPath(path).parent
    return (folder.parent if folder.name in ("models", "migrations") else folder).name


def _field(source: Source, name: str, value: ast.expr | None) -> list[tuple[Column, list[Key]]]:
    """The column that an assignment in a model defines, with its keys; nothing for another assignment."""
    if not isinstance(value, ast.Call) or "." in name or not name:
        return []
    made, options = last(value.func), keywords(value)
    if (
        dotted(value.func).partition(".")[0] in _OTHERS
        or made in _NO_COLUMNS
        or not (made.endswith("Field") or made in _RELATIONS)
    ):
        return []
    default = f"{name}_id" if made in _RELATIONS else name
    column = text(options.get("db_column")) or default
    keys = []
    if is_true(options.get("primary_key")):
        keys.append(Key((column,), PRIMARY))
    if is_true(options.get("unique")) or made == "OneToOneField":
        keys.append(Key((column,)))
    kind = UNKNOWN if made in _RELATIONS else _KINDS.get(made, UNKNOWN)
    return [(Column(column, kind, place(source, value)), keys)]


def _groups(node: ast.expr | None) -> list[tuple[str, ...]]:
    """`unique_together`: one group of fields, or several."""
    if not isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return []
    if all(text(one) is not None for one in node.elts):
        return [tuple(texts(node))] if node.elts else []
    return [tuple(texts(one)) for one in node.elts]


def _constraint(node: ast.expr | None) -> list[Key]:
    if isinstance(node, ast.Call) and last(node.func) == "UniqueConstraint":
        options = keywords(node)
        return [Key(tuple(texts(options.get("fields"))), text(options.get("name")) or "")]
    return []


def _key(fields: tuple[str, ...], columns: tuple[Column, ...], name: str = "") -> Key:
    known = {column.name for column in columns}
    return Key(tuple(f"{one}_id" if one not in known and f"{one}_id" in known else one for one in fields), name)


def _migration(source: Source, module: ast.Module) -> Iterator[Change]:
    for node in statements(module.body):
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == "operations":
            for number, call in enumerate(_operations(node.value)):
                yield from _operation(source, call, number)


def _operations(node: ast.expr) -> Iterator[ast.Call]:
    for one in node.elts if isinstance(node, ast.List) else ():
        if isinstance(one, ast.Call) and last(one.func) == "SeparateDatabaseAndState":
            # What the database is told counts, unless only the state is.
            options = keywords(one)
            yield from _operations(
                options.get("database_operations") or options.get("state_operations") or ast.List([])
            )
        elif isinstance(one, ast.Call):
            yield one


def _operation(source: Source, call: ast.Call, number: int) -> Iterator[Change]:
    names: tuple[str, ...] = ("name", "fields", "options", "bases")
    made = last(call.func)
    if made != "CreateModel":
        names = {
            "AddField": ("model_name", "name", "field"),
            "AlterField": ("model_name", "name", "field"),
            "RemoveField": ("model_name", "name"),
            "RenameField": ("model_name", "old_name", "new_name"),
            "AddConstraint": ("model_name", "constraint"),
            "RemoveConstraint": ("model_name", "name"),
            "RenameModel": ("old_name", "new_name"),
            "AlterUniqueTogether": ("name", "unique_together"),
            "AlterModelTable": ("name", "table"),
            "DeleteModel": ("name",),
        }.get(made, ())
    told = {**dict(zip(names, call.args, strict=False)), **keywords(call)}
    model = text(told.get("model_name")) or text(told.get("old_name")) or text(told.get("name")) or ""
    folder = PurePosixPath(source.path).parent.parent.name
    # Within the migrations of one application a model is known by its name, and its table is named after it.
    table = f"{folder}_{model.lower()}"

    change = Statement(
        table, place(source, call), stream("Django", source.path), "a migration of Django's", number, model
    ).change
    if made == "CreateModel":
        yield from _created(source, told, change)
    elif made in ("AddField", "AlterField"):
        for column, keys in _field(source, text(told.get("name")) or "", told.get("field")):
            if made == "AlterField":
                yield change(Act.UNKEY, old=column.name)
                yield change(Act.RETYPE, columns=(column,), keys=tuple(keys))
            else:
                yield change(Act.ADD, columns=(column,), keys=tuple(keys))
    elif made == "RemoveField":
        name = text(told.get("name")) or ""
        yield change(Act.REMOVE, old=name)
        yield change(Act.REMOVE, old=f"{name}_id")
    elif made == "RenameField":
        yield change(Act.RENAME_COLUMN, old=text(told.get("old_name")) or "", new=text(told.get("new_name")) or "")
    elif made == "AddConstraint":
        yield change(Act.KEY, keys=tuple(_constraint(told.get("constraint"))))
    elif made == "RemoveConstraint":
        yield change(Act.UNKEY, old=text(told.get("name")) or "")
    elif made == "RenameModel":
        yield change(Act.RENAME, new=f"{folder}_{(text(told.get('new_name')) or '').lower()}")
    elif made == "AlterUniqueTogether":
        yield change(Act.KEY, keys=tuple(Key(group) for group in _groups(told.get("unique_together"))))
    elif made == "DeleteModel":
        yield change(Act.DROP)


def _created(source: Source, told: dict[str, ast.expr], change: Callable[..., Change]) -> Iterator[Change]:
    columns: list[Column] = []
    keys: list[Key] = []
    fields = told.get("fields")
    for pair in fields.elts if isinstance(fields, ast.List) else ():
        if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
            for column, unique in _field(source, text(pair.elts[0]) or "", pair.elts[1]):
                columns.append(column)
                keys += unique
    options = told.get("options")
    called = ""
    if isinstance(options, ast.Dict):
        written = {text(key): value for key, value in zip(options.keys, options.values, strict=True) if key}
        called = text(written.get("db_table")) or ""
        keys += [_key(group, tuple(columns)) for group in _groups(written.get("unique_together"))]
        constraints = written.get("constraints")
        for constraint in constraints.elts if isinstance(constraints, ast.List) else ():
            keys += _constraint(constraint)
    yield change(Act.CREATE, columns=tuple(columns), keys=tuple(keys), new=called)
