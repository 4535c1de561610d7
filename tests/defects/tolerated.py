"""Variants of the reference server that are no defects: the contract tolerates them, some with a note.

`gunicorn --pythonpath tests/shared "defects.tolerated:server_error()"`
"""

from __future__ import annotations

import os
from typing import Any

import falcon
from hookassay.server.app import create_app
from hookassay.server.event import MalformedEventError, parse
from hookassay.server.ledger import Ledger
from hookassay.server.models import open_database
from hookassay.server.settings import Settings
from hookassay.server.webhook import UnverifiedError, Webhook

from .delivery import PATH, answering_forgeries
from .failures import BreakableLedger
from .registry import WSGIApp
from .variant import variant
from .verification import Handmade

SDK = """\
No signatures found matching the expected signature for payload. Are you passing the raw request body you received from
Stripe? Learn more about webhook signing at https://docs.stripe.com/webhooks/signature (received at 10:20:30:15, API key
sk_test_********abcd).
"""
PAGE = """\
<!doctype html><html><head><script type="module" src="/app/index-4f2a.js"></script></head>
<body><a href="https://docs.stripe.com/webhooks">Payments</a><a href="/home/index.php">Home</a></body></html>
"""


def server_error() -> WSGIApp:
    """Answers 500 to a bad signature, as an uncaught exception does (D11)."""
    failing = answering_forgeries(falcon.HTTPInternalServerError)
    return variant(Settings.from_environment(os.environ), webhook=failing)


def handmade() -> WSGIApp:
    """Verifies by hand and rightly: what defects of verification start from."""
    return variant(Settings.from_environment(os.environ), webhook=Handmade)


def breakable() -> WSGIApp:
    """Stores nothing while its store is away, says so, and takes the event when it is sent again."""
    return variant(Settings.from_environment(os.environ), ledger=BreakableLedger)


class _Outspoken(Webhook):
    def verify(self, body: bytes, header: str | None) -> str:
        try:
            payload = super().verify(body, header)
        except UnverifiedError:
            raise falcon.HTTPStatus(falcon.HTTP_400, {"Content-Type": "text/plain"}, SDK) from None
        try:
            parse(payload)
        except MalformedEventError:
            raise falcon.HTTPStatus(falcon.HTTP_200) from None
        return payload

    def on_get(self, _req: falcon.Request, resp: falcon.Response) -> None:
        """Answer that all is well."""
        resp.media = {"status": "ok"}


def _show_the_shop(_req: falcon.Request, resp: falcon.Response, **_params: Any) -> None:
    resp.text, resp.content_type = PAGE, "text/html"


def outspoken() -> WSGIApp:
    """Says what the SDK says, acknowledges what is no event, is healthy on GET, and shows the shop for all else.

    Without a word it closes each connection behind its answer where gunicorn's sync worker serves it.
    """
    settings = Settings.from_environment(os.environ)
    ledger = Ledger(open_database(settings.database_url))
    app = create_app(settings, ledger)
    app.add_route(PATH, _Outspoken(settings, ledger))
    app.add_sink(_show_the_shop, "/")
    return app
