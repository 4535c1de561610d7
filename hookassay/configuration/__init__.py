"""Configuration: what a run is told by hookassay.toml, the environment over it, and the command line over both."""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from ..config import Settings
from ..endpoint import DEFAULT_PATH, Endpoint, InProcess, in_process
from ..errors import UsageError
from . import headers
from .consistency import check, one_target
from .file import DEFAULT_NAME, expand, read
from .keys import COMMAND_LINE, RUN_READS, SCAN_READS, TABLES, Key, Table
from .values import RULES, Wrong, nearest

__all__ = ["endpoint", "load", "load_scan", "overlay", "rule_ids"]

_SENSITIVE = re.compile(r"whsec_|[rsp]k_(live|test)_|://[^/\s]*@")


@dataclass(frozen=True)
class _Given:
    """A value, and where it was given: `place` opens the message when it is wrong."""

    place: str
    value: Any
    written: Any
    toml: bool = False


def load(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    stdin: TextIO | None = None,
    reads: Mapping[str, tuple[str, ...]] = RUN_READS,
    **options: Any,
) -> Settings:
    """All that a run is told.

    Args:
        path: The file; None means hookassay.toml in the working folder where it exists, else none at all.
        environ: The environment, for `${VAR}` in the file and for the variables that override it.
        stdin: Where `--secret -` is read from.
        reads: Table → the keys of the file whose values are looked at: what one delivery does not need, such as the
            password of a database, may be missing from its environment.
        options: The command line, as `overlay` takes it.

    Raises:
        UsageError: something is wrong or does not fit together; the message says where and what it must be.
    """
    settings = Settings()
    if path is None and Path(DEFAULT_NAME).exists():
        path = Path(DEFAULT_NAME)
    if path is not None:
        # A secret given above the file makes the file's own irrelevant, even one that is not on this machine.
        above = "STRIPE_WEBHOOK_SECRET" in environ or bool(options.get("secret") or options.get("secret_file"))
        settings = _file(path, environ, reads, without_secret=above)
        check(settings, str(path))
        settings = one_target(Settings(), settings, str(path))
    below = settings
    for table in TABLES.values():
        for key in table.keys:
            text = environ.get(key.variable, "") if key.variable else ""
            # CI systems set what they do not know to "": nothing was meant by it. A blank secret must be said, though.
            if text.strip() or (key.variable == "STRIPE_WEBHOOK_SECRET" and key.variable in environ):
                settings = _set(settings, table, key, _from_text(key, f"${key.variable}", text))
    settings = one_target(below, settings, "The environment")
    return overlay(settings, environ=environ, stdin=stdin, **options)


def load_scan(root: Path, config: Path | None, environ: Mapping[str, str], **options: Any) -> Settings:
    """What a scan is told: of the file only the tables that concern it, so that it needs no secret of the endpoint.

    Args:
        root: What is scanned. Its own hookassay.toml is read where it has one, else that of the working folder.
        config: The file to read instead.
        environ: The environment, for `${VAR}` in the file.
        options: The command line, as `overlay` takes it.

    Raises:
        UsageError: something is wrong; the message says where and what it must be.
    """
    own = (root if root.is_dir() else root.parent) / DEFAULT_NAME
    path = config or next((path for path in (own, Path(DEFAULT_NAME)) if path.exists()), None)
    settings = Settings() if path is None else _file(path, environ, SCAN_READS, without_secret=True)
    return overlay(settings, **options)


def rule_ids(option: str, text: str) -> tuple[str, ...]:
    """The ids of the scan's rules that an option names, separated by commas.

    Raises:
        UsageError: there is no such rule; the nearest one is named.
    """
    key = Key("only", RULES, "", option=option)
    given = _from_text(key, option, text)
    try:
        found: tuple[str, ...] = RULES.parse(given.value)
    except Wrong as wrong:
        raise UsageError(_message(key, given, wrong)) from None
    return found


