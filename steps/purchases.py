"""Purchases: who bought what, and what happened to it before the scenario looks."""

from __future__ import annotations

from pytest_bdd import given, parsers

from hookassay.judging import casting
from hookassay.judging.scene import Scene


@given("a purchase")
def _(scene: Scene) -> None:
    scene.cast()


@given("another purchase of the same customer, amount and second")
def _(scene: Scene) -> None:
    casting.twin(scene, "the other")


@given("another purchase whose ids differ in case only")
def _(scene: Scene) -> None:
    casting.in_other_case(scene, "the other")


@given(parsers.parse("a purchase with ids of {shape}"))
def _(scene: Scene, shape: str) -> None:
    casting.shaped(scene, shape)


@given(parsers.parse("another purchase with ids of {shape}"))
def _(scene: Scene, shape: str) -> None:
    casting.shaped(scene, shape, "the other")


@given("a purchase with a reference and metadata of the merchant's")
def _(scene: Scene) -> None:
    casting.with_reference(scene)


@given("a checkout that needs no payment")
def _(scene: Scene) -> None:
    casting.free(scene)


@given("a subscription that needs no payment yet")
def _(scene: Scene) -> None:
    casting.free(scene, mode="subscription")


@given("a checkout in setup mode")
def _(scene: Scene) -> None:
    scene.cast(mode="setup")


@given("an order whose checkout is paid with 1 minor unit")
def _(scene: Scene) -> None:
    casting.priced_otherwise(scene)


@given("an order whose checkout is paid in another currency")
def _(scene: Scene) -> None:
    casting.priced_otherwise(scene, currency=True)


@given("a purchase made in the other mode")
def _(scene: Scene) -> None:
    casting.of_other_mode(scene)


@given("a purchase from another connected account")
def _(scene: Scene) -> None:
    casting.of_other_account(scene)


@given(parsers.parse("a purchase of {amount:d} {currency:l} minor units"))
def _(scene: Scene, amount: int, currency: str) -> None:
    scene.cast(amount=amount, currency=currency)


@given("a purchase of a subscription, whose payment_intent is null")
def _(scene: Scene) -> None:
    casting.subscription(scene)


@given(parsers.parse("a purchase whose {field} is {value}"))
def _(scene: Scene, field: str, value: str) -> None:
    casting.with_field(scene, field, value)


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


@given(parsers.parse("{fact} took effect"))
def _(scene: Scene, fact: str) -> None:
    scene.let_take_effect(fact)


@given("another order waits for its delayed payment")
def _(scene: Scene) -> None:
    scene.cast("the waiting")
    scene.let_settle("the delayed payment's checkout", "the waiting")


@given(parsers.parse("{fact} shows the order {words}"))
def _(scene: Scene, fact: str, words: str) -> None:
    scene.let_show(fact, words)


@given(parsers.parse("{fact} happened"))
def _(scene: Scene, fact: str) -> None:
    scene.tell(fact)


@given(parsers.parse("its events were created {when}"))
def _(scene: Scene, when: str) -> None:
    scene.date(when)
