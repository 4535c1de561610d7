"""Recognition: what the handler reads from a Checkout Session to know whose purchase it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .guess import Guess, unsure
from .handler import Handler

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
    keys: dict[str, None] = {}
    for found in _KEY.finditer(text):
        key = found["got"] or found["index"] or found["dotted"]
        if key not in _METHODS:
            keys[key] = None
    for found in _DESTRUCTURED.finditer(text):
        for name in found["names"].split(","):
            key = name.partition(":")[0].partition("=")[0].strip()
            if key:
                keys[key] = None
    reference = bool(_REFERENCE.search(text))
    numbers = {key for key in (*keys, "client_reference_id") if re.search(rf"{_NUMBER}[^;\n]{{0,40}}\b{key}\b", text)}
    return Recognition(tuple(keys), reference, frozenset(numbers))


def metadata(recognition: Recognition, handler: Handler, ids: Mapping[str, str]) -> Guess:
    """The metadata that a purchase carries.

    Args:
        recognition: What is read.
        handler: Who reads it.
        ids: Key → the value that ties it to an order of the shop's own.
    """
    if not recognition.metadata:
        return Guess(None)
    values = {}
    doubts = []
    for key in recognition.metadata:
        if key in ids:
            values[key] = ids[key]
        elif key in recognition.numbers or is_customer(key):
            values[key] = "1"
            if is_customer(key):
                doubts.append(f"{key} must be one that your database has, where it refers to a table of its own")
        elif re.search(r"mail", key):
            values[key] = "buyer-{n}@example.invalid"
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
