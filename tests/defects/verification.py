"""Defects of verification: what is taken for Stripe's although it is not, and what is not although it is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import random
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import falcon
import stripe
from gunicorn.http.unreader import SocketUnreader
from hookassay.server.event import Event, MalformedEventError, parse
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import TOLERANCE, UnverifiedError, Webhook

from .registry import WSGIApp, defect
from .variant import variant

Items = list[tuple[str, str]]

EVERYTHING = "FG-01 FG-02 FG-03 FG-04 FG-05 FG-07 FG-08 FG-09 FG-10 FG-11 RP-01 RP-02"
"""What fails where nothing is verified. An envelope of an event bus is still no event to such a server, and a genuine
event after its forgery still changes the order."""

# How more than two of the defects below are mended.
VERIFY_FIRST = (
    "Verify the signature first. Read, record, queue or apply the event only when that succeeded; otherwise answer 400 "
    "and stop."
)
WHOLE_SECRET = (
    "Use the whole signing secret as text, whsec_ included, as the HMAC key. Accept no stripped or base64-decoded form "
    "of it: other webhook schemes do that."
)
ONLY_V1 = (
    "Count only items named exactly v1, in lower case, and ignore every other scheme, v0 included. This prevents "
    "downgrade attacks."
)
WHOLE_SIGNATURE = (
    "Compare all 64 hex digits of the expected signature with the given one, in constant time, and refuse whatever has "
    "another length."
)


class Handmade(Webhook):
    """Verifies by hand, and rightly where there is a secret, in steps of which a defect gets one wrong."""

    def verify(self, body: bytes, header: str | None) -> str:
        items = self.items(header or "")
        try:
            verified = self.is_fresh(time.time() - int(self.dated(items))) and self.is_signed(items, body)
            payload = body.decode()
        except ValueError:  # the timestamp is no number, or the body is no UTF-8
            raise UnverifiedError from None
        if not verified:
            raise UnverifiedError
        return payload

    def items(self, header: str) -> Items:
        """The header's items in their order."""
        pairs = (item.partition("=") for item in header.split(","))
        return [(name, value) for name, _, value in pairs]

    def timestamp(self, items: Items) -> str:
        """The timestamp that is signed; empty where there is none."""
        return next((value for name, value in items if name == "t"), "")

    def dated(self, items: Items) -> str:
        """The timestamp that the age is reckoned by; empty where there is none."""
        return self.timestamp(items)

    def is_fresh(self, age: float) -> bool:
        """Whether `age`, in seconds, is within the tolerance."""
        return age <= TOLERANCE

    def is_signed(self, items: Items, body: bytes) -> bool:
        """Whether one of the signatures is right."""
        digests = self.digests(items, body)
        return any(self.matches(digest, given) for given in self.signatures(items) for digest in digests)

    def signatures(self, items: Items) -> list[str]:
        """The signatures that count."""
        return [value for name, value in items if name == "v1"]

    def keys(self) -> list[bytes]:
        """The keys that may have signed."""
        return [self._secret.encode()]

    def payloads(self, items: Items, body: bytes) -> list[bytes]:
        """What may have been signed."""
        return [self.timestamp(items).encode() + b"." + body]

    def digests(self, items: Items, body: bytes) -> list[str]:
        """The signatures that would be right."""
        payloads = self.payloads(items, body)
        return [hmac.new(key, payload, hashlib.sha256).hexdigest() for key in self.keys() for payload in payloads]

    def matches(self, digest: str, given: str) -> bool:
        """Whether the signature that was given is the right one."""
        return hmac.compare_digest(digest.encode(), given.encode())


def text(body: bytes) -> str:
    """The body as text, of which nothing was verified."""
    return body.decode("utf-8", "replace")


def decoded(secret: str) -> bytes:
    """The secret behind its prefix, decoded from base64 as Standard Webhooks does it."""
    bare = secret.removeprefix("whsec_")
    return base64.b64decode(bare + "=" * (-len(bare) % 4))


# --- not verified, or not always --------------------------------------------------------------------------------------


