"""Defects of connections: which requests are taken at all, and what one request leaves behind for the next."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import falcon
from hookassay.server.body import read_body
from hookassay.server.event import Event
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import LARGEST_EVENT, Webhook

from .failures import envelope
from .registry import WSGIApp, defect
from .variant import variant

ENVELOPE = frozenset(
    [
        "account",
        "api_version",
        "context",
        "created",
        "data",
        "id",
        "livemode",
        "object",
        "pending_webhooks",
        "request",
        "type",
    ]
)
"""What an Event object holds (docs.stripe.com/api/events/object), as of today."""
OBJECTS = ("charge", "checkout", "payment_intent", "refund", "setup_intent")
"""What event types begin with that this shop has heard of."""
FORM_LIMIT = 100 * 1024  # bytes, the default of Express
MAIL = 0.3  # seconds


def asking(refuse: Callable[[falcon.Request], Exception | None]) -> type[Webhook]:
    """The webhook resource that looks at each request first, and may raise an answer to it."""

    class Wrong(Webhook):
        def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
            answer = refuse(req)
            if answer is not None:
                read_body(req, LARGEST_EVENT)
                raise answer
            super().on_post(req, resp)

    return Wrong


# --- the request's headers --------------------------------------------------------------------------------------------


@defect(
    source="naive",
    fails="DL-05",
    known_as="content type refused for its charset",
    fix=(
        "Compare only the media type of the Content-Type header: accept application/json with or without a charset "
        "behind it."
    ),
)
def content_type_compared_as_a_whole(settings: Settings) -> WSGIApp:
    """Takes application/json and nothing else, so that a charset behind it is answered 415."""

    def refuse(req: falcon.Request) -> Exception | None:
        return None if req.content_type == "application/json" else falcon.HTTPUnsupportedMediaType()

    return variant(settings, webhook=asking(refuse))


@defect(
    source="naive",
    fails="DL-05",
    known_as="Stripe's user agent taken for a bot",
    fix=(
        "Exempt the webhook route from bot protection and user agent rules. The signature is what shows that Stripe "
        "sent the request."
    ),
)
def taken_for_a_bot(settings: Settings) -> WSGIApp:
    """Turns away every user agent that names a web page, as crawlers do and Stripe does."""

    def refuse(req: falcon.Request) -> Exception | None:
        return falcon.HTTPForbidden(title="No bots") if "+https://" in (req.user_agent or "") else None

    return variant(settings, webhook=asking(refuse))


@defect(
    source="naive",
    fails="DL-05",
    known_as="406 for an Accept header without JSON",
    fix=(
        "Negotiate no content on the webhook route: answer a 2xx whatever the Accept header asks for. Stripe looks at "
        "the status."
    ),
)
def nothing_acceptable(settings: Settings) -> WSGIApp:
    """Answers 406 to whoever does not ask for JSON by name."""

    def refuse(req: falcon.Request) -> Exception | None:
        accepted = req.get_header("Accept") or "application/json"
        return None if "application/json" in accepted else falcon.HTTPNotAcceptable()

    return variant(settings, webhook=asking(refuse))


# --- the envelope -----------------------------------------------------------------------------------------------------


@defect(
    source="naive",
    fails="DL-06",
    known_as="event schema that forbids unknown properties",
    fix=(
        "Let the schema ignore properties that it does not know, at every level. Stripe adds properties without a new "
        "API version."
    ),
)
def strict_schema(settings: Settings) -> WSGIApp:
    """Refuses an event with a property that its schema does not know (additionalProperties: false)."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            payload = super().verify(body, header)
            if set(envelope(payload) or {}) - ENVELOPE:
                raise falcon.HTTPUnprocessableEntity(title="The event has properties that are not in the schema")
            return payload

    return variant(settings, webhook=Wrong)


@defect(
    source="naive",
    fails="DL-07",
    known_as="request id read where request is null",
    fix=(
        "Expect the event's request, and the id in it, to be null: no API request causes what Stripe does by itself. "
        "Read them only where they are there."
    ),
)
def request_id_read(settings: Settings) -> WSGIApp:
    """Reads the id of the request that caused the event, which may be null: a 500 for ever."""

    class Wrong(Webhook):
        def verify(self, body: bytes, header: str | None) -> str:
            payload = super().verify(body, header)
            event = envelope(payload)
            if event is not None and "request" in event:
                event["request"]["id"]
            return payload

    return variant(settings, webhook=Wrong)


@defect(
    source="D63",
    fails="DL-12",
    known_as="events of the other mode acted upon",
    fix=(
        "Compare the event's livemode with the mode that the endpoint serves. Acknowledge events of the other mode "
        "without acting on them."
    ),
    config="[endpoint]\nlivemode = true\n",
)
def either_mode_taken(settings: Settings) -> WSGIApp:
    """Declares that it serves live mode, and takes events of test mode as well."""
    return variant(settings)


