"""Purchases: who bought what, and what happened to it before the scenario looks."""

from __future__ import annotations

from pytest_bdd import given, parsers

from hookassay.judging.scene import Scene


@given("a purchase")
def _(scene: Scene) -> None:
    scene.cast()


@given("another purchase of the same customer, amount and second")
def _(scene: Scene) -> None:
    scene.cast_twin("the other")


@given(parsers.parse("a purchase of {amount:d} {currency:l} minor units"))
def _(scene: Scene, amount: int, currency: str) -> None:
    scene.cast(amount=amount, currency=currency)


@given("a purchase of a subscription, whose payment_intent is null")
def _(scene: Scene) -> None:
    scene.cast_subscription()


@given(parsers.parse("a purchase whose {field} is {value}"))
def _(scene: Scene, field: str, value: str) -> None:
    scene.cast_with(field, value)


@given(parsers.parse('a purchase by "{name}"'))
def _(scene: Scene, name: str) -> None:
    scene.cast(name=name, session={"metadata": {"note": name}})


@given(parsers.parse("{fact} made the order {words}"))
def _(scene: Scene, fact: str, words: str) -> None:
    scene.establish(fact, words)


@given(parsers.parse("{fact} makes another order {words}"))
def _(scene: Scene, fact: str, words: str) -> None:
    scene.control(fact, words)


@given(parsers.parse("{fact} has settled"))
def _(scene: Scene, fact: str) -> None:
    scene.let_settle(fact)


@given(parsers.parse("{fact} happened"))
def _(scene: Scene, fact: str) -> None:
    scene.tell(fact)


@given(parsers.parse("its events were created {when}"))
def _(scene: Scene, when: str) -> None:
    scene.date(when)
