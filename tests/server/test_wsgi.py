"""The server under gunicorn: real sockets, several workers and threads, SQLite and PostgreSQL."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import gunicorn_process
import postgres
import pytest
from hookassay.server.webhook import LARGEST_EVENT
from reference_shop import API_KEY, SECRET, TOKEN, Purchase, sign

APP = "hookassay.server.wsgi:app"
SECRETS = {"STRIPE_SECRET_KEY": API_KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "ORDERS_TOKEN": TOKEN}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a server with two workers of eight threads."""
    with contextlib.ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('gunicorn') / 'orders.db'}"
        else:
            url = stack.enter_context(postgres.fresh_database(request.getfixturevalue("postgres_url")))
        yield stack.enter_context(gunicorn_process.running(APP, workers=2, env={**SECRETS, "DATABASE_URL": url}))


@pytest.fixture
def connection(server: str) -> Iterator[http.client.HTTPConnection]:
    """One keep-alive connection to the server."""
    opened = http.client.HTTPConnection(urlsplit(server).netloc, timeout=10)
    yield opened
    opened.close()


def deliver(connection: http.client.HTTPConnection, body: bytes, header: str | None = None, **kwargs: bool) -> int:
    headers = {"Content-Type": "application/json", "Stripe-Signature": header or sign(body)}
    payload = iter([body[:100], body[100:]]) if kwargs.get("encode_chunked") else body
    if kwargs.get("encode_chunked"):
        headers["Transfer-Encoding"] = "chunked"
    connection.request("POST", "/stripe/webhook", payload, headers, **kwargs)
    response = connection.getresponse()
    response.read()
    return response.status


def order(connection: http.client.HTTPConnection, purchase: Purchase) -> dict[str, object] | None:
    connection.request("GET", f"/orders/{purchase.session_id}", headers={"Authorization": f"Bearer {TOKEN}"})
    response = connection.getresponse()
    found: dict[str, object] = json.loads(response.read())
    return found if response.status == 200 else None


def completed(purchase: Purchase) -> bytes:
    return json.dumps(purchase.completed()).encode()


def test_one_connection(connection: http.client.HTTPConnection) -> None:
    """Deliveries on one connection are answered apart, also after a forged one and after one to nowhere."""
    purchases = [Purchase(), Purchase()]

    assert deliver(connection, completed(purchases[0])) == 200
    forged = completed(Purchase())
    assert deliver(connection, forged, sign(forged, secret="whsec_other")) == 400
    connection.request("POST", "/nowhere", b"POST /stripe/webhook HTTP/1.1\r\n\r\n" * 100)
    assert connection.getresponse().read()
    assert deliver(connection, completed(purchases[1])) == 200
    assert all(order(connection, purchase) for purchase in purchases)


def test_chunked(connection: http.client.HTTPConnection) -> None:
    """A chunked body is read like any other."""
    purchase = Purchase()

    assert deliver(connection, completed(purchase), encode_chunked=True) == 200
    assert order(connection, purchase)


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large(connection: http.client.HTTPConnection, chunked: bool) -> None:
    """A body beyond the limit is 413, chunked or not, and the server goes on serving."""
    purchase = Purchase()
    body = completed(purchase)

    assert deliver(connection, body + b" " * LARGEST_EVENT, encode_chunked=chunked) == 413
    assert order(connection, purchase) is None
    assert deliver(connection, body + b" " * (LARGEST_EVENT - len(body)), encode_chunked=chunked) == 200
    assert order(connection, purchase)


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 500\r\n\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
        "Content-Length: x\r\n\r\n{}",
        "\r\n{}",
    ],
)
def test_broken_framing(server: str, framing: str) -> None:
    """A body whose end is wrong or missing is 400, never a 5xx."""
    address = urlsplit(server)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as client:
        client.sendall(f"POST /stripe/webhook HTTP/1.1\r\nHost: x\r\n{framing}".encode())
        client.shutdown(socket.SHUT_WR)
        answer = client.makefile("rb").read()

    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


def test_volley(server: str) -> None:
    """Of sixteen copies whose last bytes leave together all are acknowledged, and one order is made."""
    address = urlsplit(server)
    for _ in range(10):
        purchase = Purchase()
        body = completed(purchase)
        clients = [socket.create_connection((address.hostname or "", address.port or 0), timeout=10) for _ in range(16)]
        head = f"POST /stripe/webhook HTTP/1.1\r\nHost: x\r\nStripe-Signature: {sign(body)}\r\n"
        for client in clients:
            client.sendall(head.encode() + f"Content-Length: {len(body)}\r\n\r\n".encode() + body[:-1])
        for client in clients:
            client.sendall(body[-1:])
        statuses = [client.recv(12) for client in clients]
        for client in clients:
            client.close()

        assert set(statuses) == {b"HTTP/1.1 200"}
        reader = http.client.HTTPConnection(address.netloc, timeout=10)
        assert order(reader, purchase)
        reader.close()


