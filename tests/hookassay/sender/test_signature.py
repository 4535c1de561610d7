"""The signature header, with the official SDK as an independent judge of what is honest and what is forged."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe import SignatureVerificationError, WebhookSignature

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.endpoint import Secret
from hookassay.sender.event import STYLES, Style
from hookassay.sender.purchase import PurchaseBook
from hookassay.sender.signature import ALL, DAY_OLD, FORGERIES, HONEST, PARTIAL_KEYS, SIGNINGS, Letter, Signed, plain

SECRET = Secret("whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw")
TOLERANCE = 300
# Forgeries that change what is said, and not how it is signed.
CHANGED_BODY = [name for name in FORGERIES if name.endswith("after signing")]
ENVELOPES = [name for name in FORGERIES if "EventBridge" in name or "Event Grid" in name]
WRONG_KEYS = ["the signature of another secret", "the signature of an empty key", *PARTIAL_KEYS]


def body(style: Style = "compact") -> bytes:
    purchase = PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new(name="Zoë €")
    return purchase.paid().of("checkout.session.completed").body(style)


def letter(text: bytes | None = None, secret: Secret = SECRET) -> Letter:
    return Letter(body() if text is None else text, secret, int(time.time()), TOLERANCE)


def sdk_accepts(signed: Signed, secret: Secret = SECRET) -> bool:
    """What an endpoint says that hands the raw body and the header to the official SDK."""
    header = signed.values[0] if signed.values else None
    try:
        return bool(WebhookSignature.verify_header(signed.body, header, secret.reveal(), TOLERANCE))
    except (SignatureVerificationError, TypeError):  # TypeError: a v1 that is not ASCII
        return False


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ALL)
def test_sdk_agrees(name: str, style: Style) -> None:
    """The official SDK accepts every honest variant and refuses every forgery, however the body is written."""
    assert sdk_accepts(ALL[name](letter(body(style)))) is (name in SIGNINGS)


@pytest.mark.parametrize("name", ALL)
def test_sdk_agrees_on_a_short_secret(name: str) -> None:
    """The same holds for a secret of which little is left when its prefix is gone."""
    secret = Secret("whsec_abc")

    assert sdk_accepts(ALL[name](letter(secret=secret)), secret) is (name in SIGNINGS)


@pytest.mark.parametrize("name", [name for name in SIGNINGS if name != HONEST])
def test_honest_variant_differs_in_one_respect(name: str) -> None:
    """An honest variant leaves the body alone, and changes either the header's name or its value."""
    usual, variant = plain(letter()), SIGNINGS[name](letter())

    assert variant.body == usual.body
    assert (variant.name == usual.name) != (variant.values == usual.values)


@pytest.mark.parametrize("name", [name for name in FORGERIES if name not in ENVELOPES])
def test_forgery_differs_in_one_respect(name: str) -> None:
    """A forgery changes either the header's value or the body under an honest header, and never both."""
    genuine = letter()
    usual, forged = plain(genuine), FORGERIES[name](genuine)

    assert forged.name == usual.name
    assert (forged.body == usual.body, forged.values == usual.values) == (
        name not in CHANGED_BODY,
        name in CHANGED_BODY,
    )


@pytest.mark.parametrize("name", [*WRONG_KEYS, "a signature over the body alone", "the signature of another event"])
def test_wrong_digest_has_the_right_shape(name: str) -> None:
    """A signature by another key or over another text looks just like a right one."""
    genuine = letter()

    assert re.fullmatch(rf"t={genuine.now},v1=[0-9a-f]{{64}}", FORGERIES[name](genuine).values[0])


@pytest.mark.parametrize("name", ["only a right v0", "only a right v2", "only a right V1", "only a right sha256"])
def test_another_scheme_is_rightly_signed(name: str) -> None:
    """Under another scheme's name stands the very signature that would be right under v1."""
    genuine = letter()
    scheme = name.rpartition(" ")[2]

    assert FORGERIES[name](genuine).values == (f"t={genuine.now},{scheme}={genuine.mac()}",)


