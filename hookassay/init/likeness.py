"""Likeness: how much the name and the kind of a column speak for what an order's standard column holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from ..scan.checks.tables.judgement import ALIKE
from ..scan.checks.tables.table import BOOLEAN, DECIMAL, FLOAT, INTEGER, OTHER, TEXT, TIME, UNKNOWN, Column, plain

NUMBERS = (INTEGER, DECIMAL, FLOAT)
_WORDS = (TEXT, OTHER, UNKNOWN)

# Standard column → patterns of names as `plain` writes them, the likest first; each is worth a point less.
_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "stripe_session_id": (
            r"(stripe)?(checkout)?sessionid|stripecheckout(session)?id",
            ALIKE["stripe_session_id"],
            r"(stripe)?checkout(ref|reference)?|(payment)?session(ref)?|stripe(id|ref|reference)",
        ),
        "status": (
            r"status|state",
            r"(order|payment|fulfil+ment|sale|booking)(status|state)",
            r"(is)?paid|tags|stage",
            r"(paid|completed|settled|fulfilled)at",
        ),
        "refund_status": (
            r"refund(status|state)",
            r"(is|was)?(fully)?refunded|refund|moneyback|returned",
            r"refunded(at|on)",
        ),
        "dispute_status": (
            r"(dispute|chargeback)(status|state)",
            r"(is|was|has)?(disputed?|chargeback|chargedback|complaint|contested)",
            r"(disputed|chargeback|chargedback)(at|on)",
        ),
        "total_amount": (
            r"totalamount|amounttotal|total",
            r"(amount|price)(total|paid)?|(order|grand|total)?(total|amount|price)(in)?(cents?|minor)|cents|(in)?cents",
            r"(total|amount|price|gross|paid)(cents?|minor|eur|usd|major|due|charged)?|(order|sale|purchase)(amount|price)",
        ),
        "amount_refunded": (
            r"amountrefunded|refundedamount|refundamount|refundedtotal|totalrefunded",
            r"(refunded|returned)(in)?(cents?|minor)?|(cents?|minor|amount)(refunded|returned|back)|moneyback",
            r"\w*(refunded|returned)\w*",
        ),
        "currency": (r"currency", r"currencycode|\w*currency", r"money|iso"),
        "id": (r"id", ALIKE["id"]),
        "user_id": (r"userid", ALIKE["user_id"]),
        "created_at": (r"createdat", ALIKE["created_at"]),
    }
)
_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "stripe_session_id": _WORDS,
        "status": (*_WORDS, BOOLEAN, TIME, INTEGER),
        "refund_status": (*_WORDS, BOOLEAN, TIME),
        "dispute_status": (*_WORDS, BOOLEAN, TIME, INTEGER),
        "total_amount": (*NUMBERS, UNKNOWN),
        "amount_refunded": NUMBERS,
        "currency": _WORDS,
        "id": (INTEGER, *_WORDS),
        "user_id": (INTEGER, *_WORDS),
        "created_at": (TIME, *_WORDS, INTEGER),
    }
)


def likeness(standard: str, column: Column) -> int:
    """From 5 for the very name to 1 for what may just be it; 0 for what is not."""
    if column.kind not in _KINDS[standard] and not (standard == "refund_status" and column.name.endswith("status")):
        return 0
    name = plain(column.name)
    for lost, pattern in enumerate(_NAMES[standard]):
        if re.fullmatch(pattern, name):
            return 5 - lost
    return 0


def minor(column: Column) -> bool | None:
    """Whether an amount is in the minor unit, by kind and name; None where neither tells."""
    if re.search(r"cents?|minor|pence|öre|ore$", plain(column.name)):
        return True
    if column.kind == INTEGER:
        return True
    return False if column.kind in (DECIMAL, FLOAT) else None
