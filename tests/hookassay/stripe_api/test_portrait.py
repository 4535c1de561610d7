from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import stripe

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.sender.purchase import Purchase, PurchaseBook
from hookassay.stripe_api.portrait import portrait
from hookassay.stripe_api.resource import RESOURCES

CLASSES: Mapping[str, type[stripe.StripeObject]] = {
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "setup_intent": stripe.SetupIntent,
    "invoice": stripe.Invoice,
    "subscription": stripe.Subscription,
    "payment_method": stripe.PaymentMethod,
    "product": stripe.Product,
    "price": stripe.Price,
}


@pytest.fixture
def purchase() -> Purchase:
    return PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new()


def shown(purchase: Purchase, *without: tuple[str, str], announced: bool = True) -> dict[str, dict[str, Any]]:
    return {thing["id"]: thing for thing in portrait(purchase, without, announced=announced)}


def test_before_any_fact_there_is_an_open_session(purchase: Purchase) -> None:
    """Nobody paid: the session is open, with no payment intent, and the goods that it is for."""
    things = shown(purchase)

    assert things[purchase.session_id]["status"] == "open"
    assert {thing["object"] for thing in things.values()} == {"checkout.session", "price", "product"}


def test_a_declined_attempt_leaves_the_session_open(purchase: Purchase) -> None:
    """An open session names the payment intent once an attempt was made."""
    purchase.declined()

    session = shown(purchase)[purchase.session_id]

    assert (session["status"], session["payment_intent"]) == ("open", purchase.payment_intent)


def test_the_latest_fact_shows(purchase: Purchase) -> None:
    """A payment, a refund and a dispute all show, whatever was delivered of them."""
    purchase.paid()
    refund, dispute = purchase.refund(300), purchase.dispute()
    dispute.opened()

    things = shown(purchase)

    assert things[purchase.session_id]["payment_status"] == "paid"
    assert (things[purchase.charge]["amount_refunded"], things[purchase.charge]["disputed"]) == (300, True)
    assert things[purchase.charge]["refunds"]["data"] == [things[refund.id]]
    assert things[dispute.id]["status"] == "needs_response"


def test_a_forged_fact_does_not_show(purchase: Purchase) -> None:
    """A refund that was only forged leaves the charge as it was."""
    purchase.paid()
    refund = purchase.refund(300)
    fact = purchase.reported[-1].fact

    things = shown(purchase, fact)

    assert refund.id not in things
    assert things[purchase.charge]["amount_refunded"] == 0


def test_a_failed_refund_gave_nothing_back(purchase: Purchase) -> None:
    """The charge shows what the refunds that did not fail come to."""
    refund = purchase.refund()
    purchase.refunds[0].fails()

    things = shown(purchase)

    assert (things[purchase.charge]["amount_refunded"], things[purchase.charge]["refunded"]) == (0, False)
    assert things[things[refund.id]["failure_balance_transaction"]]["amount"] == 1000


def test_what_a_charge_was_said_to_give_back_has_a_refund(purchase: Purchase) -> None:
    """A charge that reported more than its refunds come to has one more refund."""
    purchase.charge_snapshot(500)

    charge = shown(purchase)[purchase.charge]

    assert charge["amount_refunded"] == 500
    assert [refund["amount"] for refund in charge["refunds"]["data"]] == [500]


def test_a_paid_session_stays_so(purchase: Purchase) -> None:
    """A session's states exclude one another: what is said of its expiry or of no payment yet comes too late."""
    purchase.paid()
    purchase.unpaid()
    purchase.expired()

    session = shown(purchase)[purchase.session_id]

    assert (session["status"], session["payment_status"]) == ("complete", "paid")


def test_a_payment_without_a_session(purchase: Purchase) -> None:
    """A purchase that the shop never announced has a charge and a payment intent, and no session."""
    purchase.paid()

    kinds = {thing["object"] for thing in shown(purchase, announced=False).values()}

    assert "checkout.session" not in kinds
    assert {"charge", "payment_intent"} <= kinds


def test_every_id_of_money_leads_somewhere(purchase: Purchase) -> None:
    """What an object names by id among the kinds that are served is served."""
    purchase.paid()
    purchase.refund(300).fails()
    purchase.dispute().closed("won")
    things = shown(purchase)

    for thing in things.values():
        for name in ("charge", "customer", "payment_intent", "latest_charge", "payment_method", "balance_transaction"):
            assert thing.get(name) is None or thing[name] in things, (thing["id"], name)


def test_a_subscription_and_its_invoice() -> None:
    """A session that names a subscription and an invoice has both."""
    book = PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4")
    purchase = book.new(mode="subscription", session={"invoice": "in_1", "subscription": "sub_1"})
    purchase.free()

    things = shown(purchase)

    assert things["sub_1"]["latest_invoice"] == "in_1"
    assert things["in_1"]["parent"]["subscription_details"]["subscription"] == "sub_1"


def test_setting_up_has_no_goods() -> None:
    """In setup mode there is a setup intent, and nothing is bought."""
    purchase = PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new(mode="setup")
    purchase.set_up()

    things = shown(purchase)

    assert things[purchase.session_id]["line_items"]["data"] == []
    assert "setup_intent" in {thing["object"] for thing in things.values()}


@pytest.mark.parametrize("resource", [one for one in RESOURCES if one.kind in CLASSES], ids=lambda one: one.kind)
def test_what_can_be_expanded_is_a_field(resource: Any) -> None:
    """The SDK knows every field that can be expanded or included."""
    fields = vars(CLASSES[resource.kind])["__annotations__"]

    for path in (*resource.expandable, *resource.includable):
        assert path.partition(".")[0] in fields, path