@defect(
    source="D01",
    fails=EVERYTHING,
    known_as="signature never verified",
    fix=(
        "Verify the Stripe-Signature header of every delivery, by Stripe's library or by the steps that Stripe "
        "documents, and answer 400 where it fails."
    ),
)
def no_verification(settings: Settings) -> WSGIApp:
    """Takes every event that is posted: the signature is never looked at."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            return text(body)

    return variant(settings, webhook=Wrong)


@defect(
    source="D04",
    fails="FG-01 FG-02 FG-03",
    known_as="missing signature header taken for genuine",
    fix="Treat a missing or empty Stripe-Signature header as a failed verification: answer 400 and do nothing.",
)
def header_optional(settings: Settings) -> WSGIApp:
    """Verifies only where there is a Stripe-Signature header; without one, or with an empty one, takes the event."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            return super().verify(body, header) if header else text(body)

    return variant(settings, webhook=Wrong)


@defect(
    source="D04",
    fails="FG-02 FG-04",
    known_as="unreadable signature header taken for genuine",
    fix=(
        "Answer 400 to a header that cannot be read, such as one without t or with a t that is no number. Sign test "
        "events rather than skip the verification."
    ),
)
def unreadable_header_excused(settings: Settings) -> WSGIApp:
    """Falls back to the unverified event where the header cannot be read, as some do for their own tests."""

    class Wrong(Handmade):
        def verify(self, body: bytes, header: str | None) -> str:
            if header:
                try:
                    int(self.timestamp(self.items(header)))
                except ValueError:
                    return text(body)
            return super().verify(body, header)

    return variant(settings, webhook=Wrong)


@defect(
    source="D04",
    fails="FG-02 FG-11",
    known_as="unexpected verification error taken for success",
    fix=(
        "Take an event only when verification ended without any exception, not just without the expected one. Sign "
        "test events rather than skip the verification."
    ),
)
def exception_excused(settings: Settings) -> WSGIApp:
    """Refuses what the SDK refuses, but takes the event where the SDK raises anything else, for local testing."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            try:
                stripe.WebhookSignature.verify_header(text(body), header or "", self._secret, tolerance=TOLERANCE)
            except stripe.SignatureVerificationError:
                raise UnverifiedError from None
            except Exception:
                return text(body)
            return text(body)

    return variant(settings, webhook=Wrong)


@defect(
    source="D01",
    fails=EVERYTHING.replace(" FG-02", ""),
    known_as="event applied before its verification",
    fix=VERIFY_FIRST,
)
def verified_afterwards(settings: Settings) -> WSGIApp:
    """Applies the event first and verifies it afterwards: a forgery is answered 400, and has had its effect."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            event = parse(text(body))
            if self.concerns_us(event):
                self.take(event)
            return super().verify(body, header)

    return variant(settings, webhook=Wrong)


