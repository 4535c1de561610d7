"""The Stripe-Signature header: honest ones, and every forgery as a named function of an honest one.

Scheme (docs.stripe.com/webhooks, “Verify webhook signatures manually”): the header is
`t=<unix seconds>,v1=<hex>[,v1=…][,v0=…]`, and each v1 is HMAC-SHA256 of `t + "." + raw body`, keyed by the whole
signing secret, `whsec_` included. Nothing here uses Stripe's SDK: judge and judged share no code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ..endpoint import Secret

PREFIX = "whsec_"
DAY = 86_400


@dataclass(frozen=True)
class Signed:
    """A body and the signature headers that go with it.

    Attributes:
        body: The bytes of the request's body.
        values: The values of the Stripe-Signature headers: none, one, or several.
        name: The header's name as it is written.
    """

    body: bytes
    values: tuple[str, ...]
    name: str = "Stripe-Signature"


@dataclass(frozen=True)
class Letter:
    """What an honest delivery is made of: a variant starts from it and changes one thing.

    Attributes:
        body: The bytes to deliver.
        secret: The endpoint's signing secret.
        now: Unix seconds at the moment of sending.
        tolerance: The age in seconds after which the endpoint declares to refuse; None declares nothing.
    """

    body: bytes
    secret: Secret
    now: int
    tolerance: int | None = None

    def mac(self, t: object = None, *, key: bytes | None = None, body: bytes | None = None) -> str:
        """The v1 signature in hex over `t.body`, each part replaceable."""
        stamp = str(self.now if t is None else t).encode()
        signed = stamp + b"." + (self.body if body is None else body)
        return hmac.new(self._key if key is None else key, signed, hashlib.sha256).hexdigest()

    @property
    def _key(self) -> bytes:
        return self.secret.reveal().encode()

    @property
    def bare_key(self) -> bytes:
        """The secret without its `whsec_`, as other webhook schemes key their HMAC."""
        return self.secret.reveal().removeprefix(PREFIX).encode()

    @property
    def wrong(self) -> str:
        """A well-formed signature that fits nothing."""
        return self.mac(key=b"whsec_not_the_secret_of_this_endpoint")

    def under(self, header: str) -> Signed:
        """This body under the given header value."""
        return Signed(self.body, (header,))

    def signed_at(self, t: int) -> Signed:
        """An honest signature made at `t`."""
        return self.under(f"t={t},v1={self.mac(t)}")


Signing = Callable[[Letter], Signed]

HONEST = "honest"
# For a copy that must not have the header of the delivery before it: signatures of one second are equal.
SIGNED_APART = "a timestamp three seconds old"

SIGNINGS: dict[str, Signing] = {}
"""Honest variants: every official library accepts each of them."""

FORGERIES: dict[str, Signing] = {}
"""Forgeries and stale deliveries: every official library refuses each of them."""


def _honest(name: str) -> Callable[[Signing], Signing]:
    def register(function: Signing) -> Signing:
        SIGNINGS[name] = function
        return function

    return register


def _forgery(name: str) -> Callable[[Signing], Signing]:
    def register(function: Signing) -> Signing:
        FORGERIES[name] = function
        return function

    return register


# --- honest: what Stripe sends, and what its documentation says may be sent -------------------------------------------


@_honest(HONEST)
def plain(letter: Letter) -> Signed:
    """One timestamp and one v1."""
    return letter.signed_at(letter.now)


@_honest("a v0 after the v1")
def v0_after(letter: Letter) -> Signed:
    """Stripe's own test events carry a fake v0."""
    return letter.under(f"t={letter.now},v1={letter.mac()},v0={letter.wrong}")


@_honest("a v0 before the v1")
def v0_before(letter: Letter) -> Signed:
    """The order of items is not promised."""
    return letter.under(f"t={letter.now},v0={letter.wrong},v1={letter.mac()}")


@_honest("a wrong v1, then the right one")
def right_last(letter: Letter) -> Signed:
    """While a secret is rolled, Stripe sends one signature per secret."""
    return letter.under(f"t={letter.now},v1={letter.wrong},v1={letter.mac()}")


@_honest("the right v1, then a wrong one")
def right_first(letter: Letter) -> Signed:
    """While a secret is rolled, Stripe sends one signature per secret."""
    return letter.under(f"t={letter.now},v1={letter.mac()},v1={letter.wrong}")


