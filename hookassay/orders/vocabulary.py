"""Vocabulary: from a row in the implementation's words to an order in the contract's words."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

from ..config import DEFAULT_VALUES, OrdersSettings
from ..errors import HarnessError, UsageError
from .columns import Columns, nearest
from .reader import Row

COLUMN_OF: Mapping[str, str] = MappingProxyType(
    {
        "paid": "status",
        "refunded": "refund_status",
        "partially_refunded": "refund_status",
        "disputed": "dispute_status",
        "dispute_won": "dispute_status",
        "dispute_lost": "dispute_status",
    }
)
"""State → the standard column that shows it; several standard columns may be mapped to one of the implementation's."""

SHOWN = ("status", "refund_status", "dispute_status", "total_amount", "amount_refunded", "currency")

_LIST = re.compile(r"[,;|{}\[\]\"']")
_TRUE = frozenset({"true", "t", "1"})
_FALSE = frozenset({"false", "f", "0"})
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_NUMBER = re.compile(_PLAIN_NUMBER.pattern + r"([Ee][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Order:
    """One order, as the contract speaks of it.

    Attributes:
        states: Which of `COLUMN_OF`'s states the order is in; what is in nobody's vocabulary is in none.
        total: `total_amount` in the unit that `[orders] money` declares; None where it is null or not shown.
        amount_refunded: The refunded amount in that unit; None where it is null or not shown.
        currency: The lower-case ISO code; None where it is null or not shown.
        words: Standard column → what was read, for messages.
    """

    states: frozenset[str]
    total: Decimal | None = None
    amount_refunded: Decimal | None = None
    currency: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)

    def describe(self) -> str:
        """What was read, such as `status=paid refund_status=none dispute_status=none total_amount=10.00`."""
        return " ".join(f"{column}={word}" for column, word in self.words.items())

    def same_as(self, other: Order) -> bool:
        """Whether nothing that an event may change differs: states and their words, amounts, currency."""
        return self._facts() == other._facts()

    def _facts(self) -> tuple[object, ...]:
        words = tuple(self.words.get(column) for column in sorted(set(COLUMN_OF.values())))
        return self.states, words, self.total, self.amount_refunded, self.currency


class Vocabulary:
    """The implementation's words for each state (`[orders.values]`) and its columns (`[orders.columns]`)."""

    def __init__(self, settings: OrdersSettings) -> None:
        """Take the words over the defaults.

        Raises:
            UsageError: `[orders.values]` names a state that does not exist.
        """
        for state in settings.values:
            if state not in COLUMN_OF:
                raise UsageError(
                    f"[orders.values] has no state {state!r}{nearest(state, COLUMN_OF)}. "
                    f"The states are: {', '.join(COLUMN_OF)}."
                )
        self._columns = Columns(settings)
        self._words = {
            state: frozenset().union(*map(_spellings, words))
            for state, words in {**DEFAULT_VALUES, **settings.values}.items()
        }
        self._known = frozenset().union(*self._words.values())

    def order(self, row: Row) -> Order:
        """The order that `row` (keyed by standard column names) shows.

        Raises:
            HarnessError: an amount is no plain number.
        """
        said = {column: self._said(row.get(column)) for column in set(COLUMN_OF.values()) if column in row}
        currency = row.get("currency")
        return Order(
            states=frozenset(
                state for state, column in COLUMN_OF.items() if not self._words[state].isdisjoint(said.get(column, ()))
            ),
            total=_money("total_amount", row.get("total_amount")),
            amount_refunded=_money("amount_refunded", row.get("amount_refunded")),
            currency=None if currency is None else _text(currency).strip().lower(),
            words=self._shown(row),
        )

    def _said(self, value: Any) -> frozenset[str]:
        """Every word of `value` that may be a state."""
        if isinstance(value, (list, tuple, set, frozenset)):
            return frozenset().union(*map(self._said, value))
        whole = _spellings(value)
        if not isinstance(value, (str, bytes)) or not whole.isdisjoint(self._known):
            return whole
        pieces = frozenset().union(*(_spellings(piece) for piece in _LIST.split(_text(value))))
        spaced = frozenset(_text(value).casefold().split())
        # "paid disputed" are two words; "not paid" is one that nobody declared.
        return whole | pieces | (spaced if spaced <= self._known else frozenset())

    def _shown(self, row: Row) -> dict[str, str]:
        shown: dict[str, str] = {}
        told: set[str] = set()
        for column in SHOWN:
            name = self._columns.names.get(column, column)
            if column in row and name not in told:
                told.add(name)
                shown[column] = _printable(row[column])
        return shown


def _spellings(value: Any) -> frozenset[str]:
    """How a value may be written: databases give booleans as True, 1, `t` or a bit, and enums by value or name."""
    if isinstance(value, Enum):
        return _spellings(value.value) | _spellings(value.name)
    if value is None:
        return frozenset({"null"})
    if value in (b"\x00", b"\x01"):  # MySQL's BIT(1)
        value = value == b"\x01"
    if isinstance(value, (float, Decimal)) and math.isfinite(value) and value % 1 == 0:
        value = int(value)
    word = _text(value).strip().casefold()
    if word in _TRUE:
        return _TRUE
    if word in _FALSE:
        return _FALSE
    return frozenset({word})


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _printable(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(map(_printable, value))
    text = _text(value)
    text = text if text.isprintable() and text.strip() == text and text else repr(text)
    return text if len(text) <= 60 else text[:59] + "…"


def _money(column: str, value: Any) -> Decimal | None:
    """`Decimal(str(value))`, so that a float is the number that was written and not its binary neighbour."""
    if value is None:
        return None
    text = _text(value).strip()
    pattern = _NUMBER if isinstance(value, (float, Decimal)) else _PLAIN_NUMBER
    if not isinstance(value, bool) and pattern.fullmatch(text):
        return Decimal(text)
    raise HarnessError(
        f"The order's {column} is {_printable(value)}, which is no plain number such as 19.99. Map {column} under "
        "[orders.columns] in hookassay.toml to a numeric column, or give an [orders] query that casts it."
    )
