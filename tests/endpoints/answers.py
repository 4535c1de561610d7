"""Endpoints that answer otherwise than the reference server: other statuses, requests to retry, no answer at all."""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from types import MappingProxyType
from typing import Any, ClassVar

import falcon
import peewee
from hookassay.server.event import Event, reference
from hookassay.server.ledger import Ledger
from hookassay.server.models import connected
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .variant import App, execute, variant

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

FIND_ORDER = "SELECT 1 FROM orders WHERE stripe_payment_intent = ?"


class OtherStatuses(Webhook):
    """Refuses with a challenge, as RFC 9110, 15.5.2 wants it of a 401, and has nothing to say of success."""

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer as ever, in other words."""
        try:
            super().on_post(req, resp)
        except falcon.HTTPBadRequest:
            raise falcon.HTTPUnauthorized(challenges=["Stripe-Signature"]) from None
        resp.status = falcon.HTTP_204
        resp.data = None


def unauthorized() -> App:
    """401 for a bad signature, 204 for success."""
    return variant(webhook=OtherStatuses)


class NeedsOrder(Webhook):
    """409 to refunds and disputes until the order of their payment exists."""

    headers: ClassVar[Mapping[str, str]] = {}

    def take(self, event: Event) -> None:
        """Store the event, unless it tells of a refund or dispute before the order is there."""
        if self._is_about_an_order(event.type) and not self._has_order(event):
            raise falcon.HTTPConflict(title="The order is not there yet", headers=self.headers)
        super().take(event)

    @staticmethod
    def _is_about_an_order(event_type: str) -> bool:
        return event_type.startswith(("refund.", "charge.refund", "charge.dispute."))

    def _has_order(self, event: Event) -> bool:
        with connected(self._ledger.database):
            found = execute(self._ledger, FIND_ORDER, reference(event.object, "payment_intent")).fetchone()
        return found is not None


class NeedsOrderSoon(NeedsOrder):
    """409 to early refunds and disputes, and says when to try again."""

    headers = MappingProxyType({"Retry-After": "1"})


def conflict() -> App:
    """409 to early refunds and disputes."""
    return variant(webhook=NeedsOrder)


def conflict_with_retry_after() -> App:
    """409 with Retry-After to early refunds and disputes."""
    return variant(webhook=NeedsOrderSoon)


class ImpatientLedger(Ledger):
    """Lets SQLite refuse whoever comes second with "database is locked", instead of waiting for a turn."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        self._turn = nullcontext()
        sqlite: Any = database
        sqlite.pragma("busy_timeout", 0, permanent=True)


class LoserRefused(Webhook):
    """The loser of a race is told so, and succeeds when it comes again."""

    status = falcon.HTTP_500

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer as ever, but for what was not stored."""
        try:
            super().on_post(req, resp)
        except falcon.HTTPServiceUnavailable:
            raise falcon.HTTPError(self.status, title="database is locked") from None


class LoserInConflict(LoserRefused):
    """The loser of a race gets 409."""

    status = falcon.HTTP_409


def locked() -> App:
    """The loser of a race gets 500, "database is locked"."""
    return variant(webhook=LoserRefused, ledger=ImpatientLedger)


def locked_in_conflict() -> App:
    """The loser of a race gets 409, "database is locked"."""
    return variant(webhook=LoserInConflict, ledger=ImpatientLedger)


class AsksToRetry(Webhook):
    """Refuses the first attempt of every event, to be asked again a second later."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        super().__init__(settings, ledger)
        self._seen: set[str] = set()
        self._guard = threading.Lock()

    def concerns_us(self, event: Event) -> bool:
        """Whether the event has an effect; asked before that, so that the first attempt of every event is refused."""
        with self._guard:
            first = event.id not in self._seen
            self._seen.add(event.id)
        if first:
            raise falcon.HTTPServiceUnavailable(title="Come again", retry_after=1)
        return super().concerns_us(event)


def asks_to_retry() -> App:
    """503 with Retry-After: 1 to the first attempt of every event."""
    return variant(webhook=AsksToRetry)


class RateLimited(Webhook):
    """Takes so many deliveries in a second, and asks for the rest to come when the second is over."""

    AT_MOST = 60

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        super().__init__(settings, ledger)
        self._taken: deque[float] = deque()
        self._guard = threading.Lock()

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer as ever, unless there were too many in the last second."""
        with self._guard:
            now = time.monotonic()
            while self._taken and self._taken[0] < now - 1:
                self._taken.popleft()
            if len(self._taken) >= self.AT_MOST:
                raise falcon.HTTPTooManyRequests(retry_after=1)
            self._taken.append(now)
        super().on_post(req, resp)


def rate_limited() -> App:
    """429 with Retry-After: 1 beyond 60 deliveries a second, and no sooner."""
    return variant(webhook=RateLimited)


def hangs_up() -> WSGIApp:
    """Drops the connection where a signature is bad, without any answer."""
    inner: Any = variant()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started: list[tuple[Any, ...]] = []
        body = inner(environ, lambda *answer: started.append(answer))
        if started[0][0].startswith("400"):
            environ["gunicorn.socket"].shutdown(socket.SHUT_RDWR)
            raise BrokenPipeError  # which gunicorn takes for a client that has left
        start_response(*started[0])
        return body

    return app
