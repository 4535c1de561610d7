"""How the application answers what goes wrong."""

from __future__ import annotations

import json

import pytest
from reference_shop import API_KEY, SECRET, TOKEN, Purchase, Shop, sign


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/redoc", "/openapi.json", "/swagger.json", "/robots.txt", "/stripe", "/stripe/webhook/"]
)
def test_no_other_routes(shop: Shop, path: str) -> None:
    """There is nothing else, and nothing that lists the routes."""
    assert shop.client.simulate_get(path).status_code == 404
    assert shop.client.simulate_post(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [("/stripe/webhook", "GET", "POST"), ("/checkout/sessions", "GET", "POST"), ("/healthz", "POST", "GET")],
)
def test_other_methods(shop: Shop, path: str, method: str, allowed: str) -> None:
    """A method that a route does not have is 405, with the one that it has."""
    result = shop.client.simulate_request(method, path)

    assert result.status_code == 405
    assert allowed in result.headers["allow"]


def test_errors_are_json(shop: Shop) -> None:
    """Errors are JSON even for Stripe, whose Accept header prefers XML."""
    result = shop.client.simulate_post("/stripe/webhook", headers={"Accept": "*/*; q=0.5, application/xml"})

    assert result.headers["content-type"] == "application/json"
    assert result.json == {"title": "The signature could not be verified"}


def test_unexpected(shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """A fault of the server is a 500 that tells nothing, and a log line that quotes nothing."""

    def fault(*args: object) -> None:
        raise RuntimeError(f"canary {SECRET}")

    monkeypatch.setattr(shop.ledger, "record", fault)
    body = json.dumps(Purchase().completed()).encode()

    result = shop.post(body, sign(body))

    assert (result.status_code, result.json) == (500, {"title": "The server failed"})
    assert "unexpected RuntimeError at " in caplog.text
    assert "test_app.py:" in caplog.text
    assert not [word for word in ("canary", SECRET, "Traceback") if word in caplog.text]


def test_nothing_secret_in_answers(shop: Shop) -> None:
    """No answer holds a secret, a signature that was expected, or anything of the payload."""
    body = json.dumps(Purchase().completed(customer_email="canary@example.invalid")).encode()
    good = sign(body)
    answers = [
        shop.post(body, None),
        shop.post(body, sign(body, secret="whsec_other")),
        shop.post_signed(body[:-1]),
        shop.post_signed(body),
        shop.client.simulate_get("/orders/cs_1"),
        shop.client.simulate_post("/checkout/sessions", body=body),
    ]

    for answer in answers:
        shown = answer.text + str(answer.headers)
        assert not [word for word in (SECRET, SECRET[6:], API_KEY, TOKEN, good[-64:], "canary") if word in shown]