def overlay(
    settings: Settings, *, environ: Mapping[str, str] | None = None, stdin: TextIO | None = None, **options: Any
) -> Settings:
    """`settings` with what the command line says.

    Args:
        settings: What holds where the command line is silent.
        environ: For `env:NAME` in `--orders-header`.
        stdin: Where `--secret -` is read from.
        options: By click's names (`orders_header` for `--orders-header`, `url` for the argument); None, False and an
            empty tuple mean "not given". `header` and `orders_header` are lists of `Name: value`.

    Raises:
        UsageError: a value is wrong; the message names its option.
    """
    below = settings
    if options.get("secret") and options.get("secret_file"):
        raise UsageError("--secret and --secret-file must not be given together; keep one.")
    for name, value in options.items():
        table, key = _option(name)
        if value is None or value is False or value == ():
            continue
        if key.name == "headers":
            given = _headers(key, value, environ or {})
        elif key.option == "--secret" and value == "-":
            given = _standard_input(key, stdin)
        elif isinstance(value, (str, Path)):
            given = _from_text(key, key.option, str(value))
        else:
            value = list(value) if isinstance(value, tuple) else value
            given = _Given(key.option, value, value)
        settings = _set(settings, table, key, given)
    return one_target(below, settings, "The command line")


def endpoint(settings: Settings, application: InProcess | None = None) -> Endpoint:
    """The endpoint to deliver to: where a URL and a secret are needed at last, and a missing or blank one is refused.

    Args:
        settings: What the run was told.
        application: What answers in this process, where an application is judged.

    Raises:
        UsageError: there is no URL, no secret, or a blank one.
    """
    told = settings.endpoint
    ways = "set $STRIPE_WEBHOOK_SECRET, or use --secret-file FILE, --secret - (standard input) or [endpoint] secret."
    url = told.url if application is None else in_process(told.url)
    if url is None:
        raise UsageError("No URL was given: name the webhook URL, or set $HOOKASSAY_URL or [endpoint] url.")
    if told.secret is None:
        raise UsageError(f"No signing secret was given. It must be the endpoint's own (whsec_…): {ways}")
    if not told.secret.reveal():
        raise UsageError(f"The signing secret that was given is blank. It must be the endpoint's own (whsec_…): {ways}")
    if url.startswith("/"):
        raise UsageError(
            f"The URL must be the whole webhook URL, such as http://localhost:4242{DEFAULT_PATH}. "
            "A path alone belongs beside --app MODULE:CALLABLE."
        )
    return Endpoint(url, told.secret, told.headers, settings.run.timeout, settings.run.cacert, application)


def _file(
    path: Path, environ: Mapping[str, str], reads: Mapping[str, tuple[str, ...]], *, without_secret: bool
) -> Settings:
    """The settings that the file gives; `reads` names the keys whose values are looked at, by their tables."""
    settings = Settings(folder=path.absolute().parent)
    found = _tables(path, read(path))
    for name, first, second in (("orders", "table", "query"), ("endpoint", "secret", "secret_file")):
        if {first, second} <= found.get(name, {}).keys():
            raise UsageError(f"{path}: [{name}] {first} and {second} must not be given together; keep one.")
    for name, content in found.items():
        table = TABLES[name]
        keys = {key.name: key for key in table.keys}
        for word, written in content.items():
            place = f"{path}: [{name}] {word}"
            if word not in keys:
                raise UsageError(_unknown(f"{path}: [{name}]", word, keys, name))
            if word not in reads.get(name, ()) or (without_secret and (keys[word].field or word) == "secret"):
                continue
            value = expand(written, environ, place)
            settings = _set(settings, table, keys[word], _Given(place, value, written, toml=True))
    return settings


