"""A database that the implementation owns: opened politely, its errors told without its password."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from sqlalchemy import Connection, Engine, TextClause, create_engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from ..errors import HarnessError, UsageError
from ..redaction import scrubbed
from .source import Source

T = TypeVar("T")

_DIALECTS = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://", "mysql": "mysql+pymysql://"}
_PAUSES = (0.1, 0.3, 1.0)
"""Seconds between the attempts at what failed for a passing reason (a lock, a lost connection)."""


class Database:
    """Connections to one SQLite file, PostgreSQL or MySQL/MariaDB database; safe to use from several threads.

    Without `writable` every statement is its own transaction, so that each reading sees fresh data and holds no lock,
    and an SQLite file is opened with `mode=ro`. An SQLite file is never created.
    """

    def __init__(self, source: Source, *, writable: bool = False, timeout: float = 10.0) -> None:
        """Prepare connections to `source`; none is made yet. `timeout` bounds connecting and waiting for locks."""
        self.source = source
        self._writable = writable
        self._timeout = timeout
        self._secrets = _secrets(source)
        options: dict[str, Any] = {} if writable else {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
        if source.kind == "postgresql":
            options["use_native_hstore"] = False  # it would look the type up on every new connection
        self._engine: Engine = create_engine(
            _DIALECTS[source.kind],
            creator={"sqlite": self._sqlite, "postgresql": self._postgresql, "mysql": self._mysql}[source.kind],
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=28,
            pool_timeout=timeout,
            hide_parameters=True,
            **options,
        )

    def connect(self) -> Connection:
        """A connection, for looking around.

        Raises:
            UsageError: the database cannot be opened.
        """
        try:
            return self._engine.connect()
        except UsageError:
            raise
        except Exception as error:  # drivers raise far more than DB-API errors while connecting
            raise UsageError(
                f"The database {self.source.shown} cannot be opened: {self.reason(error)}. "
                "Check --orders (or [orders] source in hookassay.toml): host, port, database, user and password."
            ) from None

    def attempt(self, work: Callable[[Connection], T], what: str) -> T:
        """Do `work`, again after a passing failure; `what` names it in the error (`Reading orders`).

        Raises:
            HarnessError: it failed, or kept failing.
        """
        for pause in (*_PAUSES, None):
            try:
                with self._engine.connect() as connection:
                    return work(connection)
            except UsageError as error:
                failure: Exception = error
            except (SQLAlchemyError, OSError, RuntimeError) as error:
                failure = error
                if not _passing(error):
                    break
            if pause is not None:
                time.sleep(pause)
        raise HarnessError(f"{what} failed on {self.source.shown}: {self.reason(failure)}.") from None

    def first_value(self, query: TextClause, values: Mapping[str, Any], what: str) -> Any:
        """The first column of the first row of `query`, None if there is no row; `what` names it in an error.

        Raises:
            HarnessError: it failed, or kept failing.
        """
        parameters = {name: _bindable(value) for name, value in values.items()}

        def work(connection: Connection) -> Any:
            row = connection.execute(query, parameters).first()
            return None if row is None else row[0]

        return self.attempt(work, what)

    def write(self, statements: Sequence[TextClause], values: Mapping[str, Any], what: str) -> None:
        """Run every one of `statements` in one transaction, or none; `what` names them in an error.

        Raises:
            HarnessError: they failed, or kept failing.
        """
        parameters = {name: _bindable(value) for name, value in values.items()}

        def work(connection: Connection) -> None:
            for statement in statements:
                connection.execute(statement, parameters)
            try:
                connection.commit()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                # It may have been committed, and must not be done twice.
                raise HarnessError(
                    f"{what}: the connection to {self.source.shown} was lost while committing."
                ) from None

        self.attempt(work, what)

    def reason(self, error: Exception) -> str:
        """What the driver said, without password, statement or parameters."""
        cause = getattr(error, "orig", None) or error
        text = str(cause.args[-1]) if cause.args else type(cause).__name__
        return scrubbed(text, self._secrets).rstrip(".?")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _sqlite(self) -> sqlite3.Connection:
        path = Path(self.source.location)
        if not path.is_file():
            raise UsageError(_missing_file(self.source))
        mode = "rw" if self._writable else "ro"
        return sqlite3.connect(
            f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=self._timeout, check_same_thread=False
        )

    def _postgresql(self) -> Any:
        import psycopg

        # No prepared statements: behind PgBouncer the next statement may reach another server process.
        return psycopg.connect(
            self.source.location, connect_timeout=max(2, round(self._timeout)), prepare_threshold=None
        )

    def _mysql(self) -> Any:
        import pymysql

        return pymysql.connect(**_mysql_arguments(self.source.location), connect_timeout=max(1, round(self._timeout)))


def _passing(error: Exception) -> bool:
    """Whether trying again may help: a lock, a lost connection, a full pool; not an error in the SQL."""
    if isinstance(error, DBAPIError):
        if isinstance(error.orig, sqlite3.OperationalError):
            return error.orig.sqlite_errorcode != sqlite3.SQLITE_ERROR
        return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))
    return isinstance(error, (PoolTimeout, OSError))


def _secrets(source: Source) -> tuple[str, ...]:
    """The password of a database URL, as written and decoded."""
    address, _, query = source.location.partition("?")
    written = [address.rpartition("@")[0].partition("://")[2].partition(":")[2]]
    written += [value for name, value in parse_qsl(query) if "pass" in name]
    return tuple({form for value in written if value for form in (value, unquote(value))})


def _missing_file(source: Source) -> str:
    path = Path(source.location)
    text = f"The SQLite file {path} does not exist; it is never created. "
    relative = re.match(r"sqlite[^:]*:///(?!/)([^?]+)", source.shown)
    if relative and Path("/", relative[1]).is_file():
        return text + f"An absolute path has four slashes: sqlite:////{relative[1]}."
    prisma = path.parent / "prisma" / path.name
    if prisma.is_file():
        return text + f"Prisma starts from its schema's folder: did you mean {prisma}?"
    return text + "Relative paths start from the folder of hookassay.toml, or else from the current one."


def _mysql_arguments(url: str) -> dict[str, Any]:
    """PyMySQL's keyword arguments for a `mysql://` URL, its TLS options in the spellings of MySQL, Prisma and JDBC."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(
            "The orders source mysql://… has no valid host and port; percent-encode the password where it holds any of "
            "/ ? # [ ] @ : or %."
        ) from None
    query = {name.lower().replace("-", "").replace("_", ""): value for name, value in parse_qsl(parts.query)}
    arguments: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "port": port or 3306,
        "user": unquote(parts.username or "") or query.get("user"),
        "password": unquote(parts.password or "") or query.get("password", ""),
        "database": unquote(parts.path.strip("/")) or None,
        "charset": "utf8mb4",
        "ssl_ca": query.get("sslca"),
        "ssl_cert": query.get("sslcert"),
        "ssl_key": query.get("sslkey"),
    }
    socket = query.get("unixsocket") or query.get("socket")
    if socket:
        arguments["unix_socket"] = socket
    mode = (query.get("sslmode") or query.get("ssl") or query.get("usessl") or "").lower().replace("-", "_")
    if mode in ("disabled", "disable", "false", "0"):
        arguments["ssl_disabled"] = True
    elif mode in ("required", "require", "true", "1"):
        arguments["ssl"] = {"check_hostname": False, "verify_mode": "none"}
    elif mode in ("verify_ca", "verify_identity", "verify_full"):
        arguments |= {"ssl_verify_cert": True, "ssl_verify_identity": mode != "verify_ca"}
    return {name: value for name, value in arguments.items() if value is not None}


def _bindable(value: Any) -> Any:
    """`value` as every driver takes it: sqlite3 knows no Decimal, and text is turned into a column's type anywhere."""
    return value if value is None or isinstance(value, (int, str)) else str(value)
