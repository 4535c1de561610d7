"""POST /stripe/webhook: what is verified, what is refused, what is logged."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from pathlib import Path
from typing import Any

import pytest
import reference_shop
from freezegun import freeze_time
from hookassay.server.webhook import LARGEST_EVENT, TOLERANCE
from reference_shop import JUNK, SECRET, Purchase, Shop, event, sign

REFUSED = {"title": "The signature could not be verified"}


def body_of(delivered: dict[str, Any]) -> bytes:
    return json.dumps(delivered).encode()


def hmac_of(message: bytes, key: bytes = SECRET.encode(), digest: str = "sha256") -> str:
    return hmac.new(key, message, digest).hexdigest()


def forged_headers(body: bytes) -> dict[str, str | None]:
    """Headers that do not sign `body` honestly, by what is wrong with them."""
    now = int(time.time())
    signed = f"{now}.".encode() + body
    good = hmac_of(signed)
    raw_key = base64.b64decode(SECRET.removeprefix("whsec_") + "==", altchars=b"_-")
    old = sign(body, at=now - 86400)
    return {
        "missing": None,
        "empty": "",
        "garbage": "garbage",
        "no t": f"v1={good}",
        "t is empty": f"t=,v1={good}",
        "t is no number": f"t=abc,v1={hmac_of(b'abc.' + body)}",
        "t is endless": f"t={'9' * 5000},v1={good}",
        "no v1": f"t={now}",
        "v0 only": f"t={now},v0={good}",
        "right v0, wrong v1": f"t={now},v1={'0' * 64},v0={good}",
        "v2 only": f"t={now},v2={good}",
        "upper-case keys": f"T={now},V1={good}",
        "sha256=": f"sha256={good}",
        "v1 without =": f"t={now},v1",
        "v1 empty": f"t={now},v1=",
        "v1 cut short": f"t={now},v1={good[:32]}",
        "v1 too long": f"t={now},v1={good}00",
        "v1 not hex": f"t={now},v1={'zz' * 32}",
        "v1 not ASCII": f"t={now},v1=é",
        "v1 base64": f"t={now},v1={base64.b64encode(bytes.fromhex(good)).decode()}",
        "SHA-1": f"t={now},v1={hmac_of(signed, digest='sha1')}",
        "other secret": sign(body, secret="whsec_other"),
        "empty key": f"t={now},v1={hmac_of(signed, key=b'')}",
        "key without whsec_": f"t={now},v1={hmac_of(signed, key=SECRET.removeprefix('whsec_').encode())}",
        "key decoded": f"t={now},v1={hmac_of(signed, key=raw_key)}",
        "body only": f"t={now},v1={hmac_of(body)}",
        "plain digest": f"t={now},v1={hashlib.sha256(signed).hexdigest()}",
        "other t": f"t={now + 1},v1={good}",
        "other body": sign(body + b"\n"),
        "day old": old,
        "t is 0": sign(body, at=0),
        "t is negative": sign(body, at=-1),
        "old t, then fresh t": old.replace(",", f",t={now},"),
        "fresh t, then old t": f"t={now},{old}",
    }


@pytest.mark.parametrize("forgery", forged_headers(b""))
def test_forgery(shop: Shop, purchase: Purchase, forgery: str) -> None:
    """A forged delivery is answered 400 and leaves nothing behind, and the genuine event is taken afterwards."""
    completed = purchase.completed()
    body = body_of(completed)

    result = shop.post(body, forged_headers(body)[forgery])

    assert (result.status_code, result.json) == (400, REFUSED)
    assert [shop.count(table) for table in ("events", "facts", "orders")] == [0, 0, 0]
    shop.deliver(completed)
    assert shop.states(purchase) == ("paid", "none", "none")


@pytest.mark.parametrize("changed", [b"\n", b" ", b"\0", b"x"])
def test_body_changed_after_signing(shop: Shop, purchase: Purchase, changed: bytes) -> None:
    """One more byte makes a signature void."""
    body = body_of(purchase.completed())

    assert shop.post(body + changed, sign(body)).status_code == 400
    assert shop.order(purchase) is None


def test_cloud_envelopes(shop: Shop, purchase: Purchase) -> None:
    """The envelopes of EventBridge and Event Grid are no way round the signature."""
    for envelope in ({"detail": purchase.completed()}, {"specversion": "1.0", "data": purchase.completed()}):
        assert shop.post(body_of(envelope), None).status_code == 400
        assert shop.post_signed(body_of(envelope)).status_code == 400
    assert shop.order(purchase) is None


def honest_headers(body: bytes) -> dict[str, str]:
    """Headers that sign `body` honestly, by what is special about them."""
    now = int(time.time())
    good = hmac_of(f"{now}.".encode() + body)
    bad = "0" * 64
    return {
        "plain": sign(body),
        "v0 beside": f"t={now},v1={good},v0={bad}",
        "right v1 first": f"t={now},v1={good},v1={bad}",
        "right v1 last": f"t={now},v1={bad},v1={good}",
        "hundred wrong v1": f"t={now}," + f"v1={bad}," * 100 + f"v1={good}",
        "unknown schemes": f"t={now},v2={bad},v1={good},xyz=1",
        "v1 before t": f"v1={good},t={now}",
        "not hex beside": f"t={now},v1=zz,v1={good}",
        "a little early": sign(body, at=now + 30),
        "far ahead": sign(body, at=now + 3600),
    }


@pytest.mark.parametrize("header", honest_headers(b""))
def test_honest_header(shop: Shop, purchase: Purchase, header: str) -> None:
    """A header with one right v1 and a recent t is enough."""
    body = body_of(purchase.completed())

    assert shop.post(body, honest_headers(body)[header]).status_code == 200
    assert shop.states(purchase) == ("paid", "none", "none")


@pytest.mark.parametrize(
    "spell",
    [
        lambda e: json.dumps(e, indent=2),
        lambda e: json.dumps(e, separators=(",", ":")),
        lambda e: json.dumps(e, ensure_ascii=False),
        lambda e: json.dumps(e) + "\n",
        lambda e: json.dumps(dict(reversed(e.items()))),
        lambda e: json.dumps(e).replace("_", "\\u005f"),
        lambda e: json.dumps(e).replace("1000", "1e3"),
    ],
)
def test_spelling(shop: Shop, purchase: Purchase, spell: Any) -> None:
    """The exact bytes are verified, however they are spaced, sorted or escaped."""
    completed = purchase.completed(metadata={"user_id": "café € 😀"})

    assert shop.post_signed(spell(completed).encode()).status_code == 200
    order = shop.order(purchase)
    assert order is not None
    assert (order["user_id"], order["amount_total"]) == ("café € 😀", 1000)


@pytest.mark.parametrize(("age", "status"), [(0, 200), (TOLERANCE - 1, 200), (TOLERANCE + 1, 400), (86400, 400)])
def test_tolerance(shop: Shop, purchase: Purchase, age: int, status: int) -> None:
    """A signature is good for 300 seconds."""
    body = body_of(purchase.completed())
    with freeze_time("2026-11-23 12:00:00"):
        header = sign(body)

    with freeze_time("2026-11-23 12:00:00", tz_offset=0) as clock:
        clock.tick(age)
        assert status == shop.post(body, header).status_code


def test_old_event(shop: Shop, purchase: Purchase) -> None:
    """An event created days ago is taken when its signature is fresh: retries go on for days."""
    shop.deliver({**purchase.completed(), "created": int(time.time()) - 259_200})

    assert shop.states(purchase) == ("paid", "none", "none")


@pytest.mark.parametrize("body", JUNK.values(), ids=JUNK.keys())
def test_signed_junk(shop: Shop, purchase: Purchase, body: str) -> None:
    """A signed body that is no event is answered 400, and the server goes on serving."""
    result = shop.post_signed(body.encode("utf-8", "surrogatepass"))

    assert result.status_code == 400
    shop.deliver(purchase.completed())
    assert shop.count("events") == 1


@pytest.mark.parametrize("body", [b"\xff", b"\xef\xbb\xbf{}", b"{}\x00", '{"a": 1}'.encode("utf-16")])
def test_bytes_that_are_no_json(shop: Shop, body: bytes) -> None:
    """Bytes that are not UTF-8, or begin with a byte order mark, are answered 400 even when they are signed."""
    assert shop.post_signed(body).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": "cs_\0"},
        {"payment_intent": "pi_\ud800"},
        {"payment_intent": ["pi_1"]},
        {"amount_total": "1000"},
        {"amount_total": -1},
        {"amount_total": 10**30},
        {"amount_total": float("inf")},
        {"currency": 840},
    ],
)
def test_malformed_session(open_shop: Shop, changes: dict[str, Any]) -> None:
    """A session that no database could take, or that makes no sense, is answered 400 and nothing is kept."""
    tables = ("events", "facts", "orders")
    before = [open_shop.count(table) for table in tables]

    assert open_shop.post_signed(body_of(Purchase().completed(**changes))).status_code == 400
    assert [open_shop.count(table) for table in tables] == before


def test_largest_event(shop: Shop, purchase: Purchase) -> None:
    """An event of exactly the limit is taken, one byte more is answered 413."""
    body = body_of(purchase.completed())
    body += b" " * (LARGEST_EVENT - len(body))

    assert shop.post_signed(body + b" ").status_code == 413
    assert shop.order(purchase) is None
    assert shop.post_signed(body).status_code == 200
    assert LARGEST_EVENT >= 2**20


def test_livemode(sqlite_database: str) -> None:
    """Where the mode is set, events of the other mode are acknowledged and have no effect, even later."""
    ours, theirs = Purchase(), Purchase()
    with reference_shop.opened(reference_shop.settings_for(sqlite_database, livemode=True)) as shop:
        shop.deliver({**theirs.completed(), "livemode": False}, {**ours.completed(), "livemode": True})

        assert (shop.states(theirs), shop.states(ours)) == (None, ("paid", "none", "none"))
        assert shop.count("events") == 1


def test_account(sqlite_database: str) -> None:
    """Where the account is set, events of another connected account are acknowledged and have no effect."""
    ours, theirs, plain = Purchase(), Purchase(), Purchase()
    with reference_shop.opened(reference_shop.settings_for(sqlite_database, account="acct_1")) as shop:
        shop.deliver(
            {**theirs.completed(), "account": "acct_2"}, {**ours.completed(), "account": "acct_1"}, plain.completed()
        )

        assert [shop.states(purchase) for purchase in (theirs, ours, plain)] == [
            None,
            ("paid", "none", "none"),
            ("paid", "none", "none"),
        ]


def test_failed_payment_is_logged(shop: Shop, purchase: Purchase, caplog: pytest.LogCaptureFixture) -> None:
    """A failed payment leaves one log line with the event and the PaymentIntent, none of the customer, and no order."""
    customer = {"billing_details": {"name": "Canary Name", "email": "canary@example.invalid"}, "last4": "4242"}
    failed = purchase.intent("payment_failed", last_payment_error={"message": "Canary declined"}, **customer)
    charge_failed = event("charge.failed", purchase.charge(failure_message="Canary declined", **customer))
    no_charge = purchase.intent("payment_failed", latest_charge=None)

    shop.deliver(failed, failed, charge_failed, no_charge)

    assert [
        f"payment failed: event {delivered['id']}, payment intent {purchase.intent_id}"
        for delivered in (failed, charge_failed, no_charge)
    ] == [record.getMessage() for record in caplog.records if record.name.startswith("hookassay.server")]
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    assert "canary" not in caplog.text.lower()
    assert shop.order(purchase) is None


def test_refusals_are_logged_without_content(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """What is refused is logged by reason; neither payload, secret nor signature is."""
    body = body_of(Purchase().completed(customer_email="canary@example.invalid", id=None))
    for header in forged_headers(body).values():
        shop.post(body, header)
    shop.post_signed(body)

    assert "refused a delivery: No signatures found matching the expected signature for payload" in caplog.messages
    assert "refused a signed body: id is not an id" in caplog.messages
    good = sign(body).rpartition("=")[2]
    assert not [secret for secret in ("canary", SECRET, SECRET[6:], good, "evt_") if secret in caplog.text]


def test_not_stored(shop: Shop, purchase: Purchase, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """An event that cannot be stored is answered 503, logged without its content, and taken when it comes again."""
    completed = purchase.completed(customer_email="canary@example.invalid")
    shop.database.execute_sql("ALTER TABLE orders RENAME TO away")

    result = shop.post_signed(body_of(completed))

    assert (result.status_code, result.json) == (503, {"title": "The event could not be stored"})
    assert result.headers["retry-after"] == "1"
    assert [f"event {completed['id']} was not stored: OperationalError"] == caplog.messages
    assert [shop.count("events"), shop.count("facts")] == [0, 0]
    shop.database.execute_sql("ALTER TABLE away RENAME TO orders")
    shop.deliver(completed)
    assert shop.states(purchase) == ("paid", "none", "none")


def test_other_methods(shop: Shop, purchase: Purchase) -> None:
    """Only POST delivers events."""
    body = body_of(purchase.completed())
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD"):
        result = shop.client.simulate_request(
            method, "/stripe/webhook", body=body, headers={"Stripe-Signature": sign(body)}
        )
        assert result.status_code == 405
    assert shop.order(purchase) is None
