"""POST /checkout/sessions: sessions created through Stripe's API, which `responses` stands in for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
import reference_shop
import requests
import responses
from falcon.testing import Result
from reference_shop import API_KEY, Shop

API = "https://api.stripe.com/v1/checkout/sessions"
CREATED = {"id": "cs_test_1", "object": "checkout.session", "url": "https://checkout.stripe.com/c/pay/cs_test_1"}
BASKET: dict[str, Any] = {
    "line_items": [{"price": "price_1", "quantity": 2}],
    "success_url": "https://shop.example/thanks",
}


@pytest.fixture
def stripe_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[responses.RequestsMock]:
    """Stripe's API; the SDK's waits between its own retries are left out."""
    monkeypatch.setattr("stripe._http_client.HTTPClient._sleep_time_seconds", lambda *args, **kwargs: 0)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as api:
        yield api


def create(shop: Shop, request: object, **headers: str) -> Result:
    return shop.client.simulate_post(
        "/checkout/sessions", json=request, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def sent(api: responses.RequestsMock, number: int = 0) -> tuple[dict[str, str], Any]:
    """The form fields and headers of a request that Stripe got."""
    request = api.calls[number].request
    return dict(parse_qsl(str(request.body))), request.headers


def test_created(shop: Shop, stripe_api: responses.RequestsMock) -> None:
    """The caller gets the new session's id and URL, and nothing else of it."""
    stripe_api.post(API, json={**CREATED, "client_secret": "cs_secret", "customer": "cus_1"})

    result = create(shop, BASKET)

    assert (result.status_code, result.json) == (201, {"id": CREATED["id"], "url": CREATED["url"]})


def test_what_stripe_is_told(shop: Shop, stripe_api: responses.RequestsMock) -> None:
    """Stripe is told the prices, the mode and the user, with the server's key."""
    stripe_api.post(API, json=CREATED)

    create(shop, {**BASKET, "user_id": "42", "client_reference_id": "cart-7", "cancel_url": "https://shop.example/"})

    fields, headers = sent(stripe_api)
    assert fields == {
        "mode": "payment",
        "line_items[0][price]": "price_1",
        "line_items[0][quantity]": "2",
        "success_url": "https://shop.example/thanks",
        "cancel_url": "https://shop.example/",
        "metadata[user_id]": "42",
        "client_reference_id": "cart-7",
    }
    assert headers["Authorization"] == f"Bearer {API_KEY}"


def test_setup_mode(shop: Shop, stripe_api: responses.RequestsMock) -> None:
    """In setup mode there is a currency and nothing to buy."""
    stripe_api.post(API, json=CREATED)

    result = create(shop, {"mode": "setup", "currency": "eur", "success_url": "https://shop.example/thanks"})

    assert result.status_code == 201
    assert sent(stripe_api)[0] == {"mode": "setup", "currency": "eur", "success_url": "https://shop.example/thanks"}


def test_idempotency_key(shop: Shop, stripe_api: responses.RequestsMock) -> None:
    """The caller's idempotency key is handed on; without one, each request has a key of its own."""
    stripe_api.post(API, json=CREATED)

    create(shop, BASKET, Idempotency_Key="cart-7-try-1")
    create(shop, BASKET)
    create(shop, BASKET)

    keys = [sent(stripe_api, number)[1]["Idempotency-Key"] for number in range(3)]
    assert keys[0] == "cart-7-try-1"
    assert len(set(keys)) == 3
    assert all(keys)


def test_retries_keep_the_key(shop: Shop, stripe_api: responses.RequestsMock) -> None:
    """When the SDK tries again, it does so with the same key, so that one session is created."""
    stripe_api.post(API, status=500, json={"error": {"type": "api_error", "message": "x"}})
    stripe_api.post(API, json=CREATED)

    assert create(shop, BASKET).status_code == 201
    assert len({sent(stripe_api, number)[1]["Idempotency-Key"] for number in range(2)}) == 1


def test_other_api(sqlite_database: str, stripe_api: responses.RequestsMock) -> None:
    """A stand-in for Stripe's API can be named."""
    stripe_api.post("http://127.0.0.1:12111/v1/checkout/sessions", json=CREATED)
    settings = reference_shop.settings_for(sqlite_database, stripe_api_base="http://127.0.0.1:12111")

    with reference_shop.opened(settings) as shop:
        assert create(shop, BASKET).status_code == 201


def test_prices_are_not_the_callers(shop: Shop, stripe_api: responses.RequestsMock) -> None:
    """A caller cannot say what a thing costs."""
    for item in ({"price": "price_1", "amount": 1}, {"price_data": {"unit_amount": 1, "currency": "usd"}}):
        assert create(shop, {**BASKET, "line_items": [item]}).status_code == 400
    assert len(stripe_api.calls) == 0


