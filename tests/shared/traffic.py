"""Bytes of requests and answers, for the tests of what shows them."""

from __future__ import annotations

from hookassay.judging.traffic import Traffic
from hookassay.wire.connection import Headers, Request


def traffic(
    body: bytes = b'{"id": "evt_run7f3a_00c41d"}', answer: bytes = b"", headers: Headers = (), **changes: int
) -> Traffic:
    """A signed request to an endpoint on this machine, and what it got."""
    sent = (("Content-Type", "application/json"), ("Stripe-Signature", "t=1767225600,v1=5257a869"))
    return Traffic(Request(body, sent), "localhost:4242", "/stripe/webhook", headers, answer, **changes)
