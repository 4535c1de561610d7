"""What an endpoint's answers give away: each cause of a refusal is provoked once, and every answer is read.

A leak may show under one cause only: an exception's text, a debug page, an expected signature for comparison.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..endpoint import Secret
from ..errors import ContractViolation
from ..sender.dispatch import Parcel
from ..sender.malformed import MALFORMED, ODD
from ..sender.signature import FORGERIES, PREFIX
from ..wire.connection import Answer, Request
from .scene import Scene

METHODS = ("GET", "PUT", "PATCH", "DELETE")

# Shorter parts of a secret occur by chance, or are what a masked secret may show.
SHORTEST_PART = 8

# Real ones are long and hold digits; what an error text calls sk_test_your_key or whsec_… holds none.
_API_KEY = re.compile(r"\b[sr]k_(?:live|test)_(?=[A-Za-z]*\d)[0-9A-Za-z]{16,}")
_OTHER_SECRET = re.compile(r"\bwhsec_(?=[A-Za-z+/]*\d)[0-9A-Za-z+/=]{24,}")

_TRACES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a stack trace", re.compile(r"Traceback \(most recent call last\)|Stack trace:|\bgoroutine \d+ \[")),
    (
        "a source line",
        re.compile(
            r'File "[^"\n]+", line \d+|\.[cm]?[jt]sx?:\d+:\d+|\.(?:java|kt|cs|scala|go|rb|php):\d+|\.cs:line \d+'
        ),
    ),
    (
        # A page's own scripts and links are no source paths: those stand in quotes, or behind a host.
        "a source path",
        re.compile(
            r"""(?:(?<![\w./:="'(-])/(?:usr|home|root|var|opt|srv|app|tmp|www)/|\b[A-Z]:\\)"""
            r"[\w./\\@-]*\.(?:py|rb|php|[jt]sx?|[cm]js|go|java)\b"
        ),
    ),
    (
        "a message of the database",
        re.compile(
            r"\bsqlite3?\.\w|\bSQLSTATE\b|\bpsycopg|\bPG::|OperationalError|IntegrityError|ProgrammingError"
            r"|\bSELECT\b.{1,200}\bFROM\b|\bINSERT INTO\b|\bUPDATE\b.{1,100}\bSET\b",
            re.DOTALL,
        ),
    ),
    ("a debug page", re.compile(r"DEBUG = True|Werkzeug Debugger|Whoops, looks like|better_errors|Symfony Exception")),
)
"""What a person would call it → how it looks in the answers of common languages and frameworks."""


@dataclass(frozen=True)
class Provoked:
    """One answer, and what provoked it: `cause` names the forgery, the body or the method."""

    cause: str
    request: Request
    answer: Answer

    @property
    def text(self) -> str:
        """Everything that came back: the headers and the body."""
        lines = [f"{name}: {value}" for name, value in self.answer.headers]
        return "\n".join([*lines, "", self.answer.body.decode("utf-8", "replace")])


_Look = Callable[[Provoked], Iterator[str]]


