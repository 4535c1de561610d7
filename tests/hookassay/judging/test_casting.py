"""The purchases that a scenario asks for by more than their amount."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from toy_shop import Staging, ToyShop, declaring

from hookassay.config import PurchaseSettings, Settings
from hookassay.errors import NotApplicable
from hookassay.judging import casting
from hookassay.judging.casting import SHAPES
from hookassay.judging.scene import Scene
from hookassay.sender.purchase import Purchase


def selling(**purchase: Any) -> Settings:
    return Settings(purchase=PurchaseSettings(**purchase))


def ids(purchase: Purchase) -> list[str]:
    told = [purchase.paid(), purchase.refund(300).bundle, purchase.dispute().opened()]
    return [one for bundle in told for event in bundle for one in (event.id, event.object_id)]


def session_of(purchase: Purchase) -> Any:
    return purchase.paid().of("checkout.session.completed").object


def test_twin(scene: Scene) -> None:
    """The other purchase has the same customer, amount and second, and ids of its own."""
    first, second = scene.cast().purchase, casting.twin(scene, "the other").purchase

    assert (first.customer, first.name, first.email) == (second.customer, second.name, second.email)
    assert (first.amount, first.currency, first.created) == (second.amount, second.currency, second.created)
    assert set(ids(first)).isdisjoint(ids(second))
    assert scene.role("the other").purchase is second


def test_in_other_case(scene: Scene) -> None:
    """The other purchase's ids differ from the first one's in the case of their letters, every one of them."""
    first, second = scene.cast().purchase, casting.in_other_case(scene, "the other").purchase

    assert set(ids(first)).isdisjoint(ids(second))
    assert [one.lower() for one in ids(first)] == [one.lower() for one in ids(second)]
    assert first.customer == second.customer


@pytest.mark.parametrize("shape", SHAPES)
def test_shaped(scene: Scene, shape: str) -> None:
    """Every id has the shape, and stays apart from the others."""
    usual = scene.cast("a usual one").purchase
    purchase = casting.shaped(scene, shape).purchase
    changed = ids(purchase)

    assert len(set(changed)) == len(set(ids(usual)))
    if shape == "255 characters":
        assert {len(one) for one in changed} == {255}
        assert {one.rpartition("_")[0] for one in changed} == {one.rpartition("_")[0] for one in ids(usual)}
    else:
        assert not {one.partition("_")[0] for one in changed} & {one.partition("_")[0] for one in ids(usual)}


@pytest.mark.parametrize("field", ["customer_details", "client_reference_id", "metadata"])
@pytest.mark.parametrize(("word", "value"), [("null", None), ("empty", {})])
def test_field(scene: Scene, field: str, word: str, value: object) -> None:
    """A field of the session is null or empty."""
    purchase = casting.with_field(scene, field, word).purchase

    if (field, word) != ("client_reference_id", "empty"):  # which is text, and never an object
        assert session_of(purchase)[field] == value


@pytest.mark.parametrize("needed", [{"metadata": {"user_id": "42"}}, {"client_reference_id": "cart-{n}"}])
def test_needed_field(staging: Staging, needed: dict[str, Any]) -> None:
    """What the shop declares that it needs is never nulled."""
    (field,) = needed

    with pytest.raises(NotApplicable, match=f"declares that it needs {field}"):
        casting.with_field(staging(selling(**needed)), field, "null")


def test_reference(scene: Scene) -> None:
    """A purchase that the merchant can tell by its reference has one that nobody else has."""
    one, other = (casting.with_reference(scene).purchase for _ in range(2))

    assert session_of(one)["client_reference_id"] == session_of(one)["metadata"]["order_id"]
    assert session_of(one)["client_reference_id"] != session_of(other)["client_reference_id"]


def test_reference_of_the_shops_own(staging: Staging) -> None:
    """The reference and the metadata that the shop needs stay its own."""
    scene = staging(selling(client_reference_id="cart-{n}", metadata={"user_id": "42"}))
    session = session_of(casting.with_reference(scene).purchase)

    assert session["client_reference_id"].startswith("cart-")
    assert session["metadata"]["user_id"] == "42"


def test_subscription(staging: Staging) -> None:
    """A subscription's session has an invoice in place of a payment intent."""
    scene = staging(selling(modes=("payment", "subscription")))
    session = session_of(casting.subscription(scene).purchase)

    assert (session["mode"], session["payment_intent"]) == ("subscription", None)
    assert session["invoice"]


