"""The types of Stripe's events, as Stripe's own library lists them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

_OWN = re.compile(
    r"checkout\.session\.|payment_intent\.|setup_intent\.|charge\.|customer\.subscription\.|invoice\.(paid|payment_|final)"
    r"|payment_method\.|payout\.(paid|failed)|account\.application\."
)


@cache
def sections() -> Mapping[str, tuple[str, ...]]:
    """Snapshot events of today, thin events, and those that were once or may come; `*` is among the first."""
    text = (files(__package__) / "event_types.txt").read_text(encoding="utf-8")
    parts = re.split(r"^\[(\w+)\]$", text, flags=re.MULTILINE)[1:]
    return {name: tuple(types.split()) for name, types in zip(parts[::2], parts[1::2], strict=True)}


@cache
def known() -> frozenset[str]:
    """Every type that Stripe has, had, or tries out."""
    return frozenset(name for names in sections().values() for name in names)


@cache
def compact() -> Mapping[str, str]:
    """A type in lower case without its punctuation, as names of functions and constants hold it → the type."""
    return {re.sub(r"[._]", "", name): name for name in sorted(known())}


def distinctive(name: str) -> bool:
    """Whether a type is Stripe's and cannot be another provider's, as `customer.created` could."""
    return name in known() and bool(_OWN.match(name))


# What people say where Stripe says otherwise.
_SAID = {
    "success": "succeeded",
    "successful": "succeeded",
    "complete": "completed",
    "paid": "succeeded",
    "failed": "payment_failed",
    "failure": "failed",
    "cancelled": "deleted",
    "canceled": "deleted",
    "refund": "refunded",
    "disputed": "dispute.created",
    "dispute": "dispute.created",
}


def nearest(name: str) -> str | None:
    """The type that `name` was probably meant to be; None where nothing is like it."""
    today = sections()["snapshot"]
    head, _, last = name.rpartition(".")
    first, _, second = last.rpartition("_")
    for said in (f"{head}.{_SAID.get(last, last)}", f"{head}.{first}_{_SAID.get(second, second)}"):
        if said in today:
            return said
    if head == "payment_intent" and last == "completed":
        return "payment_intent.succeeded"
    inside = [one for one in today if one.endswith(f".{name}")]
    words = set(re.split(r"[._]", name))
    # "payment_intent.failed" has all its words in "payment_intent.payment_failed", "charge.disputed" nearly has.
    wider = [one for one in today if words <= set(re.split(r"[._]", one)) and one.split(".")[0] == name.split(".")[0]]
    candidates = inside or sorted(wider, key=len)
    close = candidates[:1] or get_close_matches(name, today, n=1, cutoff=0.7)
    return close[0] if close else None