def _tables(path: Path, data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The file's tables by their full names; a table within a table is one of its own."""
    found: dict[str, dict[str, Any]] = {}
    for name, content in data.items():
        if name not in TABLES:
            raise UsageError(_unknown(f"{path}:", name, [word for word in TABLES if "." not in word]))
        if not isinstance(content, dict):
            raise UsageError(f"{path}: {name} must be one table, [{name}] with its keys below.")
        found[name] = dict(content)
        for inner in [word for word in content if f"{name}.{word}" in TABLES]:
            table = found[name].pop(inner)
            if not isinstance(table, dict):
                raise UsageError(f"{path}: [{name}] {inner} must be one table, [{name}.{inner}] with its keys below.")
            found[f"{name}.{inner}"] = table
    return found


def _unknown(place: str, word: str, valid: Iterable[str], table: str = "") -> str:
    homes = [f"[{other.name}]" for other in TABLES.values() if word in [key.name for key in other.keys]]
    inner = [name.removeprefix(f"{table}.") for name in TABLES if table and name.startswith(f"{table}.")]
    names = [*valid, *inner]
    near = nearest(word, names)
    hint = f" Did you mean {near}?" if near else f" It belongs in {' or '.join(homes)}." if homes else ""
    what = "keys" if table else "tables"
    return f"{place} {word} is unknown.{hint} The {what} that may stand there: {', '.join(names)}."


def _option(name: str) -> tuple[Table, Key]:
    for table in (*TABLES.values(), *COMMAND_LINE):
        for key in table.keys:
            if key.option.lstrip("-").replace("-", "_").lower() == name:
                return table, key
    raise TypeError(f"overlay() got an unexpected option {name!r}")


def _from_text(key: Key, place: str, text: str) -> _Given:
    try:
        return _Given(place, key.kind.from_text(text), text)
    except ValueError:
        return _Given(place, text, text)


def _headers(key: Key, texts: Iterable[str], environ: Mapping[str, str]) -> _Given:
    try:
        pairs = [headers.split(text) for text in texts]
        if key.option == "--orders-header":
            pairs = [(name, headers.from_environment(value, environ)) for name, value in pairs]
    except Wrong as wrong:
        raise UsageError(f"{key.option} must be {wrong.must}.") from None
    return _Given(key.option, pairs, None)


def _standard_input(key: Key, stdin: TextIO | None) -> _Given:
    try:
        text = stdin.read() if stdin else ""
    except (OSError, ValueError):
        raise UsageError("--secret - must find the signing secret on standard input, as text in UTF-8.") from None
    return _Given(f"{key.option} -", text, None)


def _set(settings: Settings, table: Table, key: Key, given: _Given) -> Settings:
    """`settings` with one value more, parsed as its kind demands."""
    value = given.value
    if key.kind.path and isinstance(value, str) and value.strip():
        start = settings.folder if given.toml else Path.cwd()
        value = str(start / os.path.expanduser(value))  # pathlib's fails for an unknown ~user
    try:
        value = key.kind.parse(value)
    except Wrong as wrong:
        raise UsageError(_message(key, given, wrong)) from None
    except UsageError as error:
        raise UsageError(f"{given.place}: {error}") from None
    section = getattr(settings, table.section)
    name = table.mapping or key.field or key.name
    if table.mapping:
        value = {**getattr(section, name), key.name: value}
    elif key.name == "headers":
        value = headers.joined(getattr(section, name), value)
    return replace(settings, **{table.section: replace(section, **{name: value})})


def _message(key: Key, given: _Given, wrong: Wrong) -> str:
    place, written, value = given.place, given.written, given.value
    if wrong.within:
        place = f"{place}: {wrong.within}" if not given.toml else f"{place}.{wrong.within}"
        written, value = (part[wrong.within] if isinstance(part, dict) else None for part in (written, value))
    message = f"{place} must be {wrong.must or key.kind.must}"
    # What came from the environment may be a secret in the wrong place: only what the file itself says is shown.
    explained = bool(wrong.must) and wrong.nearest is None
    shown = "" if key.private or explained or written is None else _written(written, toml=given.toml)
    if shown and not _SENSITIVE.search(shown):
        message += f", not {shown}"
        literal = not given.toml or written == value
        if wrong.nearest is not None and literal and (wrong.within or _valid(key, wrong.nearest)):
            return f"{message}. Did you mean {_written(wrong.nearest, toml=given.toml)}?"
    return f"{message}."


def _valid(key: Key, value: Any) -> bool:
    """Whether a suggestion would itself be accepted: one that is not helps nobody."""
    try:
        key.kind.parse(value)
    except (Wrong, UsageError):
        return False
    return True


def _written(value: Any, *, toml: bool) -> str:
    """`value` as one would write it where it was given, cut where it is long."""
    if isinstance(value, dict):
        return "a table"
    if not toml or isinstance(value, date):
        text = ",".join(value) if isinstance(value, list) else str(value)
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    text = text if text.isprintable() else ascii(text)
    return text if len(text) <= 120 else text[:117] + "…"
