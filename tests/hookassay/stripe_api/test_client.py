from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stripe
from stand_in import KEY, StandIn, standing_in

from hookassay.endpoint import Secret
from hookassay.errors import HarnessError, UsageError
from hookassay.reference import free_port
from hookassay.sender.dispatch import Parcel
from hookassay.sender.event import Event
from hookassay.sender.purchase import Purchase
from hookassay.stripe_api.address import Address
from hookassay.stripe_api.client import StripeApi
from hookassay.stripe_api.process import running

FORGED = "the signature of another secret"


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with standing_in() as found:
        yield found


def forge(stand_in: StandIn, purchase: Purchase, event: Event) -> None:
    stand_in.api.announce(purchase, Parcel(purchase.session_id, event.id, event.type, event.body(), FORGED))


def refunded(stand_in: StandIn, purchase: Purchase) -> int:
    client = stripe.StripeClient(KEY, base_addresses={"api": stand_in.url})
    return client.v1.charges.retrieve(purchase.charge).amount_refunded


def status(stand_in: StandIn, purchase: Purchase) -> str | None:
    client = stripe.StripeClient(KEY, base_addresses={"api": stand_in.url})
    return client.v1.checkout.sessions.retrieve(purchase.session_id).status


def test_a_forged_payment_is_none(stand_in: StandIn) -> None:
    """Of a payment that was only forged Stripe knows the open session, until it is delivered honestly."""
    purchase = stand_in.sold()
    forge(stand_in, purchase, purchase.paid().events[0])

    assert status(stand_in, purchase) == "open"
    stand_in.deliver(purchase, purchase.paid())
    assert status(stand_in, purchase) == "complete"


def test_a_forged_refund_stays_unknown_whatever_else_is_delivered(stand_in: StandIn) -> None:
    """The payment delivered again, and a dispute delivered, do not tell of the refund that was forged."""
    purchase = stand_in.sold()
    stand_in.deliver(purchase, purchase.paid())
    forged = purchase.refund(300).bundle
    forge(stand_in, purchase, forged.events[0])

    stand_in.deliver(purchase, purchase.paid())
    assert refunded(stand_in, purchase) == 0
    stand_in.deliver(purchase, purchase.dispute().opened())
    assert refunded(stand_in, purchase) == 0
    stand_in.deliver(purchase, forged)
    assert refunded(stand_in, purchase) == 300


def test_what_was_told_and_not_delivered_yet_shows(stand_in: StandIn) -> None:
    """The API shows the present, however late the events are."""
    purchase = stand_in.sold()
    payment, refund = purchase.paid(), purchase.refund(300).bundle

    stand_in.deliver(purchase, payment)

    assert refunded(stand_in, purchase) == 300
    assert refund


def test_a_purchase_that_was_never_introduced_has_no_session(stand_in: StandIn) -> None:
    """The payment is there, and no session leads to it."""
    purchase = stand_in.book.new()
    stand_in.deliver(purchase, purchase.paid())
    client = stripe.StripeClient(KEY, base_addresses={"api": stand_in.url})

    assert client.v1.charges.retrieve(purchase.charge).paid
    assert client.v1.checkout.sessions.list({"payment_intent": purchase.payment_intent}).data == []


def test_a_second_event_about_the_same_is_known(stand_in: StandIn) -> None:
    """An event that is delivered under another id is found under it."""
    purchase = stand_in.sold()
    again = purchase.paid().events[0].again()
    stand_in.api.announce(purchase, Parcel(purchase.session_id, again.id, again.type, again.body("indented")))

    client = stripe.StripeClient(KEY, base_addresses={"api": stand_in.url})
    assert client.v1.events.retrieve(again.id).type == again.type


def test_a_thin_event_leads_to_what_it_is_about(stand_in: StandIn) -> None:
    """A thin event that is delivered is there, and so is the checkout as it is then: completed, not yet paid."""
    purchase = stand_in.sold()
    thin = purchase.unpaid().of("checkout.session.completed").thin()
    stand_in.api.announce(purchase, Parcel(purchase.session_id, thin.id, thin.type, thin.body()))
    client = stripe.StripeClient(KEY, base_addresses={"api": stand_in.url})

    assert client.v2.core.events.retrieve(thin.id).type == thin.type
    session = client.v1.checkout.sessions.retrieve(thin.object_id)
    assert (session.status, session.payment_status) == ("complete", "unpaid")


def test_a_forked_process_has_a_connection_of_its_own(stand_in: StandIn) -> None:
    """A copy of the client in another process tells through a connection of its own, and both go on."""
    stand_in.sold()
    parent, child = stand_in.book.new(), stand_in.book.new()
    process = os.fork()
    if process == 0:
        stand_in.api.introduce(child)
        os._exit(0)
    assert os.waitpid(process, 0)[1] == 0
    stand_in.api.introduce(parent)

    assert status(stand_in, child) == status(stand_in, parent) == "open"


def test_one_that_runs_is_used(stand_in: StandIn) -> None:
    """Where a stand-in runs already, none is started; without its token it cannot be used."""
    with running(stand_in.api.address, stand_in.api._token) as api:
        assert api.identify()
    with pytest.raises(UsageError, match="HOOKASSAY_STRIPE_API_TOKEN"), running(stand_in.api.address, None):
        pass
    assert stand_in.api.identify()


class Stranger(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Hello")

    def log_message(self, *args: object) -> None:
        pass


def test_what_is_no_stand_in_is_refused() -> None:
    """Another server at that address is a mistake to be told, not to be talked to."""
    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(UsageError, match="is not the stand-in"):
            StripeApi(Address("127.0.0.1", server.server_port)).identify()
        server.shutdown()


def test_an_address_of_another_machine_cannot_be_started_at() -> None:
    """Where nothing can listen, the message says so, and what was tried."""
    with (
        pytest.raises(UsageError, match=r"cannot be reached|could not be started"),
        running(Address("no-such-host.invalid", 12111), None),
    ):
        pass


def test_a_stand_in_that_is_gone_is_an_error_of_ours() -> None:
    """A purchase that cannot be told ends the observation, never blamed on the endpoint."""
    with standing_in() as gone:
        purchase = gone.sold()

    with pytest.raises(HarnessError, match="cannot be told"):
        gone.deliver(purchase, purchase.paid())


def test_nothing_listens() -> None:
    """A port that nobody listens on is no stand-in, and no error."""
    assert StripeApi(Address("127.0.0.1", free_port()), Secret("x")).identify() is False


def test_a_listener_that_says_nothing() -> None:
    """What is no HTTP at all is no stand-in either."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(UsageError, match="is not the stand-in"):
            StripeApi(Address("127.0.0.1", server.getsockname()[1])).identify()


@pytest.mark.parametrize("text", ["", "12111", ":12111", "localhost", "localhost:0", "localhost:65536", "http://x:1"])
def test_what_is_no_address(text: str) -> None:
    """An address has a host and a port from 1 to 65535."""
    with pytest.raises(ValueError, match=r".*"):
        Address.parse(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("0.0.0.0:12111", "http://127.0.0.1:12111"),
        ("[::]:1", "http://[::1]:1"),
        ("host.docker.internal:12111", "http://host.docker.internal:12111"),
    ],
)
def test_where_an_address_is_reached(text: str, url: str) -> None:
    """What listens on all interfaces is reached on this machine."""
    address = Address.parse(text)

    assert (str(address), address.url) == (text, url)
