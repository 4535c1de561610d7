"""The postmark: the same bytes as every other delivery, signed by the same rule."""

from __future__ import annotations

import pytest

from hookassay.endpoint import Endpoint, Secret
from hookassay.sender.signature import Letter
from hookassay.storm.postmark import Postmark
from hookassay.wire.connection import Request

HEADERS = (("Content-Type", "application/json"),)


@pytest.mark.parametrize("secret", ["whsec_short", "whsec_" + "long" * 40])
def test_a_request_is_what_any_delivery_looks_like(secret: str) -> None:
    """Byte by byte it is the request that certify sends for the same body at the same second."""
    endpoint = Endpoint("http://127.0.0.1:4242/hook?a=b", Secret(secret), (("X-Bypass", "token"),))
    body, now = '{"name":"Ä"}'.encode(), 1_700_000_000
    value = f"t={now},v1={Letter(body, endpoint.secret, now).mac()}"
    expected = Request(body, (*HEADERS, ("Stripe-Signature", value), *endpoint.headers, ("Content-Length", "13")))

    assert Postmark(endpoint, HEADERS).request(body, now) == expected.to_bytes(endpoint)