class Exposure:
    """The answers to everything that an endpoint may accept or refuse."""

    def __init__(self, scene: Scene) -> None:
        """Provoke answers on `scene`'s stage."""
        self._scene = scene
        # The same in every scenario of a run, and in nothing else.
        self._token = hashlib.sha256(f"canary {scene.bench.shop.run}".encode()).hexdigest()[:16]

    def provoke(self) -> None:
        """Send what is honest, every forgery, every malformed body and every other method once.

        Each is one attempt. The customer's name and e-mail are such as nothing else would bring back. What was provoked
        before in this run is looked at again, and not sent.
        """
        scene = self._scene
        if scene.bench.provoked:
            return
        role = scene.cast(name=f"Canary {self._token}", email=f"canary-{self._token}@example.invalid")
        dispatch = scene.bench.dispatch
        honest = [
            dispatch.parcel(role.purchase.session_id, event)
            for fact in ("the payment", "a refund of 300", "a dispute")
            for event in role.story.tell(fact)
            if scene.courier.subscribed(event)
        ]
        forged = scene.cast(name=f"Canary {self._token}", email=f"canary-{self._token}@example.invalid")
        event = scene.subscribed(forged.story.tell("the payment"))[-1]
        about = forged.purchase.session_id
        for parcel in honest:
            self._send("an honest delivery", parcel)
        for forgery in FORGERIES:
            if forgery != "a signature a minute past the declared tolerance" or scene.bench.settings.endpoint.tolerance:
                self._send(forgery, dispatch.parcel(about, event, signing=forgery))
        for kind, body in {**MALFORMED, **ODD}.items():
            parcel = dispatch.parcel(about, event)
            self._send(f"a signed body that is {kind}", replace(parcel, event_id="", event_type=kind, body=body(event)))
        for method in METHODS:
            self._send(method, replace(dispatch.parcel(about, event, signing="no signature header"), method=method))

    def shows_no_secret(self) -> None:
        """Expect no answer to hold the signing secret, a signature that was not sent, or an API key.

        Raises:
            ContractViolation: one does; the secret itself is not repeated.
        """
        secret = self._scene.bench.endpoint.secret
        self._expect("no secret, no expected signature and no API key in any answer", lambda one: _secrets(one, secret))

    def shows_no_inside(self) -> None:
        """Expect no answer to hold a stack trace, a source path, SQL or a debug page."""
        self._expect("no stack trace, source path, SQL or debug page in any answer", _inside)

    def echoes_nothing(self) -> None:
        """Expect no answer to hold the customer's name or e-mail of its delivery."""

        def echoed(one: Provoked) -> Iterator[str]:
            if self._token in one.text:
                yield "the customer's data"

        self._expect("no customer data in any answer", echoed)

    def _send(self, cause: str, parcel: Parcel) -> None:
        dispatch = self._scene.bench.dispatch
        request = dispatch.request(parcel)
        self._scene.bench.provoked.append(Provoked(cause, request, dispatch.send_request(parcel, request)))

    def _expect(self, expected: str, look: _Look) -> None:
        found: dict[str, list[str]] = {}
        for one in self._scene.bench.provoked:
            for what in look(one):
                causes = found.setdefault(f"{what} (status {one.answer.describe()})", [])
                if one.cause not in causes:
                    causes.append(one.cause)
        if found:
            what, causes = next(iter(found.items()))
            others = f" and {len(causes) - 1} more" if len(causes) > 1 else ""
            raise ContractViolation(expected, f"{what} after {causes[0]}{others}")


def _secrets(one: Provoked, secret: Secret) -> Iterator[str]:
    text = one.text
    sent = "\n".join(value for _, value in one.request.headers) + one.request.body.decode("utf-8", "replace")
    whole = secret.reveal()
    bare = whole.removeprefix(PREFIX)
    parts = {"the signing secret": whole, "the signing secret without its prefix": bare}
    parts["the end of the signing secret"] = bare[len(bare) // 2 :]
    for name, part in parts.items():
        if len(part) >= SHORTEST_PART and part in text:
            yield name
            return
    for signature in _signatures(one.request, whole):
        if signature in text and signature not in sent:
            yield "a signature that the endpoint computed"
            return
    for name, pattern in (("an API key", _API_KEY), ("a signing secret", _OTHER_SECRET)):
        for match in pattern.findall(text):
            if match not in sent:
                yield name
                return


def _signatures(request: Request, secret: str) -> Iterator[str]:
    """Every signature that an endpoint may have computed to compare it with what it was sent."""
    header = next((value for name, value in request.headers if name.lower() == "stripe-signature"), "")
    now = int(time.time())
    stamps = {*re.findall(r"t=([^,]*)", header), *(str(now + ahead) for ahead in range(-3, 2))}
    stamps |= {"", "0", "-1", "None", "null", "undefined", "NaN"}
    bodies = [request.body, *(f"{stamp}.".encode() + request.body for stamp in sorted(stamps))]
    for key in {secret, secret.removeprefix(PREFIX)}:
        for body in bodies:
            digest = hmac.new(key.encode(), body, hashlib.sha256)
            yield digest.hexdigest()
            yield base64.b64encode(digest.digest()).decode()


def _inside(one: Provoked) -> Iterator[str]:
    body = one.answer.body.decode("utf-8", "replace")
    for name, pattern in _TRACES:
        if pattern.search(body):
            yield name
