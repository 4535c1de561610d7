"""What is wrong with the tables that hold the orders, whoever defines them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ...code.name import words
from ...finding import Hit, Place
from .table import DECIMAL, FLOAT, INTEGER, LIVE, MIGRATION, PRIMARY, TEXT, Column, Names, Table, plain, singular

STANDARD = (
    "id",
    "user_id",
    "stripe_session_id",
    "status",
    "refund_status",
    "dispute_status",
    "total_amount",
    "created_at",
)
"""What the orders table must have, by the names that the harness reads orders with unless it is told others."""

ALIKE = {
    "id": r"(order)?(id|uuid|guid|no|number|pk|key)",
    "user_id": r"(user|customer|buyer|account|member|client|owner|profile|purchaser|shopper|student|org|organi[sz]ation"
    r"|team|tenant|workspace|seller|guest)(id|uuid|pk|ref|sub)?|clerk(user)?id|auth\w*id|userid\w*|createdby(id)?",
    "stripe_session_id": r"(stripe)?(checkout)?sessionid|(stripe)?checkout(id|session)|stripesession"
    r"|stripe\w*session\w*|checkoutsession\w*|sessionref",
    "status": r"(order|payment|fulfil+ment)?(status|state)|ispaid|paid|paidat",
    "refund_status": r"\w*refund\w*",
    "dispute_status": r"\w*(dispute|chargeback)\w*",
    "total_amount": r"\w*(total|amount|price|cost|gross|cents)\w*",
    "created_at": r"created(at|on|date|time|timestamp|utc)?|date|datetime|timestamp|(date|time)created|creationdate"
    r"|(inserted|placed|ordered|purchased|order|purchase|paid)(at|on|date|time)|createdat\w*",
}
"""What a column is called that evidently holds the same, as `plain` writes names: nobody is told that it is missing."""

_MONEY = frozenset(
    """amount amounts total subtotal price cost costs fee fees paid balance revenue refunded charged gross net
    sum""".split()
)
# Words that make a number none of money, wherever they stand in a name, and those that do at its end.
_NO_MONEY = frozenset(
    """rate percent percentage pct ratio weight weights count quantity qty points hours days minutes seconds kg grams
    distance area volume score tokens token credits usage""".split()
)
_NO_MONEY_AT_END = frozenset("item items id ids status state type currency code at on by size number".split())

_STRIPE = re.compile(r"stripe|checkout_?session|payment_?intent", re.IGNORECASE)
_SESSION = re.compile(r"session|payment_?intent|checkout", re.IGNORECASE)
# Ids of Stripe's that say nothing of an order's payment.
_OTHER_OBJECT = re.compile(r"customer|account|connect|price|product|subscription|plan|invoice", re.IGNORECASE)
_PAYMENTS = re.compile(r"pay|purchase|transaction|checkout|sale|booking|invoice|donation|ticket", re.IGNORECASE)

_MANIFESTS = (
    "package.json",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "Pipfile",
    "manage.py",
    "Gemfile",
    "composer.json",
    "go.mod",
)
# Folders of which each holds a thing of its own, whatever stands beside it.
_APART = re.compile(r"^(.*?(?:^|/)(?:examples?|samples?|demos?|templates?|starters?|playgrounds?|docs?)/[^/]+)/")
# Files that say the same for another database than their neighbour does.
_DATABASE = re.compile(
    r"(postgres|pgsql|[._/-]pg[._/-]|mysql|maria|sqlite|mssql|sqlserver|oracle|cockroach)", re.IGNORECASE
)


class Judgement:
    """Judges every definition of the orders table, and each against the others."""

    def __init__(self, root: Path, names: Names, columns: Mapping[str, str], *, named: bool) -> None:
        """Judge with these names.

        Args:
            root: The folder that was scanned.
            names: What the orders table is called.
            columns: Standard column name → what the implementation calls it; `""` says that it has none.
            named: Whether somebody said what the table is called, so that it is meant whatever it looks like.
        """
        self._root, self._names = root, names
        # A name that is mapped to itself says no more than the default does.
        self._columns = {name: called for name, called in columns.items() if called != name}
        self._named = named or bool(self._columns.get("stripe_session_id"))

    def hits(self, tables: Iterable[Table], listed: Mapping[Place, frozenset[str]], *, handles: bool) -> Iterator[Hit]:
        """What is wrong.

        Args:
            tables: Every definition of every table that was seen.
            listed: Place of a definition → the columns that its status makes unnecessary.
            handles: Whether the codebase handles events of Stripe's Checkout.
        """
        everything = list(tables)
        orders = [table for table in everything if self._names.is_one(table)]
        others = [table for table in everything if not self._names.is_one(table)]
        kept_elsewhere = any(_keeps_payments(table) for table in others)
        some = any(self._tied(table) for table in orders)
        # Where one definition is evidently Stripe's, its like are; where none is, the only place for orders counts.
        fits = [
            table
            for table in orders
            if self._tied(table)
            or self._named
            or table.rank == LIVE
            or any(self._tied(one) and _same(one, table) and self._together(one, table) for one in orders)
            or (handles and not some and not kept_elsewhere)
        ]
        yield from self._gathered(self._each(fits, listed, handles))
        yield from self._contradictions(fits)

    def _tied(self, table: Table) -> bool:
        """Whether a column says that the orders of this table are paid through Stripe."""
        session = self._columns.get("stripe_session_id")
        if session and table.column(session):
            return True
        return any(_is_stripes(column.name) for column in table.columns)

    def _each(
        self, tables: list[Table], listed: Mapping[Place, frozenset[str]], handles: bool
    ) -> Iterator[tuple[Table, str, Hit]]:
        """Each fault of each definition, with the column that has it."""
        for table in tables:
            # What the database was told, or has, counts more than what the code believes.
            above = [other for other in tables if _above(other, table)]
            said_otherwise = frozenset[str]().union(*(listed.get(one.place, ()) for one in tables if _same(one, table)))
            missing = [
                self._called(name)
                for name in self._missing(table)
                if name not in said_otherwise and all(name in self._missing(one) for one in above)
            ]
            if missing and not any(one.open for one in (table, *above)):
                said = f"{table.name} has no {_listed(missing)}."
                yield table, " ".join(missing), Hit("SC-10", table.place, said)
            session = self._session(table, handles)
            if session is not None and all(_may_repeat(one, session.name) for one in (table, *above)):
                said = f"{table.name}.{session.name} has no unique key, so that two deliveries can store two orders."
                yield table, plain(session.name), Hit("SC-11", session.place, said)
            for column in table.columns:
                if column.kind == FLOAT and self._is_money(column.name):
                    said = f"{table.name}.{column.name} keeps money in a floating-point number."
                    yield table, plain(column.name), Hit("SC-12", column.place, said)

    def _missing(self, table: Table) -> list[str]:
        return [name for name in STANDARD if self._columns.get(name, name) and not self._has(table, name)]

    def _called(self, name: str) -> str:
        told = self._columns.get(name, name)
        return name if told == name else f"{told} (for {name})"

    def _has(self, table: Table, name: str) -> bool:
        told = self._columns.get(name)
        if table.column(told or name) is not None:
            return True
        if told:
            return False
        if name == "id" and any(key.name == PRIMARY for key in table.keys):
            return True
        return any(re.fullmatch(ALIKE[name], plain(column.name)) for column in table.columns)

    def _session(self, table: Table, handles: bool) -> Column | None:
        """The column that holds the id of the Checkout Session."""
        told = self._columns.get("stripe_session_id")
        if told is not None:
            return table.column(told) if told else None
        exact = table.column("stripe_session_id")
        if exact is not None:
            return exact
        alike = [column for column in table.columns if re.fullmatch(ALIKE["stripe_session_id"], plain(column.name))]
        for column in alike:
            if re.search(r"(stripe|checkout).*(session|checkout)|checkout_?session", column.name, re.IGNORECASE):
                return column
        # It may be a browser's session; not in a shop that hears of Checkout Sessions and keeps no other id of theirs.
        bare = [column for column in alike if plain(column.name) == "sessionid"]
        others = [column for column in table.columns if _STRIPE.search(column.name)]
        return bare[0] if bare and handles and not others else None

    def _is_money(self, name: str) -> bool:
        if plain(name) == plain(self._columns.get("total_amount", "total_amount")):
            return True
        found = words(name)
        return not _MONEY.isdisjoint(found) and _NO_MONEY.isdisjoint(found) and found[-1] not in _NO_MONEY_AT_END

    def _gathered(self, found: Iterable[tuple[Table, str, Hit]]) -> Iterator[Hit]:
        """One hit for a fault that several definitions of one column share, at the one that people edit."""
        together: dict[tuple[str, ...], list[tuple[Table, Hit]]] = {}
        for table, column, hit in found:
            project = "live" if table.rank == LIVE else self._project(table.place.path)
            together.setdefault((hit.rule, table.name.lower(), column, project), []).append((table, hit))
        for same in together.values():
            first, *more = (hit for _, hit in sorted(same, key=lambda one: (one[0].rank, one[0].place)))
            yield replace(first, also=tuple(hit.place for hit in more))

    def _contradictions(self, tables: list[Table]) -> Iterator[Hit]:
        ordered = sorted(tables, key=lambda table: (-table.rank, table.place))
        for number, second in enumerate(ordered):
            for first in ordered[:number]:
                if first.name.lower() == second.name.lower() and self._together(first, second):
                    difference = _difference(first, second)
                    if difference:
                        there = f"{first.place.path}:{first.place.line} ({first.origin})"
                        said = f"{second.name} is defined differently at {there}: {difference}."
                        yield Hit("SC-13", second.place, said, also=(first.place,))
                        break

    def _together(self, first: Table, second: Table) -> bool:
        """Whether two definitions are of one database."""
        if LIVE in (first.rank, second.rank):
            return True
        databases = {found[1].lower() for one in (first, second) if (found := _DATABASE.search(one.place.path))}
        return len(databases) < 2 and self._project(first.place.path) == self._project(second.place.path)

    def _project(self, path: str) -> str:
        apart = _APART.match(path)
        if apart:
            return apart[1]
        for folder in PurePosixPath(path).parents:
            if any((self._root / folder / name).is_file() for name in _MANIFESTS):
                return folder.as_posix()
        return "."


def _is_stripes(name: str) -> bool:
    """Whether a column of this name keeps an id of Stripe's that belongs to one payment."""
    return bool(_STRIPE.search(name)) and bool(_SESSION.search(name) or not _OTHER_OBJECT.search(name))


