from __future__ import annotations

from typing import Any

import falcon.testing
import pytest

from hookassay import __version__
from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.sender.purchase import Purchase, PurchaseBook
from hookassay.stripe_api.address import CONTROL
from hookassay.stripe_api.app import ACCOUNT, create_app
from hookassay.stripe_api.portrait import portrait
from hookassay.stripe_api.store import Store

KEY = {"Authorization": "Bearer sk_test_1"}


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def client(store: Store) -> falcon.testing.TestClient:
    return falcon.testing.TestClient(create_app(store=store), headers=KEY)


@pytest.fixture
def paid(store: Store) -> Purchase:
    return told(store)


def told(store: Store, **options: Any) -> Purchase:
    purchase = PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new(**options)
    purchase.paid()
    events = [report.event.payload() for report in purchase.reported]
    store.put(
        purchase.session_id, portrait(purchase), events, account=purchase.account, api_version=purchase.api_version
    )
    return purchase


@pytest.mark.parametrize(
    ("target", "status", "param"),
    [
        ("/v1/charges/ch_x", 404, "id"),
        ("/v1/checkout/sessions/cs_x", 404, "session"),
        ("/v1/payment_intents/pi_x", 404, "intent"),
        ("/v1/disputes/du_x?expand[]=charge", 404, "dispute"),
        ("/v1/charges?limit=0", 400, "limit"),
        ("/v1/charges?colour=red", 400, "colour"),
        ("/v1/charges?created[gte]=soon", 400, "created[gte]"),
        ("/v1/charges?created[gte]=", 400, "created[gte]"),
        ("/v1/charges?expand=customer", 400, "expand"),
        ("/v1/charges?starting_after=", 400, "starting_after"),
        ("/v1/charges?%ff=%ff", 400, "\ufffd"),
        ("/v1/charges?limit", 400, "limit"),
        ("/v2/core/events?page=x", 400, "page"),
        ("/v1/charges/ch_x/refunds", 404, "id"),
        ("/v1/colours", 404, None),
        ("/", 404, None),
        ("/v1/charges/%00", 404, "id"),
    ],
)
def test_what_is_wrong_is_said_as_stripe_says_it(
    client: falcon.testing.TestClient, target: str, status: int, param: str | None
) -> None:
    """A malformed or unknown request is a 4xx in Stripe's envelope, and names the parameter."""
    path, _, query = target.partition("?")

    answer = client.simulate_get(path, query_string=query)

    assert answer.status_code == status
    assert answer.json["error"].get("param") == param
    assert answer.json["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
def test_a_method_that_stripe_does_not_have(client: falcon.testing.TestClient, method: str) -> None:
    """It is an unrecognized request URL."""
    answer = client.simulate_request(method, "/v1/charges/ch_1")

    assert answer.status_code == 404
    assert answer.json["error"]["message"].startswith(f"Unrecognized request URL ({method}:")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer  ", "Basic !!", "Basic Og==", "Digest x", "Bearer pk_test_1", "Bearer x"]
)
def test_a_key_is_needed(client: falcon.testing.TestClient, authorization: str) -> None:
    """Without a secret or restricted key nothing is answered."""
    answer = client.simulate_get("/v1/charges", headers={"Authorization": authorization})

    assert answer.status_code == 401


@pytest.mark.parametrize("authorization", ["Bearer rk_live_1", "bearer sk_test_1", "Basic c2tfdGVzdF8xOg=="])
def test_every_key_will_do(client: falcon.testing.TestClient, authorization: str) -> None:
    """Secret and restricted keys are taken, as bearer tokens and as basic authentication."""
    answer = client.simulate_get("/v1/charges", headers={"Authorization": authorization})

    assert answer.status_code == 200
    assert answer.headers["Request-Id"].startswith("req_")


def test_lists_are_filtered(client: falcon.testing.TestClient, store: Store) -> None:
    """A list holds what its filters leave."""
    one, other = told(store), told(store)

    found = client.simulate_get("/v1/charges", query_string=f"payment_intent={one.payment_intent}").json
    by_mail = client.simulate_get("/v1/customers", params={"email": other.email}).json
    typed = client.simulate_get("/v1/events", query_string="types[]=charge.succeeded&types[]=x.y").json

    assert [charge["id"] for charge in found["data"]] == [one.charge]
    assert [customer["id"] for customer in by_mail["data"]] == [other.customer]
    assert {event["type"] for event in typed["data"]} == {"charge.succeeded"}


