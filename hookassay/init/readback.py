"""The read-back over HTTP: a route of the shop's own that shows an order, for shops whose tables show none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..scan.checks.tables.table import INTEGER, UNKNOWN, Column
from ..scan.finding import Place
from ..scan.survey import Survey
from . import words
from .guess import Guess, unsure
from .likeness import likeness
from .orders_table import READ
from .variables import Variables
from .words import STATES_OF, Dictionary, Word

_SHOWS_ORDERS = re.compile(r"order|purchase|sale|booking|payment", re.IGNORECASE)
_PARAMETER = re.compile(r"\{(?P<braces>\w+)(?::\w+)?\}|:(?P<colon>\w+)|<(?:\w+:)?(?P<angle>\w+)>|\[(?P<square>\w+)\]")
_SESSION = re.compile(r"session|checkout|cs_?id", re.IGNORECASE)
_WRAPPED = re.compile(
    r"\{\s*[\"']?(?P<key>orders?|purchases?|sales|data|rows|items|results?)[\"']?\s*:\s*\w+\s*,?\s*\}"
)
_NOWHERE = Place("", 1, 1, 2, "")


@dataclass(frozen=True)
class ReadBack:
    """A route that shows orders.

    Attributes:
        where: The route and its file.
        keys: Table, key, and what it says.
    """

    where: str
    keys: tuple[tuple[str, str, Guess], ...]


def find(survey: Survey, variables: Variables, webhook: str, dictionary: Dictionary) -> ReadBack | None:
    """The route that shows an order by its session's id; None where there is none whose answer can be read off."""
    for sheet in survey.sheets:
        for route in sheet.routes:
            parameter = _PARAMETER.search(route.url)
            if route.method == "POST" or not parameter or not _SHOWS_ORDERS.search(route.url):
                continue
            text = sheet.outline.source.text
            shown = _shown(text)
            if shown:
                return _read_back(route.url, sheet.path, text, shown, variables, webhook, dictionary)
    return None


def _read_back(
    route: str,
    path: str,
    text: str,
    shown: dict[str, str],
    variables: Variables,
    webhook: str,
    dictionary: Dictionary,
) -> ReadBack:
    parameter = _PARAMETER.search(route)
    assert parameter is not None
    where = f"GET {route} in {path}"
    address = urlsplit(webhook)
    url = f"{address.scheme}://{address.netloc}{route[: parameter.start()]}{{session_id}}{route[parameter.end() :]}"
    name = next(name for name in parameter.groups() if name)
    source = Guess(url, where)
    if not _SESSION.search(name):
        source = source.doubted(f"{{{name}}} in {where} must be the Checkout Session's id")
    keys: list[tuple[str, str, Guess]] = [("orders", "source", source)]
    wrapped = _WRAPPED.search(text)
    if wrapped:
        keys.append(("orders", "rows", Guess(wrapped["key"], "where the answer holds them")))
    divides = re.search(r"/\s*100\b|Decimal|toFixed|scaleb", text)
    money = "major" if divides else "minor"
    keys.append(("orders", "money", Guess(money, "nothing divides what Stripe says", sure=not divides)))
    token = next((one for one in variables.named if "TOKEN" in one and one in text and "STRIPE" not in one), None)
    if token and re.search(r"bearer", text, re.IGNORECASE):
        keys.append(("orders", "headers", Guess({"Authorization": f"Bearer ${{{token}}}"}, "the route asks for it")))
    taken = _taken(shown)
    for standard in READ:
        if standard in taken:
            keys.append(("orders.columns", standard, Guess(taken[standard], f"a key of the answer in {path}")))
        elif standard in ("refund_status", "dispute_status", "total_amount"):
            keys.append(("orders.columns", standard, unsure(False, f"the answer in {path} has no key like it")))
    for standard, states in STATES_OF.items():
        if standard in taken:
            found = words.states(_words(shown[taken[standard]], dictionary), (standard,))
            for state in states:
                keys.append(("orders.values", state, words.guess(state, found, f"words in {path}", text)))
    return ReadBack(where, tuple(keys))


def _taken(shown: dict[str, str]) -> dict[str, str]:
    """Standard column → the key that is likest to it; each key serves once."""
    taken: dict[str, str] = {}
    for standard in READ:
        kind = INTEGER if standard in ("total_amount", "amount_refunded") else UNKNOWN
        found = [
            (likeness(standard, Column(key.rpartition(".")[2], kind, _NOWHERE)), -key.count("."), key)
            for key in shown
            if key not in taken.values()
        ]
        score, _, key = max(found, default=(0, 0, ""))
        if score:
            taken[standard] = key
    return taken


def _words(value: str, dictionary: Dictionary) -> Iterator[Word]:
    for found in re.finditer(r"[\"'`](?P<word>[A-Za-z][\w-]*)[\"'`]|\b(?P<name>[A-Z][A-Z0-9_]{2,})\b", value):
        if found["word"]:
            yield Word(found["word"])
        else:
            yield from dictionary.lists.get(found["name"].lower(), ())


def _shown(text: str) -> dict[str, str]:
    """The keys of the object in a file that is likest to an order, with the code of each value; inner keys dotted."""
    best: dict[str, str] = {}
    most = 0
    for found in re.finditer(r"\{", text):
        keys = _pairs(text, found.start())
        taken = _taken(keys)
        told = sum(standard in taken for standard in READ)
        if {"stripe_session_id", "status"} <= taken.keys() and told > most and told >= 4:
            best, most = keys, told
    return best


def _pairs(text: str, start: int) -> dict[str, str]:
    """The keys of the object that begins at `start`, whatever language writes it."""
    pieces: list[str] = [""]
    depth = 0
    for sign in text[start + 1 : start + 3000]:
        if sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth < 0:
                break
        if sign == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += sign
    found: dict[str, str] = {}
    for piece in pieces:
        pair = re.match(r"\s*[\"']?(?P<key>[A-Za-z_]\w*)[\"']?\s*(?::|=>)\s*(?P<value>.+)", piece, re.DOTALL)
        if not pair:
            continue
        value = pair["value"].strip()
        if value.startswith("{") and value.endswith("}"):
            found.update({f"{pair['key']}.{key}": inner for key, inner in _pairs(value, 0).items()})
        else:
            found[pair["key"]] = value
    return found
