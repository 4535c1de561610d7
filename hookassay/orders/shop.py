"""What the shop does itself: create an order before it is paid, or start a refund (`[orders] create` and `refund`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..config import OrdersSettings
from ..endpoint import Endpoint
from ..errors import HarnessError, UsageError
from ..redaction import redacted
from .client import Client, is_path, open_client
from .placeholders import PURCHASE, check_bound, check_braces, in_url, statements
from .program import Program
from .source import Source


class Action(Protocol):
    """Something the shop does for one purchase; safe to use from several threads."""

    def run(self, values: Mapping[str, Any]) -> None:
        """Do it for the purchase that `values` (every name in `placeholders.PURCHASE`) describes.

        Raises:
            UsageError: the program or the database cannot be started or opened.
            NotJudged: the URL refuses us or redirects.
            HarnessError: it failed.
        """
        ...

    def close(self) -> None:
        """Give back what the action holds."""
        ...


def open_action(
    text: str,
    setting: str,
    orders: OrdersSettings,
    folder: Path,
    timeout: float = 10.0,
    cacert: Path | None = None,
    endpoint: Endpoint | None = None,
) -> Action:
    """The action that `text` (the value of `setting`, such as `[orders] create`) describes; nothing is done yet.

    Args:
        text: `cmd:PROGRAM …`, an http(s):// URL or a path of the application's to POST to, or SQL for the database that
            orders are read from.
        setting: The setting's name, for messages.
        orders: `[orders]`, for the database and the headers.
        folder: Where relative paths and commands start.
        timeout: Seconds that it may take.
        cacert: A PEM file that replaces the certificate authorities, for a URL.
        endpoint: What is judged, for a path of an application in this process.

    Raises:
        UsageError: a placeholder does not exist, or SQL is given while orders are read from no database.
    """
    text = text.strip()
    if text.startswith("cmd:"):
        check_braces(text, setting)
        return ProgramAction(Program(text.removeprefix("cmd:"), folder, timeout))
    if text.startswith(("http://", "https://")) or is_path(text):
        check_braces(text, setting)
        return PostAction(text, setting, open_client(text, orders.headers, timeout, cacert, endpoint))
    check_bound(text, setting)
    return SqlAction(text, setting, sql_source(orders, setting, folder), timeout)


def sql_source(orders: OrdersSettings, setting: str, folder: Path) -> Source:
    """The database that orders are read from, for a `setting` that holds SQL.

    Raises:
        UsageError: they are read from no database.
    """
    source = None if orders.source is None else Source.parse(orders.source, folder)
    if source is None or source.kind in ("http", "command"):
        raise UsageError(
            f"{setting} is neither cmd:… nor an http(s):// URL, so it is taken for SQL, which needs [orders] source "
            "to be a database."
        )
    return source


class ProgramAction:
    """A program of the shop's does it."""

    def __init__(self, program: Program) -> None:
        """Use `program`."""
        self._program = program

    def run(self, values: Mapping[str, Any]) -> None:
        """Run it; what it prints is not looked at."""
        self._program.run(values)

    def close(self) -> None:
        """Nothing is held between runs."""


class PostAction:
    """A URL of the shop's does it, POSTed to with the placeholders as a JSON object and `[orders.headers]`."""

    def __init__(self, url: str, setting: str, client: Client) -> None:
        """Use `client` on the template `url`."""
        self._url = url
        self._setting = setting
        self._client = client

    def run(self, values: Mapping[str, Any]) -> None:
        """POST; anything but a 2xx is a failure."""
        url = in_url(self._url, values)
        body = {name: _json(values[name]) for name in PURCHASE}
        answer = self._client.post(url, body)
        if not 200 <= answer.status < 300:
            raise HarnessError(
                f"{self._setting}: {redacted(url)} answered {answer.status}, it must be a 2xx: "
                f"{answer.excerpt(self._client.secrets)}"
            )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()


class SqlAction:
    """SQL does it, in one transaction on a writable connection of its own."""

    def __init__(self, script: str, setting: str, source: Source, timeout: float) -> None:
        """Use the statements of `script` on `source`."""
        from sqlalchemy import text

        from .database import Database

        self._setting = setting
        self._statements = [text(statement) for statement in statements(script, setting)]
        self._database = Database(source, writable=True, timeout=timeout)

    def run(self, values: Mapping[str, Any]) -> None:
        """Run every statement, or none."""
        self._database.write(self._statements, values, self._setting)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()


def _json(value: Any) -> Any:
    """A major amount goes as text, as money should."""
    return value if value is None or isinstance(value, (str, int)) else str(value)
