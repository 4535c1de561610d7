from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookassay.sender.money import chargeable, exponent, iso_major, major

CURRENCIES = st.sampled_from(["usd", "eur", "huf", "jpy", "krw", "mga", "kwd", "tnd", "isk", "ugx"])
AMOUNTS = st.integers(min_value=0, max_value=999_999_999_999)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("usd", 2), ("huf", 2), ("twd", 2), ("jpy", 0), ("mga", 0), ("kwd", 3), ("isk", 2), ("ugx", 2), ("JPY", 0)],
)
def test_a_currency_has_the_decimals_that_stripe_gives_it(currency: str, decimals: int) -> None:
    """Stripe's lists decide, in any case of letters, and not those of ISO 4217."""
    assert exponent(currency) == decimals


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(500, "usd", "5.00"), (500, "jpy", "500"), (5120, "kwd", "5.120"), (500, "isk", "5.00"), (0, "usd", "0.00")],
)
def test_an_amount_is_shown_in_the_major_unit(amount: int, currency: str, shown: str) -> None:
    """Minor units become major units with the decimals of the currency."""
    assert str(major(amount, currency)) == shown


@given(AMOUNTS, CURRENCIES)
def test_no_minor_unit_is_lost(amount: int, currency: str) -> None:
    """Going to the major unit and back gives the same amount, up to the twelve digits that cards allow."""
    assert major(amount, currency) * 10 ** exponent(currency) == amount


def test_an_amount_of_any_length_is_exact() -> None:
    """Amounts beyond the precision of decimal arithmetic are not rounded."""
    assert major(10**40 + 1, "usd") == Decimal("1" + "0" * 38 + ".01")


@pytest.mark.parametrize(("currency", "shown"), [("isk", "500"), ("ugx", "500"), ("mga", "5.00"), ("usd", "5.00")])
def test_iso_reads_some_currencies_otherwise(currency: str, shown: str) -> None:
    """The ISO 4217 reading differs where Stripe has rules of its own, and nowhere else."""
    assert str(iso_major(500, currency)) == shown


@given(AMOUNTS, CURRENCIES)
def test_a_chargeable_amount_is_the_nearest_below(amount: int, currency: str) -> None:
    """A chargeable amount is not above what was asked, less than a step below it, and chargeable itself."""
    step = {"kwd": 10, "tnd": 10, "isk": 100, "ugx": 100}.get(currency, 1)

    found = chargeable(amount, currency)

    assert amount - step < found <= amount
    assert found % step == 0