@_honest("the right v1 between two wrong ones")
def right_between(letter: Letter) -> Signed:
    """Nothing bounds the number of signatures."""
    other = letter.mac(key=b"whsec_neither_is_this")
    return letter.under(f"t={letter.now},v1={letter.wrong},v1={letter.mac()},v1={other}")


@_honest("an unknown v2 after the v1")
def v2_after(letter: Letter) -> Signed:
    """A scheme to come."""
    return letter.under(f"t={letter.now},v1={letter.mac()},v2={letter.wrong}")


@_honest("unknown items around the v1")
def unknown_items(letter: Letter) -> Signed:
    """Items of key=value form that nobody knows yet."""
    return letter.under(f"xyz=1,t={letter.now},kid=abc,v1={letter.mac()},v3=00ff")


@_honest(SIGNED_APART)
def three_seconds_old(letter: Letter) -> Signed:
    """Not the second of now, and within every tolerance."""
    return letter.signed_at(letter.now - 3)


@_honest("a timestamp ten seconds old")
def ten_seconds_old(letter: Letter) -> Signed:
    """A delivery that took its time."""
    return letter.signed_at(letter.now - 10)


@_honest("a timestamp four minutes old")
def four_minutes_old(letter: Letter) -> Signed:
    """Within the default tolerance of five minutes."""
    return letter.signed_at(letter.now - 240)


@_honest("a timestamp half a minute ahead")
def half_a_minute_ahead(letter: Letter) -> Signed:
    """A clock that runs fast."""
    return letter.signed_at(letter.now + 30)


@_honest("a lower-case header name")
def lower_case_name(letter: Letter) -> Signed:
    """As HTTP/2 and many proxies write it (RFC 9110, 5.1: names are case-insensitive)."""
    return replace(plain(letter), name="stripe-signature")


@_honest("an upper-case header name")
def upper_case_name(letter: Letter) -> Signed:
    """RFC 9110, 5.1: names are case-insensitive."""
    return replace(plain(letter), name="STRIPE-SIGNATURE")


# --- forged: the header -----------------------------------------------------------------------------------------------


@_forgery("no signature header")
def no_header(letter: Letter) -> Signed:
    """The header is missing."""
    return Signed(letter.body, ())


@_forgery("an empty signature header")
def empty_header(letter: Letter) -> Signed:
    """The header is there and says nothing."""
    return letter.under("")


@_forgery("a garbage signature header")
def garbage_header(letter: Letter) -> Signed:
    """The header has no items."""
    return letter.under("garbage")


@_forgery("no timestamp")
def no_timestamp(letter: Letter) -> Signed:
    """A right v1 alone."""
    return letter.under(f"v1={letter.mac()}")


@_forgery("a timestamp that is no number")
def word_for_timestamp(letter: Letter) -> Signed:
    """t=abc, rightly signed over `abc.`."""
    return letter.under(f"t=abc,v1={letter.mac('abc')}")


@_forgery("only a right v0")
def v0_only(letter: Letter) -> Signed:
    """A downgrade: “ignore all schemes that aren't v1”."""
    return letter.under(f"t={letter.now},v0={letter.mac()}")


@_forgery("only a right v2")
def v2_only(letter: Letter) -> Signed:
    """A scheme that does not exist."""
    return letter.under(f"t={letter.now},v2={letter.mac()}")


@_forgery("only a right V1")
def upper_case_scheme(letter: Letter) -> Signed:
    """The scheme's letter is lower-case; every official library refuses this."""
    return letter.under(f"t={letter.now},V1={letter.mac()}")


@_forgery("only a right sha256")
def github_scheme(letter: Letter) -> Signed:
    """As another service writes it."""
    return letter.under(f"t={letter.now},sha256={letter.mac()}")


@_forgery("a wrong v1 beside a right v0")
def v0_to_the_rescue(letter: Letter) -> Signed:
    """A right v0 does not rescue a wrong v1."""
    return letter.under(f"t={letter.now},v1={letter.wrong},v0={letter.mac()}")


@_forgery("a timestamp moved by a second")
def moved_timestamp(letter: Letter) -> Signed:
    """The timestamp is part of what is signed."""
    return letter.under(f"t={letter.now + 1},v1={letter.mac()}")


