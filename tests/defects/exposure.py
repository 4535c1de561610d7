"""Defects of exposure: what answers, documents and the order read-back tell whoever asks."""

from __future__ import annotations

import hashlib
import hmac
import json
import sqlite3
import traceback
from typing import Any

import falcon
import peewee
from hookassay.server.app import create_app
from hookassay.server.event import MalformedEventError, parse
from hookassay.server.ledger import Ledger
from hookassay.server.models import OrderRow, connected, open_database
from hookassay.server.money import major
from hookassay.server.settings import Settings
from hookassay.server.webhook import UnverifiedError

from .delivery import PATH
from .failures import envelope
from .registry import WSGIApp, defect
from .variant import RawWebhook, variant

SERVER_ERROR = falcon.HTTP_500


def page(status: str, text: str) -> falcon.HTTPStatus:
    """An answer that shows `text`."""
    return falcon.HTTPStatus(status, {"Content-Type": "text/plain"}, text)


class Telling(RawWebhook):
    """A webhook resource that is right, but tells more than it should in one of its answers."""

    def on_unverified(self) -> Exception:
        """What a bad signature is answered."""
        return UnverifiedError()

    def on_malformed(self, error: MalformedEventError) -> Exception:
        """What a signed body is answered that is no event."""
        return error

    def verify(self, body: bytes, header: str | None) -> str:
        try:
            payload = super().verify(body, header)
        except UnverifiedError:
            raise self.on_unverified() from None
        try:
            parse(payload)
        except MalformedEventError as error:
            raise self.on_malformed(error) from None
        return payload


def serving_too(settings: Settings, path: str, text: str) -> WSGIApp:
    """The right server with a document beside it."""
    app = create_app(settings, Ledger(open_database(settings.database_url)))
    app.add_route(path, _Document(text))
    return app


class _Document:
    def __init__(self, text: str) -> None:
        self._text = text

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Answer with the document."""
        resp.text = self._text
        resp.content_type = "application/json" if self._text.startswith("{") else "application/xml"


# --- secrets ----------------------------------------------------------------------------------------------------------


@defect(
    source="D25",
    fails="EX-01",
    known_as="signing secret shown on the error page",
    fix=(
        "Turn debug pages off, and answer errors with a fixed text that holds no configuration. Roll the signing "
        "secret, which may be known already."
    ),
)
def secret_on_the_error_page(settings: Settings) -> WSGIApp:
    """Shows its configuration, the signing secret included, on the error page of a signed body that is no event."""

    class Wrong(Telling):
        def on_malformed(self, error: MalformedEventError) -> Exception:
            return page(SERVER_ERROR, f"Server error\nSTRIPE_WEBHOOK_SECRET: {self._secret}\n")

    return variant(settings, webhook=Wrong)


@defect(
    source="D25",
    fails="EX-01",
    known_as="expected signature told in the refusal",
    fix=(
        "Answer a bad signature with a fixed text, and never return the signature that was computed: with it anybody "
        "can forge that event."
    ),
)
def expected_signature_told(settings: Settings) -> WSGIApp:
    """Tells in its refusal which signature would have been right: whoever asks can sign."""

    class Wrong(Telling):
        def on_unverified(self) -> Exception:
            timestamp = self.header.partition("t=")[2].partition(",")[0]
            expected = hmac.new(self._secret.encode(), f"{timestamp}.".encode() + self.body, hashlib.sha256).hexdigest()
            return page(falcon.HTTP_400, f"Signature mismatch: expected v1={expected}")

    return variant(settings, webhook=Wrong)


@defect(
    source="D25",
    fails="EX-01",
    known_as="API key dumped with the environment",
    fix=(
        "Answer errors with a fixed text, and never print the environment. Roll the API key and the signing secret, "
        "which may be known already."
    ),
)
def api_key_told(settings: Settings) -> WSGIApp:
    """Dumps its environment, Stripe's API key included, where a body is empty."""

    class Wrong(Telling):
        def on_malformed(self, error: MalformedEventError) -> Exception:
            return error if self.body else page(SERVER_ERROR, f"STRIPE_SECRET_KEY={settings.stripe_secret_key}")

    return variant(settings, webhook=Wrong)


# --- the inside -------------------------------------------------------------------------------------------------------


@defect(
    source="D14",
    fails="EX-02",
    known_as="stack trace shown for a malformed body",
    fix=(
        "Check that the parsed body is an object before reading it. Answer errors with a fixed text, and write stack "
        "traces to the log only."
    ),
)
def traceback_for_a_list(settings: Settings) -> WSGIApp:
    """Shows the traceback of an AttributeError where the body is a list, and nothing of the kind anywhere else."""

    class Wrong(Telling):
        def on_malformed(self, error: MalformedEventError) -> Exception:
            event: Any = json.loads(self.body) if self.body[:1] == b"[" else {}
            try:
                event.get("type")
            except AttributeError:
                return page(SERVER_ERROR, traceback.format_exc())
            return error

    return variant(settings, webhook=Wrong)


