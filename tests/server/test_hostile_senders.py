"""The server with the settings it is shipped with, among senders that mean harm: it goes on serving everybody else."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import gunicorn_process
import pytest
from needed import needed
from reference_shop import API_KEY, SECRET, TOKEN, Purchase, sign

pytestmark = [pytest.mark.slow, pytest.mark.siege]

PATIENCE = 5.0
"""Seconds that an honest delivery may take among all the others, on a machine that is busy with the tests."""

MEMORY = 300 * 1024 * 1024
"""Bytes that a worker may ever have in memory; it begins with about 80 MiB."""

SETTINGS = """
from hookassay.server import reception
from hookassay.server.gunicorn_conf import *
reception.REQUEST_PATIENCE = {patience}
"""

HEAD = b"POST /stripe/webhook HTTP/1.1\r\nHost: shop\r\n"


@dataclass(frozen=True)
class Server:
    """A running server: where it listens, and gunicorn's process file."""

    url: str
    process_file: Path

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    def connect(self, data: bytes = b"") -> socket.socket:
        """A connection on which `data` was sent and nothing else will be, unless the test does it."""
        sock = socket.create_connection(self.address, timeout=30)
        try:
            sock.sendall(data)
        except OSError:
            sock.close()
            raise
        return sock

    def deliver(self) -> int:
        """Deliver a purchase honestly; the status."""
        purchase = Purchase()
        body = json.dumps(purchase.completed()).encode()
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            connection.request("POST", "/stripe/webhook", body, {"Stripe-Signature": sign(body)})
            return connection.getresponse().status
        finally:
            connection.close()

    @property
    def workers(self) -> list[int]:
        """The process ids of the workers."""
        master = self.process_file.read_text().strip()
        return [int(pid) for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split()]

    @property
    def largest(self) -> int:
        """Bytes of the most memory that a worker has had so far."""
        return max(_peak(pid) for pid in self.workers)


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@contextlib.contextmanager
def serving(folder: Path, patience: float = 20.0) -> Iterator[Server]:
    """The server with the settings it is shipped with, but for the seconds that a request may take to arrive."""
    settings, process_file = folder / "settings.py", folder / "process"
    settings.write_text(SETTINGS.format(patience=patience))
    env = {
        "STRIPE_SECRET_KEY": API_KEY,
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "ORDERS_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{folder / 'orders.db'}",
    }
    words = ["--config", str(settings), "--threads", "8", "--pid", str(process_file)]
    with gunicorn_process.running("hookassay.server.wsgi:app", workers=2, threads=1, env=env, args=words) as url:
        yield Server(url, process_file)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all these tests, whose workers must be the same to the end."""
    with serving(tmp_path_factory.mktemp("server")) as server:
        ends = time.monotonic() + 20
        while len(before := server.workers) < 2 and time.monotonic() < ends:
            time.sleep(0.05)
        yield server
        assert server.workers == before, "a worker died"
        assert server.largest < MEMORY


@contextlib.contextmanager
def many(server: Server, number: int, data: bytes) -> Iterator[list[socket.socket]]:
    """So many connections at a time, on each of which `data` was sent."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(server.connect(data)) for _ in range(number)]


def answer(sock: socket.socket) -> int | None:
    """The status of the next answer; None where the connection was closed without one."""
    response = http.client.HTTPResponse(sock)
    try:
        response.begin()
    except (http.client.RemoteDisconnected, ConnectionError):
        return None
    response.read()
    return response.status


SLOW = {
    "nothing at all": b"",
    "half a head": HEAD,
    "half a body": HEAD + b"Content-Length: 4000\r\n\r\n{",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n{",
    "half of 100 MB": HEAD + b"Content-Length: 100000000\r\n\r\n{",
    "no body where a permission was asked": HEAD + b"Content-Length: 4000\r\nExpect: 100-continue\r\n\r\n",
    "nonsense, and does not close": b"nonsense\r\n\r\n",
    "a whole request, and does not close": b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n",
    "a whole request of the last kind, and does not close": b"GET /healthz HTTP/1.0\r\n\r\n",
}


@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW)
def test_stalling(server: Server, data: bytes) -> None:
    """A hundred senders who send so much and then stall keep nobody from being served."""
    with many(server, 100, data):
        assert [server.deliver() for _ in range(10)] == [200] * 10


