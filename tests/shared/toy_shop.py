"""A shop of a few lines in this process, honest unless it is told otherwise, and the bench of a run that judges it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from stripe import SignatureVerificationError, WebhookSignature

from hookassay.config import EndpointSettings, Settings
from hookassay.endpoint import Endpoint, Secret
from hookassay.faults import declared
from hookassay.judging.bench import Bench, observer
from hookassay.judging.journal import PASSED, Journal, ScenarioRecord
from hookassay.judging.scene import Scene
from hookassay.orders.book import OrderBook
from hookassay.orders.settling import Settling
from hookassay.orders.vocabulary import Vocabulary
from hookassay.sender.dispatch import Dispatch
from hookassay.sender.purchase import PurchaseBook
from hookassay.wire.connection import Answer, Headers, Request
from hookassay.wire.volley import Volley

SECRET = Secret("whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw")
URL = "http://127.0.0.1:9/webhook"

Rows = list[dict[str, Any]]

Staging = Callable[..., Scene]
"""Makes the scene of a run with these settings, and the options of `bench`."""


def answer(status: int | None, headers: Headers = (), body: bytes = b"", problem: str = "") -> Answer:
    now = time.monotonic()
    return Answer(status, headers, body, problem, now, now)


@dataclass
class ToyShop:
    """Keeps orders in memory.

    Attributes:
        orders: Checkout Session id → rows.
        received: Every request, in order.
        verifies: Whether it looks at signatures.
        instead: What it answers in place of handling a request; None handles it.
        afterwards: Looks at the answer of a handled request, and may give another.
        kind, many, overhead: What it says of itself as an order reader.
        failing: What reading orders raises; None reads them.
    """

    orders: dict[str, Rows] = field(default_factory=dict)
    received: list[Request] = field(default_factory=list)
    verifies: bool = True
    instead: Callable[[Request], Answer | None] = lambda request: None
    afterwards: Callable[[Answer], Answer] = lambda answer: answer
    kind: str = "sqlite"
    many: bool = True
    overhead: float = 0.0
    failing: Exception | None = None

    # --- as an endpoint -----------------------------------------------------------------------------------------------

    def exchange(self, endpoint: Endpoint, request: Request) -> Answer:
        """What comes back for one request."""
        self.received.append(request)
        refused = self.instead(request)
        if refused is not None:
            return refused
        header = next((value for name, value in request.headers if name.lower() == "stripe-signature"), None)
        if self.verifies:
            try:
                WebhookSignature.verify_header(request.body, header, endpoint.secret.reveal(), 300)
            except (SignatureVerificationError, TypeError, ValueError):
                return answer(400, body=b"bad signature")
        try:
            event = json.loads(request.body)
            event_type, subject = event["type"], event["data"]["object"]
            self.handle(event_type, subject)
        except (ValueError, TypeError, KeyError):
            return answer(400, body=b"no event")
        return self.afterwards(answer(200))

    @contextmanager
    def line(self, endpoint: Endpoint) -> Iterator[SimpleNamespace]:
        """A connection for several requests."""
        yield SimpleNamespace(exchange=lambda request: self.exchange(endpoint, request))

    def fire(
        self, endpoint: Endpoint, requests: Sequence[Request], hold: float, before_the_last: Callable[[], None]
    ) -> Volley:
        """What comes back for requests at once."""
        before_the_last()
        sent = time.monotonic()
        answers = [self.exchange(endpoint, request) for request in requests]
        done = time.monotonic()
        return Volley(tuple(Answer(one.status, one.headers, one.body, one.problem, sent, done) for one in answers), 0.0)

    def handle(self, event_type: str, subject: Mapping[str, Any]) -> None:
        """Let an event have its effect on the orders."""
        if event_type == "checkout.session.completed" and subject["payment_status"] == "paid":
            self.sell(subject)
        elif event_type == "charge.refunded" and subject["refunded"]:
            self.mark(subject["payment_intent"], refund_status="refunded")
        elif event_type == "charge.dispute.created":
            self.mark(subject["payment_intent"], dispute_status="disputed")

    def sell(self, session: Mapping[str, Any]) -> None:
        """Make the order of a session, unless it is there."""
        if session["id"] not in self.orders:
            self.orders[session["id"]] = [self.row(session)]

    def row(self, session: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "status": "paid",
            "refund_status": "none",
            "dispute_status": "none",
            "total_amount": session["amount_total"] / 100,
            "intent": session["payment_intent"],
        }

    def mark(self, intent: str, **columns: str) -> None:
        for rows in self.orders.values():
            for row in rows:
                if row["intent"] == intent:
                    row.update(columns)

    # --- as an order reader -------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Nothing can be wrong."""

    def read(self, session_id: str) -> Sequence[Mapping[str, Any]]:
        if self.failing is not None:
            raise self.failing
        rows = self.orders.get(session_id, ())
        return [{name: value for name, value in row.items() if name != "intent"} for row in rows]

    def close(self) -> None:
        """Nothing is held."""


def bench(
    shop: ToyShop,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings | None = None,
    *,
    readable: bool = True,
    settle: float | None = 0.03,
) -> Bench:
    """The bench of a run against `shop`, which waits for effects no longer than 30 ms."""
    monkeypatch.setattr("hookassay.sender.dispatch.exchange", shop.exchange)
    monkeypatch.setattr("hookassay.sender.dispatch.fire", shop.fire)
    monkeypatch.setattr("hookassay.sender.dispatch.Line", shop.line)
    settings = settings or Settings()
    endpoint = Endpoint(URL, SECRET)
    journal = Journal()
    return Bench(
        settings=settings,
        endpoint=endpoint,
        shop=PurchaseBook(settings.purchase, settings.endpoint, "a1b2c3d4"),
        dispatch=Dispatch(endpoint, observer(journal, lambda text: text), tolerance=settings.endpoint.tolerance),
        book=OrderBook(shop if readable else None, Vocabulary(settings.orders), journal.read),
        settling=Settling(settle),
        journal=journal,
        faults=declared(settings, endpoint),
    )


def ended(scene: Scene) -> ScenarioRecord:
    """The scenario's record after it passed so far, and what it left to be watched was read."""
    scene.record.end(PASSED)
    scene.bench.watchlist.settle(lambda _: None)
    return scene.record


def declaring(**endpoint: Any) -> Settings:
    return Settings(endpoint=EndpointSettings(**endpoint))


def types_sent(shop: ToyShop) -> list[str]:
    return [json.loads(request.body)["type"] for request in shop.received]


def refuse(status: int = 400) -> Callable[[Request], Answer | None]:
    return lambda _: answer(status)


def second_order(shop: ToyShop, scene: Scene) -> None:
    session_id = scene.role().purchase.session_id
    shop.orders[session_id].append(dict(shop.orders[session_id][0]))
