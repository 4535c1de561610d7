"""The order reader: the promise every adapter keeps, one row as it was read, and the choice of an adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..config import OrdersSettings
from .source import Source

Row = Mapping[str, Any]
"""One order as the source gave it, its keys the standard column names that `[orders.columns]` maps to."""

NOBODY = "cs_test_hookassay_nobody"
"""A session id that no shop has, for trying a source out."""


class OrderReader(Protocol):
    """Reads back the orders of one Checkout Session; safe to use from several threads.

    Attributes:
        kind: What reports call it: `sqlite`, `postgresql`, `mysql`, `http` or `command`.
        many: Whether several rows for one session would be seen; if not, uniqueness cannot be judged through rows.
            Unless it is declared, `http` and `command` know it only after their first answer.
        overhead: Seconds that one reading itself takes (a command's start-up), which is no settling time.
    """

    @property
    def kind(self) -> str: ...

    @property
    def many(self) -> bool: ...

    @property
    def overhead(self) -> float: ...

    def check(self) -> None:
        """Try the source out before judging.

        Raises:
            UsageError: the source cannot be opened, or lacks a table or column.
            NotJudged: the source refuses us (401, 403), redirects, or does not answer.
        """
        ...

    def read(self, session_id: str) -> Sequence[Row]:
        """Every row kept for `session_id`, none if there is none.

        Raises:
            UsageError: the source cannot be opened, or lacks a table or column (what `check` tells beforehand).
            NotJudged: the source refuses us, or can never answer.
            HarnessError: the source failed this time, after retries.
        """
        ...

    def close(self) -> None:
        """Give back what the reader holds."""
        ...


def open_reader(
    settings: OrdersSettings, folder: Path, timeout: float = 10.0, cacert: Path | None = None
) -> OrderReader | None:
    """The reader for `[orders] source`, or None where none is declared; nothing is contacted before `check` or `read`.

    Args:
        settings: `[orders]`.
        folder: Where relative SQLite paths and commands start.
        timeout: Seconds that one reading may take.
        cacert: A PEM file that replaces the certificate authorities, for an order URL.

    Raises:
        UsageError: the source is not understood, or `[orders]` asks for what it cannot do.
    """
    if settings.source is None:
        return None
    source = Source.parse(settings.source, folder)
    # Each adapter brings a library of its own; a run pays for one.
    if source.kind == "http":
        from .http import HttpReader

        return HttpReader(settings, source, timeout, cacert)
    if source.kind == "command":
        from .command import CommandReader

        return CommandReader(settings, source, folder, timeout)
    from .sql import SqlReader

    return SqlReader(settings, source, timeout)
