"""The WSGI application: Stripe's routes for whoever calls back, and a private one for the run that tells it the truth.

Nothing is made up here: an object is known once an event about it was delivered honestly, and unknown otherwise.
"""

from __future__ import annotations

import base64
import hmac
import json
import logging
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl

import falcon

from .. import __version__
from ..sender.event import api_url
from ..sender.template import template
from ..sender.version import shaped
from .address import CONTROL
from .errors import ApiError, missing, unknown_parameter, unrecognized
from .expansion import expanded, wishes
from .outage import Outage
from .page import page
from .resource import BY_KIND, RESOURCES, UPDATABLE, Resource
from .store import Object, Store

ACCOUNT = "acct_1HookassayStandIn"
"""The account that every key belongs to."""

LARGEST_TOLD = 32 * 1024 * 1024
LARGEST_FORM = 1024 * 1024
PAGING = ("limit", "starting_after", "ending_before")
WITHIN = ("payment_intent", "charge", "source")
"""Filters by an object that no two purchases share."""

COMPARISONS = ("gt", "gte", "lt", "lte")

App = falcon.App[falcon.Request, falcon.Response]

log = logging.getLogger("hookassay.stripe_api")


def create_app(token: str | None = None, store: Store | None = None) -> App:
    """The application.

    Args:
        token: What the control route asks for as a bearer token; without one it is open to this machine only.
        store: Where purchases are kept; by default a new one.
    """
    store = Store() if store is None else store
    outage = Outage()
    app: App = falcon.App()
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.keep_blank_qs_values = True
    app.add_middleware(_Stripe(outage))
    app.add_error_handler(ApiError, _answer_error)
    app.add_error_handler(falcon.HTTPError, _answer_http_error)
    app.add_error_handler(Exception, _answer_fault)
    app.add_route(CONTROL, Control(store, token, outage))
    for resource in RESOURCES:
        app.add_route(f"/v1/{resource.path}", Collection(store, resource))
        app.add_route(f"/v1/{resource.path}/{{object_id}}", Single(store, resource))
    app.add_route("/v1/checkout/sessions/{object_id}/line_items", Inner(store, "checkout.session", "line_items"))
    refunds = Inner(store, "charge", "refunds")
    app.add_route("/v1/charges/{object_id}/refunds", refunds)
    app.add_route("/v1/charges/{object_id}/refunds/{inner_id}", refunds, suffix="one")
    app.add_route("/v1/invoices/{object_id}/lines", Inner(store, "invoice", "lines"))
    app.add_route("/v1/customers/{object_id}/payment_methods", OfCustomer(store))
    app.add_route("/v1/account", Accounts(store))
    app.add_route("/v1/accounts/{account_id}", Accounts(store))
    app.add_route("/v2/core/events", ThinEvents(store))
    app.add_route("/v2/core/events/{event_id}", ThinEvents(store), suffix="one")
    app.add_sink(_no_route)
    return app


class _Stripe:
    """What holds for every answer of Stripe's: a key is needed, and a request has an id; all fail while it is away."""

    def __init__(self, outage: Outage) -> None:
        self._outage = outage

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        if req.path == CONTROL:
            return
        resp.set_header("Request-Id", f"req_{secrets.token_hex(7)}")
        version = req.get_header("Stripe-Version")
        if version and version.isprintable() and version.isascii():
            resp.set_header("Stripe-Version", version)
        _demand_key(req)
        self._outage.refuse()


