"""Connections and methods: how deliveries come over HTTP."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from hookassay.judging.keepalive import KeepAlive
from hookassay.judging.scene import Scene


@when("three deliveries come on one connection, the second one forged", target_fixture="keep_alive")
def _(scene: Scene) -> KeepAlive:
    keep_alive = KeepAlive(scene)
    keep_alive.run()
    return keep_alive


@when(parsers.parse("{fact} comes by {method}"))
def _(scene: Scene, fact: str, method: str) -> None:
    scene.send_by(method, fact)


@then("the first and the last take effect")
def _(keep_alive: KeepAlive) -> None:
    keep_alive.both_take_effect()
