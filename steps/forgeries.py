"""Forgeries and stale deliveries: one attempt each, never retried, never signed anew."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from hookassay.judging.expectation import Expectation
from hookassay.judging.scene import Scene


@when(parsers.parse("{fact} arrives with {forgery}"))
def _(scene: Scene, fact: str, forgery: str) -> None:
    scene.forge(fact, forgery)


@when(parsers.parse("{fact} reaches an instance without a secret, {how}"))
def _(scene: Scene, fact: str, how: str) -> None:
    scene.forge_without_secret(fact, how)


@then("it has no effect")
def _(expect: Expectation) -> None:
    expect.has_no_effect()


@then("its honest twin takes effect")
def _(expect: Expectation) -> None:
    expect.twin_takes_effect()


@then("it is refused")
def _(expect: Expectation) -> None:
    expect.is_refused()
