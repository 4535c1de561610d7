"""Amounts: Stripe's integers in the minor unit, and what they are in the major unit."""

from __future__ import annotations

from decimal import Decimal

# https://docs.stripe.com/currencies#zero-decimal. UGX is on that list and also on the list of special cases, which says
# that it is sent as a two-decimal amount; like ISK it is taken as the special case here. ISO 4217 must not be used
# instead: MGA has two decimals there and none at Stripe.
ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
# https://docs.stripe.com/currencies#three-decimal
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])


def decimals(currency: str) -> int:
    """How many decimals `currency` (an ISO code in any case) has in Stripe's API: 0, 2 or 3.

    ISK and UGX have two: "to charge 5 ISK, provide an amount value of 500"
    (https://docs.stripe.com/currencies#special-cases).
    """
    code = currency.lower()
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def major(amount: int | None, currency: str | None) -> Decimal | None:
    """`amount` minor units as an exact decimal in the major unit: 1050 usd is 10.50, 500 jpy is 500.

    None when the amount or its currency is unknown.
    """
    if amount is None or currency is None:
        return None
    return Decimal(amount).scaleb(-decimals(currency))
