"""Columns: the standard names of an order's columns, and where this implementation keeps each."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from ..config import DEFAULT_COLUMNS, OrdersSettings
from ..errors import UsageError

STANDARD = (*DEFAULT_COLUMNS, "amount_refunded", "currency")
JUDGED = ("status", "refund_status", "dispute_status", "total_amount")
"""Clauses look at these, so each must be there, or be declared as not shown."""


class Columns:
    """`[orders.columns]` over the defaults.

    Attributes:
        names: Standard name → the implementation's name, without those that are declared as not shown ("" or false).
        declared: The standard names that a user mapped to something else than the default; these must exist.
    """

    names: Mapping[str, str]
    declared: frozenset[str]

    def __init__(self, settings: OrdersSettings) -> None:
        """Read the mapping.

        Raises:
            UsageError: a standard name that does not exist, or `status` or `stripe_session_id` declared as not shown.
        """
        for name in settings.columns:
            if name not in STANDARD:
                raise UsageError(
                    f"[orders.columns] has no name {name!r}{nearest(name, STANDARD)}. It maps: {', '.join(STANDARD)}."
                )
        mapped = {**DEFAULT_COLUMNS, **settings.columns}
        for name in ("status", "stripe_session_id"):
            if not mapped[name]:
                raise UsageError(f'[orders.columns] {name} must name a column; only the others may be "".')
        self.names = {standard: str(name) for standard, name in mapped.items() if name}
        self.declared = frozenset(
            standard for standard, name in self.names.items() if DEFAULT_COLUMNS.get(standard) != name
        )

    def must_have(self, standard: str) -> bool:
        """Whether an order without this column cannot be judged as declared."""
        return standard in self.names and (standard in JUDGED or standard in self.declared)

    def missing(self, standard: Iterable[str], place: str, available: Iterable[str]) -> UsageError:
        """The error for columns that `place` (`the table orders`) lacks, with what it has and what to do."""
        standard = list(standard)
        available = list(available)
        wanted = ", ".join(f"{self.names[name]}{nearest(self.names[name], available)}" for name in standard)
        first = standard[0]
        advice = f"Set {first} under [orders.columns] in hookassay.toml to the column that holds it"
        if first in ("refund_status", "dispute_status"):
            advice += f' (several may share one: {first} = "{self.names["status"]}")'
        if first not in ("status", "stripe_session_id"):
            advice += ', or to "" if an order does not show it'
        return UsageError(
            f"{place[0].upper()}{place[1:]} has no column {wanted}. It has: {', '.join(available) or 'none'}. {advice}."
        )


def nearest(name: str, available: Iterable[str]) -> str:
    """` (did you mean X?)` for the likeliest of the `available` names, or nothing."""
    plain = {_plain(candidate): candidate for candidate in available}
    matches = difflib.get_close_matches(_plain(name), plain, n=1)
    return f" (did you mean {plain[matches[0]]}?)" if matches else ""


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()
