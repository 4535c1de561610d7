"""Orders read back from the implementation's own SQL database."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, column, inspect, select, table, text
from sqlalchemy.exc import NoSuchTableError, SAWarning, SQLAlchemyError
from sqlalchemy.sql.elements import quoted_name

from ..config import OrdersSettings
from ..errors import UsageError
from .columns import Columns, nearest
from .database import Database
from .placeholders import bound_in, query_of
from .reader import NOBODY, Row
from .source import Source


class SqlReader:
    """Reads `[orders] table` or `[orders] query`; every reading is a transaction of its own and sees fresh data."""

    overhead = 0.0

    def __init__(self, settings: OrdersSettings, source: Source, timeout: float = 10.0) -> None:
        """Prepare to read `source`; nothing is opened yet. `timeout` in seconds bounds connecting.

        Raises:
            UsageError: `[orders]` asks for what cannot be (a query without `:session_id`, say).
        """
        self.kind = source.kind
        self.many = settings.many is not False
        self._settings = settings
        self._columns = Columns(settings)
        self._database = Database(source, timeout=timeout)
        self._lock = threading.Lock()
        self._prepared: tuple[Executable, Mapping[str, str]] | None = None
        if settings.query is not None and bound_in(settings.query) != {"session_id"}:
            raise UsageError(
                "[orders] query must have :session_id, and no other placeholder, where the Checkout Session's id "
                'belongs, as in "SELECT state AS status FROM purchases WHERE stripe_id = :session_id".'
            )

    def check(self) -> None:
        """Open the database and try the query.

        Raises:
            UsageError: the database cannot be opened, or lacks the table or a column; the message lists what there is.
        """
        self._prepare()

    def read(self, session_id: str) -> Sequence[Row]:
        """Every order of `session_id`, keyed by standard names.

        Raises:
            UsageError: as `check`, when it was not called before.
            HarnessError: reading failed, after retries.
        """
        query, names = self._prepared or self._prepare()
        records = self._database.attempt(
            lambda connection: connection.execute(query, {"session_id": session_id}).mappings().all(), "Reading orders"
        )
        rows = [{standard: record[name] for standard, name in names.items()} for record in records]
        if self._settings.query is not None:
            return rows
        # MySQL's usual collations hold cs_a and cs_A to be equal, and so are ids that differ in trailing spaces.
        return [row for row in rows if _text(row["stripe_session_id"]).rstrip() == session_id]

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def _prepare(self) -> tuple[Executable, Mapping[str, str]]:
        with self._lock:
            if self._prepared is None:
                with self._database.connect() as connection:
                    try:
                        query = self._query(connection)
                        with connection.execute(query, {"session_id": NOBODY}) as result:
                            keys = list(result.keys())
                    except SQLAlchemyError as error:
                        raise UsageError(
                            f"Orders cannot be read from {self._database.source.shown}: "
                            f"{self._database.reason(error)}. Check [orders] in hookassay.toml."
                        ) from None
                self._prepared = query, self._keys(keys)
            return self._prepared

    def _query(self, connection: Connection) -> Executable:
        """The user's query, or one that reads the mapped columns that the table has, under their standard names."""
        if self._settings.query is not None:
            return text(query_of(self._settings.query, "[orders] query"))
        schema, name = _table_name(self._settings.table)
        place = f"the table {self._settings.table} of {self._database.source.shown}"
        available = self._available(connection, schema, name)
        found = self._found(available, place, also=("stripe_session_id",))
        # Always qualified by its table: SQLite takes an unknown quoted name for a string, not for a mistake.
        orders = table(
            quoted_name(name, quote=True),
            *(column(quoted_name(actual, quote=True)) for actual in dict.fromkeys(found.values())),
            schema=None if schema is None else quoted_name(schema, quote=True),
        )
        return select(*(orders.c[actual].label(standard) for standard, actual in found.items())).where(
            orders.c[found["stripe_session_id"]] == bindparam("session_id")
        )

    def _available(self, connection: Connection, schema: str | None, name: str) -> list[str]:
        inspector = inspect(connection)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # a column type that SQLAlchemy does not know is no concern here
            try:
                return [str(found["name"]) for found in inspector.get_columns(name, schema=schema)]
            except NoSuchTableError:
                tables = [*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)]
        raise UsageError(
            f"{self._database.source.shown} has no table {self._settings.table}{nearest(name, tables)}. It has: "
            f"{', '.join(tables) or 'none'}. Set table under [orders] in hookassay.toml to the one that holds orders."
        )

    def _keys(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Standard name → the key of a result row."""
        if self._settings.query is None:
            return {key: key for key in keys}
        return self._found(keys, "the result of [orders] query")

    def _found(self, available: Sequence[str], place: str, also: tuple[str, ...] = ()) -> dict[str, str]:
        folded = {name.casefold(): name for name in available}
        exact = self._settings.query is None and self.kind == "postgresql"  # elsewhere column names know no case
        found: dict[str, str] = {}
        missing = []
        for standard, name in self._columns.names.items():
            actual = name if name in available else None if exact else folded.get(name.casefold())
            if actual is not None:
                found[standard] = actual
            elif standard in also or (self._columns.must_have(standard) and standard != "stripe_session_id"):
                missing.append(standard)
        if missing:
            raise self._columns.missing(missing, place, available)
        return found


def _table_name(written: str) -> tuple[str | None, str]:
    """Schema and table of `orders`, `shop.orders` or `shop."Order"`."""
    parts = re.findall(r'"([^"]+)"|`([^`]+)`|([^."`\s]+)', written)
    names = ["".join(part) for part in parts]
    if len(names) not in (1, 2):
        raise UsageError(f"[orders] table must be a table or schema.table; got {written!r}.")
    return (names[0] if len(names) == 2 else None), names[-1]


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
