"""The source of orders: one canonical spelling for the URLs of SQLAlchemy, Prisma, Rails, Django, JDBC and libpq."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

from ..errors import UsageError
from ..redaction import redacted
from .client import is_path
from .columns import nearest

_FAMILIES = {
    "sqlite": ("sqlite", "sqlite3", "file", "spatialite"),
    "postgresql": ("postgresql", "postgres", "psql", "pgsql", "postgis", "postgresql_psycopg2"),
    "mysql": ("mysql", "mysql2", "mariadb", "trilogy", "mysqlgis"),
    "http": ("http", "https"),
}
_KIND = {scheme: kind for kind, schemes in _FAMILIES.items() for scheme in schemes}
_SQLITE_SUFFIXES = (".db", ".sqlite", ".sqlite3")

# What libpq takes in a URL (PostgreSQL manual, 32.1.2 "Parameter Key Words"). The rest are the application's pool and
# client options (connection_limit, pool, pgbouncer, encoding, serverVersion …), which libpq would refuse.
_LIBPQ = frozenset(
    {
        *("host", "hostaddr", "port", "dbname", "user", "password", "passfile", "service"),
        *("sslmode", "sslnegotiation", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl"),
        *("connect_timeout", "client_encoding", "options", "application_name", "channel_binding", "require_auth"),
        *("gssencmode", "krbsrvname", "target_session_attrs", "load_balance_hosts", "keepalives"),
    }
)
UNDERSTOOD = (
    "sqlite:///PATH, a path ending in .db, .sqlite or .sqlite3, postgresql://USER@HOST/DATABASE, "
    "mysql://USER@HOST/DATABASE, https://HOST/…{session_id}…, cmd:PROGRAM {session_id} or, with --app, a path of the "
    "application's, /…{session_id}…"
)


@dataclass(frozen=True)
class Source:
    """An order source, understood.

    Attributes:
        kind: `sqlite`, `postgresql`, `mysql`, `http` or `command`.
        location: The absolute path, the libpq URI, the `mysql://` URL, the URL template, or the command line.
            It may hold a password, so it is never shown.
        shown: The printable form of what the user wrote.
    """

    kind: str
    location: str = field(repr=False)
    shown: str

    @classmethod
    def parse(cls, text: str, folder: Path) -> Source:
        """Understand `text`; relative SQLite paths start from `folder`.

        Raises:
            UsageError: the scheme is unknown, or the rest can name no source of that kind.
        """
        text = text.strip()
        shown = redacted(text)
        if text.startswith("cmd:"):
            return cls("command", text.removeprefix("cmd:").strip(), shown)
        if is_path(text) and "{session_id}" in text:
            return cls("http", text, shown)
        scheme, colon, rest = text.removeprefix("jdbc:").partition(":")
        scheme = scheme.lower().partition("+")[0]
        kind = _KIND.get(scheme) if colon else None
        if kind is None and "://" not in text and text.lower().endswith(_SQLITE_SUFFIXES):
            return cls("sqlite", str(folder.absolute() / text), shown)
        if kind is None:
            named = f"the scheme {scheme!r}{nearest(scheme, _KIND)}" if colon else "no scheme"
            raise UsageError(f"The orders source has {named}; it must be {UNDERSTOOD}.")
        if kind == "sqlite":
            return cls(kind, str(folder.absolute() / _sqlite_path(scheme, rest)), shown)
        if kind == "http":
            return cls(kind, text, shown)
        if not rest.startswith("//"):
            raise UsageError(f"The orders source {scheme}: must go on with //, as in {kind}://USER@HOST/DATABASE.")
        if re.search(r"%(?![0-9a-fA-F]{2})", rest.partition("?")[0]):
            raise UsageError(
                f"The orders source {scheme}://… holds a % that starts no percent-encoding; write %25 for a % in a "
                "password."
            )
        return cls(kind, _libpq_uri(rest) if kind == "postgresql" else f"mysql:{rest}", shown)


def _sqlite_path(scheme: str, rest: str) -> str:
    """The path in an SQLite URL.

    SQLAlchemy and dj-database-url put the path after three slashes (`sqlite:///shop.db` is relative); Rails and Prisma
    write a URI (`sqlite3:db/shop.db`, `file:./shop.db` relative, `file:///shop.db` absolute).
    """
    path, _, query = rest.partition("?")
    if path.startswith("///"):
        path = path[3:] if scheme in ("sqlite", "spatialite") else path[2:]
    elif path.startswith("//"):
        path = path[2:]
    path = path.removeprefix("file:")
    if path in ("", ":memory:") or "mode=memory" in query:
        raise UsageError(
            "The orders source is an SQLite database in memory, which only the implementation's own process can read; "
            "it must be a file: sqlite:///PATH."
        )
    return path


def _libpq_uri(rest: str) -> str:
    address, _, query = rest.partition("?")
    kept: dict[str, str] = {}
    for name, value in parse_qsl(query):
        if name in ("schema", "currentSchema", "search_path"):
            escaped = re.sub(r"([\\ ])", r"\\\1", value)
            kept["options"] = f"{kept.get('options', '')} -csearch_path={escaped}".strip()
        elif name == "ssl" and value.lower() in ("true", "1", "require"):
            kept.setdefault("sslmode", "require")
        elif name == "sslmode" and value == "no-verify":  # node-postgres
            kept["sslmode"] = "require"
        elif name == "options":
            kept["options"] = f"{kept.get('options', '')} {value}".strip()
        elif name in _LIBPQ:
            kept[name] = value
    return f"postgresql:{address}" + (f"?{urlencode(kept, quote_via=quote)}" if kept else "")
