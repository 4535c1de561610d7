"""The table of the orders, wherever it is defined: SC-10, SC-11, SC-12 and SC-13.

One module reads each way to define a table, and all of them say the same: a `Table`, a `Class` that becomes one when
everything it inherits from is known, or a `Change` that a migration makes. `Judgement` judges the tables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ...check import Circumstances
from ...finding import Hit
from ...language import GRAMMARS, PRISMA, SQL
from ...source import Source
from ...tree import Skipped
from . import (
    blueprint,
    django,
    drizzle,
    embedded,
    gorm,
    history,
    lineage,
    peewee,
    prisma,
    rails,
    sequelize,
    sql,
    sqlalchemy,
    states,
    typeorm,
)
from .history import Change
from .judgement import Judgement
from .lineage import Class
from .states import Listed
from .table import Names, Table

Fact = Table | Class | Change | Skipped


@dataclass(frozen=True)
class Reader:
    """One way to define a table.

    Attributes:
        marks: Of these, in lower case, a file must hold at least one.
        read: What it defines.
        bases: With one of these a file is read whatever else it holds: the orders table may inherit from it.
    """

    marks: tuple[bytes, ...]
    read: Callable[[Source], Iterator[Fact]]
    bases: tuple[bytes, ...] = ()


_EMBEDDED = Reader(embedded.MARKS, embedded.read)
_BLUEPRINT = Reader(blueprint.MARKS, blueprint.read)

READERS: Mapping[str, tuple[Reader, ...]] = MappingProxyType(
    {
        SQL: (Reader(sql.MARKS, sql.read),),
        PRISMA: (Reader(prisma.MARKS, prisma.read),),
        "python": (
            Reader(django.MARKS, django.read, django.BASES),
            Reader(sqlalchemy.MARKS, sqlalchemy.read, sqlalchemy.BASES),
            Reader(peewee.MARKS, peewee.read, peewee.BASES),
            _EMBEDDED,
        ),
        "javascript": (
            Reader(drizzle.MARKS, drizzle.read),
            Reader(typeorm.MARKS, typeorm.read, typeorm.BASES),
            Reader(sequelize.MARKS, sequelize.read),
            _BLUEPRINT,
            _EMBEDDED,
        ),
        "ruby": (Reader(rails.MARKS, rails.read), _EMBEDDED),
        "php": (_BLUEPRINT, _EMBEDDED),
        "go": (Reader(gorm.MARKS, gorm.read, gorm.BASES), _EMBEDDED),
    }
)
"""Family of languages, or language → the ways to define a table in it."""

_EVENTS = b"checkout.session."

# What a table has a column of that keeps payments: of another one it says that the orders table need not.
_KEPT = re.compile(rb"(?:stripe|checkout|payment)_?session|session_?id|payment_?intent")


@dataclass(frozen=True)
class Handles:
    """A file that speaks of the events of a Checkout Session."""

    path: str


class OrdersTable:
    """Finds what is wrong with the orders table (SC-10 to SC-13), in every file that defines it and in a database."""

    def __init__(self, circumstances: Circumstances) -> None:
        """Know what the table and its columns are called, and look at the live one, if there is one to look at."""
        self._names = Names(circumstances.table)
        told = (*self._names.words, b"session", b"payment_intent", b"paymentintent")
        bases = (mark for readers in READERS.values() for reader in readers for mark in reader.bases)
        self.words: tuple[bytes, ...] = tuple(dict.fromkeys((*told, *bases)))
        self._judgement = Judgement(
            circumstances.tree.root,
            self._names,
            dict(circumstances.columns),
            named=circumstances.table != Circumstances.table,
        )
        self._database = circumstances.database
        self._live: list[Table] = []
        if self._database:
            from . import live  # it takes longer to import than many a codebase to scan

            self._live, self._shown = live.read(self._database, self._names), live.shown(self._database)

    def look(self, source: Source) -> Iterator[Fact | Handles | Listed]:
        """What one file defines, and whether it handles events."""
        if source.is_test:
            return
        if source.language in GRAMMARS and _EVENTS in source.lowered:
            yield Handles(source.path)
        readers = READERS.get(source.family, ())
        tells = bool(readers) and bool(self._names.written.search(source.lowered) or _KEPT.search(source.lowered))
        facts: list[Fact] = []
        for reader in readers:
            marks = (*reader.marks, *reader.bases) if tells else reader.bases
            if any(mark in source.lowered for mark in marks):
                facts.extend(sql.read(source, self._wanted) if source.language == SQL else reader.read(source))
        yield from facts
        if readers:
            yield from states.read(source, facts, self._names)

    def _wanted(self, table: str, statement: str) -> bool:
        """Whether a table is the orders', is renamed to be, or keeps payments in its place."""
        told = statement.lower().encode()
        return self._names.mean(table) or bool(
            _KEPT.search(told) or (b"rename" in told and self._names.written.search(told))
        )

    def conclude(self, facts: list[Fact | Handles | Listed]) -> Iterable[Hit | Skipped]:
        """What is wrong with the orders table, and what could not be read of it."""
        tables = [*defined(facts), *self._live]
        handles = any(isinstance(fact, Handles) for fact in facts)
        listed = states.columns(fact for fact in facts if isinstance(fact, Listed))
        yield from self._judgement.hits(tables, listed, handles=handles)
        yield from (fact for fact in facts if isinstance(fact, Skipped))
        if self._database and not self._live:
            yield Skipped(self._shown, f"has no table {self._names.table}")


def facts(source: Source) -> Iterator[Fact]:
    """What one file says of tables, whatever they are called."""
    for reader in READERS.get(source.family, ()):
        if any(mark in source.lowered for mark in (*reader.marks, *reader.bases)):
            yield from sql.read(source, lambda *_: True) if source.language == SQL else reader.read(source)


def defined(facts: Iterable[object]) -> list[Table]:
    """The tables that the facts of all files define together."""
    known = list(facts)
    return [
        *(fact for fact in known if isinstance(fact, Table)),
        *lineage.tables(fact for fact in known if isinstance(fact, Class)),
        *_without_what_amounts_to_it(history.tables(fact for fact in known if isinstance(fact, Change))),
    ]


def _without_what_amounts_to_it(tables: Iterable[Table]) -> Iterator[Table]:
    """The tables of migrations, but not of those that Rails has summed up in its schema."""
    everything = list(tables)
    summed_up = any(table.origin == rails.SCHEMA or table.place.path.endswith("structure.sql") for table in everything)
    return (table for table in everything if not (summed_up and table.origin == rails.MIGRATIONS))
