"""Defects of delivery: what HTTP answers before, or in place of, the webhook."""

from __future__ import annotations

from collections.abc import Callable

import falcon
from hookassay.server.app import create_app
from hookassay.server.body import read_body
from hookassay.server.event import Event
from hookassay.server.ledger import Ledger
from hookassay.server.models import open_database
from hookassay.server.settings import Settings
from hookassay.server.webhook import LARGEST_EVENT, UnverifiedError, Webhook

from .registry import WSGIApp, defect
from .variant import variant

PATH = "/stripe/webhook"

Answer = Callable[[], Exception]
"""Makes what is raised to answer a request."""


def answering_all(answer: Answer) -> type[Webhook]:
    """The webhook resource that gives every delivery the same answer, and does nothing else."""

    class Wrong(Webhook):
        def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
            read_body(req, LARGEST_EVENT)
            raise answer()

    return Wrong


def answering_forgeries(answer: Answer) -> type[Webhook]:
    """The webhook resource that answers a bad signature otherwise than it must."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            try:
                return super().verify(body, header)
            except UnverifiedError:
                raise answer() from None

    return Wrong


@defect(source="D17", fails="DL-01 SG-01")
def moved_for_good(settings: Settings) -> WSGIApp:
    """Answers every delivery with a 308 to the host under its other name, which Stripe does not follow."""
    moved = answering_all(lambda: falcon.HTTPPermanentRedirect(f"https://www.shop.invalid{PATH}"))
    return variant(settings, webhook=moved)


@defect(source="D17", fails="DL-01")
def slash_appended(settings: Settings) -> WSGIApp:
    """Redirects from the configured URL to the same with a slash at its end, as APPEND_SLASH does."""
    ledger = Ledger(open_database(settings.database_url))
    slashless = answering_all(lambda: falcon.HTTPMovedPermanently(f"{PATH}/"))
    app = create_app(settings, ledger)
    app.add_route(PATH, slashless(settings, ledger))
    app.add_route(f"{PATH}/", Webhook(settings, ledger))
    return app


@defect(source="D19", fails="DL-01 DL-04 SG-01")
def redirected_to_login(settings: Settings) -> WSGIApp:
    """Redirects deliveries to the login page, since all routes are behind a session."""
    return variant(settings, webhook=answering_all(lambda: falcon.HTTPFound(f"/login?next={PATH}")))


@defect(source="D19", fails="DL-04 SG-01")
def login_demanded(settings: Settings) -> WSGIApp:
    """Asks deliveries to authenticate, since all routes are behind a login."""
    return variant(settings, webhook=answering_all(lambda: falcon.HTTPUnauthorized(challenges=["Bearer"])))


@defect(source="D18", fails="DL-04 SG-01")
def csrf_checked(settings: Settings) -> WSGIApp:
    """Refuses deliveries for want of a CSRF token."""
    page = "<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>"
    refused = answering_all(lambda: falcon.HTTPStatus(falcon.HTTP_403, {"Content-Type": "text/html"}, page))
    return variant(settings, webhook=refused)


@defect(source="D12", fails="FG-02")
def forgery_acknowledged(settings: Settings) -> WSGIApp:
    """Answers 200 to a bad signature, and ignores the event: nobody learns that the secret is wrong."""
    return variant(settings, webhook=answering_forgeries(lambda: falcon.HTTPStatus(falcon.HTTP_200)))


@defect(source="D12", fails="FG-02")
def forgery_redirected(settings: Settings) -> WSGIApp:
    """Redirects a bad signature to the start page, as if somebody had lost the way."""
    return variant(settings, webhook=answering_forgeries(lambda: falcon.HTTPFound("/")))


@defect(source="D56", fails="SG-01")
def every_event_fails(settings: Settings) -> WSGIApp:
    """Answers every genuine event with a 500, as after an upgrade of the SDK that took .get() away."""

    class Wrong(Webhook):
        def take(self, event: Event) -> None:
            raise AttributeError("get")

    return variant(settings, webhook=Wrong)
