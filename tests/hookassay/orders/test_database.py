"""A database of the implementation's: how it is opened, and what is told of its errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hookassay.errors import HarnessError, UsageError
from hookassay.orders.database import Database, _mysql_arguments
from hookassay.orders.source import Source


@pytest.mark.parametrize(
    ("url", "arguments"),
    [
        ("mysql://u@h/d", {"host": "h", "port": 3306, "user": "u", "password": "", "database": "d"}),
        ("mysql://u:p%40%2F@h:3307/d", {"port": 3307, "password": "p@/"}),
        ("mysql://h/d?user=u&password=p", {"user": "u", "password": "p"}),
        ("mysql://u@/d?unix_socket=/run/mysqld.sock", {"host": "localhost", "unix_socket": "/run/mysqld.sock"}),
        ("mysql://u@h/d?ssl-mode=DISABLED", {"ssl_disabled": True}),
        ("mysql://u@h/d?sslmode=require", {"ssl": {"check_hostname": False, "verify_mode": "none"}}),
        ("mysql://u@h/d?useSSL=true", {"ssl": {"check_hostname": False, "verify_mode": "none"}}),
        ("mysql://u@h/d?ssl_mode=VERIFY_CA&ssl_ca=/ca", {"ssl_ca": "/ca", "ssl_verify_cert": True}),
        ("mysql://u@h/d?ssl-mode=VERIFY_IDENTITY", {"ssl_verify_cert": True, "ssl_verify_identity": True}),
    ],
)
def test_mysql_arguments(url: str, arguments: dict[str, Any]) -> None:
    """A MySQL URL means what its own tools mean by it."""
    assert _mysql_arguments(url).items() >= arguments.items()


def test_mysql_without_a_valid_port() -> None:
    """A password that was not percent-encoded is told without showing it."""
    with pytest.raises(UsageError, match="percent-encode the password") as caught:
        _mysql_arguments("mysql://u:can/ary@h/d")

    assert "ary" not in str(caught.value)


def test_a_lock_is_waited_for_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock is tried again, and told when it stays."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    holder = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    holder.execute("CREATE TABLE orders (id)")
    holder.execute("BEGIN EXCLUSIVE")
    database = Database(Source.parse("shop.db", tmp_path), writable=True, timeout=0.01)

    with pytest.raises(HarnessError, match=r"\[orders\] create failed on shop\.db: database is locked"):
        database.write([text("INSERT INTO orders VALUES (1)")], {}, "[orders] create")

    holder.close()
    database.close()
    assert pauses == [0.1, 0.3, 1.0]


def test_an_error_in_the_sql_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What will fail again is told at once."""
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    (tmp_path / "shop.db").touch()
    database = Database(Source.parse("shop.db", tmp_path))

    with pytest.raises(HarnessError, match="no such table: orders"):
        database.first_value(text("SELECT id FROM orders"), {}, "[effects] count")

    database.close()
    assert pauses == []
