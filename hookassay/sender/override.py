"""Fields of an event in place of those that Stripe would send: `data.object.amount_refunded=300`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..errors import UsageError
from ..nearest import hint
from .event import Event

FREE = "metadata"
"""The object whose keys are the shop's own: whatever is set there may be new."""


def overridden(event: Event, assignments: Iterable[str]) -> Event:
    """The event with each `PATH=VALUE` applied, in order.

    A path is dotted, a number is a place in a list; a value is JSON where it reads as JSON, else a text.

    Raises:
        UsageError: an assignment has no `=`, or its path names what the event does not have.
    """
    payload = event.payload()
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals or not path.strip():
            raise UsageError(f"--set must be PATH=VALUE, such as data.object.amount_refunded=300, not {assignment!r}.")
        _set(payload, path.strip(), _value(text))
    return Event(payload)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _set(payload: dict[str, Any], path: str, value: Any) -> None:
    """Put the value where the path leads, which must exist but for the last key inside metadata."""
    *way, last = path.split(".")
    here: Any = payload
    walked: list[str] = []
    for word in way:
        key = _key(here, word, walked, path)
        if word == FREE and here[key] is None:
            here[key] = {}
        here = here[key]
        walked.append(word)
    if walked and walked[-1] == FREE and isinstance(here, dict):
        here[last] = value
    else:
        here[_key(here, last, walked, path)] = value


def _key(here: Any, word: str, walked: list[str], path: str) -> str | int:
    """What `word` stands for in what the path led to so far."""
    place = ".".join(walked) or "the event"
    if isinstance(here, dict) and word in here:
        return word
    if isinstance(here, list) and word.isdecimal() and int(word) < len(here):
        return int(word)
    if isinstance(here, dict):
        raise UsageError(
            f"--set {path}: {place} has no key {word!r}.{hint(word, here)} Its keys are {', '.join(here) or 'none'}."
        )
    if isinstance(here, list):
        raise UsageError(
            f"--set {path}: {place} is a list of {len(here)}. What follows must be a number below that, from 0, not"
            f" {word!r}."
        )
    raise UsageError(
        f"--set {path}: {place} is {json.dumps(here)}, which holds nothing. The path must end there, or the whole must"
        f" be given as JSON: --set '{place}={{\"{word}\": …}}'"
    )
