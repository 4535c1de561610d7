"""The WSGI application: its routes, and how errors are answered."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import falcon

from .checkout import Checkout
from .group import Group
from .health import Health
from .ledger import Ledger
from .models import open_database
from .orders import Orders
from .settings import Settings
from .webhook import Webhook

log = logging.getLogger("hookassay.server")


def create_app(settings: Settings, ledger: Ledger | None = None) -> falcon.App[falcon.Request, falcon.Response]:
    """The server as `settings` say, on `ledger` or else on the database that the settings name.

    Raises peewee.DatabaseError or peewee.InterfaceError where that database cannot be opened.
    """
    if ledger is None:
        ledger = Group(open_database(settings.database_url))
    app = falcon.App()
    app.set_error_serializer(_answer_error)
    app.add_error_handler(Exception, _answer_unexpected)
    app.add_route("/stripe/webhook", Webhook(settings, ledger))
    app.add_route("/checkout/sessions", Checkout(settings))
    app.add_route("/orders/{stripe_session_id}", Orders(settings, ledger.database))
    app.add_route("/healthz", Health(ledger.database))
    return app


def _answer_error(_req: falcon.Request, resp: falcon.Response, error: falcon.HTTPError) -> None:
    """JSON for every client: Stripe asks for XML (`Accept: */*; q=0.5, application/xml`) and reads neither."""
    resp.content_type = falcon.MEDIA_JSON
    resp.data = error.to_json()


def _answer_unexpected(req: falcon.Request, resp: falcon.Response, error: Exception, _params: dict[str, Any]) -> None:
    """A fault of ours: 500, which Stripe answers by delivering again.

    Logged by kind and place only, since the message of an exception may quote what was being worked on.
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-3:]))
    log.error("unexpected %s at %s", type(error).__name__, places)
    _answer_error(req, resp, falcon.HTTPInternalServerError(title="The server failed"))
    resp.status = falcon.HTTP_500