# --- forged: the key and the digest -----------------------------------------------------------------------------------


@_forgery("the signature of another secret")
def other_secret(letter: Letter) -> Signed:
    """What anyone can make."""
    return letter.under(f"t={letter.now},v1={letter.wrong}")


@_forgery("the signature of an empty key")
def empty_key(letter: Letter) -> Signed:
    """What an unset secret would accept."""
    return letter.under(f"t={letter.now},v1={letter.mac(key=b'')}")


@_forgery("a signature over the body alone")
def body_alone(letter: Letter) -> Signed:
    """Without the timestamp and its dot."""
    digest = hmac.new(letter.secret.reveal().encode(), letter.body, hashlib.sha256).hexdigest()
    return letter.under(f"t={letter.now},v1={digest}")


@_forgery("a key without whsec_")
def stripped_key(letter: Letter) -> Signed:
    """Keyed as other webhook schemes do it."""
    return letter.under(f"t={letter.now},v1={letter.mac(key=letter.bare_key)}")


@_forgery("a base64-decoded key")
def decoded_key(letter: Letter) -> Signed:
    """Keyed as the Standard Webhooks scheme does it."""
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", letter.bare_key.replace(b"-", b"+").replace(b"_", b"/"))
    if len(letters) % 4 == 1:  # no byte; the decoders that ask for no padding drop it
        letters = letters[:-1]
    key = base64.b64decode(letters + b"=" * (-len(letters) % 4))
    return letter.under(f"t={letter.now},v1={letter.mac(key=key)}")


@_forgery("half a signature")
def truncated(letter: Letter) -> Signed:
    """The first 32 digits of 64."""
    return letter.under(f"t={letter.now},v1={letter.mac()[:32]}")


@_forgery("a signature with two more digits")
def extended(letter: Letter) -> Signed:
    """66 digits, the first 64 of them right."""
    return letter.under(f"t={letter.now},v1={letter.mac()}00")


@_forgery("an empty v1")
def empty_v1(letter: Letter) -> Signed:
    """v1 has no value."""
    return letter.under(f"t={letter.now},v1=")


@_forgery("a v1 that is not hexadecimal")
def not_hexadecimal(letter: Letter) -> Signed:
    """64 letters z."""
    return letter.under(f"t={letter.now},v1={'z' * 64}")


@_forgery("a v1 that is not ASCII")
def not_ascii(letter: Letter) -> Signed:
    """Constant-time comparisons of text raise on it in some languages."""
    return letter.under(f"t={letter.now},v1=é{letter.mac()[1:]}")


@_forgery("a base64 signature")
def base64_signature(letter: Letter) -> Signed:
    """The right digest in the wrong spelling."""
    return letter.under(f"t={letter.now},v1={base64.b64encode(bytes.fromhex(letter.mac())).decode()}")


@_forgery("a SHA-1 signature")
def sha1_signature(letter: Letter) -> Signed:
    """The right key and text under a weaker digest."""
    signed = f"{letter.now}.".encode() + letter.body
    digest = hmac.new(letter.secret.reveal().encode(), signed, hashlib.sha1).hexdigest()
    return letter.under(f"t={letter.now},v1={digest}")


# --- forged: the body, changed after signing --------------------------------------------------------------------------


def _changed(letter: Letter, body: bytes) -> Signed:
    if body == letter.body:
        raise ValueError("this forgery found nothing to change in the body")
    return replace(plain(letter), body=body)


@_forgery("an id changed after signing")
def changed_id(letter: Letter) -> Signed:
    """The event's id, one letter of it."""
    return _changed(letter, re.sub(rb'"(evt_\w*)\w"', rb'"\g<1>~"', letter.body, count=1))


@_forgery("an amount changed after signing")
def changed_amount(letter: Letter) -> Signed:
    """Every amount, by one digit."""
    return _changed(letter, re.sub(rb'("amount\w*": ?)(\d)', rb"\g<1>9\2", letter.body))


@_forgery("a newline added after signing")
def added_newline(letter: Letter) -> Signed:
    """One byte at the end."""
    return _changed(letter, letter.body + b"\n")


@_forgery("a body indented after signing")
def indented_after(letter: Letter) -> Signed:
    """The same JSON in other bytes."""
    return _changed(letter, json.dumps(json.loads(letter.body), indent=4, ensure_ascii=False).encode())