@pytest.mark.parametrize("start", [b"", HEAD + b"Content-Length: 4000\r\n\r\n"], ids=["head", "body"])
def test_dripping(server: Server, start: bytes) -> None:
    """A hundred senders who send a byte of the head or of the body at a time keep nobody from being served."""
    with many(server, 100, start) as senders:
        for letter in HEAD[:10]:
            for sender in senders:
                sender.sendall(bytes([letter]))
            assert server.deliver() == 200


@pytest.mark.parametrize("start", [HEAD, HEAD + b"Content-Length: 4000\r\n\r\n"], ids=["head", "body"])
def test_dripping_ends(start: bytes, tmp_path: Path) -> None:
    """A request that has not arrived in its time is answered 408, though it never stops arriving."""
    with serving(tmp_path, patience=1.0) as server, server.connect(start) as sender:
        sender.settimeout(0.2)
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            try:
                assert sender.recv(64).startswith(b"HTTP/1.1 408 ")
                return
            except TimeoutError:
                sender.sendall(b"x")
    pytest.fail("it was never answered")


def test_stops(tmp_path: Path) -> None:
    """A server that is told to stop does so in its time, whoever is still sending or says nothing."""
    with contextlib.ExitStack() as senders:
        with serving(tmp_path) as server:
            for data in SLOW.values():
                senders.enter_context(many(server, 20, data))
            assert server.deliver() == 200
            told = time.monotonic()
        assert time.monotonic() - told < 12


