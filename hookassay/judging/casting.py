"""Who buys what: the purchases that a scenario asks for by more than their amount."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ..errors import NotApplicable
from ..sender import money
from ..sender.story import Story
from .scene import Role, Scene

# What a shop may declare that it needs ([purchase]).
DECLARABLE = ("client_reference_id", "metadata")

NULLED: dict[str, Any] = {"null": None, "empty": {}}

LONG_ID = 255


def _long(own: str) -> str:
    prefix, underscore, rest = own.rpartition("_")
    # What differs stays last: ids that are cut must not stay apart by luck.
    return prefix + underscore + "x" * (LONG_ID - len(own)) + rest


def _of_unknown_prefix(own: str) -> str:
    prefix, underscore, rest = own.partition("_")
    return f"x{prefix}9{underscore}{rest}"


SHAPES: dict[str, Callable[[str], str]] = {"255 characters": _long, "an unknown prefix": _of_unknown_prefix}
"""Shapes that Stripe's ids may take (docs.stripe.com/upgrades: up to 255 characters, prefixes may change)."""


def twin(scene: Scene, name: str) -> Role:
    """A purchase by the same customer, of the same amount, made in the same second."""
    return scene.cast(name, **_alike(scene))


def in_other_case(scene: Scene, name: str) -> Role:
    """The same, its ids those of the first in the other case of letters."""
    first = scene.role().purchase
    return scene.enter(name, scene.bench.shop.in_other_case(first, **_alike(scene)))


def shaped(scene: Scene, shape: str, name: str = "it") -> Role:
    """A purchase whose every id has a shape that ids may take."""
    return scene.cast(name, ids=SHAPES[shape])


def with_field(scene: Scene, field_name: str, value: str) -> Role:
    """A purchase whose Checkout Session has `field_name` `null` or `empty`.

    Raises:
        NotApplicable: the shop declares that it needs this field.
    """
    if field_name in DECLARABLE and scene.bench.shop.needs(field_name):
        raise NotApplicable(f"the shop declares that it needs {field_name} ([purchase])")
    return scene.cast(session={field_name: NULLED[value]})


def with_reference(scene: Scene) -> Role:
    """A purchase that the merchant can tell by its reference and its metadata: his own, or else ones made up here."""
    order = f"order-{secrets.token_hex(8)}"
    session: dict[str, Any] = {"metadata": {"order_id": order}}
    if not scene.bench.shop.needs("client_reference_id"):
        session["client_reference_id"] = order
    return scene.cast(session=session)


def subscription(scene: Scene) -> Role:
    """A purchase in subscription mode, whose paid session has an invoice in place of a payment intent.

    Raises:
        NotApplicable: the shop does not declare subscriptions.
    """
    _demand_subscriptions(scene)
    return scene.cast(
        session={"mode": "subscription", "payment_intent": None, "invoice": "in_1", "subscription": "sub_1"}
    )


def free(scene: Scene, mode: str = "payment") -> Role:
    """A purchase that needs no payment.

    Raises:
        NotApplicable: the shop created the order at a price of its own, or does not declare subscriptions.
    """
    if scene.bench.settings.purchase.created_by == "shop":
        raise NotApplicable(
            "the shop created the order at its own price: a free checkout may wait for a review (OR-14)"
        )
    if mode == "subscription":
        _demand_subscriptions(scene)
    return scene.cast(mode=mode)


def priced_otherwise(scene: Scene, *, currency: bool = False) -> Role:
    """An order that the shop created at its price, and whose checkout is then paid at another one.

    Args:
        scene: The scene.
        currency: Whether the number is right and the currency another; else one minor unit is paid.
    """
    role = scene.cast()
    purchase = role.purchase
    if currency:
        known = scene.bench.settings.purchase.currencies or ("usd", "jpy")
        other = next((code for code in (*known, "usd", "jpy") if code != purchase.currency), "jpy")
        role.story = Story(purchase.at_price(currency=other))
    else:
        least = next(step for step in (1, 10, 100) if money.chargeable(step, purchase.currency))
        role.story = Story(purchase.at_price(amount=least))
    return role


def of_other_mode(scene: Scene) -> Role:
    """A purchase made in the mode that the endpoint does not serve."""
    return scene.cast(livemode=not scene.bench.settings.endpoint.livemode)


def of_other_account(scene: Scene) -> Role:
    """A purchase from a connected account that the endpoint does not serve."""
    return scene.cast(account=f"acct_{secrets.token_hex(8)}")


def _alike(scene: Scene) -> dict[str, Any]:
    first = scene.role().purchase
    return {
        "amount": first.amount,
        "currency": first.currency,
        "customer": first.customer,
        "name": first.name,
        "email": first.email,
        "created": first.created,
    }


def _demand_subscriptions(scene: Scene) -> None:
    # A shop that does not declare them may ignore them.
    if "subscription" not in (scene.bench.settings.purchase.modes or ()):
        raise NotApplicable("the shop does not declare subscriptions ([purchase] modes)")