@defect(
    source="D31",
    fails=EVERYTHING.replace(" FG-02", ""),
    known_as="event queued before its verification",
    fix=VERIFY_FIRST,
)
def queued_unverified(settings: Settings) -> WSGIApp:
    """Queues every event for four background threads before verifying it, so that only the answer refuses forgeries."""

    class Wrong(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._queue: queue.SimpleQueue[str] = queue.SimpleQueue()
            for _ in range(4):
                threading.Thread(target=self._work, daemon=True).start()

        def verify(self, body: bytes, header: str | None) -> str:
            self._queue.put(text(body))
            return super().verify(body, header)

        def concerns_us(self, event: Event) -> bool:
            return False  # not here and now

        def _work(self) -> None:
            while True:
                payload = self._queue.get()
                time.sleep(random.uniform(0, 0.4))  # workers are never equally busy
                try:
                    event = parse(payload)
                except MalformedEventError:
                    continue
                if super().concerns_us(event):
                    self.take(event)

    return variant(settings, webhook=Wrong)


@defect(
    source="D28",
    fails="FG-12",
    known_as="event id recorded before its verification",
    fix=VERIFY_FIRST,
)
def recorded_before_verified(settings: Settings) -> WSGIApp:
    """Records the event's id before verifying it, so that a refused forgery makes the genuine event a duplicate."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            event = parse(text(body))
            first = self._ledger.record(f"seen {event.id}", event.type, ())
            payload = super().verify(body, header)
            if not first:
                raise falcon.HTTPStatus(falcon.HTTP_200)
            return payload

    return variant(settings, webhook=Wrong)


@defect(
    source="stripe-python's construct_event_without_verification",
    fails="FG-02 FG-13",
    known_as="event bus envelope unwrapped without verification",
    fix=(
        "Take only bodies that Stripe signed on the webhook route. Read EventBridge or Event Grid envelopes only where "
        "nobody but the event bus can deliver them."
    ),
)
def envelope_unwrapped(settings: Settings) -> WSGIApp:
    """Takes the event out of an EventBridge or Event Grid envelope without verifying anything."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            try:
                envelope = json.loads(body)
            except ValueError:
                envelope = None
            if isinstance(envelope, dict):
                inner = envelope.get("data") if "specversion" in envelope else envelope.get("detail")
                if inner:
                    return json.dumps(inner)
            return super().verify(body, header)

    return variant(settings, webhook=Wrong)


@defect(
    source="D02",
    fails="FG-14",
    known_as="verification skipped without a secret",
    fix=(
        "Refuse to start, or answer 5xx to every delivery, while the signing secret is unset or blank. A missing "
        "secret must never switch verification off."
    ),
    without_secret=True,
)
def unset_secret_skips(settings: Settings) -> WSGIApp:
    """Skips verification where the signing secret is not set."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            return super().verify(body, header) if self._secret else text(body)

    return variant(settings, webhook=Wrong)


@defect(
    source="D03",
    fails="FG-14",
    known_as="unset secret used as an empty key",
    fix=(
        "Refuse to start, or answer 5xx to every delivery, while the signing secret is unset or blank. Give it no "
        "default: with an empty key anyone can sign."
    ),
    without_secret=True,
)
def unset_secret_is_empty_key(settings: Settings) -> WSGIApp:
    """Verifies with an empty key where the signing secret is not set: anyone can sign."""
    return variant(settings, webhook=Handmade)


# --- the key ----------------------------------------------------------------------------------------------------------


@defect(
    source="D03",
    fails="FG-09",
    known_as="blank secret accepted beside the real one",
    fix="Refuse to start while one of the signing secrets is blank. With an empty key anyone can sign.",
)
def empty_key_too(settings: Settings) -> WSGIApp:
    """Accepts a signature with an empty key beside the right one: one of its configured secrets is blank."""

    class Wrong(Handmade):
        def keys(self) -> list[bytes]:
            return [*super().keys(), b""]

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="SG-01 SG-07",
    known_as="signing secret used without its whsec_ prefix",
    fix=WHOLE_SECRET,
)
def bare_key_only(settings: Settings) -> WSGIApp:
    """Strips the whsec_ from the secret and keys by the rest as it stands: every delivery of Stripe's is refused."""

    class Wrong(Handmade):
        def keys(self) -> list[bytes]:
            return [self._secret.removeprefix("whsec_").encode()]

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="SG-01 SG-07",
    known_as="signing secret decoded from base64",
    fix=WHOLE_SECRET,
)
def decoded_key_only(settings: Settings) -> WSGIApp:
    """Decodes the secret behind its whsec_ from base64, as Standard Webhooks does: Stripe's deliveries are refused."""

    class Wrong(Handmade):
        def keys(self) -> list[bytes]:
            return [decoded(self._secret)]

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="FG-10",
    known_as="secret without whsec_ accepted as well",
    fix=WHOLE_SECRET,
)
def bare_key_too(settings: Settings) -> WSGIApp:
    """Accepts the secret without its whsec_ as the key too, as it stands."""

    class Wrong(Handmade):
        def keys(self) -> list[bytes]:
            return [*super().keys(), self._secret.removeprefix("whsec_").encode()]

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="FG-10",
    known_as="base64-decoded secret accepted as well",
    fix=WHOLE_SECRET,
)
def decoded_key_too(settings: Settings) -> WSGIApp:
    """Accepts the secret without its whsec_ as a key too, base64-decoded as Standard Webhooks does it."""

    class Wrong(Handmade):
        def keys(self) -> list[bytes]:
            return [*super().keys(), decoded(self._secret)]

    return variant(settings, webhook=Wrong)


# --- what is signed ---------------------------------------------------------------------------------------------------


