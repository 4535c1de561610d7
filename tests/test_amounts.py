"""Amounts, from an event to the reference server's columns and to the judge: nothing is rounded on the way.

Every amount is written out here in both units, by https://docs.stripe.com/currencies and by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import postgres
import psycopg
import pytest
import reference_shop
from toy_shop import ToyShop, bench

from hookassay.config import DEFAULT_COLUMNS, OrdersSettings, Settings
from hookassay.errors import ContractViolation
from hookassay.judging.expectation import Expectation
from hookassay.judging.scene import Scene
from hookassay.orders.adapter import open_reader
from hookassay.orders.book import OrderBook
from hookassay.orders.vocabulary import Order, Vocabulary


@dataclass(frozen=True)
class Price:
    """A price, and a part of it that is given back.

    Attributes:
        minor: The price in minor units of `currency`.
        major: The same in the major unit, with all its decimals.
        thousandths: How much is given back.
        part: The same in minor units.
        major_part: The same in the major unit.
    """

    minor: int
    currency: str
    major: str
    thousandths: str
    part: int
    major_part: str

    def __str__(self) -> str:
        return f"{self.major} {self.currency}"

    @property
    def step(self) -> Decimal:
        """One minor unit, in the major unit."""
        return Decimal((0, (1,), Decimal(self.major).as_tuple().exponent))


PRICES = [
    Price(1, "jpy", "1", "1000", 1, "1"),
    Price(500, "jpy", "500", "500", 250, "250"),
    Price(5120, "kwd", "5.120", "500", 2560, "2.560"),
    Price(1999, "usd", "19.99", "500", 999, "9.99"),
    Price(829, "usd", "8.29", "500", 414, "4.14"),
    Price(114099, "usd", "1140.99", "500", 57049, "570.49"),
    Price(999_999_999_999, "usd", "9999999999.99", "500", 499_999_999_999, "4999999999.99"),
    Price(999_999_999_999, "krw", "999999999999", "500", 499_999_999_999, "499999999999"),
    Price(999_999_999_990, "kwd", "999999999.990", "500", 499_999_999_990, "499999999.990"),
]
every_price = pytest.mark.parametrize("price", PRICES, ids=str)
COLUMNS = {**DEFAULT_COLUMNS, "amount_refunded": "amount_refunded", "currency": "currency"}

# --- the reference server ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reference:
    """The reference server, and the URL of its database."""

    shop: reference_shop.Shop
    url: str

    def sell(self, price: Price) -> str:
        """Deliver a purchase and a refund of its part; the Checkout Session."""
        purchase = reference_shop.Purchase(amount=price.minor, currency=price.currency)
        self.shop.deliver(purchase.completed(), purchase.refunded(price.part))
        self.shop.deliver(purchase.refund("created", price.part, "succeeded"))
        return purchase.session_id

    def read(self, session_id: str, money: str, total: str) -> Order:
        """The order as the judge reads it, its price from the column `total` and in the unit `money`."""
        settings = OrdersSettings(source=self.url, money=money, columns={**COLUMNS, "total_amount": total})
        reader = open_reader(settings, Path.cwd())
        (order,) = OrderBook(reader, Vocabulary(settings)).of(session_id)
        assert reader is not None
        reader.close()
        return order


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reference]:
    """The reference server on SQLite, one for all prices."""
    url = f"sqlite:///{tmp_path_factory.mktemp('amounts') / 'orders.db'}"
    with reference_shop.opened(reference_shop.settings_for(url)) as shop:
        yield Reference(shop, url)


@pytest.fixture(scope="module")
def on_postgres(postgres_url: str) -> Iterator[Reference]:
    """The reference server on PostgreSQL, one for all prices."""
    with (
        postgres.fresh_database(postgres_url) as url,
        reference_shop.opened(reference_shop.settings_for(url)) as shop,
    ):
        yield Reference(shop, url)


@pytest.fixture(params=["on_sqlite", "on_postgres"])
def reference(request: pytest.FixtureRequest) -> Reference:
    """The reference server: the test runs once for each kind of database."""
    reference: Reference = request.getfixturevalue(request.param)
    return reference


@every_price
def test_integer_columns_hold_minor_units(reference: Reference, price: Price) -> None:
    """The integer columns hold the very numbers that Stripe sent, on every database."""
    order = reference.read(reference.sell(price), "minor", "amount_total")

    assert (order.total, order.amount_refunded, order.currency) == (price.minor, price.part, price.currency)


@every_price
def test_decimal_column_holds_major_units(reference: Reference, price: Price) -> None:
    """The decimal column reads as the exact amount in the major unit, even as the float that SQLite keeps."""
    order = reference.read(reference.sell(price), "major", "total_amount")

    assert order.total == Decimal(price.major)


@every_price
def test_decimal_column_is_a_decimal(on_postgres: Reference, price: Price) -> None:
    """PostgreSQL keeps the decimal column as a decimal, not as a float."""
    session_id = on_postgres.sell(price)
    query = "SELECT total_amount FROM orders WHERE stripe_session_id = %s"
    with psycopg.connect(on_postgres.url) as connection:
        (total,) = connection.execute(query, (session_id,)).fetchone() or (None,)

    assert isinstance(total, Decimal)
    assert total == Decimal(price.major)


@every_price
def test_orders_are_shown_in_both_units(reference: Reference, price: Price) -> None:
    """GET /orders shows minor units as integers, and the price in the major unit as text."""
    purchase = reference_shop.Purchase(amount=price.minor, currency=price.currency)
    reference.shop.deliver(purchase.completed(), purchase.refunded(price.part))
    order = reference.shop.order(purchase)

    assert order is not None
    assert (order["amount_total"], order["amount_refunded"]) == (price.minor, price.part)
    assert order["total_amount"] == price.major


# --- the judge --------------------------------------------------------------------------------------------------------

KEPT = [
    pytest.param("minor", int, id="minor units as integers"),
    pytest.param("minor", str, id="minor units as text"),
    pytest.param("major", Decimal, id="major units as decimals"),
    pytest.param("major", float, id="major units as floats"),
    pytest.param("major", str, id="major units as text"),
]
every_way_to_keep_it = pytest.mark.parametrize(("money", "kind"), KEPT)


@dataclass
class Till(ToyShop):
    """A shop that shows given amounts, whatever Stripe says.

    Attributes:
        total: What it shows as the price.
        returned: What it shows as given back, once something is.
    """

    total: Any = None
    returned: Any = None

    def row(self, session: Any) -> dict[str, Any]:
        return {**super().row(session), "total_amount": self.total, "amount_refunded": 0, "currency": "?"}

    def handle(self, event_type: str, subject: Any) -> None:
        super().handle(event_type, subject)
        if event_type == "charge.refunded":
            self.mark(subject["payment_intent"], amount_refunded=self.returned)


Judging = Callable[[Any, Any], Expectation]


@pytest.fixture
def judging(price: Price, money: str, monkeypatch: pytest.MonkeyPatch) -> Judging:
    """Pays `price` to a shop that shows a total and an amount given back; what is expected of it."""

    def judge(total: Any, returned: Any = None) -> Expectation:
        till = Till(total=total, returned=returned)
        settings = Settings(orders=OrdersSettings(money=money, columns=COLUMNS))
        instruments = bench(till, monkeypatch, settings)
        scene = Scene(instruments, instruments.journal.open("OR-10", "a scenario"))
        scene.cast(amount=price.minor, currency=price.currency)
        scene.deliver("the payment")
        if returned is not None:
            scene.deliver(f"a refund of {price.thousandths}")
        return Expectation(scene)

    return judge


def in_unit(price: Price, money: str, kind: type, off: int = 0) -> Any:
    """The price as a shop keeps it, `off` minor units too much."""
    return kind(price.minor + off if money == "minor" else Decimal(price.major) + off * price.step)


def part_in_unit(price: Price, money: str, kind: type, off: int = 0) -> Any:
    """The part that is given back as a shop keeps it, `off` minor units too much."""
    return kind(price.part + off if money == "minor" else Decimal(price.major_part) + off * price.step)


@every_price
@every_way_to_keep_it
def test_the_price_is_accepted(price: Price, money: str, kind: type, judging: Judging) -> None:
    """The exact price passes, in either unit and in whatever type a database gives."""
    judging(in_unit(price, money, kind)).shows_amount(price.minor, price.currency)


@every_price
@every_way_to_keep_it
@pytest.mark.parametrize("off", [-1, 1])
def test_another_price_is_a_violation(price: Price, money: str, kind: type, off: int, judging: Judging) -> None:
    """One minor unit less or more is another price."""
    with pytest.raises(ContractViolation, match="total_amount"):
        judging(in_unit(price, money, kind, off)).shows_amount(price.minor, price.currency)


@every_price
@every_way_to_keep_it
def test_the_price_after_a_refund(price: Price, money: str, kind: type, judging: Judging) -> None:
    """A refund leaves the price as it was and shows beside it, both exactly."""
    expect = judging(in_unit(price, money, kind), part_in_unit(price, money, kind))
    expect.shows_amount(price.minor, price.currency)
    expect.shows_refunded(price.thousandths)


@every_price
@every_way_to_keep_it
@pytest.mark.parametrize("off", [-1, 1])
def test_another_refund_is_a_violation(price: Price, money: str, kind: type, off: int, judging: Judging) -> None:
    """One minor unit less or more given back is another amount."""
    expect = judging(in_unit(price, money, kind), part_in_unit(price, money, kind, off))

    with pytest.raises(ContractViolation, match="amount_refunded"):
        expect.shows_refunded(price.thousandths)


@pytest.mark.parametrize("price", [price for price in PRICES if price.currency in ("jpy", "kwd", "krw")], ids=str)
@pytest.mark.parametrize("money", ["major"])
def test_a_hundredth_of_everything_is_a_violation(price: Price, money: str, judging: Judging) -> None:
    """Dividing by 100 is wrong where a currency has no decimals, and where it has three."""
    with pytest.raises(ContractViolation, match="total_amount"):
        judging(Decimal(price.minor) / 100).shows_amount(price.minor, price.currency)
