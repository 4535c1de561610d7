"""What an endpoint's answers give away, and what only looks like it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re

import pytest
from toy_shop import SECRET, Staging, ToyShop, answer, declaring

from hookassay.errors import ContractViolation
from hookassay.judging.exposure import METHODS, Exposure
from hookassay.judging.scene import Scene
from hookassay.sender.malformed import MALFORMED, ODD
from hookassay.sender.signature import FORGERIES
from hookassay.wire.connection import Answer, Request

WHOLE = SECRET.reveal()
BARE = WHOLE.removeprefix("whsec_")


def provoked(scene: Scene, shop: ToyShop, text: str, status: int = 400) -> Exposure:
    """What a shop is seen to give away that answers every forgery with `text`."""

    def instead(request: Request) -> Answer | None:
        return None if header(request).count("v1=") == 1 and signed(request) else answer(status, body=text.encode())

    shop.instead = instead
    exposure = Exposure(scene)
    exposure.provoke()
    return exposure


def header(request: Request) -> str:
    return next((value for name, value in request.headers if name == "Stripe-Signature"), "")


def signed(request: Request, key: str = WHOLE) -> bool:
    return digest(request, key).hex() in header(request)


def digest(request: Request, key: str = WHOLE) -> bytes:
    stamp = header(request).partition("t=")[2].partition(",")[0]
    return hmac.digest(key.encode(), f"{stamp}.".encode() + request.body, hashlib.sha256)


def passes(exposure: Exposure) -> None:
    exposure.shows_no_secret()
    exposure.shows_no_inside()
    exposure.echoes_nothing()


def test_honest_shop(scene: Scene) -> None:
    """An endpoint whose answers say little gives nothing away."""
    exposure = Exposure(scene)
    exposure.provoke()
    passes(exposure)


def test_every_cause_once(scene: Scene, shop: ToyShop) -> None:
    """Each forgery, each malformed body and each other method is one attempt, beside the honest deliveries."""
    Exposure(scene).provoke()
    deliveries = scene.record.deliveries
    causes = {*FORGERIES, *MALFORMED, *ODD} - {"a signature a minute past the declared tolerance"}
    sent = {one.signing for one in deliveries} | {one.event_type for one in deliveries}

    assert causes - sent == set()
    assert {request.method for request in shop.received} == {"POST", *METHODS}
    assert {one.attempt for one in deliveries} == {1}


def test_declared_tolerance(staging: Staging, shop: ToyShop) -> None:
    """What is past the declared tolerance is a cause where one is declared."""
    scene = staging(declaring(tolerance=120))
    Exposure(scene).provoke()

    assert "a signature a minute past the declared tolerance" in {one.signing for one in scene.record.deliveries}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"STRIPE_WEBHOOK_SECRET={WHOLE}", "the signing secret"),
        (f"key: {BARE}", "the signing secret without its prefix"),
        (f"whsec_********{BARE[len(BARE) // 2 :]}", "the end of the signing secret"),
        ("Invalid API Key provided: sk_test_51HxyzABCDEFghij0123456789", "an API key"),
        ("rk_live_4eC39HqLyjWDarjtT1zdp7dc", "an API key"),
        ("old secret: whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH", "a signing secret"),
    ],
)
def test_secret(scene: Scene, shop: ToyShop, text: str, what: str) -> None:
    """A secret in an answer is a violation that names it and does not repeat it."""
    exposure = provoked(scene, shop, text)

    with pytest.raises(ContractViolation, match=re.escape(f"saw {what} (status 400) after ")) as violation:
        exposure.shows_no_secret()
    assert BARE[len(BARE) // 2 :] not in str(violation.value)
    exposure.shows_no_inside()


@pytest.mark.parametrize(
    "encoded", [lambda raw: raw.hex(), lambda raw: base64.b64encode(raw).decode()], ids=["hex", "base64"]
)
@pytest.mark.parametrize("key", [WHOLE, BARE], ids=["whole", "bare"])
def test_expected_signature(scene: Scene, shop: ToyShop, key: str, encoded: object) -> None:
    """The signature that would have been right is as good as the secret."""
    assert callable(encoded)

    def instead(request: Request) -> Answer | None:
        if signed(request):
            return None
        return answer(400, body=f"expected {encoded(digest(request, key))}, got {header(request)}".encode())

    shop.instead = instead
    exposure = Exposure(scene)
    exposure.provoke()

    with pytest.raises(ContractViolation, match="a signature that the endpoint computed"):
        exposure.shows_no_secret()


def test_secret_in_a_header(scene: Scene, shop: ToyShop) -> None:
    """What a header of the answer gives away is given away."""
    shop.afterwards = lambda _: answer(200, (("X-Debug", WHOLE),))
    exposure = Exposure(scene)
    exposure.provoke()

    with pytest.raises(ContractViolation, match=r"the signing secret \(status 200\) after an honest delivery"):
        exposure.shows_no_secret()


@pytest.mark.parametrize(
    ("body", "cause"),
    [(b"{oops", "a signed body that is not JSON"), (b"", "a signed body that is empty"), (b"[]", "an empty list")],
)
def test_one_cause_only(scene: Scene, shop: ToyShop, body: bytes, cause: str) -> None:
    """A leak that shows under a single cause is seen, and the cause named."""
    text = b"Traceback (most recent call last):\n"
    shop.instead = lambda request: answer(500, body=text) if request.body == body else None
    exposure = Exposure(scene)
    exposure.provoke()

    with pytest.raises(ContractViolation, match=rf"a stack trace \(status 500\) after .*{cause}"):
        exposure.shows_no_inside()
    exposure.shows_no_secret()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('  File "/app/shop/webhook.py", line 12, in post', "a source line"),
        ("<cite>/usr/lib/python3.11/site-packages/stripe/_webhook.py</cite>", "a source path"),
        ("at Object.<anonymous> (/app/server.js:10:5)", "a source line"),
        ("Error: Cannot find module\nRequire stack:\n- /app/server.js", "a source path"),
        ("at shop.Webhook.post(Webhook.java:31)", "a source line"),
        ("   at Shop.Webhook.Post() in /src/Webhook.cs:line 31", "a source line"),
        ("<b>Notice</b>: Undefined index in <b>/var/www/html/webhook.php</b> on line <b>3</b>", "a source path"),
        ("C:\\inetpub\\shop\\webhook.php", "a source path"),
        ("app/controllers/webhooks_controller.rb:12:in `create'", "a source line"),
        ("goroutine 17 [running]:", "a stack trace"),
        ("sqlite3.IntegrityError: NOT NULL constraint failed", "a message of the database"),
        ("SQLSTATE[23000]: Integrity constraint violation", "a message of the database"),
        ("PG::UniqueViolation: ERROR", "a message of the database"),
        ("SELECT id, type\n  FROM events WHERE id = $1", "a message of the database"),
        ("You're seeing this error because you have <code>DEBUG = True</code>", "a debug page"),
    ],
)
def test_inside(scene: Scene, shop: ToyShop, text: str, what: str) -> None:
    """What common languages and frameworks show of their inside is a violation."""
    exposure = provoked(scene, shop, text, 500)

    with pytest.raises(ContractViolation, match=re.escape(f"saw {what} (status 500)")):
        exposure.shows_no_inside()
    exposure.shows_no_secret()


SDK = """\
No signatures found matching the expected signature for payload. Are you passing the raw request body you received from
Stripe?
 If a webhook request is being forwarded by a third-party tool, ensure that the exact request body, including JSON