@defect(
    source="none found",
    fails="FG-09",
    known_as="signature over the body alone accepted",
    fix=(
        "Compute the signature over t, a dot and the raw body, and accept no other. One over the body alone never "
        "grows old and can be replayed."
    ),
)
def body_alone_too(settings: Settings) -> WSGIApp:
    """Accepts a signature over the body alone too, which never grows old."""

    class Wrong(Handmade):
        def payloads(self, items: Items, body: bytes) -> list[bytes]:
            return [*super().payloads(items, body), body]

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="FG-08",
    known_as="signature tried with neighbouring timestamps",
    fix=(
        "Compute the signature over exactly the t of the header. Allow for clocks that drift in the check of the age "
        "alone."
    ),
)
def neighbouring_seconds(settings: Settings) -> WSGIApp:
    """Tries the seconds around the timestamp as well, against clocks that drift."""

    class Wrong(Handmade):
        def payloads(self, items: Items, body: bytes) -> list[bytes]:
            timestamp = int(self.timestamp(items))
            return [f"{second}.".encode() + body for second in range(timestamp - 2, timestamp + 3)]

    return variant(settings, webhook=Wrong)


# --- the age ----------------------------------------------------------------------------------------------------------


@defect(
    source="D07",
    fails="FG-02 RP-01 RP-02",
    known_as="age of deliveries never checked",
    fix=(
        "Refuse a delivery whose t is more than 300 seconds old. Pass this tolerance where the library has no default, "
        "and never one of 0 or null."
    ),
)
def age_unchecked(settings: Settings) -> WSGIApp:
    """Calls the SDK without a tolerance, which then checks no age: a recorded delivery works for ever."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            try:
                stripe.WebhookSignature.verify_header(text(body), header or "", self._secret)
            except Exception:
                raise UnverifiedError from None
            return text(body)

    return variant(settings, webhook=Wrong)


@defect(
    source="D07",
    fails="FG-02 RP-01 RP-02 RP-08",
    known_as="age checked by the event's creation",
    fix=(
        "Check the age by the t of the Stripe-Signature header, never by the event's created. A retry may come three "
        "days later, with a new signature."
    ),
)
def age_of_the_event(settings: Settings) -> WSGIApp:
    """Checks the age of the event in place of the delivery's: replays pass, and late retries do not."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            try:
                stripe.WebhookSignature.verify_header(text(body), header or "", self._secret)
                old = json.loads(body)["created"] < time.time() - TOLERANCE
            except Exception:
                raise UnverifiedError from None
            if old:
                raise UnverifiedError
            return text(body)

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="RP-01",
    known_as="deliveries beyond the declared tolerance accepted",
    fix=(
        "Verify with the tolerance that the endpoint declares, or declare the one that is in force. Stripe's libraries "
        "take 300 seconds by default."
    ),
    config="[endpoint]\ntolerance = 120\n",
)
def declared_tolerance_exceeded(settings: Settings) -> WSGIApp:
    """Accepts deliveries that are older than the two minutes it declares, up to five minutes."""
    return variant(settings)


@defect(
    source="none found",
    fails="RP-02",
    known_as="signature by first timestamp and age by last",
    fix=(
        "Read t once, and use that value both for the signature and for the age. Where a header has several, refuse it "
        "or use the same one for both."
    ),
)
def age_by_last_timestamp(settings: Settings) -> WSGIApp:
    """Checks the signature with the first timestamp of the header, and the age by the last."""

    class Wrong(Handmade):
        def dated(self, items: Items) -> str:
            return super().dated(items[::-1])

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="RP-02",
    known_as="age by first timestamp and signature by last",
    fix=(
        "Read t once, and use that value both for the signature and for the age. Where a header has several, refuse it "
        "or use the same one for both."
    ),
)
def age_by_first_timestamp(settings: Settings) -> WSGIApp:
    """Checks the age by the first timestamp of the header, and the signature with the last."""

    class Wrong(Handmade):
        def timestamp(self, items: Items) -> str:
            return super().timestamp(items[::-1])

        def dated(self, items: Items) -> str:
            return super().timestamp(items)

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="SG-08 SG-09 SG-10",
    known_as="tolerance of five seconds",
    fix=(
        "Accept a t that is up to 300 seconds old or a little ahead, as Stripe's libraries do by default, and keep the "
        "clock right with NTP."
    ),
)
def five_seconds_tolerance(settings: Settings) -> WSGIApp:
    """Accepts only timestamps within five seconds of its clock."""

    class Wrong(Handmade):
        def is_fresh(self, age: float) -> bool:
            return abs(age) <= 5

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="SG-09",
    known_as="undeclared tolerance of one minute",
    fix="Raise the tolerance to 300 seconds, the default of Stripe's libraries, or declare the shorter one.",
)
def minute_tolerance(settings: Settings) -> WSGIApp:
    """Refuses deliveries that are more than a minute old, and declares no tolerance."""

    class Wrong(Handmade):
        def is_fresh(self, age: float) -> bool:
            return age <= 60

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="SG-10",
    known_as="timestamps ahead of the clock refused",
    fix=(
        "Accept a t that is up to 300 seconds ahead of the clock, as all of Stripe's libraries do, and keep the clock "
        "right with NTP."
    ),
)
def future_refused(settings: Settings) -> WSGIApp:
    """Refuses every timestamp that is ahead of its clock."""

    class Wrong(Handmade):
        def is_fresh(self, age: float) -> bool:
            return 0 <= age <= TOLERANCE

    return variant(settings, webhook=Wrong)


