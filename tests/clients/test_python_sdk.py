"""The official Python SDK, unmodified, against the stand-in for Stripe's API."""

from __future__ import annotations

import pytest
import stripe
from stand_in import KEY, METADATA, StandIn

pytestmark = pytest.mark.slow


@pytest.fixture
def client(stand_in: StandIn) -> stripe.StripeClient:
    """The SDK's client, pointed at the stand-in."""
    return stripe.StripeClient(KEY, base_addresses={"api": stand_in.url})


def test_an_open_session_is_retrieved(stand_in: StandIn, client: stripe.StripeClient) -> None:
    """A session that nobody paid is there, open and unpaid, with its metadata."""
    purchase = stand_in.sold()

    session = client.v1.checkout.sessions.retrieve(purchase.session_id)

    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert session.metadata is not None
    assert session.metadata.to_dict() == METADATA


def test_fulfilment_retrieves_the_session_with_its_line_items(stand_in: StandIn, client: stripe.StripeClient) -> None:
    """What Stripe's guide does when the event arrives: the session, paid, and its line items with their products."""
    purchase = stand_in.sold(amount=1999)
    stand_in.deliver(purchase, purchase.paid())

    session = client.v1.checkout.sessions.retrieve(
        purchase.session_id, {"expand": ["line_items.data.price.product", "payment_intent.latest_charge.refunds"]}
    )

    assert (session.status, session.payment_status, session.amount_total) == ("complete", "paid", 1999)
    assert session.line_items is not None
    (item,) = session.line_items.data
    assert (item.amount_total, item.price.product.name) == (1999, "Example goods")  # type: ignore[union-attr]
    assert session.payment_intent.latest_charge.refunds.data == []  # type: ignore[union-attr]


def test_a_payment_leads_to_its_session(stand_in: StandIn, client: stripe.StripeClient) -> None:
    """Sessions are listed by payment_intent; another payment's are not among them."""
    purchase, other = stand_in.sold(), stand_in.sold()
    stand_in.deliver(purchase, purchase.paid())
    stand_in.deliver(other, other.paid())

    found = client.v1.checkout.sessions.list({"payment_intent": purchase.payment_intent})

    assert [session.id for session in found] == [purchase.session_id]


def test_lists_are_paged(stand_in: StandIn, client: stripe.StripeClient) -> None:
    """Auto-pagination follows pages of three through eight refunds, newest first, and back."""
    purchase = stand_in.sold()
    refunds = [purchase.refund(100) for _ in range(8)]
    stand_in.deliver(purchase, *(refund.bundle for refund in refunds))

    pages = client.v1.refunds.list({"charge": purchase.charge, "limit": 3})
    ids = [refund.id for refund in pages.auto_paging_iter()]

    assert ids == [refund.id for refund in reversed(refunds)]
    assert pages.has_more
    last = client.v1.refunds.list({"charge": purchase.charge, "limit": 3, "ending_before": ids[-1]})
    assert [refund.id for refund in last.auto_paging_iter()] == ids[-2::-1]


def test_money_is_followed_to_the_balance(stand_in: StandIn, client: stripe.StripeClient) -> None:
    """A charge, a refund and a dispute have the balance transactions that they name."""
    purchase = stand_in.sold()
    refund, dispute = purchase.refund(300), purchase.dispute()
    stand_in.deliver(purchase, purchase.paid(), refund.bundle, dispute.opened())

    charge = client.v1.charges.retrieve(purchase.charge, {"expand": ["balance_transaction.source"]})
    withdrawn = client.v1.disputes.retrieve(dispute.id).balance_transactions[0]

    assert charge.balance_transaction.source.id == purchase.charge  # type: ignore[union-attr]
    assert (charge.amount_refunded, charge.disputed) == (300, True)
    given_back = client.v1.refunds.retrieve(refund.id, {"expand": ["balance_transaction"]}).balance_transaction
    assert given_back.amount == -300  # type: ignore[union-attr]
    assert client.v1.balance_transactions.retrieve(withdrawn.id).amount == -1000


def test_what_receivers_ask_on_the_way(stand_in: StandIn, client: stripe.StripeClient) -> None:
    """The account, the customer, the payment method and the event are there."""
    purchase = stand_in.sold()
    event = purchase.paid().events[0]
    stand_in.deliver(purchase, purchase.paid())

    account = client.v1.accounts.retrieve_current()
    assert client.v1.accounts.retrieve(account.id).id == account.id
    assert client.v1.customers.retrieve(purchase.customer).email == purchase.email
    intent = client.v1.payment_intents.retrieve(purchase.payment_intent, {"expand": ["payment_method"]})
    assert intent.payment_method.card.last4 == "4242"  # type: ignore[union-attr]
    assert client.v1.events.retrieve(event.id).type == event.type


def test_metadata_can_be_updated(stand_in: StandIn, client: stripe.StripeClient) -> None:
    """What a receiver notes in metadata is kept, whatever is told later."""
    purchase = stand_in.sold()
    stand_in.deliver(purchase, purchase.paid())

    client.v1.payment_intents.update(purchase.payment_intent, {"metadata": {"order": "7", "gone": ""}})
    stand_in.deliver(purchase, purchase.refund(100).bundle)

    assert client.v1.payment_intents.retrieve(purchase.payment_intent).metadata.to_dict() == {"order": "7"}


def test_a_thin_event_leads_to_its_object(stand_in: StandIn, client: stripe.StripeClient) -> None:
    """The SDK parses the thin twin of an event, fetches it and the object that it is about."""
    purchase = stand_in.sold()
    stand_in.deliver(purchase, purchase.paid())
    event = purchase.paid().of("checkout.session.completed")
    body = event.thin().body().decode()
    header = stripe.WebhookSignature.generate_signature_header(body, "whsec_x")

    told = client.parse_event_notification(body, header, "whsec_x")

    assert isinstance(told, stripe.events.V1CheckoutSessionCompletedEventNotification)
    assert told.fetch_event().snapshot_event == event.id
    assert told.fetch_related_object().payment_status == "paid"


@pytest.mark.parametrize("object_id", ["cs_test_unknown", "ch_é", "x" * 255, "..%2f", "null"])
def test_an_unknown_id_is_missing(stand_in: StandIn, client: stripe.StripeClient, object_id: str) -> None:
    """An id that was never delivered honestly is resource_missing, whatever its shape."""
    with pytest.raises(stripe.InvalidRequestError) as raised:
        client.v1.charges.retrieve(object_id)

    assert (raised.value.http_status, raised.value.code, raised.value.param) == (404, "resource_missing", "id")


def test_a_key_is_needed(stand_in: StandIn) -> None:
    """What is no secret key is refused as Stripe refuses it."""
    client = stripe.StripeClient("password", base_addresses={"api": stand_in.url})

    with pytest.raises(stripe.AuthenticationError):
        client.v1.charges.list()


def test_the_shape_is_that_of_the_version_asked_for(stand_in: StandIn, client: stripe.StripeClient) -> None:
    """The Stripe-Version of a request decides what an object looks like, as Stripe's own does."""
    purchase = stand_in.sold()
    stand_in.deliver(purchase, purchase.paid())

    old = client.v1.checkout.sessions.retrieve(purchase.session_id, options={"stripe_version": "2024-10-28.acacia"})

    assert "shipping_details" in old.to_dict()
    assert "shipping_details" not in client.v1.checkout.sessions.retrieve(purchase.session_id).to_dict()
