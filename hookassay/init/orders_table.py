"""The table of the orders: which it is, and which of its columns hold what an order must show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ..scan.checks.tables.table import UNKNOWN, Column, Table, plain, singular
from ..scan.survey import Survey
from .guess import Guess, unsure
from .likeness import likeness, minor

READ = ("stripe_session_id", "status", "refund_status", "dispute_status", "total_amount", "amount_refunded", "currency")

_NAMED = (
    (r"order", 4),
    (r"\w*order|purchase|sale|booking|checkout", 3),
    (r"payment|transaction|donation|ticket|\w*(purchase|booking|payment)", 2),
    (r"invoice|subscription|enrol+ment|registration|licen[cs]e|session", 1),
)


@dataclass(frozen=True)
class OrdersTable:
    """The table that orders are read from.

    Attributes:
        table: The surest definition of it.
        definitions: Every definition of it.
        doubt: Why it may be another one; empty where it is certain.
    """

    table: Table
    definitions: tuple[Table, ...]
    doubt: str = ""

    def column(self, standard: str) -> Column | None:
        """The column that is likest to a standard one."""
        return _best(standard, self.table)

    def amounts(self) -> tuple[Column | None, Column | None]:
        """The columns of the total and of what was refunded of it, in one unit; the pair whose names fit best."""
        totals = [(likeness("total_amount", one), one) for one in self.table.columns if likeness("total_amount", one)]
        backs = [(likeness("amount_refunded", one), one) for one in self.table.columns]
        backs = [(score, one) for score, one in backs if score]
        pairs = [
            # A pair in one unit widens what can be judged; whole numbers are exact.
            ((total + back + 3, minor(one) is True), one, other)
            for total, one in totals
            for back, other in backs
            if minor(one) == minor(other) and one is not other
        ]
        if pairs:
            _, one, other = max(pairs, key=lambda pair: pair[0])
            return one, other
        if totals:
            return max(totals, key=lambda found: (found[0], minor(found[1]) is True))[1], None
        return None, None


def named(survey: Survey, tables: Iterable[Table]) -> list[Table]:
    """The tables by the names that their database knows them by."""
    found = []
    for table in tables:
        if "Django" in table.origin and table.name.startswith("_"):
            # The application's folder is the one that was looked at.
            table = replace(table, name=f"{survey.root.name}{table.name}")
        found.append(table)
    return found


def find(tables: Sequence[Table]) -> OrdersTable | None:
    """The table that is likest to one of orders; None where none has a column for a Checkout Session."""
    ranked = sorted(((_score(table), table) for table in tables), key=lambda one: (-one[0], -one[1].rank))
    ranked = [(score, table) for score, table in ranked if score]
    if not ranked:
        return None
    best = ranked[0][1]
    same = tuple(table for table in tables if _one(table, best))
    surest = max((table for table in same if _score(table)), key=lambda table: (table.rank, _score(table)))
    others = [table.name for score, table in ranked if not _one(table, best) and score >= ranked[0][0] - 1]
    doubt = f"{', '.join(dict.fromkeys(others))} is much like it" if others else ""
    return OrdersTable(surest, same, doubt)


def chosen(tables: Sequence[Table], name: str) -> OrdersTable | None:
    """The table of that name, in any spelling; None where there is none."""
    bare = name.replace('"', "").replace("`", "").rpartition(".")[2]
    same = tuple(table for table in tables if plain(table.name) == plain(bare))
    return OrdersTable(max(same, key=lambda table: table.rank), same) if same else None


def column_guess(orders: OrdersTable, standard: str) -> Guess:
    """What a standard column is called; False where the table has nothing like it."""
    if standard == "total_amount":
        column = orders.amounts()[0]
    elif standard == "amount_refunded":
        column = orders.amounts()[1]
    else:
        column = orders.column(standard)
    if column is None:
        return unsure(False, f"{orders.table.name} has no column like it")
    score = likeness(standard, column)
    rivals = [
        one.name
        for one in orders.table.columns
        if one is not column
        and likeness(standard, one) == score
        and standard not in ("total_amount", "amount_refunded")
    ]
    if rivals:
        return unsure(column.name, f"it may be {' or '.join(rivals)} too")
    return Guess(column.name, f"a column of {orders.table.name}")


def money(column: Column | None, text: str) -> Guess:
    """The unit of the amounts.

    Args:
        column: The total's column.
        text: The handler's code, which may divide by 100.
    """
    if column is None:
        return Guess(None)
    is_minor = minor(column)
    divides = re.search(r"/\s*100(?:\.0)?\b|\bDecimal\([\"']100[\"']\)", text) is not None
    kind = column.kind or "of an unknown kind"
    if is_minor is None:
        return unsure("major" if divides else "minor", f"{column.name} is {kind}")
    if is_minor and divides and not re.search(r"cent|minor", plain(column.name)):
        return unsure("minor", f"{column.name} is {kind}, but the code divides by 100")
    return Guess("minor" if is_minor else "major", f"{column.name} is {kind}")


def _best(standard: str, table: Table) -> Column | None:
    found = [(likeness(standard, column), -place, column) for place, column in enumerate(table.columns)]
    score, _, column = max(found, key=lambda one: one[:2], default=(0, 0, None))
    return column if score else None


def _score(table: Table) -> int:
    """How much speaks for a table; nothing where no column can hold a Checkout Session."""
    session = max((likeness("stripe_session_id", column) for column in table.columns), default=0)
    if not session:
        return 0
    name = plain(singular((table.entity or table.name).rpartition("_")[2]))
    whole = plain(singular(table.name))
    score = max(
        (points for pattern, points in _NAMED for one in (name, whole) if re.fullmatch(pattern, one)), default=0
    )
    known = [likeness(standard, column) for standard in READ[1:4] for column in table.columns]
    amounts = any(likeness("total_amount", column) and column.kind != UNKNOWN for column in table.columns)
    return session + score + min(sum(map(bool, known)), 4) + amounts


def _one(one: Table, other: Table) -> bool:
    names = {singular(plain(name)) for name in (other.name, other.entity) if name}
    return any(singular(plain(name)) in names for name in (one.name, one.entity) if name)
