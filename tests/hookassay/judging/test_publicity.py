"""What anyone can find, and what only looks like it."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Mapping

import pytest
import scripted
from scripted import Script, Scripted
from shop_on_the_wire import scene_at
from toy_shop import Staging, ToyShop

from hookassay.config import OrdersSettings, Settings
from hookassay.errors import ContractViolation, NotApplicable, NotTestable
from hookassay.judging.publicity import (
    DOCUMENTS,
    order_asks_for_the_right_credentials,
    order_is_not_public,
    webhook_is_not_documented,
)
from hookassay.judging.scene import Scene

PATH = "/stripe/webhook"
PAGE = '<html><head><script src="/app.js"></script></head><body><a href="/">Shop</a>{}</body></html>'
LOGIN = '<form action="/login?next=/docs"><input name="password"></form>'


def documents(pages: Mapping[str, tuple[int, str]], otherwise: tuple[int, str] = (404, "not found")) -> Script:
    """A server with these pages: target → status and body."""

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        while data := server.receive(sock, number):
            status, text = pages.get(data.split(b" ")[1].decode(), otherwise)
            body = text.encode()
            sock.sendall(f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    return script


def openapi(*paths: str, **fields: object) -> str:
    return json.dumps({"openapi": "3.1.0", "paths": {path: {"post": {}} for path in paths}, **fields})


def look(script: Script, path: str = PATH) -> Scripted:
    """Look for documents that list the webhook at `path`."""
    with scripted.serving(script) as server:
        webhook_is_not_documented(scene_at(server, path))
    return server


def test_usual_places() -> None:
    """Each document is asked for at the root and at every folder above the webhook, by nothing but a GET."""
    server = look(documents({}), "/api/v1/webhook")
    asked = [arrival.data.split(b" ")[1].decode() for arrival in server.arrivals]

    assert asked == [f"{base}/{name}" for base in ("", "/api", "/api/v1") for name in DOCUMENTS]
    assert not any(b"Stripe-Signature" in arrival.data for arrival in server.arrivals)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("/openapi.json", openapi("/orders", PATH)),
        ("/openapi.json", openapi("/webhook", servers=[{"url": "https://shop.example/stripe/"}])),
        ("/stripe/openapi.json", openapi("/webhook", servers=[{"url": "/stripe"}])),
        ("/openapi.json", openapi(f"{PATH}/")),
        ("/swagger.json", json.dumps({"swagger": "2.0", "basePath": "/stripe", "paths": {"/webhook": {}}})),
        ("/docs", PAGE.format(f"<code>POST {PATH}</code>")),
        ("/redoc", PAGE.format(f'<a href="{PATH}">')),
        ("/sitemap.xml", f"<urlset><url><loc>https://shop.example{PATH}</loc></url></urlset>"),
        ("/robots.txt", f"User-agent: *\nDisallow: {PATH}\n"),
        ("/docs", f"Stripe posts to {PATH}."),
    ],
)
def test_listed(target: str, text: str) -> None:
    """A public document that lists the webhook's path is a violation that names both."""
    with pytest.raises(ContractViolation, match=re.escape(f"saw that {target} lists {PATH}")):
        look(documents({target: (200, text)}))


@pytest.mark.parametrize("status", [301, 302, 401, 403, 404, 500])
def test_not_served(status: int) -> None:
    """What asks for a login, leads elsewhere or does not work shows nothing, whatever it says."""
    look(documents({}, (status, openapi(PATH))))


@pytest.mark.parametrize(
    "text",
    [
        PAGE.format(""),
        PAGE.format('See <a href="https://docs.stripe.com/stripe/webhooks">Stripe</a>'),
        PAGE.format(f'<a href="https://docs.example/api{PATH}">elsewhere</a>'),
        LOGIN,
        "User-agent: *\nDisallow: /stripe/webhooks\nDisallow: /admin\nDisallow: /old/stripe/webhook\n",
        f"<urlset><url><loc>https://shop.example{PATH}.html</loc></url></urlset>",
        f"<urlset><url><loc>https://shop.example{PATH}-guide</loc></url></urlset>",
        openapi("/orders", "/stripe", f"{PATH}s"),
        openapi("/webhook"),
        openapi("/orders", info={"description": f"Not listed: {PATH}"}),
        "[]",
        "null",
        '"' + PATH + '"',
        json.dumps({"paths": None, "servers": "none"}),
        "",
    ],
)
def test_not_listed(text: str) -> None:
    """A page for whatever is asked for, as a single-page application gives, lists nothing by being there."""
    look(documents({}, (200, text)))


@pytest.mark.parametrize("path", ["/", "/a", "/html"])
def test_short_path(path: str) -> None:
    """A page's own tags and links are no list of routes."""
    look(documents({}, (200, PAGE.format("<p>or</p>"))), path)


class Public(ToyShop):
    """A shop whose orders are read over HTTP, and say whether anyone may."""

    public = True
    careless = True

    def is_public(self, session_id: str) -> bool:
        return self.public

    def takes_any_credentials(self, session_id: str) -> bool:
        return self.careless


@pytest.fixture
def shop() -> Public:
    return Public()


def test_public_order(staging: Staging) -> None:
    """An order that anyone is shown is a violation that says how to declare it."""
    with pytest.raises(ContractViolation, match=r"saw the order.*\[orders\] open = true"):
        order_is_not_public(staging())


def test_private_order(staging: Staging, shop: Public) -> None:
    """An order that is shown to nobody is right."""
    shop.public = False
    order_is_not_public(staging())


def test_any_credentials(staging: Staging) -> None:
    """An order that is shown for any credentials is a violation."""
    with pytest.raises(ContractViolation, match="with wrong credentials, saw the order"):
        order_asks_for_the_right_credentials(staging())


def test_right_credentials(staging: Staging, shop: Public) -> None:
    """An order that is shown for the right credentials only is right."""
    shop.careless = False
    order_asks_for_the_right_credentials(staging())


@pytest.mark.parametrize("judged", [order_is_not_public, order_asks_for_the_right_credentials])
def test_declared_open(staging: Staging, judged: Callable[[Scene], None]) -> None:
    """Where the read-back is declared to be open, nothing is judged."""
    with pytest.raises(NotApplicable, match="declared to be open"):
        judged(staging(Settings(orders=OrdersSettings(open=True))))


def test_no_reader(staging: Staging) -> None:
    """Without an order reader over HTTP there is nothing that anyone could be shown."""
    with pytest.raises((NotApplicable, NotTestable)):
        order_is_not_public(staging(readable=False))