# --- which signature counts -------------------------------------------------------------------------------------------


@defect(
    source="D08",
    fails="SG-03",
    known_as="only the first v1 signature tried",
    fix=(
        "Try every v1 item of the header and accept the delivery if one matches. While a secret is rolled Stripe sends "
        "one for each secret."
    ),
)
def first_signature_only(settings: Settings) -> WSGIApp:
    """Looks at the first v1 only: deliveries fail while a secret is rolled."""

    class Wrong(Handmade):
        def signatures(self, items: Items) -> list[str]:
            return super().signatures(items)[:1]

    return variant(settings, webhook=Wrong)


@defect(
    source="D08",
    fails="SG-03",
    known_as="only the last v1 signature tried",
    fix=(
        "Try every v1 item of the header and accept the delivery if one matches. While a secret is rolled Stripe sends "
        "one for each secret."
    ),
)
def last_signature_only(settings: Settings) -> WSGIApp:
    """Reads the header into a dictionary, which keeps the last v1 only: deliveries fail while a secret is rolled."""

    class Wrong(Handmade):
        def items(self, header: str) -> Items:
            return list(dict(super().items(header)).items())

    return variant(settings, webhook=Wrong)


@defect(
    source="D08",
    fails="SG-02 SG-03 SG-04",
    known_as="header pattern of one t and one v1",
    fix=(
        "Split the header at its commas and each item at its equals sign. Take t and every v1, and ignore all other "
        "items."
    ),
)
def exact_form_only(settings: Settings) -> WSGIApp:
    """Reads the header by a pattern of one t and one v1, which nothing may follow."""

    class Wrong(Handmade):
        def items(self, header: str) -> Items:
            found = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", header)
            return [("t", found[1]), ("v1", found[2])] if found else []

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="SG-02",
    known_as="v0 beside a valid v1 refused",
    fix="Ignore v0 items, and accept the delivery if a v1 matches. Stripe adds a v0 to the header of test events.",
)
def v0_refused(settings: Settings) -> WSGIApp:
    """Refuses every header that carries a v0, as if that were the downgrade: Stripe's own test events do."""

    class Wrong(Handmade):
        def is_signed(self, items: Items, body: bytes) -> bool:
            return all(name != "v0" for name, _ in items) and super().is_signed(items, body)

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="SG-04",
    known_as="unknown items in the header refused",
    fix="Ignore all items of the header but t and v1, as Stripe documents it, and accept the delivery if a v1 matches.",
)
def unknown_item_refused(settings: Settings) -> WSGIApp:
    """Refuses a header with an item that it does not know."""

    class Wrong(Handmade):
        def is_signed(self, items: Items, body: bytes) -> bool:
            return all(name in ("t", "v0", "v1") for name, _ in items) and super().is_signed(items, body)

    return variant(settings, webhook=Wrong)


@defect(
    source="D16",
    fails="FG-02 FG-05",
    known_as="v0 signatures accepted",
    fix=ONLY_V1,
)
def v0_accepted(settings: Settings) -> WSGIApp:
    """Accepts a signature under v0 as well as under v1."""

    class Wrong(Handmade):
        def signatures(self, items: Items) -> list[str]:
            return [value for name, value in items if name in ("v0", "v1")]

    return variant(settings, webhook=Wrong)


