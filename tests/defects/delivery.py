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


@defect(
    source="D17",
    fails="DL-01 SG-01",
    known_as="webhook URL that redirects to another host",
    fix=(
        "Register the final URL at Stripe, with the right scheme, host and path. Stripe does not follow redirects and "
        "counts them as failures."
    ),
)
def moved_for_good(settings: Settings) -> WSGIApp:
    """Answers every delivery with a 308 to the host under its other name, which Stripe does not follow."""
    moved = answering_all(lambda: falcon.HTTPPermanentRedirect(f"https://www.shop.invalid{PATH}"))
    return variant(settings, webhook=moved)


@defect(
    source="D17",
    fails="DL-01",
    known_as="redirect that appends a slash",
    fix=(
        "Register the URL at Stripe exactly as it answers, with or without the slash at its end, or exempt the webhook "
        "route from slash redirects."
    ),
)
def slash_appended(settings: Settings) -> WSGIApp:
    """Redirects from the configured URL to the same with a slash at its end, as APPEND_SLASH does."""
    ledger = Ledger(open_database(settings.database_url))
    slashless = answering_all(lambda: falcon.HTTPMovedPermanently(f"{PATH}/"))
    app = create_app(settings, ledger)
    app.add_route(PATH, slashless(settings, ledger))
    app.add_route(f"{PATH}/", Webhook(settings, ledger))
    return app


@defect(
    source="D19",
    fails="DL-01 DL-04 SG-01",
    known_as="webhook route redirected to the login page",
    fix=(
        "Exempt the webhook route from session and login middleware. Stripe has no account to log in with: its "
        "signature is the authentication."
    ),
)
def redirected_to_login(settings: Settings) -> WSGIApp:
    """Redirects deliveries to the login page, since all routes are behind a session."""
    return variant(settings, webhook=answering_all(lambda: falcon.HTTPFound(f"/login?next={PATH}")))


@defect(
    source="D19",
    fails="DL-04 SG-01",
    known_as="webhook route behind a login",
    fix=(
        "Exempt the webhook route from session and login middleware. Stripe has no account to log in with: its "
        "signature is the authentication."
    ),
)
def login_demanded(settings: Settings) -> WSGIApp:
    """Asks deliveries to authenticate, since all routes are behind a login."""
    return variant(settings, webhook=answering_all(lambda: falcon.HTTPUnauthorized(challenges=["Bearer"])))


@defect(
    source="D18",
    fails="DL-04 SG-01",
    known_as="webhook route behind CSRF protection",
    fix=(
        "Exempt the webhook route, and no other, from CSRF protection. The Stripe-Signature header authenticates the "
        "request."
    ),
)
def csrf_checked(settings: Settings) -> WSGIApp:
    """Refuses deliveries for want of a CSRF token."""
    page = "<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>"
    refused = answering_all(lambda: falcon.HTTPStatus(falcon.HTTP_403, {"Content-Type": "text/html"}, page))
    return variant(settings, webhook=refused)


@defect(
    source="D12",
    fails="FG-02",
    known_as="failed verification answered with 200",
    fix=(
        "Answer 400 where the signature does not verify. After a 2xx Stripe does not retry, so that a wrong secret "
        "loses every event unnoticed."
    ),
)
def forgery_acknowledged(settings: Settings) -> WSGIApp:
    """Answers 200 to a bad signature, and ignores the event: nobody learns that the secret is wrong."""
    return variant(settings, webhook=answering_forgeries(lambda: falcon.HTTPStatus(falcon.HTTP_200)))


@defect(
    source="D12",
    fails="FG-02",
    known_as="failed verification answered with a redirect",
    fix=(
        "Answer 400 where the signature does not verify, in the webhook handler itself, before any redirect that the "
        "site has for errors."
    ),
)
def forgery_redirected(settings: Settings) -> WSGIApp:
    """Redirects a bad signature to the start page, as if somebody had lost the way."""
    return variant(settings, webhook=answering_forgeries(lambda: falcon.HTTPFound("/")))


@defect(
    source="D56",
    fails="SG-01",
    known_as="every genuine event answered with 500",
    fix=(
        "Look up the exception in the server's log: it is raised after verification, often since an SDK upgrade "
        "changed its objects. Adapt the handler, or pin the SDK."
    ),
)
def every_event_fails(settings: Settings) -> WSGIApp:
    """Answers every genuine event with a 500, as after an upgrade of the SDK that took .get() away."""

    class Wrong(Webhook):
        def take(self, event: Event) -> None:
            raise AttributeError("get")

    return variant(settings, webhook=Wrong)