def test_finishes(tmp_path: Path) -> None:
    """A request of which a part has come when the server is told to stop is answered, and the connection closed."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving(tmp_path))
        sender = stack.enter_context(server.connect(b"GET /healthz HTTP/1.1\r\n"))
        assert server.deliver() == 200
        os.kill(int(server.process_file.read_text()), signal.SIGTERM)
        with contextlib.suppress(OSError):
            while True:  # until nobody is let in any more
                server.connect().close()
        sender.sendall(b"Host: shop\r\n\r\n")
        response = sender.recv(65536)
    assert response.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nConnection: close\r\n" in response


@pytest.mark.parametrize(
    "asked",
    [b"GET /healthz HTTP/1.1\r\nHost: shop\r\n\r\n", HEAD + b"Content-Length: 2\r\n\r\n{}"],
    ids=["GET", "POST"],
)
def test_never_reading(server: Server, asked: bytes) -> None:
    """Senders who ask thousands of times and read no answer keep nobody from being served."""
    with many(server, 20, b"") as senders:
        for sender in senders:
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sender.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                for _ in range(100):
                    sender.send(asked * 200)
        assert [server.deliver() for _ in range(5)] == [200] * 5


def signed(number: int) -> bytes:
    """So many deliveries as they go over the wire, one right behind the other."""
    requests = []
    for _ in range(number):
        body = json.dumps(Purchase().completed()).encode()
        length = b"Content-Length: %d\r\nStripe-Signature: %b\r\n\r\n" % (len(body), sign(body).encode())
        requests.append(HEAD + length + body)
    return b"".join(requests)


def test_one_behind_the_other(server: Server) -> None:
    """Deliveries that come right behind each other on one connection are all answered, each for itself."""
    answers = b""
    with server.connect(signed(100)) as sender:
        while answers.count(b"HTTP/1.1 200 OK\r\n") < 100:
            piece = sender.recv(65536)
            assert piece, answers
            answers += piece


# --- large ------------------------------------------------------------------------------------------------------------

MEBIBYTE = b"x" * 1024 * 1024


def upload(server: Server, head: bytes, pieces: int, before: bytes = b"", after: bytes = b"") -> int | None:
    """The answer to so many mebibytes, each between `before` and `after`."""
    with server.connect(HEAD + head + b"\r\n\r\n") as sender:
        try:
            for _ in range(pieces):
                sender.sendall(before + MEBIBYTE + after)
        except ConnectionError:
            pass  # it was answered before, and closed
        return answer(sender)


def test_large(server: Server) -> None:
    """100 MB with their right length are refused, and what was refused is not kept."""
    assert upload(server, b"Content-Length: 104857600", 100) in (413, None)
    assert server.deliver() == 200


def test_rather_large(server: Server) -> None:
    """A body that is too large by a little is read to its end, so that its sender sees the answer."""
    assert upload(server, b"Content-Length: 4194304", 4) == 413


def test_large_in_chunks(server: Server) -> None:
    """100 MB in chunks are refused as soon as they are too much."""
    assert upload(server, b"Transfer-Encoding: chunked", 100, b"100000\r\n", b"\r\n") in (413, None)
    assert server.deliver() == 200


def test_large_in_tiny_chunks(server: Server) -> None:
    """Chunks of a byte, whose framing is six times their content, are refused as soon as they are too much."""
    with server.connect(HEAD + b"Transfer-Encoding: chunked\r\n\r\n") as sender:
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                sender.sendall(b"1\r\nx\r\n" * 20_000)
        assert answer(sender) in (413, None)
    assert server.deliver() == 200


def test_large_headers(server: Server) -> None:
    """100 MB of headers are refused as soon as they are too much."""
    with server.connect(HEAD + b"X: ") as sender:
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                sender.sendall(MEBIBYTE)
        assert answer(sender) in (431, None)
    assert server.deliver() == 200


def test_many_large(server: Server) -> None:
    """Two hundred bodies of 1.5 MB of which only the last byte is missing do not fill the memory."""
    unfinished = HEAD + b"Content-Length: 1572865\r\n\r\n" + b"x" * 1572864
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            with contextlib.suppress(ConnectionError):
                stack.enter_context(server.connect(unfinished))
        assert server.deliver() == 200
    assert server.largest < MEMORY


FALSE_LENGTHS = {
    "too long": (b"Content-Length: 100", b"{}", None),
    "too short": (b"Content-Length: 2", b"{}" * 1000, 400),
    "twice": (b"Content-Length: 2\r\nContent-Length: 2", b"{}", 400),
    "and chunks": (b"Content-Length: 2\r\nTransfer-Encoding: chunked", b"0\r\n\r\n", 400),
    "negative": (b"Content-Length: -1", b"{}", 400),
    "no number": (b"Content-Length: 0x2", b"{}", 400),
    "of a thousand digits": (b"Content-Length: " + b"9" * 1000, b"{}", 413),
    "other digits": ("Content-Length: \u0662".encode(), b"{}", 400),
    "a coding nobody knows": (b"Transfer-Encoding: br", b"{}", 400),
    "chunks of no size": (b"Transfer-Encoding: chunked", b"zz\r\n{}\r\n0\r\n\r\n", 400),
    "chunks of a negative size": (b"Transfer-Encoding: chunked", b"-2\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk that is longer": (b"Transfer-Encoding: chunked", b"2\r\n{}{}\r\n0\r\n\r\n", 400),
}


@pytest.mark.parametrize(("length", "body", "status"), FALSE_LENGTHS.values(), ids=FALSE_LENGTHS)
def test_false_length(server: Server, length: bytes, body: bytes, status: int | None) -> None:
    """A length that is wrong is answered with a 4xx, or by closing where more was said to come."""
    with server.connect(HEAD + length + b"\r\n\r\n" + body) as sender:
        sender.shutdown(socket.SHUT_WR)
        assert answer(sender) == status


# --- many -------------------------------------------------------------------------------------------------------------


def test_idle(server: Server) -> None:
    """Ten thousand connections on which nothing is said keep nobody from being served."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    number = min(10_000, most - 500)
    needed(number >= 2_000 or None, f"this machine allows a process {most} files, too few to show anything")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, number + 500), most))
    try:
        with many(server, number, b""):
            assert [server.deliver() for _ in range(10)] == [200] * 10
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
