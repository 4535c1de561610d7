"""Defects of money: what an amount becomes on its way from Stripe's minor units to the order's major ones."""

from __future__ import annotations

from decimal import Decimal

from hookassay.server import facts
from hookassay.server.money import THREE_DECIMAL, ZERO_DECIMAL, decimals, major
from hookassay.server.settings import Settings

from .registry import WSGIApp, defect
from .variant import variant


@defect(
    source="D58",
    fails="OR-10 OR-11",
    known_as="amounts in every currency divided by 100",
    fix=(
        "Keep amounts as integers in the minor unit. Convert them with the decimals that Stripe lists for the "
        "currency: none for JPY, three for KWD, two for most."
    ),
)
def divided_by_100(settings: Settings) -> WSGIApp:
    """Every amount is divided by 100, whatever its currency's decimals."""

    def hundredths(amount: int | None, currency: str | None) -> Decimal | None:
        return None if amount is None or currency is None else Decimal(amount) / 100

    facts.major = hundredths  # type: ignore[attr-defined]
    return variant(settings)


@defect(
    source="D59",
    fails="OR-10",
    known_as="amounts cut off by floating point",
    fix=(
        "Keep amounts as integers in the minor unit, and convert them with exact decimal arithmetic. Use floating "
        "point for no sum of money."
    ),
)
def cents_lost_to_floats(settings: Settings) -> WSGIApp:
    """Amounts are calculated as floating point numbers and cut off: 19.99 becomes 19.98."""

    def cut_off(amount: int | None, currency: str | None) -> Decimal | None:
        if amount is None or currency is None:
            return None
        unit: int = 10 ** decimals(currency)
        return Decimal(int(amount / unit * unit)) / unit

    facts.major = cut_off  # type: ignore[attr-defined]
    return variant(settings)


@defect(
    source="D58",
    fails="OR-10",
    known_as="three-decimal currencies divided by 100",
    fix="Treat BHD, JOD, KWD, OMR and TND as currencies with three decimals: an amount of 5120 in KWD is 5.120.",
)
def three_decimals_forgotten(settings: Settings) -> WSGIApp:
    """Currencies without decimals are known, and those with three are divided by 100 like all others."""

    def two_at_most(amount: int | None, currency: str | None) -> Decimal | None:
        if amount is None or currency is None:
            return None
        return Decimal(amount).scaleb(-min(2, decimals(currency)))

    facts.major = two_at_most  # type: ignore[attr-defined]
    return variant(settings)


def knowing(zero: frozenset[str], three: frozenset[str]) -> None:
    """Let only these currencies have no decimals, and three."""

    def as_known(amount: int | None, currency: str | None) -> Decimal | None:
        if amount is None or currency is None:
            return None
        return Decimal(amount).scaleb(0 if currency in zero else -3 if currency in three else -2)

    facts.major = as_known  # type: ignore[attr-defined]


@defect(
    source="mutation",
    fails="OR-10",
    known_as="incomplete list of zero-decimal currencies",
    fix="Take the whole list of docs.stripe.com/currencies, or refuse to sell in a currency that is not on yours.",
)
def some_currencies_without_decimals(settings: Settings) -> WSGIApp:
    """Of the currencies without decimals only yen and won are known; all others are divided by 100."""
    knowing(frozenset(["jpy", "krw"]), THREE_DECIMAL)
    return variant(settings)


@defect(
    source="mutation",
    fails="OR-10",
    known_as="incomplete list of three-decimal currencies",
    fix="Take the whole list of docs.stripe.com/currencies, or refuse to sell in a currency that is not on yours.",
)
def some_currencies_of_three_decimals(settings: Settings) -> WSGIApp:
    """Of the currencies with three decimals only the Kuwaiti dinar is known; all others are divided by 100."""
    knowing(ZERO_DECIMAL, frozenset(["kwd"]))
    return variant(settings)


@defect(
    source="D59",
    fails="OR-10 OR-11",
    known_as="total rounded to whole currency units",
    fix=(
        "Keep the total as an integer in the minor unit, or in an exact decimal column with three decimals. Round "
        "nothing."
    ),
)
def rounded_to_whole_units(settings: Settings) -> WSGIApp:
    """The total is kept in a column of whole dollars: 19.99 becomes 20."""
    rightly = major

    def rounded(amount: int | None, currency: str | None) -> Decimal | None:
        exact = rightly(amount, currency)
        return None if exact is None else exact.quantize(Decimal(1))

    facts.major = rounded  # type: ignore[attr-defined]
    return variant(settings)
