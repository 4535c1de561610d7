"""Deliveries: honest ones, as Stripe makes them, and what they are answered."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from hookassay.judging.expectation import Expectation
from hookassay.judging.scene import Scene
from hookassay.sender.event import Style


@when(parsers.parse("{fact} is delivered"))
def _(scene: Scene, fact: str) -> None:
    scene.deliver(fact)


@when(parsers.parse("{fact} reaches the other order"))
def _(scene: Scene, fact: str) -> None:
    scene.deliver(fact, name="the other")


@when(parsers.parse("{fact} is delivered with {signing}"))
def _(scene: Scene, fact: str, signing: str) -> None:
    scene.deliver(fact, signing=signing)


@when(parsers.parse("{fact} is delivered in events with {variation}"))
def _(scene: Scene, fact: str, variation: str) -> None:
    scene.deliver(fact, variation=variation)


@when(parsers.parse("{fact} is delivered in bodies of {size:d} bytes"))
def _(scene: Scene, fact: str, size: int) -> None:
    scene.deliver_large(fact, size)


@when(parsers.parse("{fact} is delivered as Stripe's servers send it"))
def _(scene: Scene, fact: str) -> None:
    scene.deliver_as_stripe(fact)


@when("a payment is delivered before, while and after the secret is rolled")
def _(scene: Scene) -> None:
    scene.deliver_through_roll()


@then("each of the payments takes effect")
def _(expect: Expectation) -> None:
    expect.each_takes_effect()


@when(parsers.parse("{fact} is delivered as {style} JSON"))
def _(scene: Scene, fact: str, style: Style) -> None:
    scene.deliver(fact, style=style)


@when(parsers.parse("{fact} is delivered again {how}"))
def _(scene: Scene, fact: str, how: str) -> None:
    scene.deliver_again(fact, how)


@when(parsers.parse("{fact} is delivered byte for byte twice"))
def _(scene: Scene, fact: str) -> None:
    scene.deliver_bytes_twice(fact)


@when(parsers.parse("the events {types} are delivered"))
def _(scene: Scene, types: str) -> None:
    scene.deliver_types([word.strip() for word in types.split(",")])


@when("both payments are delivered, their events in turn")
def _(scene: Scene) -> None:
    scene.deliver_in_turn("the payment", ("it", "the other"))


@when(parsers.parse("a refund of a payment that no order knows reaches the endpoint"))
def _(scene: Scene) -> None:
    scene.deliver_unknown_refund()


@when("a payment reaches the configured URL exactly")
def _(scene: Scene) -> None:
    scene.deliver_bare()


@then("every delivery is acknowledged at last")
def _(expect: Expectation) -> None:
    expect.is_acknowledged()


@then("the whole secret is the key")
def _(expect: Expectation) -> None:
    expect.is_keyed_by_whole_secret()


@then("it is answered in time")
def _(expect: Expectation) -> None:
    expect.is_answered_in_time()


@then("it is not redirected")
def _(expect: Expectation) -> None:
    expect.is_not_redirected()


@then("it is not turned away for a token, cookie or login")
def _(expect: Expectation) -> None:
    expect.is_not_turned_away()
