"""The source: everybody's spelling of a database URL is understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookassay.errors import UsageError
from hookassay.orders.source import Source

FOLDER = Path("/shop")


@pytest.mark.parametrize(
    ("text", "kind", "location"),
    [
        # SQLAlchemy, Django (dj-database-url)
        ("sqlite:///shop.db", "sqlite", "/shop/shop.db"),
        ("sqlite:////srv/shop.db", "sqlite", "/srv/shop.db"),
        ("sqlite+pysqlite:///data/shop.db", "sqlite", "/shop/data/shop.db"),
        ("sqlite+aiosqlite:////srv/shop.db?timeout=5", "sqlite", "/srv/shop.db"),
        ("sqlite:///file:shop.db?mode=ro&uri=true", "sqlite", "/shop/shop.db"),
        ("spatialite:///shop.db", "sqlite", "/shop/shop.db"),
        ("sqlite://shop.db", "sqlite", "/shop/shop.db"),
        # Rails
        ("sqlite3:db/development.sqlite3", "sqlite", "/shop/db/development.sqlite3"),
        ("sqlite3:/srv/shop.sqlite3", "sqlite", "/srv/shop.sqlite3"),
        ("sqlite3:///srv/shop.sqlite3", "sqlite", "/srv/shop.sqlite3"),
        # Prisma
        ("file:./dev.db", "sqlite", "/shop/dev.db"),
        ("file:///srv/dev.db?connection_limit=1", "sqlite", "/srv/dev.db"),
        # a path
        ("shop.db", "sqlite", "/shop/shop.db"),
        ("/srv/shop.sqlite3", "sqlite", "/srv/shop.sqlite3"),
        ("./Shop.SQLite", "sqlite", "/shop/Shop.SQLite"),
        # PostgreSQL
        ("postgresql://u:p%40@h:5433/d", "postgresql", "postgresql://u:p%40@h:5433/d"),
        ("postgresql+psycopg://u@h/d", "postgresql", "postgresql://u@h/d"),
        ("postgresql+psycopg2://u@h/d?sslmode=require", "postgresql", "postgresql://u@h/d?sslmode=require"),
        ("postgresql+asyncpg://u@h/d?ssl=require", "postgresql", "postgresql://u@h/d?sslmode=require"),
        ("postgres://u@h/d", "postgresql", "postgresql://u@h/d"),
        ("POSTGRES://u@h/d", "postgresql", "postgresql://u@h/d"),
        ("psql://u@h/d", "postgresql", "postgresql://u@h/d"),
        ("postgis://u@h/d", "postgresql", "postgresql://u@h/d"),
        ("pgsql://u@h/d?serverVersion=16&charset=utf8", "postgresql", "postgresql://u@h/d"),
        ("postgresql://u@h/d?pool=5", "postgresql", "postgresql://u@h/d"),
        (
            "postgresql://u@h/d?schema=shop&connection_limit=5&pgbouncer=true",
            "postgresql",
            "postgresql://u@h/d?options=-csearch_path%3Dshop",
        ),
        ("postgresql://u@h/d?sslmode=no-verify", "postgresql", "postgresql://u@h/d?sslmode=require"),
        ("postgresql:///d?host=/var/run/postgresql", "postgresql", "postgresql:///d?host=%2Fvar%2Frun%2Fpostgresql"),
        (
            "jdbc:postgresql://h/d?user=u&currentSchema=s",
            "postgresql",
            "postgresql://h/d?user=u&options=-csearch_path%3Ds",
        ),
        # MySQL and MariaDB
        ("mysql://u@h/d", "mysql", "mysql://u@h/d"),
        ("mysql+pymysql://u:p@h:3307/d?charset=utf8mb4", "mysql", "mysql://u:p@h:3307/d?charset=utf8mb4"),
        ("mysql2://u@h/d", "mysql", "mysql://u@h/d"),
        ("mariadb://u@h/d", "mysql", "mysql://u@h/d"),
        ("trilogy://u@h/d", "mysql", "mysql://u@h/d"),
        # the others
        (" https://h/orders/{session_id} ", "http", "https://h/orders/{session_id}"),
        ("cmd:./read {session_id}", "command", "./read {session_id}"),
    ],
)
def test_spellings(text: str, kind: str, location: str) -> None:
    """Each spelling names the source that its own tool means by it."""
    source = Source.parse(text, FOLDER)

    assert (source.kind, source.location) == (kind, location)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("oracle://u:canary@h/d", "the scheme 'oracle'.* must be sqlite:///PATH"),
        ("postgresq://u:canary@h/d", r"did you mean postgresql\?"),
        ("host=h password=canary", "has no scheme"),
        ("shop", "has no scheme"),
        ("", "has no scheme"),
        ("postgresql:u:canary@h/d", "must go on with //"),
        ("postgresql://u:canary%zz@h/d", "write %25"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:x?mode=memory", "in memory"),
    ],
)
def test_what_is_not_understood(text: str, told: str) -> None:
    """What cannot be understood is a wrong usage that says what a source must be, and never a password."""
    with pytest.raises(UsageError, match=told) as caught:
        Source.parse(text, FOLDER)

    assert "canary" not in str(caught.value)


def test_a_source_does_not_show_its_password() -> None:
    """The repr of a source, as a traceback with local variables prints it, holds no password."""
    assert "canary" not in repr(Source.parse("postgresql://u:canary@h/d", FOLDER))