def test_burst(server: str) -> None:
    """The events of forty purchases, delivered at once and out of order, all take effect."""
    local = threading.local()
    opened = []

    def post(body: bytes) -> int:
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=20)
            opened.append(local.connection)
        return deliver(local.connection, body)

    purchases = [Purchase() for _ in range(40)]
    events = [
        event
        for kind in (
            lambda p: p.dispute("created", "needs_response", payment_intent=None),
            lambda p: p.refund("created", 300, "succeeded", payment_intent=None),
            lambda p: p.completed(),
            lambda p: p.intent("succeeded"),
        )
        for event in map(kind, purchases)
    ]
    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(post, (json.dumps(event).encode() for event in events)))

    assert statuses == {200}
    for purchase in purchases:
        found = order(opened[0], purchase)
        assert found
        assert (found["status"], found["refund_status"], found["dispute_status"]) == (
            "paid",
            "partially_refunded",
            "disputed",
        )
    for connection in opened:
        connection.close()


def test_default_worker(tmp_path: Path) -> None:
    """Plain gunicorn, one synchronous worker and the default database, serves too."""
    purchase = Purchase()
    with gunicorn_process.running(APP, threads=1, env=SECRETS, cwd=tmp_path) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        assert deliver(connection, completed(purchase)) == 200
        connection.close()

    assert (tmp_path / "hookassay.db").exists()


def test_our_gunicorn_settings(sqlite_database: str) -> None:
    """The settings that come with the server are accepted, and yield to the command line."""
    args = ["--config", "python:hookassay.server.gunicorn_conf", "--preload"]
    with gunicorn_process.running(APP, env={**SECRETS, "DATABASE_URL": sqlite_database}, args=args) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        assert deliver(connection, completed(Purchase())) == 200
        connection.close()


def test_preloaded(postgres_database: str) -> None:
    """An application that is loaded before gunicorn forks stores events in every worker."""
    env = {**SECRETS, "DATABASE_URL": postgres_database}
    with gunicorn_process.running(APP, workers=2, env=env, args=["--preload"]) as url:
        for _ in range(6):
            connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
            assert deliver(connection, completed(Purchase())) == 200
            connection.close()


@pytest.mark.parametrize(
    ("workers", "changed", "says"),
    [
        (1, {"STRIPE_WEBHOOK_SECRET": "  "}, "STRIPE_WEBHOOK_SECRET is empty"),
        (2, {"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET is empty: it must be the endpoint's signing secret"),
        (2, {"STRIPE_SECRET_KEY": SECRET}, "STRIPE_SECRET_KEY holds a webhook signing secret"),
        (
            2,
            {"DATABASE_URL": "mysql://u:canarypw@h/d"},
            "DATABASE_URL names a database that this server does not speak",
        ),
        (2, {"DATABASE_URL": "postgresql://u:canarypw@127.0.0.1:1/d"}, "cannot be opened (OperationalError)"),
        (2, {"DATABASE_URL": "sqlite:////nowhere/at/all.db"}, "cannot be opened (OperationalError)"),
    ],
)
def test_refuses_to_start(tmp_path: Path, workers: int, changed: dict[str, str], says: str) -> None:
    """A wrong setting ends gunicorn with one line that says what is wrong, and no secret and no traceback."""
    with (
        pytest.raises(gunicorn_process.GunicornError) as failure,
        gunicorn_process.running(APP, workers=workers, env={**SECRETS, **changed}, cwd=tmp_path),
    ):
        pass

    output = failure.value.output
    assert failure.value.exit_status not in (0, None)
    assert output.count("hookassay server does not start: ") == 1
    assert says in output
    assert not [word for word in ("Traceback", "canary", SECRET, API_KEY, TOKEN) if word in output]


def test_quiet_log(sqlite_database: str, tmp_path: Path) -> None:
    """A failed payment is one line of the log; deliveries leave nothing of their content in it."""
    log = tmp_path / "log"
    purchase = Purchase()
    failed = purchase.intent("payment_failed", last_payment_error={"message": "canary"})
    env = {**SECRETS, "DATABASE_URL": sqlite_database}
    with gunicorn_process.running(APP, env=env, log=log, args=["--access-logfile", "-"]) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        assert deliver(connection, json.dumps(failed).encode()) == 200
        assert deliver(connection, b"canary", "t=1,v1=canary") == 400
        connection.close()

    text = log.read_text()
    line = (
        f"WARNING hookassay.server.webhook: payment failed: event {failed['id']}, payment intent {purchase.intent_id}"
    )
    assert text.count(line) == 1
    assert not [word for word in ("canary", SECRET, API_KEY) if word in text]


def test_stops_in_time(sqlite_database: str) -> None:
    """A server with an idle keep-alive connection stops when it is told to."""
    with gunicorn_process.running(APP, env={**SECRETS, "DATABASE_URL": sqlite_database}) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        assert deliver(connection, completed(Purchase())) == 200
        before = time.monotonic()
    connection.close()
    assert time.monotonic() - before < 10