def _demand_key(req: falcon.Request) -> None:
    """Take any secret or restricted key, as bearer token or as the user of basic authentication."""
    scheme, _, credentials = (req.get_header("Authorization") or "").partition(" ")
    key = credentials.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except ValueError:
            key = ""
    elif scheme.lower() != "bearer":
        key = ""
    if not key:
        raise ApiError(
            401,
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    if not re.fullmatch(r"(sk|rk)_[A-Za-z0-9_]+", key):
        raise ApiError(401, "Invalid API Key provided: it must be a secret key (sk_…) or a restricted one (rk_…).")


def _answer_error(_req: falcon.Request, resp: falcon.Response, error: Exception, _: Mapping[str, Any]) -> None:
    assert isinstance(error, ApiError)
    resp.status = error.status
    resp.media = error.body()


def _answer_http_error(req: falcon.Request, resp: falcon.Response, error: Exception, _: Mapping[str, Any]) -> None:
    """What the framework refuses: a method that a route does not have, or a malformed request."""
    assert isinstance(error, falcon.HTTPError)
    if error.status_code == 405:
        _answer_error(req, resp, unrecognized(req.method, req.path), {})
        return
    _answer_error(req, resp, ApiError(error.status_code, error.description or error.title or "Invalid request."), {})


def _answer_fault(req: falcon.Request, resp: falcon.Response, error: Exception, _: Mapping[str, Any]) -> None:
    log.error("%s %s failed", req.method, req.path, exc_info=error)
    _answer_error(req, resp, ApiError(500, "The stand-in failed; its log says why.", kind="api_error"), {})


def _no_route(req: falcon.Request, resp: falcon.Response, **_: Any) -> None:  # noqa: ARG001 - as it is called
    raise unrecognized(req.method, req.path)


class Control:
    """The private route."""

    def __init__(self, store: Store, token: str | None, outage: Outage) -> None:
        self._store = store
        self._token = token
        self._outage = outage

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Say what this is, and whether it may be told of purchases from there."""
        resp.media = {"hookassay": "stripe-api", "version": __version__, "open": self._allowed(req)}

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Take over the present state of a purchase; `portrait` says what belongs to it."""
        self._demand_permission(req)
        if (req.content_length or 0) > LARGEST_TOLD:
            raise falcon.HTTPContentTooLarge
        try:
            told = json.loads(req.bounded_stream.read())
            self._store.put(
                told["purchase"],
                told["objects"],
                told["events"],
                account=told["account"],
                api_version=told["api_version"],
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise falcon.HTTPBadRequest(description="The body must be a purchase as hookassay tells it.") from None
        resp.status = falcon.HTTP_204

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Begin an outage (`{"outage": true}`) or end it; says how many requests the last one has refused so far."""
        self._demand_permission(req)
        try:
            self._outage.set(json.loads(req.bounded_stream.read())["outage"] is True)
        except (ValueError, KeyError, TypeError):
            raise falcon.HTTPBadRequest(description='The body must be {"outage": true} or false.') from None
        resp.media = {"refused": self._outage.refused}

    def _demand_permission(self, req: falcon.Request) -> None:
        if not self._allowed(req):
            raise falcon.HTTPForbidden(
                description="This stand-in takes orders from its own machine only, or with the token that it was "
                "started with (HOOKASSAY_STRIPE_API_TOKEN)."
            )

    def _allowed(self, req: falcon.Request) -> bool:
        if self._token is not None:
            given = (req.get_header("Authorization") or "").encode("utf-8", "replace")
            return hmac.compare_digest(given, f"Bearer {self._token}".encode())
        try:
            address = ip_address(req.remote_addr)
        except ValueError:
            return False
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback


@dataclass(frozen=True)
class _Question:
    """One request, as far as all routes read it alike.

    Attributes:
        account: The connected account that it is about, or None.
        version: The API version that it asks for; empty where it does not say.
        expand: The paths to expand.
        parameters: Its other parameters.
    """

    account: str | None
    version: str
    expand: tuple[str, ...]
    parameters: Mapping[str, str]

    def only(self, *allowed: str) -> None:
        """Refuse a parameter that is not allowed."""
        for name in self.parameters:
            if name not in allowed:
                raise unknown_parameter(name)


def _asked(req: falcon.Request, store: Store, pairs: Iterable[tuple[str, str]] = ()) -> _Question:
    expand: list[str] = []
    parameters: dict[str, str] = {}
    for name, value in [*parse_qsl(req.query_string, keep_blank_values=True), *pairs]:
        if re.fullmatch(r"expand\[\d*\]", name):
            expand.append(value)
        elif name == "expand":
            raise ApiError(400, "Invalid array", param="expand")
        else:
            parameters[name] = value
    return _Question(_account(req, store), _version(req), tuple(expand), parameters)


def _account(req: falcon.Request, store: Store) -> str | None:
    """The connected account that the request is made for (docs.stripe.com/connect/authentication)."""
    named = req.get_header("Stripe-Account") or (req.get_header("Stripe-Context") or "").rpartition("/")[2]
    if not named or named == ACCOUNT:
        return None
    if named not in store.accounts():
        message = f"The provided key does not have access to account '{named}' (or that account does not exist)."
        raise ApiError(403, message, code="account_invalid")
    return named


def _version(req: falcon.Request) -> str:
    version = req.get_header("Stripe-Version") or ""
    if version and not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])-\d\d(\.[a-z_]+)?(;.*)?", version):
        raise ApiError(400, f"Invalid Stripe API version: {version}")
    return version.partition(";")[0]


class _Answers:
    """What answers with objects: in the shape of the version asked for, and expanded."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def found(self, kind: str, object_id: str, question: _Question) -> Object:
        """The object, or 404."""
        thing = self._store.find(kind, object_id, question.account)
        if thing is None:
            resource = BY_KIND[kind]
            raise missing(resource.noun, object_id, resource.param)
        return self.shown(thing, question)

    def shown(self, thing: Object, question: _Question) -> Object:
        """`thing` in the version asked for, or else in the one that its purchase's events have."""
        if thing["object"] == "event":
            return thing  # an event stays in the version in which it was made
        version = question.version or self._store.api_version(str(thing["id"]))
        return shaped(thing, version) if version else thing

    def answer(self, resp: falcon.Response, thing: Object, question: _Question) -> None:
        """Answer with `thing`, expanded as asked."""

        def lookup(kind: str, object_id: str) -> Object | None:
            found = self._store.find(kind, object_id, question.account)
            return None if found is None else self.shown(found, question)

        resp.media = expanded(thing, wishes(question.expand), lookup)

    def answer_list(
        self, resp: falcon.Response, things: list[Object], question: _Question, url: str, noun: str
    ) -> None:
        """Answer with the page of `things` that is asked for."""
        envelope = page(things, question.parameters, url, noun)
        envelope["data"] = [self.shown(thing, question) for thing in envelope["data"]]
        self.answer(resp, envelope, question)


class Collection(_Answers):
    """`/v1/charges` and its like."""

    def __init__(self, store: Store, resource: Resource) -> None:
        super().__init__(store)
        self._resource = resource

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List, by the resource's filters."""
        resource = self._resource
        question = _asked(req, self._store)
        created = [f"created[{word}]" for word in COMPARISONS]
        named = {_parameter(path): path for path in resource.filters}
        several = [name for name in question.parameters if re.fullmatch(r"(types|ids)\[\d*\]", name)]
        question.only(*PAGING, *named, "created", *created, *several)
        beside = next((question.parameters[name] for name in WITHIN if name in question.parameters), None)
        things = self._store.every(resource.kind, question.account, beside)
        for name, value in question.parameters.items():
            if name in named:
                things = [thing for thing in things if _text(_at(thing, named[name])) == value]
            elif name.startswith("created"):
                bound = _moment(name, value)
                things = [thing for thing in things if _compares(int(thing["created"]), name, bound)]
        if several:
            # Repeated array parameters collapse in a mapping, so they are read again.
            pairs = parse_qsl(req.query_string)
            wanted = {value for name, value in pairs if re.fullmatch(r"(types|ids)\[\d*\]", name)}
            field = "type" if several[0].startswith("types") else "id"
            things = [thing for thing in things if thing[field] in wanted]
        self.answer_list(resp, things, question, f"/v1/{resource.path}", resource.noun)

    def on_post(self, req: falcon.Request, _resp: falcon.Response) -> None:
        """Refuse: purchases come about in a run, not here."""
        raise ApiError(
            400,
            f"This stand-in for Stripe's API makes no objects, so POST {req.path} is refused. It knows those of the "
            "purchases that hookassay delivers events about.",
        )


class Single(_Answers):
    """`/v1/charges/{id}` and its like."""

    def __init__(self, store: Store, resource: Resource) -> None:
        super().__init__(store)
        self._resource = resource

    def on_get(self, req: falcon.Request, resp: falcon.Response, object_id: str) -> None:
        """Retrieve."""
        question = _asked(req, self._store)
        question.only("client_secret") if self._resource.kind.endswith("_intent") else question.only()
        self.answer(resp, self.found(self._resource.kind, object_id, question), question)

    def on_post(self, req: falcon.Request, resp: falcon.Response, object_id: str) -> None:
        """Update metadata or the description; anything else is refused."""
        kind = self._resource.kind
        if kind not in UPDATABLE:
            raise unrecognized(req.method, req.path)
        pairs = _form(req)
        metadata: dict[str, str | None] = {}
        fields: dict[str, Any] = {}
        others = []
        thing = self.found(kind, object_id, _asked(req, self._store))
        for name, value in pairs:
            key = re.fullmatch(r"metadata\[(.{1,40})\]", name)
            if key:
                metadata[key[1]] = value or None
            elif name == "metadata" and not value:
                metadata.update(dict.fromkeys(thing.get("metadata") or {}))
            elif name == "description" and "description" in thing:
                fields[name] = value or None
            else:
                others.append((name, value))
        question = _asked(req, self._store, others)
        question.only()
        wishes(question.expand)
        self._store.update(object_id, metadata, fields)
        self.answer(resp, self.found(kind, object_id, question), question)


class Inner(_Answers):
    """A list within an object: `/v1/checkout/sessions/{id}/line_items`."""

    def __init__(self, store: Store, kind: str, field: str) -> None:
        super().__init__(store)
        self._kind = kind
        self._field = field

    def on_get(self, req: falcon.Request, resp: falcon.Response, object_id: str) -> None:
        """List."""
        question = _asked(req, self._store)
        question.only(*PAGING)
        inner = self.found(self._kind, object_id, question)[self._field]
        self.answer_list(resp, list(inner["data"]), question, inner["url"], self._field.rstrip("s"))

    def on_get_one(self, req: falcon.Request, resp: falcon.Response, object_id: str, inner_id: str) -> None:
        """Retrieve one."""
        question = _asked(req, self._store)
        question.only()
        kind = self._field.rstrip("s")
        if inner_id not in [thing["id"] for thing in self.found(self._kind, object_id, question)[self._field]["data"]]:
            raise missing(BY_KIND[kind].noun, inner_id, BY_KIND[kind].param)
        self.answer(resp, self.found(kind, inner_id, question), question)


class OfCustomer(_Answers):
    """`/v1/customers/{id}/payment_methods`."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, object_id: str) -> None:
        """List what is attached to the customer: a one-time Checkout attaches nothing."""
        question = _asked(req, self._store)
        question.only(*PAGING, "type", "allow_redisplay")
        self.found("customer", object_id, question)
        things = [
            thing
            for thing in self._store.every("payment_method", question.account)
            if thing["customer"] == object_id and question.parameters.get("type", thing["type"]) == thing["type"]
        ]
        self.answer_list(resp, things, question, req.path, "PaymentMethod")


class Accounts(_Answers):
    """`/v1/account` and `/v1/accounts/{id}`: the account of the key, and the connected ones."""

    def on_get(self, req: falcon.Request, resp: falcon.Response, account_id: str | None = None) -> None:
        """Retrieve."""
        question = _asked(req, self._store)
        question.only()
        own = account_id or question.account or ACCOUNT
        if own != ACCOUNT and own not in self._store.accounts():
            message = f"The provided key does not have access to account '{own}' (or that account does not exist)."
            raise ApiError(403, message, code="account_invalid")
        shape = template("account")
        accounts = {**shape["external_accounts"], "url": f"{api_url('account', own)}/external_accounts"}
        self.answer(resp, self.shown({**shape, "id": own, "external_accounts": accounts}, question), question)


class ThinEvents:
    """`/v2/core/events`: thin events, complete."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """List, newest first, those about the object that `object_id` names if one is named."""
        question = _asked(req, self._store)
        question.only("limit", "object_id", "page")
        about = question.parameters.get("object_id")
        events = [
            event
            for event in self._store.every_thin(question.account)
            if about is None or event["related_object"]["id"] == about
        ]
        start = question.parameters.get("page", "0")
        if not re.fullmatch(r"[0-9]{1,9}", start):
            raise ApiError(400, "page must be one that this list gave.", code="invalid_page_token", param="page")
        first = int(start)
        cut = page(events[first:], {"limit": question.parameters.get("limit", "20")}, req.path, "event")
        size = len(cut["data"])
        others = f"&object_id={about}" if about else ""
        following = f"{req.path}?limit={size}&page={first + size}{others}" if cut["has_more"] else None
        resp.media = {"data": cut["data"], "next_page_url": following, "previous_page_url": None}

    def on_get_one(self, req: falcon.Request, resp: falcon.Response, event_id: str) -> None:
        """Retrieve; also the twin of a snapshot event that was delivered."""
        question = _asked(req, self._store)
        question.only()
        event = self._store.find_thin(event_id, question.account)
        if event is None:
            raise ApiError(404, f"No such event: '{event_id}'", code="not_found")
        resp.media = event


def _form(req: falcon.Request) -> list[tuple[str, str]]:
    """The parameters of a POST (docs.stripe.com/api: form-encoded bodies)."""
    if (req.content_length or 0) > LARGEST_FORM:
        raise ApiError(413, "The request is too large.")
    try:
        return parse_qsl(req.bounded_stream.read().decode(), keep_blank_values=True)
    except ValueError:
        raise ApiError(400, "The body must be form-encoded UTF-8.") from None


def _parameter(path: str) -> str:
    """The parameter that filters by the field at `path`: customer_details.email → customer_details[email]."""
    first, *rest = path.split(".")
    return first + "".join(f"[{name}]" for name in rest)


def _at(thing: Any, path: str) -> Any:
    for name in path.split("."):
        thing = thing.get(name) if isinstance(thing, Mapping) else None
    return thing


def _text(value: Any) -> str:
    """A field's value as a parameter writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(name: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", value):
        raise ApiError(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def _compares(at: int, name: str, bound: int) -> bool:
    """Whether a moment is as `created=…` or `created[gte]=…` demands."""
    holds = {"gt": at > bound, "gte": at >= bound, "lt": at < bound, "lte": at <= bound}
    return at == bound if name == "created" else holds[name.removeprefix("created[").removesuffix("]")]
