"""The subscription: which types of events the shop's endpoint is to receive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..scan import event_types
from ..scan.survey import Survey
from .guess import Guess, unsure
from .handler import Handler

# What was told to Stripe itself: where the endpoint is made by code, or by the Stripe CLI.
_ENABLED = re.compile(r"enabled_?events[\"']?\s*(?:=>|[:=])\s*\[(?P<list>[^\]]{0,4000})\]", re.IGNORECASE)
_LISTEN = re.compile(r"stripe\s+listen\b[^\n]*?(?:--events|-e)[ =](?P<list>[\w.,*]+)")
_QUOTED = re.compile(r"[\"'`](?P<name>[a-z_]+(?:\.[a-z_]+)+)[\"'`]|\bEventType(?P<go>[A-Z]\w+)")
# A type that is asked for, or that leads to what handles it in a table.
_ASKED = re.compile(
    r"""(?:(?:[=!]==?|\bcase|\bwhen)\s*|(?P<before>))["'`](?P<name>[a-z_]+(?:\.[a-z_]+)+)["'`](?(before)\s*(?::|=>|,?\s*do\b))"""
    r"|\bEventType(?P<go>[A-Z]\w+)"
)
_WORD = re.compile(r"[a-z_]+(?:\.[a-z_]+)+|\*")
# Types that are put together or taken apart cannot be read off: a family of them without the happening.
_FAMILY = re.compile(
    r"[\"'](?P<family>checkout\.session|charge\.dispute|charge\.refund)\.?[\"']|[\"'](?P<dot>charge|refund|payment_intent|checkout)\.[\"']"
)


def find(survey: Survey, handler: Handler) -> Guess:
    """The types that Stripe was told to send; else those that the handler knows; None for all."""
    for source in survey.sources:
        for pattern in (_ENABLED, _LISTEN):
            told = pattern.search(source.text)
            if told:
                words = [word for word in _WORD.findall(told["list"]) if word == "*" or word in event_types.known()]
                if words:
                    at = f"{source.path}:{source.text.count(chr(10), 0, told.start()) + 1}"
                    return Guess(None if "*" in words else _ordered(words), f"what {at} tells Stripe")
    if handler.place is None:
        return unsure(None, "no code that handles events was found; without this key every type is delivered")
    listed = set(_listed(handler.whole, _QUOTED))
    compared = {*_compared(handler), *_listed(handler.whole, _ASKED)}
    families = {found["family"] or found["dot"] for found in _FAMILY.finditer(handler.whole)}
    if any(not any(name.startswith(f"{family}.") for name in compared | listed) for family in families):
        return unsure(None, f"{handler.where} puts names of types together; without this key every type is delivered")
    if not compared | listed:
        return unsure(None, f"{handler.where} names no type; without this key every type is delivered")
    types = _ordered(compared | listed)
    same = "Stripe must be told to send the same"
    if listed <= compared:
        return Guess(types, f"the types that {handler.where} asks for; {same}")
    return unsure(types, f"the types that stand in the code of {handler.where}, handled or not; {same}")


def _compared(handler: Handler) -> Iterator[str]:
    place = handler.place
    for path, at in place.reached.compared if place is not None else ():
        found = _QUOTED.match(handler.files.get(path, ""), at) or _QUOTED.search(
            handler.files.get(path, "")[at : at + 80]
        )
        if found:
            yield from _type(found)


def _listed(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    for found in pattern.finditer(text):
        yield from _type(found)


def _type(found: re.Match[str]) -> Iterator[str]:
    name = found["name"] or event_types.compact().get((found["go"] or "").lower(), "")
    if event_types.distinctive(name) or (name in event_types.known() and name.startswith(("refund.", "charge."))):
        yield name


def _ordered(types: Iterable[str]) -> tuple[str, ...]:
    """In the order of a payment's life, which is how a person thinks of them."""
    order = ("checkout.", "payment_intent.", "charge.dispute", "charge.", "refund.")
    life = ("checkout.", "payment_intent.", "charge.", "refund.", "charge.dispute")

    def rank(name: str) -> int:
        family = next((start for start in order if name.startswith(start)), "")
        return life.index(family) if family else len(life)

    return tuple(sorted(set(types), key=lambda name: (rank(name), name)))
