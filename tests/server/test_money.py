"""Amounts in the major unit."""

from __future__ import annotations

import pytest
from hookassay.server.money import decimals, major


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1050, "usd", "10.50"),
        (500, "jpy", "500"),
        (5120, "kwd", "5.120"),
        (500, "isk", "5.00"),
        (500, "ugx", "5.00"),
        (500, "mga", "500"),
        (500, "huf", "5.00"),
        (0, "eur", "0.00"),
        (999_999_999_999, "krw", "999999999999"),
        (999_999_999_999, "idr", "9999999999.99"),
    ],
)
def test_major(amount: int, currency: str, shown: str) -> None:
    """Each currency has the decimals that Stripe gives it, and no digit is lost."""
    assert shown == str(major(amount, currency))


def test_case_of_the_code() -> None:
    """A currency code means the same in upper case."""
    assert decimals("JPY") == decimals("jpy") == 0


def test_unknown_amount() -> None:
    """A session without an amount or a currency has no total."""
    assert (major(None, "usd"), major(5, None)) == (None, None)