@pytest.mark.parametrize("modes", [None, ("payment",), ("payment", "setup")])
@pytest.mark.parametrize("cast", [casting.subscription, lambda scene: casting.free(scene, "subscription")])
def test_subscription_is_declared(
    staging: Staging, modes: tuple[str, ...] | None, cast: Callable[[Scene], object]
) -> None:
    """A subscription is sold only to a shop that declares them."""
    with pytest.raises(NotApplicable, match="does not declare subscriptions"):
        cast(staging(selling(modes=modes)))


def test_free(scene: Scene) -> None:
    """A purchase of which nothing is to be paid."""
    casting.free(scene)
    session = scene.tell("the free checkout").of("checkout.session.completed").object

    assert (session["payment_status"], session["amount_total"]) == ("no_payment_required", 0)


def test_free_at_the_shops_own_price(staging: Staging) -> None:
    """Where the shop made the order at its price, a free checkout may wait for a person."""
    with pytest.raises(NotApplicable, match="at its own price"):
        casting.free(staging(selling(created_by="shop")))


@pytest.mark.parametrize(("currency", "amount"), [("usd", 1), ("jpy", 1), ("kwd", 10), ("isk", 100)])
def test_priced_otherwise(staging: Staging, currency: str, amount: int) -> None:
    """The order is made at its price, and the least that can be charged is paid."""
    scene = staging(selling(created_by="shop", currencies=(currency,)))
    made: list[object] = []
    scene.bench.create = lambda values: made.append(values["amount"])
    role = casting.priced_otherwise(scene)
    session = session_of(role.story.purchase)

    assert made == [1000]
    assert (session["amount_total"], session["currency"]) == (amount, currency)


@pytest.mark.parametrize(
    ("currencies", "paid"), [(None, "jpy"), (("usd",), "jpy"), (("jpy",), "usd"), (("eur", "gbp"), "gbp")]
)
def test_paid_in_another_currency(staging: Staging, currencies: tuple[str, ...] | None, paid: str) -> None:
    """The number is right and the currency another one, of the shop's own where it has several."""
    scene = staging(selling(created_by="shop", currencies=currencies))
    role = casting.priced_otherwise(scene, currency=True)
    session = session_of(role.story.purchase)

    assert (session["amount_total"], session["currency"]) == (1000, paid)


@pytest.mark.parametrize("served", [True, False])
def test_other_mode(staging: Staging, served: bool) -> None:
    """A purchase is made in the mode that is not served, its events and objects alike."""
    purchase = casting.of_other_mode(staging(declaring(livemode=served))).purchase
    event = purchase.paid().of("checkout.session.completed")

    assert (event.envelope["livemode"], event.object["livemode"]) == (not served, not served)


def test_other_account(staging: Staging) -> None:
    """A purchase comes from a connected account that is not served."""
    purchase = casting.of_other_account(staging(declaring(account="acct_1ours"))).purchase
    account = purchase.paid().of("checkout.session.completed").envelope["account"]

    assert account.startswith("acct_")
    assert account != "acct_1ours"


def test_the_shop_hears_of_it(scene: Scene, shop: ToyShop) -> None:
    """Every purchase is written down for clean-up."""
    casting.twin(scene, "the other")
    casting.in_other_case(scene, "a third")

    assert len(scene.bench.journal.created) == 3
