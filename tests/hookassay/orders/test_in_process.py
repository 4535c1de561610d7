"""Orders, shops and effects asked of an application in this process, by its paths."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hookassay.config import EffectsSettings, OrdersSettings
from hookassay.endpoint import Endpoint, Secret, in_process
from hookassay.errors import HarnessError, NotJudged, UsageError
from hookassay.orders.adapter import open_reader
from hookassay.orders.effects import open_counter
from hookassay.orders.placeholders import PURCHASE
from hookassay.orders.reader import NOBODY, OrderReader, PubliclyAsked
from hookassay.orders.shop import open_action
from hookassay.wire.application import hosting

HERE = Path()
ORDER = {"status": "paid", "refund_status": None, "dispute_status": None, "total_amount": "10.00"}
AUTHORIZATION = (("Authorization", Secret("Bearer token-of-the-shop")),)


@dataclass
class Shop:
    """A WSGI application that answers as it is told, and keeps what it was asked."""

    answer: Any = None
    status: str = "200 OK"
    asked: list[tuple[str, str, str, bytes]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        url = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else "")
        login = environ.get("HTTP_AUTHORIZATION", "")
        self.asked.append((environ["REQUEST_METHOD"], url, login, environ["wsgi.input"].read()))
        if isinstance(self.answer, Exception):
            raise self.answer
        start_response(self.status, [("Content-Type", "application/json")])
        if url.endswith(NOBODY):
            return [b"null"]
        return [self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()]


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def endpoint(shop: Shop) -> Iterator[Endpoint]:
    """The shop as an endpoint in this process."""
    with hosting(lambda: shop) as application:
        yield Endpoint(in_process(None), Secret("whsec_x"), timeout=2.0, application=application)


def reader(endpoint: Endpoint | None, source: str = "/orders/{session_id}", **options: Any) -> OrderReader:
    found = open_reader(OrdersSettings(source=source, **options), HERE, endpoint=endpoint)
    assert found is not None
    return found


def test_a_path_is_read(shop: Shop, endpoint: Endpoint) -> None:
    """The application's own route is asked, with the order headers, and its JSON read as over HTTP."""
    shop.answer = ORDER

    assert reader(endpoint, headers=AUTHORIZATION).read("cs_1/2") == [ORDER]
    assert shop.asked == [("GET", "/orders/cs_1/2", "Bearer token-of-the-shop", b"")]


def test_a_query(shop: Shop, endpoint: Endpoint) -> None:
    """The session may stand in the query."""
    reader(endpoint, "/orders?session={session_id}").read("cs_1")

    assert shop.asked[0][1] == "/orders?session=cs_1"


@pytest.mark.parametrize(("status", "answer"), [("404 Not Found", b""), ("200 OK", None), ("200 OK", [])])
def test_no_order(shop: Shop, endpoint: Endpoint, status: str, answer: Any) -> None:
    """404, null and an empty list are no order."""
    shop.status, shop.answer = status, answer

    assert reader(endpoint).read("cs_1") == []


def test_refused(shop: Shop, endpoint: Endpoint) -> None:
    """A refusal ends the run with what to give."""
    shop.status = "401 Unauthorized"

    with pytest.raises(NotJudged, match="--orders-header"):
        reader(endpoint).check()


def test_one_that_raises(shop: Shop, endpoint: Endpoint) -> None:
    """What the route raises is told; it is an error of the order reader, after retries."""
    shop.answer = LookupError("no such table")

    with pytest.raises(HarnessError, match="answered 500: LookupError: no such table"):
        reader(endpoint).read("cs_1")
    assert len(shop.asked) == 4


def test_too_large(shop: Shop, endpoint: Endpoint) -> None:
    """An answer beyond what is kept is refused, and not read as half a document."""
    shop.answer = b"[" + b" " * 70_000 + b"]"

    with pytest.raises(HarnessError, match="more than 64 KiB"):
        reader(endpoint).read("cs_1")


@pytest.mark.parametrize(("status", "public"), [("200 OK", True), ("403 Forbidden", False)])
def test_whether_it_is_public(shop: Shop, endpoint: Endpoint, status: str, public: bool) -> None:
    """It is asked without the order headers whether anyone is shown an order."""
    shop.answer, shop.status = ORDER, status
    orders = reader(endpoint, headers=AUTHORIZATION)
    assert isinstance(orders, PubliclyAsked)

    assert orders.is_public("cs_1") is public
    assert {login for _, _, login, _ in shop.asked} == {""}


@pytest.mark.parametrize("endpoint_over_http", [None, Endpoint("http://localhost/hook", Secret("s"))])
def test_a_path_needs_an_application(endpoint_over_http: Endpoint | None) -> None:
    """A path means nothing where the endpoint is reached over HTTP."""
    with pytest.raises(UsageError, match="which needs --app"):
        reader(endpoint_over_http)


def test_a_path_without_a_session(endpoint: Endpoint) -> None:
    """A path that names no session is refused as a source, with what it must be."""
    with pytest.raises(UsageError, match="with --app, a path of the application's"):
        reader(endpoint, "/orders")


def test_the_shop_creates_an_order(shop: Shop, endpoint: Endpoint) -> None:
    """`[orders] create` may be a path, which is POSTed to."""
    orders = OrdersSettings(source="/orders/{session_id}", headers=AUTHORIZATION)
    action = open_action("/carts/{n}", "[orders] create", orders, HERE, endpoint=endpoint)

    action.run(dict.fromkeys(PURCHASE, 7))

    [(method, path, login, body)] = shop.asked
    assert (method, path, login) == ("POST", "/carts/7", "Bearer token-of-the-shop")
    assert json.loads(body)["amount"] == 7


def test_effects_are_counted(shop: Shop, endpoint: Endpoint) -> None:
    """`[effects] count` may be a path, which gets the order headers where orders are read from a path as well."""
    shop.answer = {"mails": 2}
    orders = OrdersSettings(source="/orders/{session_id}", headers=AUTHORIZATION)
    counter = open_counter(EffectsSettings("/mails/{session_id}", "mails"), orders, HERE, endpoint=endpoint)
    assert counter is not None

    assert counter.count(dict.fromkeys(PURCHASE, "x")) == 2
    assert shop.asked == [("GET", "/mails/x", "Bearer token-of-the-shop", b"")]
