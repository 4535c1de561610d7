"""Currencies: purchases of which each is paid in another one."""

from __future__ import annotations

from pytest_bdd import given, parsers, then, when

from hookassay.judging.currencies import Currencies
from hookassay.judging.scene import Scene


@given(parsers.parse("purchases of {amount:d} minor units each in {currencies}"), target_fixture="currencies")
def _(scene: Scene, amount: int, currencies: str) -> Currencies:
    return Currencies(scene, amount, currencies)


@when("each of them is paid")
def _(currencies: Currencies) -> None:
    currencies.pay()


@then("each order shows its amount")
def _(currencies: Currencies) -> None:
    currencies.each_shows_its_amount()