@_forgery("a body escaped after signing")
def escaped_after(letter: Letter) -> Signed:
    """The same JSON in other bytes: a letter written as its escape."""
    return _changed(letter, letter.body.replace(b'"object"', b'"\\u006fbject"', 1))


@_forgery("the signature of another event")
def other_event(letter: Letter) -> Signed:
    """A genuine header, taken from a genuine delivery of something else."""
    other = re.sub(rb'"evt_\w*"', b'"evt_another"', letter.body, count=1)
    if other == letter.body:
        raise ValueError("this forgery found no event id in the body")
    return letter.under(f"t={letter.now},v1={letter.mac(body=other)}")


# --- forged: envelopes of cloud event buses, which carry no signature -------------------------------------------------


def _eventbridge(letter: Letter) -> bytes:
    event = json.loads(letter.body)
    envelope = {
        "version": "0",
        "id": "0c6c9f4e-9a6b-4d33-8f5e-6a3b9f0e7b11",
        "detail-type": event["type"],
        "source": "aws.partner/stripe.com/ed_test_61Pa",
        "account": "000000000000",
        "time": "2026-11-23T00:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": event,
    }
    return json.dumps(envelope).encode()


def _eventgrid(letter: Letter) -> bytes:
    event = json.loads(letter.body)
    envelope = {
        "specversion": "1.0",
        "id": event["id"],
        "type": event["type"],
        "source": "/stripe.com/ed_test_61Pa",
        "time": "2026-11-23T00:00:00Z",
        "datacontenttype": "application/json",
        "data": event,
    }
    return json.dumps(envelope).encode()


@_forgery("an unsigned EventBridge envelope")
def unsigned_eventbridge(letter: Letter) -> Signed:
    """The event under `detail`, as AWS delivers it on a channel that needs no signature."""
    return Signed(_eventbridge(letter), ())


@_forgery("an EventBridge envelope with a wrong signature")
def badly_signed_eventbridge(letter: Letter) -> Signed:
    """The event under `detail`, under a signature that fits nothing."""
    return Signed(_eventbridge(letter), (f"t={letter.now},v1={letter.wrong}",))


@_forgery("an unsigned Event Grid envelope")
def unsigned_eventgrid(letter: Letter) -> Signed:
    """The event under `data`, as Azure delivers it on a channel that needs no signature."""
    return Signed(_eventgrid(letter), ())


@_forgery("an Event Grid envelope with a wrong signature")
def badly_signed_eventgrid(letter: Letter) -> Signed:
    """The event under `data`, under a signature that fits nothing."""
    return Signed(_eventgrid(letter), (f"t={letter.now},v1={letter.wrong}",))


# --- stale: honest once -----------------------------------------------------------------------------------------------


@_forgery("a signature a day old")
def day_old(letter: Letter) -> Signed:
    """A recorded delivery, replayed a day later."""
    return letter.signed_at(letter.now - DAY)


@_forgery("a signature a minute past the declared tolerance")
def past_tolerance(letter: Letter) -> Signed:
    """Only where a tolerance is declared; closer to the edge the official libraries disagree."""
    if letter.tolerance is None:
        raise ValueError("no tolerance is declared")
    return letter.signed_at(letter.now - letter.tolerance - 60)


@_forgery("an old signature with a fresh timestamp after its own")
def refreshed_after(letter: Letter) -> Signed:
    """Signed over the old timestamp, aged by the new one."""
    old = letter.now - DAY
    return letter.under(f"t={old},t={letter.now},v1={letter.mac(old)}")


@_forgery("an old signature with a fresh timestamp before its own")
def refreshed_before(letter: Letter) -> Signed:
    """Signed over the old timestamp, aged by the new one."""
    old = letter.now - DAY
    return letter.under(f"t={letter.now},t={old},v1={letter.mac(old)}")


DAY_OLD = (
    "a signature a day old",
    "an old signature with a fresh timestamp after its own",
    "an old signature with a fresh timestamp before its own",
)
"""Stale deliveries that an endpoint whose declared tolerance is a day or more may rightly accept."""

PARTIAL_KEYS = ("a key without whsec_", "a base64-decoded key")
"""Forgeries that an endpoint accepts which takes a part of the secret for the key."""

ALL: Mapping[str, Signing] = {**SIGNINGS, **FORGERIES}
