"""POST /checkout/sessions: creates a Checkout Session, so that no browser ever calls Stripe's API."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

import falcon
import stripe

from .body import read_body
from .settings import Settings

LARGEST_REQUEST = 64 * 1024
TIMEOUT = 10  # seconds that Stripe's API may take at each try; the SDK's default of 80 would hold a thread for too long
RETRIES = 2  # a StripeClient makes none unless it is told

log = logging.getLogger("hookassay.server.checkout")


class Checkout:
    """Creates Checkout Sessions with the server's own key.

    The request names prices, never amounts: what a thing costs is Stripe's catalogue's to say, not the browser's.
    """

    def __init__(self, settings: Settings) -> None:
        self._stripe = stripe.StripeClient(
            settings.stripe_secret_key,
            base_addresses={"api": settings.stripe_api_base} if settings.stripe_api_base else {},
            http_client=stripe.RequestsClient(timeout=TIMEOUT),
            max_network_retries=RETRIES,
        )

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer 201 with the `id` and `url` of a new session.

        The body is a JSON object: `line_items` (a list of `{"price": "price_…", "quantity": 1}`), `success_url`, and
        optionally `mode` (payment, subscription or setup; default payment), `cancel_url`, `user_id`,
        `client_reference_id`, and `currency` (in setup mode, which has no line items). An `Idempotency-Key` header
        makes a repeated request harmless (https://docs.stripe.com/api/idempotent_requests); without one, only the
        SDK's own retries are covered.
        """
        params = session_params(read_body(req, LARGEST_REQUEST))
        key = _idempotency_key(req)
        try:
            session = self._stripe.v1.checkout.sessions.create(params=params, options={"idempotency_key": key})
        except stripe.StripeError as error:
            raise _as_answer(error) from None
        resp.status = falcon.HTTP_201
        resp.media = {"id": session.id, "url": session.url}


def session_params(body: bytes) -> Any:
    """Stripe's parameters for the request that `body` holds; raises HTTPBadRequest saying what a field must be."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise _bad("The body", "must be a JSON object") from None
    if not isinstance(request, dict):
        raise _bad("The body", "must be a JSON object")
    known = ("line_items", "mode", "success_url", "cancel_url", "user_id", "client_reference_id", "currency")
    for name in request:
        if name not in known:
            raise _bad("The body", f"may only hold {', '.join(known)}")
    mode = request.get("mode", "payment")
    if mode not in ("payment", "subscription", "setup"):
        raise _bad("mode", "must be payment, subscription or setup")
    params: dict[str, Any] = {"mode": mode, "success_url": _url(request, "success_url")}
    if mode == "setup":
        if request.get("line_items"):
            raise _bad("line_items", "must be left out in setup mode")
        params["currency"] = _text(request, "currency", 3)
    else:
        params["line_items"] = _line_items(request.get("line_items"))
    if request.get("cancel_url") is not None:
        params["cancel_url"] = _url(request, "cancel_url")
    if request.get("user_id") is not None:
        params["metadata"] = {"user_id": _text(request, "user_id", 500)}  # what the webhook finds the user by
    if request.get("client_reference_id") is not None:
        params["client_reference_id"] = _text(request, "client_reference_id", 200)
    return params


def _line_items(items: object) -> list[dict[str, Any]]:
    if not isinstance(items, list) or not 0 < len(items) <= 100:
        raise _bad("line_items", 'must be a list of 1 to 100 objects like {"price": "price_…", "quantity": 1}')
    return [_line_item(item) for item in items]


def _line_item(item: object) -> dict[str, Any]:
    if not isinstance(item, dict) or not set(item) <= {"price", "quantity"}:
        raise _bad("line_items", 'must hold objects like {"price": "price_…", "quantity": 1} and nothing else')
    quantity = item.get("quantity", 1)
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 0 < quantity <= 999_999:
        raise _bad("quantity", "must be a whole number from 1 to 999999")
    return {"price": _text(item, "price", 255), "quantity": quantity}


def _text(source: dict[str, Any], name: str, longest: int) -> str:
    value = source.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise _bad(name, f"must be text of 1 to {longest} printable characters")
    return value


def _url(source: dict[str, Any], name: str) -> str:
    value = source.get(name)
    if not isinstance(value, str) or not value.startswith(("https://", "http://")) or not value.isprintable():
        raise _bad(name, "must be an http(s) URL")
    return value


def _idempotency_key(req: falcon.Request) -> str:
    key = req.get_header("Idempotency-Key")
    if key is None:
        return str(uuid.uuid4())
    if not 0 < len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise _bad("The Idempotency-Key header", "must be 1 to 255 printable ASCII characters")
    return key


def _bad(what: str, must: str) -> falcon.HTTPBadRequest:
    return falcon.HTTPBadRequest(title="The request is not valid", description=f"{what} {must}.")


def _as_answer(error: stripe.StripeError) -> falcon.HTTPError:
    """The answer for an error of Stripe's API (https://docs.stripe.com/api/errors).

    What the customer or the caller can mend is told to them; what is wrong between this server and Stripe is logged,
    by kind and request id, and not told.
    """
    if isinstance(error, stripe.CardError):
        return falcon.HTTPError(402, title="The card was declined", description=error.user_message)
    if isinstance(error, stripe.IdempotencyError):
        return falcon.HTTPConflict(
            title="The Idempotency-Key was used before",
            description="It belongs to a request with other parameters: send a new key.",
        )
    if isinstance(error, stripe.InvalidRequestError):
        return falcon.HTTPBadRequest(title="Stripe refused the request", description=error.user_message)
    log.error("Stripe's API failed: %s, request %s", type(error).__name__, error.request_id)
    if isinstance(error, stripe.RateLimitError):
        return falcon.HTTPServiceUnavailable(title="Stripe is busy", description="Try again.", retry_after=1)
    if isinstance(error, stripe.APIConnectionError):
        return falcon.HTTPGatewayTimeout(title="Stripe could not be reached", description="Try again.")
    return falcon.HTTPBadGateway(title="Stripe could not create the session")
