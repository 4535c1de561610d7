"""Failures: what could harm the endpoint, and whether it goes on working."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from hookassay.judging import failure
from hookassay.judging.burst import Burst
from hookassay.judging.scene import Scene


@when(parsers.parse("{fact} is delivered too early, and refused"))
def _(scene: Scene, fact: str) -> None:
    scene.deliver_refused(fact)


@when(parsers.parse("{fact} is delivered while the store is down"))
def _(scene: Scene, fact: str) -> None:
    scene.deliver_without_store(fact)


@when(parsers.parse("a signed body arrives that is {kind}"))
def _(scene: Scene, kind: str) -> None:
    failure.send_body(scene, kind)


@when("fifty purchases are paid at once", target_fixture="burst")
def _(scene: Scene) -> Burst:
    burst = Burst(scene)
    burst.run()
    return burst


@then("each of them shows in the end")
def _(burst: Burst) -> None:
    burst.loses_nothing()


@then("the endpoint still works")
def _(scene: Scene) -> None:
    failure.still_works(scene)