@pytest.mark.parametrize("name", DAY_OLD)
def test_stale_signature_was_honest_once(name: str) -> None:
    """A stale delivery holds the signature that was right a day before."""
    genuine = letter()
    then = genuine.now - 86_400

    assert f"t={then}" in FORGERIES[name](genuine).values[0].split(",")
    assert f"v1={genuine.mac(then)}" in FORGERIES[name](genuine).values[0].split(",")


@pytest.mark.parametrize("name", ["a body indented after signing", "a body escaped after signing"])
@pytest.mark.parametrize("style", STYLES)
def test_rewritten_body_means_the_same(name: str, style: Style) -> None:
    """A body that is only written otherwise is the same JSON in other bytes."""
    genuine = letter(body(style))
    forged = FORGERIES[name](genuine)

    assert forged.body != genuine.body
    assert json.loads(forged.body) == json.loads(genuine.body)


@pytest.mark.parametrize("name", CHANGED_BODY)
def test_changed_body_is_json(name: str) -> None:
    """A changed body can be parsed, so that nothing but its signature is in the way of its effect."""
    assert json.loads(FORGERIES[name](letter()).body)["type"] == "checkout.session.completed"


def test_changed_amount() -> None:
    """The amount that was changed after signing is another than the one that was signed."""
    genuine = letter()

    def amount(text: bytes) -> int:
        return int(json.loads(text)["data"]["object"]["amount_total"])

    assert amount(FORGERIES["an amount changed after signing"](genuine).body) > amount(genuine.body)


def test_changed_id() -> None:
    """Of the body with a changed id nothing but the event's id differs."""
    genuine = letter()
    changed = json.loads(FORGERIES["an id changed after signing"](genuine).body)

    assert {**changed, "id": json.loads(genuine.body)["id"]} == json.loads(genuine.body)
    assert changed["id"] != json.loads(genuine.body)["id"]


@pytest.mark.parametrize("name", ENVELOPES)
def test_envelope_holds_the_event(name: str) -> None:
    """A bus's envelope carries the whole genuine event, at the place where that bus has it."""
    genuine = letter()
    envelope: dict[str, Any] = json.loads(FORGERIES[name](genuine).body)

    assert envelope["detail" if "EventBridge" in name else "data"] == json.loads(genuine.body)


@pytest.mark.parametrize(
    "name", [name for name in CHANGED_BODY if "newline" not in name] + ["the signature of another event"]
)
def test_nothing_to_change(name: str) -> None:
    """A forgery that would leave a delivery genuine is not made: its acceptance would be blamed on the endpoint."""
    with pytest.raises(ValueError, match="this forgery found"):
        FORGERIES[name](letter(b"[]"))


def test_tolerance_not_declared() -> None:
    """There is no minute past a tolerance that nobody declared."""
    with pytest.raises(ValueError, match="no tolerance is declared"):
        FORGERIES["a signature a minute past the declared tolerance"](Letter(b"{}", SECRET, 1_800_000_000))


@given(text=st.binary(max_size=200), key=st.text(min_size=1, max_size=40), now=st.integers(0, 2**33))
@settings(max_examples=50, deadline=None)
def test_mac_by_hand(text: bytes, key: str, now: int) -> None:
    """v1 is the hexadecimal HMAC-SHA256, keyed by the whole secret, of the timestamp, a dot and the body's bytes."""
    block = key.encode() if len(key.encode()) <= 64 else hashlib.sha256(key.encode()).digest()
    block = block.ljust(64, b"\0")
    # RFC 2104: H(K xor opad, H(K xor ipad, text)).
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + str(now).encode() + b"." + text).digest()
    by_hand = hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()

    assert Letter(text, Secret(key), now).mac() == by_hand
    assert by_hand == hmac.new(key.encode(), b"%d." % now + text, hashlib.sha256).hexdigest()


def test_secret_is_not_shown() -> None:
    """A letter's repr, as a traceback would print it, does not hold the secret."""
    assert SECRET.reveal() not in repr(letter())
