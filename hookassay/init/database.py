"""The database as it is now: its tables, what their columns demand, and which values they hold. It is only read."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Inspector, Select, inspect, literal_column, select, table
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from sqlalchemy.sql.elements import quoted_name

from ..errors import UsageError
from ..orders import database
from ..orders.source import Source
from ..scan.checks.tables import live
from ..scan.checks.tables.table import Table

_FEW = 40
"""More different values than this are no states."""

_MANY = 20_000
"""Rows of which the values are looked at."""


@dataclass(frozen=True)
class Demand:
    """What one column demands of whoever inserts a row.

    Attributes:
        required: Whether a value must be given.
        listed: The values that an enumeration allows.
        checked: The text of every CHECK that names it.
    """

    required: bool
    listed: tuple[str, ...] = ()
    checked: str = ""


class LiveDatabase:
    """An open database of the shop's."""

    def __init__(self, url: str, folder: Path) -> None:
        """Open the database at `url`; a relative path starts from `folder`.

        Raises:
            UsageError: it cannot be opened, or `url` names none.
        """
        source = Source.parse(url, folder)
        if source.kind in ("http", "command"):
            raise UsageError("Orders are read from no database, so that no table can be looked at.")
        self.kind = source.kind
        self.shown = source.shown
        self._database = database.Database(source)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)
                with self._database.connect() as connection:
                    inspector = inspect(connection)
                    names = inspector.get_table_names()
                    self.tables = [live.table(inspector, name, None, self.shown) for name in names]
                    self._references = {
                        (name, key["constrained_columns"][0]): (key["referred_table"], key["referred_columns"][0])
                        for name in names
                        for key in inspector.get_foreign_keys(name)
                        if len(key["constrained_columns"]) == len(key["referred_columns"]) == 1
                    }
                    self._demands = {name: _demands(inspector, name) for name in names}
        except SQLAlchemyError as error:
            reason = self._database.reason(error)
            self._database.close()
            raise UsageError(f"The tables of {self.shown} cannot be looked at: {reason}.") from None
        except UsageError:
            self._database.close()
            raise

    def demand(self, name: str, column: str) -> Demand | None:
        """What a column demands; None where there is no such column."""
        return self._demands.get(name, {}).get(column)

    def values(self, of: Table, column: str) -> list[Any]:
        """The different values in a column, the first rows looked at; nothing where there are too many for states."""
        with self._database.connect() as connection:
            rows: Select[Any] = select(literal_column(_quoted(connection, column)).label("value"))
            few = rows.select_from(table(quoted_name(of.name, quote=True))).limit(_MANY).subquery()
            found = connection.execute(select(few.c.value).distinct().limit(_FEW + 1)).scalars().all()
        return [] if len(found) > _FEW else [value for value in found if value is not None]

    def refers(self, name: str, column: str) -> tuple[str, str] | None:
        """The table and the column that a column must have its value from; None where it need not."""
        return self._references.get((name, column))

    def first(self, name: str, column: str) -> Any:
        """A value that a column holds; None where the table is empty."""
        with self._database.connect() as connection:
            rows: Select[Any] = select(literal_column(_quoted(connection, column)))
            return connection.execute(rows.select_from(table(quoted_name(name, quote=True))).limit(1)).scalar()

    def close(self) -> None:
        """Close every connection."""
        self._database.close()


def _quoted(connection: Any, name: str) -> str:
    return str(connection.dialect.identifier_preparer.quote_identifier(name))


def _demands(inspector: Inspector, name: str) -> dict[str, Demand]:
    primary = inspector.get_pk_constraint(name)["constrained_columns"]
    checks = [str(check["sqltext"]) for check in inspector.get_check_constraints(name)]
    found = {}
    for column in inspector.get_columns(name):
        kind = column["type"]
        counted = list(primary) == [column["name"]] and "INT" in str(kind).upper()
        required = not column["nullable"] and column.get("default") is None and not counted
        required = required and not column.get("computed") and not column.get("identity")
        text = " ".join(check for check in checks if column["name"] in check)
        found[str(column["name"])] = Demand(required, tuple(map(str, getattr(kind, "enums", ()))), text)
    return found