@defect(
    source="D64",
    fails="DL-13",
    known_as="events of other connected accounts acted upon",
    fix=(
        "Compare the event's account with the connected account that the endpoint serves. Acknowledge events of other "
        "accounts without acting on them."
    ),
    config='[endpoint]\naccount = "acct_1ThisShopsOwn"\n',
)
def any_account_taken(settings: Settings) -> WSGIApp:
    """Declares that it serves one connected account, and takes the events of all others as well."""
    return variant(settings)


# --- types, methods and sizes -----------------------------------------------------------------------------------------


@defect(
    source="D20",
    fails="DL-02",
    known_as="unknown event types answered with 400",
    fix=(
        "Acknowledge every verified event of a type that is not handled with a 2xx, and do nothing else. Subscribe "
        "only to the types that are needed."
    ),
)
def unknown_type_refused(settings: Settings) -> WSGIApp:
    """Answers 400 to an event of a type that it has not heard of, until Stripe disables the endpoint."""

    class Wrong(Webhook):
        def concerns_us(self, event: Event) -> bool:
            if not event.type.startswith(OBJECTS):
                raise falcon.HTTPBadRequest(title="Unhandled event type")
            return super().concerns_us(event)

    return variant(settings, webhook=Wrong)


@defect(
    source="naive",
    fails="DL-08",
    known_as="one handler for all HTTP methods",
    fix="Route only POST to the webhook handler, and answer 405 to every other method.",
)
def any_method_taken(settings: Settings) -> WSGIApp:
    """Has one handler for all methods, so that a signed GET pays an order."""

    class Wrong(Webhook):
        on_get = on_put = on_patch = on_delete = Webhook.on_post

    return variant(settings, webhook=Wrong)


@defect(
    source="D22",
    fails="DL-09",
    known_as="event bodies limited to 100 kB",
    fix=(
        "Raise the body limit of the webhook route to 1 MB, in the framework and in every proxy before it. Stripe "
        "documents no largest size of an event."
    ),
)
def limited_as_forms_are(settings: Settings) -> WSGIApp:
    """Answers 413 to bodies of more than 100 kB, as Express does by default."""

    def refuse(req: falcon.Request) -> Exception | None:
        return falcon.HTTPContentTooLarge() if (req.content_length or 0) > FORM_LIMIT else None

    return variant(settings, webhook=asking(refuse))


# --- time and number --------------------------------------------------------------------------------------------------


@defect(
    source="D23",
    fails="DL-03",
    known_as="mail sent before the answer",
    fix="Store the event, answer 2xx, and leave slow work such as mail to a durable queue.",
    config="[endpoint]\nresponse_limit = 0.2\n",
)
def mailed_before_the_answer(settings: Settings) -> WSGIApp:
    """Sends the customer a mail about a refund before it answers, and takes longer than it declares."""

    class Wrong(Webhook):
        def take(self, event: Event) -> None:
            super().take(event)
            if event.type == "charge.refunded":
                time.sleep(MAIL)

    return variant(settings, webhook=Wrong)


@defect(
    source="D32",
    fails="DL-10",
    may="CV-04 CV-05 CV-06",
    known_as="events dropped while another is stored",
    fix=(
        "Wait for the lock, or answer 503 so that Stripe delivers the event again. Acknowledge an event only once it "
        "is stored."
    ),
)
def dropped_while_busy(settings: Settings) -> WSGIApp:
    """An event that finds another one being stored is acknowledged and dropped: its lock is not waited for."""

    class Wrong(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._storing = threading.Lock()

        def take(self, event: Event) -> None:
            if self._storing.acquire(blocking=False):
                try:
                    super().take(event)
                finally:
                    self._storing.release()

    return variant(settings, webhook=Wrong)


# --- one connection ---------------------------------------------------------------------------------------------------


@defect(
    source="synthetic",
    fails="DL-11",
    known_as="refused body left unread on the connection",
    fix=(
        "Read the whole request body before answering, also when refusing it, or close the connection behind the "
        "answer."
    ),
)
def misread_behind_a_rejection(settings: Settings) -> WSGIApp:
    """Leaves a refused body unread, so that the next request on the same connection is misread and answered 400."""

    class Wrong(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._left_behind: set[str] = set()

        def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
            # gunicorn reads on by itself; what another server would find there is told by the peer's port.
            port = str(req.env["REMOTE_PORT"])
            if port in self._left_behind:
                self._left_behind.discard(port)
                read_body(req, LARGEST_EVENT)
                raise falcon.HTTPBadRequest(title="Malformed request line")
            try:
                super().on_post(req, resp)
            except falcon.HTTPBadRequest:
                self._left_behind.add(port)
                raise

    return variant(settings, webhook=Wrong)
