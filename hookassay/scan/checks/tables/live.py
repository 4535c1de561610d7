"""The table as a live database has it, looked at through SQLAlchemy's inspector and never written to."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from sqlalchemy import create_engine, inspect, types
from sqlalchemy.engine import Engine, Inspector
from sqlalchemy.pool import NullPool

from ....errors import UsageError
from ....redaction import scrubbed
from ...finding import Place
from .table import (
    BOOLEAN,
    DECIMAL,
    FLOAT,
    INTEGER,
    LIVE,
    OTHER,
    PRIMARY,
    TEXT,
    TIME,
    UNKNOWN,
    Column,
    Key,
    Names,
    Table,
    plain,
    singular,
)

# The scheme of a URL, as SQLAlchemy, Prisma, Rails, Django and libpq spell it.
_SCHEMES = {
    **dict.fromkeys(("sqlite", "sqlite3", "file", "spatialite"), "sqlite"),
    **dict.fromkeys(
        ("postgresql", "postgres", "psql", "pgsql", "postgis", "postgresql_psycopg2"),
        "postgresql",
    ),
    **dict.fromkeys(("mysql", "mysql2", "mariadb", "trilogy", "mysqlgis"), "mysql"),
}
_UNDERSTOOD = "sqlite:///PATH, postgresql://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE"
_LIBPQ = frozenset(
    {"host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "options"}
)
_SECONDS = 10

_KINDS = (
    (types.Boolean, BOOLEAN),
    (types.Float, FLOAT),
    (types.Numeric, DECIMAL),
    (types.Integer, INTEGER),
    (types.Enum, TEXT),
    (types.String, TEXT),
    (types.Uuid, TEXT),
    (types.DateTime, TIME),
    (types.Date, TIME),
    (types.JSON, OTHER),
    (types.LargeBinary, OTHER),
)


def read(url: str, names: Names) -> list[Table]:
    """The orders table of the database at `url`; nothing where it has none.

    Raises:
        UsageError: the database cannot be opened.
    """
    kind, shown = _understood(url)
    schema = dict(parse_qsl(urlsplit(url).query)).get("schema") if kind == "postgresql" else None
    engine = _engine(kind, url)
    try:
        with engine.connect() as connection:
            inspector = inspect(connection)
            wanted = singular(plain(names.table))
            tables = sorted(inspector.get_table_names(schema=schema), key=lambda name: (name != names.table, name))
            found = next((name for name in tables if singular(plain(name)) == wanted), None)
            return [table(inspector, found, schema, shown)] if found else []
    except UsageError:
        raise
    except Exception as error:  # drivers raise far more than DB-API errors while connecting
        cause = getattr(error, "orig", None) or error
        said = scrubbed(str(cause.args[-1]) if cause.args else type(cause).__name__, _secrets(url)).rstrip(".?")
        raise UsageError(
            f"The database {shown} cannot be opened: {said}. Check --database: host, port, database, user and password."
        ) from None
    finally:
        engine.dispose()


def shown(url: str) -> str:
    """The URL without user, password and options, as it may be shown."""
    return _understood(url)[1]


def _understood(url: str) -> tuple[str, str]:
    scheme, colon, rest = url.strip().removeprefix("jdbc:").partition(":")
    kind = _SCHEMES.get(scheme.lower().partition("+")[0]) if colon else None
    if kind is None and not colon and url.lower().endswith((".db", ".sqlite", ".sqlite3")):
        return "sqlite", f"sqlite:///{url}"
    if kind is None:
        raise UsageError(f"--database must be {_UNDERSTOOD}.")
    if kind == "sqlite":
        return kind, f"sqlite:///{_path(url)}"
    address = rest.partition("?")[0].removeprefix("//")
    return kind, f"{kind}://{address.rpartition('@')[2]}"


def _path(url: str) -> str:
    """The path in an SQLite URL: SQLAlchemy puts it behind three slashes, Rails and Prisma write a URI."""
    scheme, _, rest = url.strip().partition(":")
    path = rest.partition("?")[0]
    if path.startswith("///"):
        path = path[3:] if scheme.lower().partition("+")[0] in ("sqlite", "spatialite") else path[2:]
    elif path.startswith("//"):
        path = path[2:]
    return path.removeprefix("file:")


def _engine(kind: str, url: str) -> Engine:
    if kind == "sqlite":
        path = Path(_path(url) if ":" in url else url).absolute()
        if not path.is_file():
            raise UsageError(f"--database: there is no SQLite file at {path}, and the scan never creates one.")
        creator: Any = lambda: sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)  # noqa: E731
        return create_engine("sqlite://", creator=creator, poolclass=NullPool)
    try:
        parts = urlsplit(re.sub(r"^(jdbc:)?[^:]+:", f"{kind}:", url.strip()))
        port = parts.port
    except ValueError:
        raise UsageError(
            f"--database {kind}://… has no valid host and port; percent-encode the password where it holds any of "
            "/ ? # [ ] @ : or %."
        ) from None
    query = dict(parse_qsl(parts.query))
    if kind == "postgresql":
        import psycopg

        kept = {name: value for name, value in query.items() if name in _LIBPQ}
        kept["connect_timeout"] = str(_SECONDS)
        kept["options"] = f"{kept.get('options', '')} -c default_transaction_read_only=on".strip()
        uri = f"postgresql://{parts.netloc}{parts.path}?{urlencode(kept, quote_via=quote)}"
        return create_engine(
            "postgresql+psycopg://",
            creator=lambda: psycopg.connect(uri),
            poolclass=NullPool,
            use_native_hstore=False,
        )
    import pymysql

    told: dict[str, Any] = {
        "host": parts.hostname or "localhost",
        "port": port or 3306,
        "user": unquote(parts.username or query.get("user", "")),
        "password": unquote(parts.password or query.get("password", "")),
        "database": unquote(parts.path.strip("/")) or None,
        "charset": "utf8mb4",
        "connect_timeout": _SECONDS,
        "init_command": "SET SESSION TRANSACTION READ ONLY",
    }
    if query.get("unix_socket") or query.get("socket"):
        told["unix_socket"] = query.get("unix_socket") or query.get("socket")
    return create_engine("mysql+pymysql://", creator=lambda: pymysql.connect(**told), poolclass=NullPool)


def _secrets(url: str) -> tuple[str, ...]:
    """The password of a URL, as written and decoded."""
    address, _, query = url.partition("?")
    written = [address.rpartition("@")[0].partition("://")[2].partition(":")[2]]
    written += [value for name, value in parse_qsl(query) if "pass" in name]
    return tuple({form for value in written if value for form in (value, unquote(value))})


def table(inspector: Inspector, name: str, schema: str | None, shown: str) -> Table:
    """The table called `name`, whose places are in the database that is `shown`."""
    columns = []
    for number, one in enumerate(inspector.get_columns(name, schema=schema), 2):
        line = f"{name}.{one['name']} {one['type']}"
        # A database has no lines: they are counted as its CREATE TABLE would have them, so that no two are one place.
        columns.append(Column(one["name"], _kind(one["type"]), Place(shown, number, 1, len(line) + 1, line)))
    primary = inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]
    keys = [Key(tuple(primary), PRIMARY)] if primary else []
    for unique in inspector.get_unique_constraints(name, schema=schema):
        keys.append(Key(tuple(unique["column_names"]), unique["name"] or ""))
    # SQLite's own indexes are surer than what SQLAlchemy reads in the text of its CREATE TABLE.
    own = {"include_auto_indexes": True} if inspector.dialect.name == "sqlite" else {}
    for index in inspector.get_indexes(name, schema=schema, **own):
        if index["unique"] and all(index["column_names"]):
            keys.append(Key(tuple(column for column in index["column_names"] if column), index["name"] or ""))
    place = Place(shown, 1, 1, len(name) + 1, name)
    return Table(name, tuple(columns), tuple(keys), place, "the live database", LIVE)


def _kind(written: Any) -> str:
    # SQLAlchemy counts floats among the numerics.
    for known, kind in _KINDS:
        if isinstance(written, known):
            return kind
    return UNKNOWN
