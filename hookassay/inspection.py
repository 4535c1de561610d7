"""The scan as the rest of the harness asks for it: told by the settings, its secrets behind a curtain."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from . import configuration
from .config import Settings
from .errors import HookassayError, UsageError
from .orders.database import Database
from .orders.source import UNDERSTOOD, Source
from .redaction import Redactor, redacted
from .report.excerpt import Curtain
from .scan import engine
from .scan.engine import Scan
from .scan.rule import rules

_DATABASES = "sqlite:///PATH, postgresql://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE"
_DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}


@dataclass(frozen=True)
class Inspection:
    """A scan, what it was told, and what keeps its secrets.

    Attributes:
        scan: What was found.
        settings: What it was told.
        curtain: What is between it and a reader.
    """

    scan: Scan
    settings: Settings
    curtain: Curtain


def inspect(
    root: Path, config: Path | None, environ: Mapping[str, str], only: str | None = None, **options: Any
) -> Inspection:
    """Scan what is below `root`.

    Args:
        root: A folder or a file.
        config: The configuration; None takes the folder's own, or the working folder's.
        environ: The environment, for `${VAR}` in it.
        only: Ids of rules, separated by commas; None looks for all that are not ignored.
        options: The command line, by click's names.

    Raises:
        UsageError: something that was told is wrong, or there is nothing to read.
    """
    settings = configuration.load_scan(root, config, environ, **options)
    told = settings.scan
    every = [rule.id for rule in rules()]
    looked_for = configuration.rule_ids("--only", only) if only else [one for one in every if one not in told.ignore]
    hidden = _passwords(told.database) if told.database else ()
    try:
        scan = engine.scan(
            root,
            engine.ScanSettings(
                exclude=told.exclude,
                ignore=tuple(one for one in every if one not in looked_for),
                table=settings.orders.table,
                columns=settings.orders.columns,
                database=_database(told.database, settings, options) if told.database else None,
            ),
        )
    except HookassayError as error:
        raise type(error)(Redactor(hidden).clean(str(error))) from None
    return Inspection(scan, settings, Curtain(scan, hidden))


def _database(url: str, settings: Settings, options: Mapping[str, Any]) -> str:
    """The database's URL as SQLAlchemy reads it, once it was seen to open; it is only read.

    Raises:
        UsageError: it is no database's URL, or cannot be opened.
    """
    option = "--database" if options.get("database") else "[scan] database"
    folder = Path.cwd() if options.get("database") else settings.folder
    if url.strip().startswith(("cmd:", "http:", "https:", "/")):
        raise UsageError(f"{option} must be the URL of a database ({_DATABASES}), not {redacted(url)}.")
    try:
        source = Source.parse(url, folder)
        database = Database(source)
        try:
            database.connect().close()
        finally:
            database.close()
    except UsageError as error:
        message = str(error).replace(UNDERSTOOD, _DATABASES).replace("The orders source", option)
        raise UsageError(message.replace("--orders (or [orders] source", "--database (or [scan] database")) from None
    if source.kind == "sqlite":
        return f"sqlite:///{source.location}"
    _, _, address = source.location.partition(":")
    return f"{_DRIVERS[source.kind]}:{address}"


def _passwords(url: str) -> tuple[str, ...]:
    with suppress(ValueError):  # what is no URL is refused by whoever opens it
        password = urlsplit(url).password
        if password:
            return (password, unquote(password))
    return ()
