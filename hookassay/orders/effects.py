"""How often the business effect of a purchase happened (`[effects] count`): what rows cannot show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from ..config import EffectsSettings, OrdersSettings
from ..endpoint import Endpoint, Secret
from ..errors import HarnessError
from ..redaction import redacted, scrubbed
from .client import Client, is_path, open_client
from .document import compiled, parsed
from .placeholders import check_bound, check_braces, in_url, query_of
from .program import Program
from .shop import sql_source
from .source import Source


class EffectCounter(Protocol):
    """Counts the effects of one purchase; safe to use from several threads."""

    def count(self, values: Mapping[str, Any]) -> int:
        """How often it happened for the purchase that `values` (every name in `placeholders.PURCHASE`) describes.

        Raises:
            UsageError: the program or the database cannot be started or opened.
            NotJudged: the URL refuses us or redirects.
            HarnessError: counting failed, or gave no whole number.
        """
        ...

    def close(self) -> None:
        """Give back what the counter holds."""
        ...


def open_counter(
    settings: EffectsSettings,
    orders: OrdersSettings,
    folder: Path,
    timeout: float = 10.0,
    cacert: Path | None = None,
    endpoint: Endpoint | None = None,
) -> EffectCounter | None:
    """The counter that `[effects] count` describes, or None where it is not given; nothing is asked yet.

    Raises:
        UsageError: a placeholder does not exist, `value` is no JMESPath expression, or SQL is given while orders are
            read from no database.
    """
    if settings.count is None:
        return None
    text = settings.count.strip()
    if text.startswith("cmd:"):
        check_braces(text, "[effects] count")
        return ProgramCounter(Program(text.removeprefix("cmd:"), folder, timeout))
    if text.startswith(("http://", "https://")) or is_path(text):
        check_braces(text, "[effects] count")
        client = open_client(text, _headers_for(text, orders), timeout, cacert, endpoint)
        return UrlCounter(text, settings.value, client)
    check_bound(text, "[effects] count")
    return SqlCounter(text, sql_source(orders, "[effects] count", folder), timeout)


class ProgramCounter:
    """A program of the shop's prints the number."""

    def __init__(self, program: Program) -> None:
        """Use `program`."""
        self._program = program

    def count(self, values: Mapping[str, Any]) -> int:
        """The number that the program prints."""
        output = self._program.run(values)
        return _whole(output.decode("utf-8", "replace"), f"the program {self._program.name}")

    def close(self) -> None:
        """Nothing is held between runs."""


class UrlCounter:
    """A URL of the shop's answers with the number, or with JSON in which `[effects] value` finds it; 404 is zero."""

    def __init__(self, url: str, value: str | None, client: Client) -> None:
        """Use `client` on the template `url`, and the JMESPath expression `value`."""
        self._url = url
        self._value = None if value is None else compiled(value, "[effects] value")
        self._client = client

    def count(self, values: Mapping[str, Any]) -> int:
        """The number that a GET answers."""
        url = in_url(self._url, values)
        shown = redacted(url)
        answer = self._client.get(url)
        if answer.status in (204, 404, 410):
            return 0
        if answer.status != 200:
            raise HarnessError(
                f"[effects] count: {shown} answered {answer.status}: {answer.excerpt(self._client.secrets)}"
            )
        document = parsed(answer.body, shown)
        return _whole(document if self._value is None else self._value.search(document), shown)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()


class SqlCounter:
    """An SQL query on the orders' database gives the number."""

    def __init__(self, query: str, source: Source, timeout: float) -> None:
        """Use `query` on `source`, read-only."""
        from sqlalchemy import text

        from .database import Database

        self._query = text(query_of(query, "[effects] count"))
        self._database = Database(source, timeout=timeout)

    def count(self, values: Mapping[str, Any]) -> int:
        """The first column of the query's first row; no row is zero."""
        return _whole(self._database.first_value(self._query, values, "[effects] count"), "the query")

    def close(self) -> None:
        """Close every connection."""
        self._database.close()


def _headers_for(url: str, orders: OrdersSettings) -> tuple[tuple[str, Secret], ...]:
    """`[orders.headers]` where `url` is at the origin that they are declared for, and none elsewhere."""
    known = [text for text in (orders.source, orders.create, orders.refund) if text]
    places = [urlsplit(text)[:2] for text in known if "://" in text or is_path(text)]
    return orders.headers if urlsplit(url)[:2] in places else ()


def _whole(value: Any, place: str) -> int:
    """A whole number, as databases, JSON and programs give it; null (an SQL sum over nothing) is zero."""
    if value is None:
        return 0
    text = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"\d+(\.0+)?", text):
        raise HarnessError(
            f"[effects] count: {place} must give one whole number; it gave {scrubbed(text, limit=60)!r}. For a JSON "
            "answer, set value under [effects] in hookassay.toml to the JMESPath expression that finds it."
        )
    return int(Decimal(text))
