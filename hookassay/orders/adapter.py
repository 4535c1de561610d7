"""The adapters: which order reader serves which source."""

from __future__ import annotations

from pathlib import Path

from ..config import OrdersSettings
from ..endpoint import Endpoint
from .reader import OrderReader
from .source import Source


def open_reader(
    settings: OrdersSettings,
    folder: Path,
    timeout: float = 10.0,
    cacert: Path | None = None,
    endpoint: Endpoint | None = None,
) -> OrderReader | None:
    """The reader for `[orders] source`, or None where none is declared; nothing is contacted before `check` or `read`.

    Args:
        settings: `[orders]`.
        folder: Where relative SQLite paths and commands start.
        timeout: Seconds that one reading may take.
        cacert: A PEM file that replaces the certificate authorities, for an order URL.
        endpoint: What is judged, for an order path of an application in this process.

    Raises:
        UsageError: the source is not understood, or `[orders]` asks for what it cannot do.
    """
    if settings.source is None:
        return None
    source = Source.parse(settings.source, folder)
    # Each adapter brings a library of its own; a run pays for one.
    if source.kind == "http":
        from .http import HttpReader

        return HttpReader(settings, source, timeout, cacert, endpoint)
    if source.kind == "command":
        from .command import CommandReader

        return CommandReader(settings, source, folder, timeout)
    from .sql import SqlReader

    return SqlReader(settings, source, timeout)
