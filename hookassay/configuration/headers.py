"""Extra request headers: their form (RFC 9110, 5.1 and 5.5), and those that are not the user's to set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..endpoint import Secret
from .values import Kind, Wrong

_FRAMING = {
    "host": "it comes from the URL",
    "content-length": "it is counted from the body",
    "transfer-encoding": "the body is sent with its length, as Stripe sends it",
    "connection": "volleys rest on when connections open and close",
}
_DELIVERY = _FRAMING | {"stripe-signature": "each delivery is signed afresh; the secret decides it"}


def split(text: str) -> tuple[str, str]:
    """Name and value of `Name: value`.

    Raises:
        Wrong: there is no colon, so that it is not known which is which.
    """
    name, colon, value = text.partition(":")
    if not colon:
        raise Wrong(must="in the form 'Name: value'")
    return name, value.strip(" \t")


def from_environment(value: str, environ: Mapping[str, str]) -> str:
    """The value with a last word `env:NAME` replaced by the variable, so that a token need not be typed.

    Raises:
        Wrong: the variable is not set.
    """
    found = re.fullmatch(r"(|.*\s)env:(\w+)", value)
    if not found:
        return value
    if not environ.get(found[2]):
        raise Wrong(must=f"given a value: the environment variable {found[2]} is not set, or set to nothing")
    return found[1] + environ[found[2]]


def _check(name: str, value: Any, refused: Mapping[str, str]) -> tuple[str, str]:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise Wrong(must="named with letters, digits and hyphens only, directly before the colon", within=name)
    if name.lower() in refused:
        raise Wrong(must=f"left out: {refused[name.lower()]}", within=name)
    if not isinstance(value, str) or not re.fullmatch(r"[\t\x20-\x7e]*", value):
        raise Wrong(must="one line of plain ASCII text", within=name)
    return name, value.strip(" \t")


def _deliveries(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple(_check(name, text, _DELIVERY) for name, text in _pairs(value))


def _orders(value: Any) -> tuple[tuple[str, Secret], ...]:
    return tuple((name, Secret(text)) for name, text in (_check(*pair, _FRAMING) for pair in _pairs(value)))


def _pairs(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list) and all(isinstance(pair, tuple) for pair in value):  # as the command line hands them on
        return value
    raise Wrong


def joined(old: tuple[tuple[str, Any], ...], new: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    """Both, where a name given anew replaces the old one."""
    names = {name.lower() for name, _ in new}
    return (*(pair for pair in old if pair[0].lower() not in names), *new)


DELIVERY_HEADERS = Kind("a table of header names and their values", _deliveries)
ORDERS_HEADERS = Kind("a table of header names and their values", _orders)