def test_dates_bound_a_list(client: falcon.testing.TestClient, paid: Purchase) -> None:
    """Created may be given exactly or as bounds."""

    def count(query: str) -> int:
        return len(client.simulate_get("/v1/charges", query_string=query).json["data"])

    assert count(f"created={paid.created}") == count(f"created[gte]={paid.created}") == 1
    assert count(f"created[gt]={paid.created}") == count(f"created[lt]={paid.created}") == 0


def test_line_items_are_a_list_of_their_own(client: falcon.testing.TestClient, paid: Purchase) -> None:
    """They have a route, on which data is expanded."""
    path = f"/v1/checkout/sessions/{paid.session_id}/line_items"

    answer = client.simulate_get(path, query_string="expand[]=data.price.product&expand[1]=data.discounts").json

    assert answer["url"] == path
    assert answer["data"][0]["price"]["product"]["object"] == "product"
    assert answer["data"][0]["discounts"] == []


def test_a_connected_account_has_its_own(client: falcon.testing.TestClient, store: Store) -> None:
    """What belongs to a connected account is found in its name only, and an unknown account is refused."""
    purchase = told(store, account="acct_1")
    path = f"/v1/charges/{purchase.charge}"

    statuses = [
        client.simulate_get(path, headers={**KEY, **extra}).status_code
        for extra in ({}, {"Stripe-Account": "acct_1"}, {"Stripe-Account": "acct_2"}, {"Stripe-Account": ACCOUNT})
    ]

    assert statuses == [404, 200, 403, 404]


def test_the_version_of_the_request_decides(client: falcon.testing.TestClient, paid: Purchase) -> None:
    """Stripe-Version shapes what is answered and is echoed; an event keeps the shape that it was made in."""
    path = f"/v1/checkout/sessions/{paid.session_id}"
    old = client.simulate_get(path, headers={**KEY, "Stripe-Version": "2023-10-16"})
    strange = client.simulate_get(path, headers={**KEY, "Stripe-Version": "yesterday"})

    assert "shipping_details" in old.json
    assert old.headers["Stripe-Version"] == "2023-10-16"
    assert strange.status_code == 400


def test_only_metadata_and_descriptions_can_be_changed(client: falcon.testing.TestClient, paid: Purchase) -> None:
    """Anything else that a server would change or create is refused as Stripe refuses a parameter."""
    form = {**KEY, "Content-Type": "application/x-www-form-urlencoded"}
    path = f"/v1/charges/{paid.charge}"

    changed = client.simulate_post(path, headers=form, body="metadata[a]=1&description=Seen&expand[]=customer")
    refused = client.simulate_post(path, headers=form, body="amount=1")
    created = client.simulate_post("/v1/refunds", headers=form, body=f"charge={paid.charge}")
    garbled = client.simulate_post(path, headers=form, body=b"\xff")

    assert (changed.json["metadata"], changed.json["description"]) == ({"a": "1"}, "Seen")
    assert changed.json["customer"]["id"] == paid.customer
    assert (refused.status_code, refused.json["error"]["code"]) == (400, "parameter_unknown")
    assert (created.status_code, garbled.status_code) == (400, 400)


def test_the_stand_in_says_what_it_is() -> None:
    """Without any key the private route identifies it, and says whether it may be told of purchases."""
    own = falcon.testing.TestClient(create_app())
    locked = falcon.testing.TestClient(create_app("token"))

    assert own.simulate_get(CONTROL).json == {"hookassay": "stripe-api", "version": __version__, "open": True}
    assert locked.simulate_get(CONTROL).json["open"] is False
    assert locked.simulate_get(CONTROL, headers={"Authorization": "Bearer token"}).json["open"] is True


@pytest.mark.parametrize(
    ("token", "remote", "authorization", "status"),
    [
        (None, "127.0.0.1", "", 400),
        (None, "::ffff:127.0.0.1", "", 400),
        (None, "192.0.2.1", "", 403),
        ("token", "192.0.2.1", "Bearer token", 400),
        ("token", "127.0.0.1", "", 403),
        ("token", "127.0.0.1", "Bearer other", 403),
        ("token", "127.0.0.1", "Bearer \u00e9", 403),
    ],
)
def test_who_may_tell_of_purchases(token: str | None, remote: str, authorization: str, status: int) -> None:
    """This machine where there is no token, else whoever has it; the rest is refused before anything is read."""
    client = falcon.testing.TestClient(create_app(token))

    answer = client.simulate_put(
        CONTROL, body="{}", remote_addr=remote, headers={"Authorization": authorization.encode().decode("latin-1")}
    )

    assert answer.status_code == status


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"purchase": "x"}', "[" * 100_000])
def test_what_is_no_purchase_is_refused(body: str) -> None:
    """The private route answers 400, and goes on."""
    assert falcon.testing.TestClient(create_app()).simulate_put(CONTROL, body=body).status_code == 400
