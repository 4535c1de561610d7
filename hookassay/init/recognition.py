"""Recognition: what the handler reads from a Checkout Session to know whose purchase it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..scan.checks.tables.table import INTEGER, Column, Table
from .database import LiveDatabase
from .guess import Guess, unsure
from .handler import Handler
from .orders_table import OrdersTable
from .words import Dictionary, definition_of

# Methods of a table, none of its keys.
_METHODS = frozenset(
    """get keys values items to_h to_hash to_dict toArray toJSON each map dig fetch has is_none copy pop setdefault
    with_indifferent_access symbolize_keys present blank nil length""".split()
)
_KEY = re.compile(
    r"""
    \bmetadata\b (?: ["'`\])!?]* (?:,\s*\{\})? \)* (?:\s+or\s+\{\}\)*|\s*\|\|\s*\{\}\)*|\s*\?\?\s*\{\}\)*)? )
    (?:
        (?:\?\.|\.|->|\?->|&\.) (?: (?:get|fetch|dig)\(\s*["':]+(?P<got>\w+) | (?P<dotted>\w+) )
      | (?:\?\.)? \[\s* ["':]+ (?P<index>\w+)
    )
    """,
    re.VERBOSE,
)
_DESTRUCTURED = re.compile(r"(?:const|let|var)\s*\{(?P<names>[^}]{1,200})\}\s*=\s*[\w.?!]*\bmetadata\b")
_REFERENCE = re.compile(r"client_reference_id|clientReferenceId|ClientReferenceID")
_FOR_BUYER = re.compile(
    r"(?:user|customer|buyer|account|member)\w*[\"'\])]*\s*(?:=>|[:=])[^,;\n]{0,80}client_?reference_?id", re.IGNORECASE
)
_NUMBER = r"(?:\bint\(|parseInt\(|Number\(|Atoi\(|\bInteger\(|\(int\)\s*|intval\(|\+|BigInt\()"


@dataclass(frozen=True)
class Recognition:
    """What a session must carry.

    Attributes:
        metadata: The keys of its metadata that are read.
        reference: Whether its client_reference_id is.
        numbers: Those of the keys, or `client_reference_id`, that are read as whole numbers.
    """

    metadata: tuple[str, ...]
    reference: bool
    numbers: frozenset[str]


def find(handler: Handler) -> Recognition:
    """What the code that a delivery reaches reads; of the whole files where calls could not be followed to the end."""
    text = handler.whole
    keys = list(_keys(handler.text)) or list(_keys(text))
    reference = bool(_REFERENCE.search(text))
    numbers = {key for key in (*keys, "client_reference_id") if re.search(rf"{_NUMBER}[^;\n]{{0,40}}\b{key}\b", text)}
    return Recognition(tuple(keys), reference, frozenset(numbers))


def _keys(text: str) -> dict[str, None]:
    """The keys of metadata that code reads, each once."""
    keys: dict[str, None] = {}
    for found in _KEY.finditer(text):
        key = found["got"] or found["index"] or found["dotted"]
        written = re.match(r"[\"']?\]?\s*=(?!=)", text[found.end() :])
        if key not in _METHODS and not written:
            keys[key] = None
    for found in _DESTRUCTURED.finditer(text):
        for name in found["names"].split(","):
            key = name.partition(":")[0].partition("=")[0].strip()
            if key:
                keys[key] = None
    return keys


def buyer(orders: OrdersTable | None, dictionary: Dictionary, live: LiveDatabase | None) -> Guess:
    """Who buys: a value that the column of the buyer takes."""
    column = orders.column("user_id") if orders is not None else None
    if orders is None or column is None:
        return Guess("1")
    other = live.refers(orders.table.name, column.name) if live is not None else None
    if live is not None and other is not None:
        row = live.first(*other)
        if row is not None:
            return Guess(str(row), f"a row of {other[0]}")
        return unsure("1", f"{column.name} must be one that {other[0]} has, which is empty")
    for table in orders.definitions if live is None else ():
        same = table.column(column.name)
        if same is not None and _tied(table, same, dictionary):
            return unsure("1", f"{column.name} must be one that your database has")
    return Guess("1" if column.kind == INTEGER else "user-{n}")


def _tied(table: Table, column: Column, dictionary: Dictionary) -> bool:
    """Whether a column refers to another table, as far as the code says."""
    text = dictionary.code.get(column.place.path, "")
    if re.search(r"references|ForeignKey|foreign_key|foreignId|constrained", definition_of(column, text)):
        return True
    name = re.escape(column.name)
    return bool(re.search(rf"fields:\s*\[{name}\]|add_foreign_key\s+\"{table.name}\"|FOREIGN KEY\s*\(\"?{name}", text))


def reference(recognition: Recognition, handler: Handler, ids: Mapping[str, str], bought_by: Guess) -> Guess:
    """The client_reference_id that a purchase carries; the arguments are those of `metadata`."""
    if not recognition.reference:
        return Guess(None)
    where = f"read at {handler.where}"
    if "client_reference_id" in ids:
        return Guess(ids["client_reference_id"], where)
    if _FOR_BUYER.search(handler.whole):
        return bought_by if not bought_by.sure else Guess(bought_by.value, bought_by.why or where)
    if "client_reference_id" in recognition.numbers:
        return unsure("1", "it is read as a number, which may have to be that of a row that exists")
    return Guess("cart-{run}-{n}", where)


def metadata(recognition: Recognition, handler: Handler, ids: Mapping[str, str], bought_by: Guess) -> Guess:
    """The metadata that a purchase carries.

    Args:
        recognition: What is read.
        handler: Who reads it.
        ids: Key → the value that ties it to an order of the shop's own.
        bought_by: What names a buyer.
    """
    if not recognition.metadata:
        return Guess(None)
    values = {}
    doubts = []
    for key in recognition.metadata:
        if key in ids:
            values[key] = ids[key]
        elif re.search(r"mail", key, re.IGNORECASE):
            values[key] = "buyer-{n}@example.invalid"
        elif is_customer(key):
            numeric = key in recognition.numbers and not str(bought_by.value).isdigit()
            values[key] = "1" if numeric else bought_by.value
            doubts += [] if bought_by.sure else [bought_by.why]
        elif key in recognition.numbers:
            values[key] = "1"
        else:
            values[key] = f"{key}-{{n}}"
    if doubts:
        return unsure(values, "; ".join(doubts))
    return Guess(values, f"read at {handler.where}")


def is_customer(key: str) -> bool:
    """Whether a key names who buys."""
    return re.search(r"user|customer|account|member|buyer|tenant|team|org|profile", key, re.IGNORECASE) is not None


def is_order(key: str) -> bool:
    """Whether a key names the shop's own order."""
    return re.search(r"order|reference|booking|purchase|sale|cart|donation|invoice|payment_?id", key, re.I) is not None
