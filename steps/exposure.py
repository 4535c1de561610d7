"""Exposure: what answers, documents and the order read-back give away."""

from __future__ import annotations

from pytest_bdd import then, when

from hookassay.judging import publicity
from hookassay.judging.exposure import Exposure
from hookassay.judging.scene import Scene


@when("everything is sent once that an endpoint may accept or refuse", target_fixture="exposure")
def _(scene: Scene) -> Exposure:
    exposure = Exposure(scene)
    exposure.provoke()
    return exposure


@then("no answer holds a secret, an expected signature or an API key")
def _(exposure: Exposure) -> None:
    exposure.shows_no_secret()


@then("no answer holds a stack trace, a source path, SQL or a debug page")
def _(exposure: Exposure) -> None:
    exposure.shows_no_inside()


@then("no answer holds the customer's data")
def _(exposure: Exposure) -> None:
    exposure.echoes_nothing()


@then("no public document lists the webhook")
def _(scene: Scene) -> None:
    publicity.webhook_is_not_documented(scene)


@then("nobody is shown the order without credentials")
def _(scene: Scene) -> None:
    publicity.order_is_not_public(scene)


@then("nobody is shown the order with wrong credentials")
def _(scene: Scene) -> None:
    publicity.order_asks_for_the_right_credentials(scene)
