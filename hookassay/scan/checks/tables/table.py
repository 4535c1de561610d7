"""What a table is, whoever defines it: columns, the kinds of value they hold, and keys; and the words of its names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...finding import Place

FLOAT, DECIMAL, INTEGER, TEXT, TIME, BOOLEAN, OTHER, UNKNOWN = (
    "float",
    "decimal",
    "integer",
    "text",
    "time",
    "boolean",
    "other",
    "",
)
"""The kinds of value that a column can hold, as far as rules tell them apart."""

MODEL, MIGRATION, LIVE = range(3)
"""What a definition is, the weakest first: what the code believes, what the database was told, what it has."""


PRIMARY = "primary key"
"""The name of a key that is the primary one, where the database has no other for it."""

UNREAD = "?"
"""The column of a key of which nobody could read the columns."""


@dataclass(frozen=True)
class Column:
    """One column: its name in the database, its kind (`UNKNOWN` where nobody can tell), and where it is defined."""

    name: str
    kind: str
    place: Place


@dataclass(frozen=True)
class Key:
    """Columns of which no two rows hold the same values: a primary key, a unique constraint or a unique index.

    Attributes:
        columns: Their names.
        name: What the database calls it; empty where nobody said.
    """

    columns: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True)
class Table:
    """One definition of one table.

    Attributes:
        name: Its name in the database, without a schema.
        columns: As they were defined.
        keys: What is unique in it.
        place: Where it is defined.
        origin: Who defines it, as a reader would say it: `Drizzle`, `a migration of Django's`.
        rank: `MODEL`, `MIGRATION` or `LIVE`.
        open: Whether it may have more columns and keys than were seen (what it inherits from was not found).
        entity: The name of the class that stands for it, where it is known by that too.
    """

    name: str
    columns: tuple[Column, ...]
    keys: tuple[Key, ...]
    place: Place
    origin: str
    rank: int = MODEL
    open: bool = False
    entity: str = ""

    def column(self, name: str) -> Column | None:
        """The column of that name, whatever its spelling."""
        wanted = plain(name)
        return next((column for column in self.columns if plain(column.name) == wanted), None)

    def is_unique(self, name: str) -> bool:
        """Whether no two rows have the same value in this column alone, as far as every key could be read."""
        return any({plain(column) for column in key.columns} in ({plain(name)}, {UNREAD}) for key in self.keys)


def plain(name: str) -> str:
    """`name` as names are compared: `userId`, `UserID` and `user_id` are one."""
    return name.replace("_", "").lower()


def singular(name: str) -> str:
    """`name` without the ending of an English plural, well enough for names of tables."""
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    if re.search(r"(ss|sh|ch|x|us)es$", name):
        return name[:-2]
    return name[:-1] if name.endswith("s") and not name.endswith(("ss", "us")) else name


def plural(name: str) -> str:
    """The English plural of `name`, as ORMs build it."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(s|sh|ch|x|z)$", name) else f"{name}s"


class Names:
    """The names by which the table of the orders may be called: `orders`, `order`, a model `Order`."""

    def __init__(self, table: str) -> None:
        """Know it by the name that it has in the database.

        One of `words` is in every file that speaks of it, and `written` is found only where it is spoken of.
        """
        bare = table.rpartition(".")[2]
        self.table = bare
        self._plain = singular(plain(bare))
        forms = sorted({singular(bare.lower()), bare.lower()}, key=len, reverse=True)
        self.words = tuple(form.partition("_")[0].encode() for form in forms)
        spellings = "|".join(re.escape(form).replace("_", "_?") for form in forms)
        # `order_by` and `ordering` stand in every other file, and say nothing of the table.
        self.written = re.compile(rf"(?<![a-z])(?:{spellings})(?![a-z]|_by)".encode())

    def is_one(self, table: Table) -> bool:
        """Whether `table` is the orders table."""
        return self.mean(table.name, table.entity)

    def mean(self, *names: str) -> bool:
        """Whether one of these names is the orders table's."""
        return self._plain in (singular(plain(name)) for name in names)


def unique(names: Iterable[str]) -> tuple[Key, ...]:
    """A key of its own for each of these columns."""
    return tuple(Key((name,)) for name in names)
