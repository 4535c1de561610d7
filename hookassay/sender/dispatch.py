"""One attempt on the wire: a body, signed in a named way, sent in the manner the endpoint understands."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..endpoint import Endpoint
from ..wire.connection import Answer, Headers, Line, Request, exchange
from ..wire.volley import Volley, fire
from .event import Event, Style
from .signature import ALL, HONEST, Letter

PLAIN_HEADERS: Headers = (("Content-Type", "application/json"),)

# As captured from a delivery of Stripe's; none of them may matter to an endpoint (DL-05).
STRIPE_HEADERS: Headers = (
    ("Content-Type", "application/json; charset=utf-8"),
    ("Cache-Control", "no-cache"),
    ("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
    ("Accept", "*/*; q=0.5, application/xml"),
    ("Accept-Encoding", "gzip"),
)


@dataclass(frozen=True)
class Manner:
    """How deliveries look where a clause does not say it: the first manner that worked in the preflight.

    Attributes:
        name: What the report calls it.
        style: How the body's JSON is written, see `Event.body`.
        headers: The request headers besides the signature.
        url: Another URL than the configured one (a trailing slash more or less), None for the configured one.
    """

    name: str = "compact body, plain headers"
    style: Style = "compact"
    headers: Headers = PLAIN_HEADERS
    url: str | None = None


@dataclass(frozen=True)
class Parcel:
    """What one attempt carries, for those who keep evidence.

    Attributes:
        about: The Checkout Session id of the purchase.
        event_id: The Event's id, empty where the body has none.
        event_type: The Event's type, or what the body is.
        body: The bytes before a forgery changed them.
        signing: The name of the signing variant or forgery.
        attempt: 1 for the first.
        headers: Request headers in place of the manner's, None for the manner's.
        method: The request's method.
        configured: Whether it must go to the configured URL exactly, whatever the manner.
        together: What those have in common that left at once, or on one connection: `volley 1`, `connection 2`; empty
            for one that went alone.
    """

    about: str
    event_id: str
    event_type: str
    body: bytes
    signing: str = HONEST
    attempt: int = 1
    headers: Headers | None = None
    method: str = "POST"
    configured: bool = False
    together: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that was made, for those who keep evidence.

    Attributes:
        parcel: What it carried.
        endpoint: Where it went.
        request: What was sent.
        answer: What came back.
    """

    parcel: Parcel
    endpoint: Endpoint
    request: Request
    answer: Answer


Observer = Callable[[Attempt], None]


class Dispatch:
    """Signs and sends single attempts, as fast as the run allows, and tells the observer of each."""

    def __init__(
        self,
        endpoint: Endpoint,
        observe: Observer,
        *,
        tolerance: int | None = None,
        rate: float | None = None,
        manner: Manner | None = None,
        announce: Callable[[Parcel], None] | None = None,
    ) -> None:
        """Send to `endpoint`, at most `rate` deliveries per second, telling `observe` of every attempt.

        `announce` is told of an attempt before it leaves.
        """
        self.endpoint = endpoint
        self.manner = manner or Manner()
        self._observe = observe
        self._announce = announce or (lambda _: None)
        self._tolerance = tolerance
        self._shortest = self._interval = 1 / rate if rate else 0.0
        self._next = 0.0
        self._companies = itertools.count(1)
        self._lock = threading.Lock()

    def share(self, of: int) -> None:
        """Keep to one of so many parts of the rate from now on, for as many processes deliver at the same time."""
        self._interval = of * self._shortest

    def parcel(self, about: str, event: Event, *, signing: str = HONEST, style: Style | None = None) -> Parcel:
        """The event as it is to be delivered, its body in `style` or in the run's manner."""
        return Parcel(about, event.id, event.type, event.body(style or self.manner.style), signing)

    def request(self, parcel: Parcel) -> Request:
        """The request for `parcel`, signed at this moment."""
        letter = Letter(parcel.body, self.endpoint.secret, int(time.time()), self._tolerance)
        signed = ALL[parcel.signing](letter)
        return Request(
            signed.body,
            (
                *(self.manner.headers if parcel.headers is None else parcel.headers),
                *((signed.name, value) for value in signed.values),
                *self.endpoint.headers,
            ),
            method=parcel.method,
        )

    def line(self) -> Line:
        """A connection for several attempts one after another, which the caller closes."""
        return Line(self._usual())

    def send(self, parcel: Parcel, *, url: str | None = None, line: Line | None = None) -> Answer:
        """Make one attempt, at another `url` than the configured one or the manner's where it is given.

        It is made on a connection of its own, or on a `line` of this dispatch's.
        """
        if line is not None:
            return self._attempt(self._usual(), parcel, line=line)
        target = url or (None if parcel.configured else self.manner.url)
        endpoint = self.endpoint.with_url(target) if target else self.endpoint
        return self._attempt(endpoint, parcel)

    def send_request(self, parcel: Parcel, request: Request) -> Answer:
        """Make one attempt with a request that was made before, its signature included."""
        return self._attempt(self._usual(), parcel, request=request)

    def converse(self, parcels: Sequence[Parcel]) -> list[Answer]:
        """Make one attempt for each parcel, one after another on one connection as far as the endpoint keeps it."""
        parcels = self._together("connection", parcels)
        with self.line() as line:
            return [self.send(parcel, line=line) for parcel in parcels]

    def ask(self, target: str) -> Answer:
        """What a GET of `target` on the endpoint's host shows to anyone: without signature, token or login."""
        self._wait()
        return exchange(self.endpoint, Request(headers=(("Accept", "*/*"),), method="GET", target=target))

    def fire(
        self, parcels: Sequence[Parcel], hold: float, before_the_last: Callable[[], None] = lambda: None
    ) -> Volley:
        """Make one attempt for each parcel at the same instant; `before_the_last` is called ahead of the last bytes."""
        parcels = self._together("volley", parcels)
        for parcel in parcels:
            self._wait()
            self._announce(parcel)
        endpoint, requests = self._usual(), [self.request(parcel) for parcel in parcels]
        volley = fire(endpoint, requests, hold, before_the_last)
        for parcel, request, answer in zip(parcels, requests, volley.answers, strict=True):
            self._observe(Attempt(parcel, endpoint, request, answer))
        return volley

    def _together(self, kind: str, parcels: Sequence[Parcel]) -> list[Parcel]:
        """The parcels as what they are: sent in one company."""
        name = f"{kind} {next(self._companies)}"
        return [replace(parcel, together=name) for parcel in parcels]

    def _usual(self) -> Endpoint:
        return self.endpoint.with_url(self.manner.url) if self.manner.url else self.endpoint

    def _attempt(
        self, endpoint: Endpoint, parcel: Parcel, *, request: Request | None = None, line: Line | None = None
    ) -> Answer:
        self._wait()
        self._announce(parcel)
        # Signed when it leaves, however long the rate made it wait.
        request = request or self.request(parcel)
        answer = exchange(endpoint, request) if line is None else line.exchange(request)
        self._observe(Attempt(parcel, endpoint, request, answer))
        return answer

    def _wait(self) -> None:
        """Keep the rate: each attempt takes the next free slot."""
        if not self._interval:
            return
        with self._lock:
            now = time.monotonic()
            slot = max(now, self._next)
            self._next = slot + self._interval
        time.sleep(slot - now)


def retried(parcel: Parcel) -> Parcel:
    """The parcel's next attempt."""
    return replace(parcel, attempt=parcel.attempt + 1)