def _keeps_payments(table: Table) -> bool:
    """Whether a table other than that of the orders keeps what Stripe's Checkout tells of."""
    return any(
        _is_stripes(column.name) or (plain(column.name) == "sessionid" and _PAYMENTS.search(table.name))
        for column in table.columns
    )


def _may_repeat(table: Table, name: str) -> bool:
    """Whether a definition has this column, and no key that keeps its values apart."""
    return table.column(name) is not None and not table.is_unique(name)


def _same(one: Table, other: Table) -> bool:
    return singular(plain(one.name)) == singular(plain(other.name))


def _above(one: Table, other: Table) -> bool:
    """Whether `one` says with more weight than `other` what the same table is like."""
    return one.rank > other.rank and (_same(one, other) or one.rank == LIVE)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _difference(first: Table, second: Table) -> str:
    """In what two definitions of one table contradict each other; empty where they can both be right."""
    for column in second.columns:
        other = first.column(column.name)
        if other is not None and _unlike(other.kind, column.kind):
            return f"{column.name} is {_article(column.kind)} here and {_article(other.kind)} there"
    added = [column.name for column in second.columns if first.column(column.name) is None and not first.open]
    lacking = [column.name for column in first.columns if second.column(column.name) is None and not second.open]
    if first.rank == second.rank:
        # Two models may each show a part of the table, and two that create it may not.
        wrong = bool(added and lacking) if first.rank < MIGRATION else bool(added or lacking)
    else:
        # A model may leave columns out, but not have more than the database was told of.
        wrong = bool(added)
        lacking = []
    only = [f"only {where} is {_listed(names[:6])}" for where, names in (("here", added), ("there", lacking)) if names]
    return ", and ".join(only) if wrong else ""


def _unlike(one: str, other: str) -> bool:
    kinds = {one, other}
    numbers = {FLOAT, DECIMAL, INTEGER}
    return len(kinds) == 2 and bool(kinds & numbers) and kinds <= {*numbers, TEXT}


def _article(kind: str) -> str:
    return {"integer": "an integer"}.get(kind, "text" if kind == TEXT else f"a {kind}")