@defect(
    source="D16",
    fails="FG-02 FG-05",
    known_as="signatures accepted under any scheme name",
    fix=ONLY_V1,
)
def any_scheme_accepted(settings: Settings) -> WSGIApp:
    """Accepts a right signature under whatever name it comes."""

    class Wrong(Handmade):
        def signatures(self, items: Items) -> list[str]:
            return [value for name, value in items if name != "t"]

    return variant(settings, webhook=Wrong)


@defect(
    source="D16",
    fails="FG-05",
    known_as="scheme names compared without case",
    fix=ONLY_V1,
)
def scheme_in_any_case(settings: Settings) -> WSGIApp:
    """Lower-cases the header's names, so that V1 counts as v1."""

    class Wrong(Handmade):
        def items(self, header: str) -> Items:
            return [(name.lower(), value) for name, value in super().items(header)]

    return variant(settings, webhook=Wrong)


# --- how signatures are compared --------------------------------------------------------------------------------------


@defect(
    source="none found",
    fails="FG-11",
    known_as="truncated signature accepted",
    fix=WHOLE_SIGNATURE,
)
def prefix_compared(settings: Settings) -> WSGIApp:
    """Takes a signature for right whose digits are the beginning of the right one."""

    class Wrong(Handmade):
        def matches(self, digest: str, given: str) -> bool:
            return digest.startswith(given)

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="FG-11",
    known_as="signature with anything behind it accepted",
    fix=WHOLE_SIGNATURE,
)
def beginning_compared(settings: Settings) -> WSGIApp:
    """Takes a signature for right that begins with the right one, whatever follows."""

    class Wrong(Handmade):
        def matches(self, digest: str, given: str) -> bool:
            return given.startswith(digest)

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="FG-11",
    known_as="signatures compared up to the shorter's end",
    fix=WHOLE_SIGNATURE,
)
def shorter_compared(settings: Settings) -> WSGIApp:
    """Compares two signatures digit by digit up to the end of the shorter one."""

    class Wrong(Handmade):
        def matches(self, digest: str, given: str) -> bool:
            return all(left == right for left, right in zip(digest, given, strict=False))

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="FG-11",
    known_as="HMAC-SHA1 signatures accepted as well",
    fix="Compute the expected signature with HMAC-SHA256 only, and accept no weaker digest.",
)
def weaker_digest_too(settings: Settings) -> WSGIApp:
    """Accepts HMAC-SHA1 too, for old senders."""

    class Wrong(Handmade):
        def digests(self, items: Items, body: bytes) -> list[str]:
            payloads = self.payloads(items, body)
            old = [hmac.new(key, payload, hashlib.sha1).hexdigest() for key in self.keys() for payload in payloads]
            return [*super().digests(items, body), *old]

    return variant(settings, webhook=Wrong)


@defect(
    source="none found",
    fails="FG-11",
    known_as="base64 signatures accepted as well",
    fix="Compare v1 with the expected digest in hexadecimal only, and accept no other spelling of it.",
)
def base64_too(settings: Settings) -> WSGIApp:
    """Accepts the right digest written in base64 too, as other webhook schemes write it."""

    class Wrong(Handmade):
        def digests(self, items: Items, body: bytes) -> list[str]:
            digests = super().digests(items, body)
            return [*digests, *(base64.b64encode(bytes.fromhex(digest)).decode() for digest in digests)]

    return variant(settings, webhook=Wrong)


# --- the header's name ------------------------------------------------------------------------------------------------


@defect(
    source="none found",
    fails="SG-11",
    known_as="signature header looked up in exact case",
    fix=(
        "Look the header up without regard to case, as the framework's accessor does. Proxies and HTTP/2 send header "
        "names in lower case."
    ),
)
def exact_case_header(settings: Settings) -> WSGIApp:
    """Looks the signature up under the exact spelling Stripe-Signature, which proxies and HTTP/2 do not keep."""
    chunk: Callable[..., bytes] = SocketUnreader.chunk

    def exactly(match: re.Match[bytes]) -> bytes:
        return match[0] if match[0] == b"\r\nStripe-Signature:" else b"\r\nX-Not-Looked-For:"

    def as_spelt(*arguments: Any) -> bytes:
        return re.sub(rb"(?i)\r\nstripe-signature:", exactly, chunk(*arguments))

    # gunicorn tells an application no header's spelling: other spellings are lost where it reads them from the wire.
    SocketUnreader.chunk = as_spelt
    return variant(settings, webhook=Webhook)
