"""Money as Stripe counts it: whole minor units, and how many of them make a major unit.

Stripe's own rules (docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special cases"), which are not
those of ISO 4217.
"""

from __future__ import annotations

from decimal import Decimal

ZERO_DECIMAL = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf")
)
THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))

# The major unit cannot be divided, yet amounts are sent with two decimals: 5 ISK are 500. UGX also stands in Stripe's
# zero-decimal list; the special case says more, and no clause judges it.
WHOLE_UNITS_ONLY = frozenset(("isk", "ugx"))

_ISO_EXPONENTS = {"isk": 0, "mga": 2, "ugx": 0}


def exponent(currency: str) -> int:
    """How many decimals Stripe gives `currency` (an ISO 4217 code in any case): 0, 2 or 3.

    Source: docs.stripe.com/currencies; a currency in none of its lists has two decimals.
    """
    code = currency.lower()
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else 2


def major(amount: int, currency: str) -> Decimal:
    """The major units of `amount` minor units, exactly: 500 JPY are 500, 500 USD 5.00, 5120 KWD 5.120, 500 ISK 5.00.

    Source: docs.stripe.com/currencies, "Zero-decimal", "Three-decimal" and "Special cases".
    """
    return _shifted(amount, exponent(currency))


def iso_major(amount: int, currency: str) -> Decimal:
    """What `amount` minor units would be by ISO 4217 instead: 500 ISK are 500, 500 MGA 5.00.

    The usual mistake of a currency library; equal to `major` in every other currency.
    """
    return _shifted(amount, _ISO_EXPONENTS.get(currency.lower(), exponent(currency)))


def chargeable(amount: int, currency: str) -> int:
    """The largest amount that Stripe charges and that is not above `amount`, both in minor units.

    The last digit of a three-decimal amount must be 0, and the decimals of ISK and UGX must be 00
    (docs.stripe.com/currencies, "Three-decimal" and "Special cases").
    """
    code = currency.lower()
    step = 10 if code in THREE_DECIMAL else 100 if code in WHOLE_UNITS_ONLY else 1
    return amount - amount % step


def _shifted(amount: int, places: int) -> Decimal:
    # A string is exact at any length, where scaleb would round to the context's precision.
    return Decimal(f"{amount}E-{places}")