@pytest.mark.parametrize(
    ("request_body", "says"),
    [
        ([], "The body must be a JSON object"),
        ("x", "The body must be a JSON object"),
        ({**BASKET, "amount": 5}, "The body may only hold line_items,"),
        ({**BASKET, "mode": "gift"}, "mode must be payment, subscription or setup"),
        ({**BASKET, "line_items": []}, "line_items must be a list of 1 to 100"),
        ({"success_url": "https://shop.example/"}, "line_items must be a list of 1 to 100"),
        ({**BASKET, "line_items": ["price_1"]}, "line_items must hold objects"),
        ({**BASKET, "line_items": [{"quantity": 1}]}, "price must be text of 1 to 255"),
        ({**BASKET, "line_items": [{"price": "p", "quantity": 0}]}, "quantity must be a whole number"),
        ({**BASKET, "line_items": [{"price": "p", "quantity": True}]}, "quantity must be a whole number"),
        ({**BASKET, "line_items": [{"price": "p", "quantity": 1.5}]}, "quantity must be a whole number"),
        ({**BASKET, "success_url": "javascript:alert(1)"}, "success_url must be an http(s) URL"),
        ({"line_items": BASKET["line_items"]}, "success_url must be an http(s) URL"),
        ({**BASKET, "cancel_url": 5}, "cancel_url must be an http(s) URL"),
        ({**BASKET, "user_id": 42}, "user_id must be text of 1 to 500"),
        ({**BASKET, "user_id": "\x00"}, "user_id must be text of 1 to 500"),
        ({**BASKET, "client_reference_id": ""}, "client_reference_id must be text of 1 to 200"),
        ({**BASKET, "mode": "setup", "currency": "usd"}, "line_items must be left out"),
        ({"mode": "setup", "success_url": "https://shop.example/"}, "currency must be text of 1 to 3"),
    ],
)
def test_invalid_request(shop: Shop, stripe_api: responses.RequestsMock, request_body: object, says: str) -> None:
    """What is wrong with a request is said before Stripe is asked."""
    result = create(shop, request_body)

    assert result.status_code == 400
    assert says in result.json["description"]
    assert len(stripe_api.calls) == 0


@pytest.mark.parametrize("body", [b"", b"{oops", b"\xff", b"[" * 60_000])
def test_no_json(shop: Shop, body: bytes) -> None:
    """A body that is not JSON is 400."""
    assert shop.client.simulate_post("/checkout/sessions", body=body).status_code == 400


@pytest.mark.parametrize("key", ["", "k" * 256, "é"])
def test_invalid_key(shop: Shop, key: str) -> None:
    """An idempotency key that Stripe would not take is 400."""
    assert "Idempotency-Key" in create(shop, BASKET, Idempotency_Key=key).json["description"]


def test_too_large(shop: Shop) -> None:
    """A request of more than 64 KiB is 413."""
    assert create(shop, {**BASKET, "user_id": "x" * 65536}).status_code == 413


@pytest.mark.parametrize(
    ("status", "error", "answer", "says"),
    [
        (402, {"type": "card_error", "code": "card_declined", "message": "Declined."}, 402, "Declined."),
        (400, {"type": "invalid_request_error", "message": "No such price: 'price_1'"}, 400, "No such price"),
        (400, {"type": "idempotency_error", "message": "x"}, 409, "send a new key"),
        (401, {"type": "invalid_request_error", "message": "Invalid API Key: sk_canary"}, 502, None),
        (403, {"type": "invalid_request_error", "message": "canary may not"}, 502, None),
        (429, {"type": "rate_limit_error", "message": "canary"}, 503, "Try again."),
        (500, {"type": "api_error", "message": "canary"}, 502, None),
    ],
)
def test_stripe_errors(
    shop: Shop,
    stripe_api: responses.RequestsMock,
    caplog: pytest.LogCaptureFixture,
    status: int,
    error: dict[str, str],
    answer: int,
    says: str | None,
) -> None:
    """An error of Stripe's is told where the caller can mend it, and otherwise only logged, by its kind."""
    stripe_api.post(API, status=status, json={"error": error}, headers={"Request-Id": "req_1"})

    result = create(shop, BASKET)

    assert result.status_code == answer
    assert (says or "") in result.json.get("description", "")
    assert "canary" not in result.text + "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("hookassay")
    )
    assert (answer >= 500) == ("request req_1" in caplog.text)


@pytest.mark.parametrize("error", [requests.ConnectionError("canary"), requests.Timeout("canary")])
def test_unreachable(shop: Shop, stripe_api: responses.RequestsMock, error: Exception) -> None:
    """When Stripe cannot be reached, the answer is 504."""
    stripe_api.post(API, body=error)

    result = create(shop, BASKET)

    assert result.status_code == 504
    assert "canary" not in result.text


def test_nonsense_from_stripe(shop: Shop, stripe_api: responses.RequestsMock) -> None:
    """An answer that is not Stripe's, from a proxy say, is 502."""
    stripe_api.post(API, status=200, body="<html>canary</html>")

    result = create(shop, BASKET)

    assert result.status_code == 502
    assert "canary" not in result.text
