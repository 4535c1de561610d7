"""Placeholders: what `[orders]` and `[effects]` may say about a purchase, in URLs, commands and SQL."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from ..errors import UsageError
from .columns import nearest

SESSION_ID = ("session_id",)
PURCHASE = (
    "session_id",
    "client_reference_id",
    "payment_intent",
    "charge",
    "amount",
    "amount_major",
    "currency",
    "run",
    "n",
    "uuid",
)
"""`amount` is in minor units, `amount_major` in major ones; `uuid` is unique and fits a 36-character column."""

_BRACED = re.compile(r"\{([A-Za-z_]\w*)\}")
_QUOTED = re.compile(r"('[^']*'|\"[^\"]*\"|`[^`]*`|['\"`])|([^'\"`]+)")
_BOUND = re.compile(r"(?<![:\w\\]):([A-Za-z_]\w*)(?!:)")


def check_braces(template: str, setting: str, allowed: Collection[str] = PURCHASE) -> None:
    """See that `template` (a URL or a command, the value of `setting`) names only `allowed` placeholders.

    Raises:
        UsageError: it names another one.
    """
    _check(_BRACED.findall(template), setting, allowed, "{%s}")


def check_bound(statement: str, setting: str, allowed: Collection[str] = PURCHASE) -> None:
    """See that an SQL statement binds only `allowed` names.

    Raises:
        UsageError: it binds another one.
    """
    _check(sorted(bound_in(statement)), setting, allowed, ":%s")


def in_url(template: str, values: Mapping[str, Any]) -> str:
    """`template` with each value percent-encoded, so that an id can change neither path nor query."""
    return _BRACED.sub(lambda match: quote(_text(values[match[1]]), safe=""), template)


def in_arguments(command: str, values: Mapping[str, Any]) -> list[str]:
    """`command` split as a shell would, and each value put in afterwards, so that no value is ever split.

    Raises:
        UsageError: a quotation is not closed, or there is no program.
    """
    return [_BRACED.sub(lambda match: _text(values[match[1]]), word) for word in arguments_of(command)]


def arguments_of(command: str) -> list[str]:
    """The words of `command`, placeholders as they stand.

    Raises:
        UsageError: a quotation is not closed, or there is no program.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"A cmd:… setting cannot be split into words ({error}); close its quotation marks.") from None
    if not words:
        raise UsageError("A cmd:… setting must name a program, as in cmd:./read-orders {session_id}.")
    return words


def bound_in(script: str) -> set[str]:
    """The names that SQL binds (`:name`), what stands in quotation marks left out."""
    return {name for quoted, plain in _QUOTED.findall(script) if plain for name in _BOUND.findall(plain)}


def statements(script: str, setting: str) -> list[str]:
    """The statements of an SQL script (the value of `setting`), ready for SQLAlchemy's `text`.

    They are split at the semicolons outside quotation marks, and colons inside them bind nothing.

    Raises:
        UsageError: a quotation mark is not closed, or there is no statement.
    """
    found = [""]
    for quoted, plain in _QUOTED.findall(script):
        if quoted in ("'", '"', "`"):
            raise UsageError(f"{setting} has a quotation mark {quoted} that is not closed.")
        first, *others = plain.split(";") if plain else [quoted.replace(":", r"\:")]
        found[-1] += first
        found += others
    found = [statement.strip() for statement in found if statement.strip()]
    if not found:
        raise UsageError(f"{setting} holds no SQL statement.")
    return found


def query_of(script: str, setting: str) -> str:
    """The one SQL statement that `script` holds, ready for SQLAlchemy's `text`.

    Raises:
        UsageError: there is none, there are several, or a quotation mark is not closed.
    """
    first, *others = statements(script, setting)
    if others:
        raise UsageError(f"{setting} must be one SQL query; it holds {len(others) + 1} statements.")
    return first


def _check(found: Iterable[str], setting: str, allowed: Collection[str], form: str) -> None:
    for name in found:
        if name not in allowed:
            raise UsageError(
                f"{setting} has no placeholder {form % name}{nearest(name, allowed)}. "
                f"There is: {', '.join(form % known for known in allowed)}."
            )


def _text(value: Any) -> str:
    return "" if value is None else str(value)