formatting and new line style, is preserved.

Learn more about webhook signing and explore webhook integration examples for various frameworks at
https://docs.stripe.com/webhooks/signature
"""

SPA = """\
<!doctype html><html><head><link rel="stylesheet" href="/app/main.css"><link rel="modulepreload" href="/tmp/a.js">
<script type="module" src="/app/assets/index-4f2a.js"></script><script src='/www/old.js'></script>
<script src=/var/x.js></script><script>import("/home/shop.js")</script></head>
<body><a href="https://shop.example/app/help.php">Help</a><a href="/home/index.php">Home</a></body></html>
"""


@pytest.mark.parametrize(
    "text",
    [
        SDK,
        SPA,
        "received at 10:20:30:15",
        "Invalid API Key provided: sk_test_********abcd",
        "Set STRIPE_SECRET_KEY to your key (sk_test_your_secret_key) and the secret to whsec_your_signing_secret_here",
        "The secret must begin with whsec_",
        "Timestamp outside the tolerance zone (1792800000)",
        '{"error": {"code": "invalid_signature", "request_id": "req_4f2a9c1b7d", "doc_url": "https://shop.example/api/x"}}',
        "Please select an item from the list, update it and set a price.",
        "Orders are kept in sqlite. Ask us.",
        "<h1>405 Method Not Allowed</h1><hr>nginx/1.25.3",
        "See https://github.com/stripe/stripe-node/blob/master/src/Webhooks.js#L10 and /docs/webhooks.html",
    ],
)
def test_harmless(scene: Scene, shop: ToyShop, text: str) -> None:
    """Texts that only look like it give nothing away."""
    passes(provoked(scene, shop, text))


def test_received_header_echoed(scene: Scene, shop: ToyShop) -> None:
    """Who sent a signature knows it: to be shown it again gives nothing away."""
    shop.instead = lambda request: answer(400, body=header(request).encode())
    exposure = Exposure(scene)
    exposure.provoke()
    exposure.shows_no_secret()


def test_event_id_and_type_echoed(scene: Scene, shop: ToyShop) -> None:
    """An acknowledgement may name the event's id and type."""

    def instead(request: Request) -> Answer | None:
        try:
            event = json.loads(request.body)
            return answer(200, body=f"{event['id']} {event['type']} {event['data']['object']['id']}".encode())
        except (ValueError, TypeError, KeyError):
            return answer(400)

    shop.instead = instead
    exposure = Exposure(scene)
    exposure.provoke()
    passes(exposure)


@pytest.mark.parametrize("field", ["name", "email"])
def test_customer_echoed(scene: Scene, shop: ToyShop, field: str) -> None:
    """A name or an e-mail that comes back from the webhook is a violation."""

    def instead(request: Request) -> Answer | None:
        try:
            details = json.loads(request.body)["data"]["object"]["customer_details"]
        except (ValueError, TypeError, KeyError):
            return None
        return answer(200, body=f"Thank you, {details[field]}!".encode())

    shop.instead = instead
    exposure = Exposure(scene)
    exposure.provoke()

    with pytest.raises(ContractViolation, match=r"the customer's data \(status 200\)"):
        exposure.echoes_nothing()
    exposure.shows_no_secret()
    exposure.shows_no_inside()


def test_another_customer(scene: Scene, shop: ToyShop) -> None:
    """The customer's data is told by what nothing else would bring back."""
    shop.instead = lambda _: answer(200, body=b"Canary canary-0123@example.invalid Test Buyer")
    exposure = Exposure(scene)
    exposure.provoke()
    exposure.echoes_nothing()