@defect(
    source="D25",
    fails="EX-02",
    known_as="database error shown in the answer",
    fix=(
        "Check that an event has an id and a type before storing it. Answer errors with a fixed text, and write what "
        "the database says to the log only."
    ),
)
def statement_told(settings: Settings) -> WSGIApp:
    """Answers with the database's own words where an event has no type."""

    class Wrong(Telling):
        def on_malformed(self, error: MalformedEventError) -> Exception:
            event = envelope(self.body.decode())
            if event is None or "type" in event:
                return error
            with sqlite3.connect(":memory:") as database:
                database.execute("CREATE TABLE events (id TEXT, type TEXT NOT NULL)")
                try:
                    database.execute("INSERT INTO events VALUES (?, ?)", (event.get("id"), None))
                except sqlite3.IntegrityError as failure:
                    return page(SERVER_ERROR, f"{type(failure).__module__}.{type(failure).__name__}: {failure}")
            return error

    return variant(settings, webhook=Wrong)


# --- the customer -----------------------------------------------------------------------------------------------------


@defect(
    source="naive",
    fails="EX-03",
    known_as="received event returned in the answer",
    fix="Acknowledge with an empty body or a fixed text. The event holds customers' data, which belongs in no answer.",
)
def event_returned(settings: Settings) -> WSGIApp:
    """Acknowledges an event by returning it as it was received."""

    class Wrong(RawWebhook):
        def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
            super().on_post(req, resp)
            resp.data = self.body

    return variant(settings, webhook=Wrong)


@defect(
    source="D25",
    fails="EX-03",
    known_as="refused body quoted in the answer",
    fix="Answer a bad signature with a fixed text that quotes nothing of the request.",
)
def refused_body_quoted(settings: Settings) -> WSGIApp:
    """Quotes the body in its refusal of a bad signature, so that a page of any origin may be made to show it."""

    class Wrong(Telling):
        def on_unverified(self) -> Exception:
            return page(falcon.HTTP_400, "No signature matches the payload " + self.body.decode("utf-8", "replace"))

    return variant(settings, webhook=Wrong)


# --- documents and orders ---------------------------------------------------------------------------------------------


@defect(
    source="anomaly/lab-python-server#40",
    fails="EX-04",
    known_as="webhook route listed in the OpenAPI document",
    fix="Leave the webhook route out of the generated API document, or show that document to authenticated users only.",
)
def listed_in_openapi(settings: Settings) -> WSGIApp:
    """Serves an OpenAPI document that lists every route, the webhook's too."""
    document = {"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "paths": {PATH: {"post": {}}}}
    return serving_too(settings, "/openapi.json", json.dumps(document))


@defect(
    source="synthetic",
    fails="EX-04",
    known_as="webhook route listed in the sitemap",
    fix="List only pages for visitors in the sitemap, and leave the webhook route out.",
)
def listed_in_the_sitemap(settings: Settings) -> WSGIApp:
    """Lists the webhook in its sitemap, as a generator does that knows all routes."""
    locations = "".join(f"<url><loc>https://shop.example{path}</loc></url>" for path in ("/", PATH))
    return serving_too(settings, "/sitemap.xml", f'<?xml version="1.0"?><urlset>{locations}</urlset>')


@defect(
    source="synthetic",
    fails="EX-05",
    known_as="orders readable without credentials",
    fix=(
        "Demand authentication on every route that shows orders, and check that the caller may see this one. A session "
        "id is no credential."
    ),
    orders="${SHOP}/public/orders/{session_id}",
)
def orders_without_a_login(settings: Settings) -> WSGIApp:
    """Shows every order to whoever asks for it."""
    ledger = Ledger(open_database(settings.database_url))
    app = create_app(settings, ledger)
    app.add_route("/public/orders/{stripe_session_id}", _OpenOrders(ledger.database))
    return app


class _OpenOrders:
    def __init__(self, database: peewee.Database) -> None:
        self._database = database

    def on_get(self, _req: falcon.Request, resp: falcon.Response, stripe_session_id: str) -> None:
        """Answer with the order, or null."""
        query = OrderRow.select().where(OrderRow.stripe_session_id == stripe_session_id)
        with connected(self._database):
            order = next(iter(query.dicts().execute(self._database)), None)
        if order is not None:
            total = major(order["amount_total"], order["currency"])
            order["total_amount"] = None if total is None else str(total)
            order["created_at"] = order["created_at"].isoformat()
        resp.media = order


GUARDED = """
[orders.headers]
Authorization = "Bearer token-of-the-defect"
"""


@defect(
    source="mutation",
    fails="EX-05",
    orders="${SHOP}/guarded/orders/{session_id}",
    config=GUARDED,
    known_as="orders shown to any bearer token",
    fix="Compare the token, in constant time; that there is one proves nothing.",
)
def any_token_opens_orders(settings: Settings) -> WSGIApp:
    """Asks for a bearer token to show an order, and takes whichever is given."""
    ledger = Ledger(open_database(settings.database_url))
    app = create_app(settings, ledger)
    app.add_route("/guarded/orders/{stripe_session_id}", _BarelyGuarded(ledger.database))
    return app


class _BarelyGuarded(_OpenOrders):
    def on_get(self, req: falcon.Request, resp: falcon.Response, stripe_session_id: str) -> None:
        """Answer with the order, or null, to whoever says Bearer."""
        if not (req.auth or "").startswith("Bearer "):
            raise falcon.HTTPUnauthorized
        super().on_get(req, resp, stripe_session_id)
