"""Classes that stand for tables, and what they inherit from classes in other files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...finding import Place
from .table import MODEL, PRIMARY, Column, Key, Table, plain

_PLAIN = ("Base",)
"""What SQLAlchemy's `declarative_base()` returns has no class of its own in the code, and no columns."""


@dataclass(frozen=True)
class Class:
    """A class of an ORM's, or one that such a class may inherit from.

    Attributes:
        dialect: Whose it is: classes inherit from those of the same dialect only.
        name: The class's name.
        bases: Those that it inherits from and that are not the ORM's own.
        table: The name of its table; empty for a class that has none of its own.
        columns: Those that it defines itself.
        keys: Those that it defines itself.
        place: Where it stands.
        origin: As in `Table.origin`.
        implied: The primary key that its ORM adds where no key of the name `PRIMARY` is defined.
        open: Whether it may have more columns than can be seen.
    """

    dialect: str
    name: str
    bases: tuple[str, ...]
    table: str
    columns: tuple[Column, ...]
    keys: tuple[Key, ...]
    place: Place
    origin: str
    implied: tuple[Column, ...] = ()
    open: bool = False


def tables(classes: Iterable[Class]) -> Iterator[Table]:
    """The table of each class that has one, with what it inherits."""
    everyone = tuple(classes)
    known: dict[tuple[str, str], list[Class]] = {}
    for one in everyone:
        known.setdefault((one.dialect, one.name), []).append(one)
    for one in everyone:
        if one.table:
            columns, keys, is_open = _inherited(one, known, (one.name,))
            if not any(key.name == PRIMARY for key in keys):
                columns = {**{plain(column.name): column for column in one.implied}, **columns}
                keys = (*keys, *(Key((column.name,)) for column in one.implied))
            yield Table(one.table, tuple(columns.values()), keys, one.place, one.origin, MODEL, is_open, one.name)


def _inherited(
    one: Class, known: dict[tuple[str, str], list[Class]], seen: tuple[str, ...]
) -> tuple[dict[str, Column], tuple[Key, ...], bool]:
    columns: dict[str, Column] = {}
    keys: tuple[Key, ...] = ()
    is_open = one.open
    for name in one.bases:
        candidates = known.get((one.dialect, name), ())
        if len(candidates) == 1 and name not in seen:
            more, unique, more_open = _inherited(candidates[0], known, (*seen, name))
            columns |= more
            keys += unique
            is_open = is_open or more_open
        elif any(candidate.columns or candidate.bases for candidate in candidates) or (
            not candidates and name not in _PLAIN
        ):
            is_open = True
    columns |= {plain(column.name): column for column in one.columns}
    return columns, keys + one.keys, is_open
