"""The client: what goes over the wire, and what becomes of it when the endpoint does what it should not."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
import scripted
from scripted import OK, Scripted, answering, dripping, early, hanging, in_turn, once, serving

from hookassay.endpoint import Endpoint
from hookassay.sender.signature import Letter
from hookassay.storm.client import Client
from hookassay.storm.outbox import Outbox
from hookassay.storm.receipts import Receipts
from hookassay.storm.script import Repertoire
from hookassay.storm.stream import Delivery, stream
from hookassay.storm.tally import Tally

Make = Callable[..., Repertoire]

REFUSED = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"

LOOPS = ["standard", "uvloop"]


@pytest.fixture(autouse=True)
def _brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow one another soon, and nobody waits for long."""
    monkeypatch.setattr("hookassay.storm.outbox.RETRIES", (0.01,))
    monkeypatch.setattr("hookassay.storm.outbox.SILENCE", 0.5)


@pytest.fixture(params=LOOPS)
def loop(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    """An event loop of each kind; uvloop's only where it is installed."""
    if request.param == "standard":
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = pytest.importorskip("uvloop").new_event_loop
    return factory


def storm(
    endpoint: Endpoint,
    repertoire: Repertoire,
    *,
    connections: int = 4,
    rate: float | None = None,
    loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> Outbox:
    """Deliver all of it, and say what came of it."""
    forecast, tally = repertoire.forecast, Tally()
    outbox = Outbox(stream(repertoire), Receipts(forecast.purchases), tally, time.monotonic())
    client = Client(endpoint, forecast.headers, outbox, forecast.first, connections, rate)
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(client.run())
    gc.collect()  # what was not closed would warn
    tally.close()
    return outbox


def planned(repertoire: Repertoire) -> int:
    return sum(map(len, stream(repertoire)))


def test_every_delivery_arrives_and_is_receipted(make: Make, loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """All that was drawn arrives, over no more connections than were asked for."""
    repertoire = make(purchases=20)
    with serving(answering(OK)) as server:
        outbox = storm(server.endpoint("/hook"), repertoire, loop=loop)

    assert len(server.arrivals) == planned(repertoire) == outbox.tally.deliveries
    assert outbox.tally.answers == {200: planned(repertoire)}
    assert server.connections <= 4
    assert all(
        outbox.receipts.has(place, event) for place in range(20) for event in range(repertoire.script(place).half)
    )


def test_each_is_signed_when_it_leaves(make: Make) -> None:
    """The signature is over the bytes that came, and its time that of the delivery and not of the beginning."""
    before = int(time.time())
    with serving(answering(OK)) as server:
        endpoint = server.endpoint("/hook")
        storm(endpoint, make(purchases=4), rate=20)

    times = []
    for arrival in server.arrivals:
        head, _, body = arrival.data.partition(b"\r\n\r\n")
        found = re.search(rb"Stripe-Signature: t=(\d+),v1=(\w+)", head)
        assert found is not None
        assert found[2].decode() == Letter(body, endpoint.secret, int(found[1])).mac()
        assert b"id" in json.loads(body)["id"].encode() or json.loads(body)["object"] == "event"
        times.append(int(found[1]))
    assert before <= min(times) < max(times)


@pytest.mark.parametrize(
    "script",
    [
        in_turn(once(REFUSED), once(b""), early(REFUSED), answering(OK)),
        in_turn(answering(REFUSED, OK), answering(OK)),
        in_turn(once(b"SSH-2.0\r\n\r\n"), answering(OK)),
        once(OK),
        answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        answering(b"HTTP/1.0 200 OK\r\n\r\n"),
        in_turn(answering(b"HTTP/1.1 302 Found\r\nLocation: http://other.invalid/\r\nContent-Length: 0\r\n\r\n", OK)),
    ],
    ids=["trouble", "refused once", "no HTTP", "closing", "closing as told", "HTTP/1.0", "redirect"],
)
def test_all_is_acknowledged_in_the_end(
    make: Make, script: scripted.Script, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """What is refused, cut off or answered with nonsense is delivered again until it is acknowledged."""
    repertoire = make(purchases=6)
    with serving(script) as server:
        outbox = storm(server.endpoint("/hook"), repertoire, loop=loop)

    assert not outbox.given_up
    assert all(
        outbox.receipts.has(place, event) for place in range(6) for event in range(repertoire.script(place).half)
    )


def test_a_delivery_sent_anew_is_the_same_event(make: Make) -> None:
    """The second attempt carries the same bytes as the first."""
    with serving(in_turn(answering(REFUSED, OK))) as server:
        storm(server.endpoint("/hook"), make(purchases=1, duplicates=0.0), connections=1)

    bodies = [arrival.data.partition(b"\r\n\r\n")[2] for arrival in server.arrivals]
    assert len(set(bodies)) == len(bodies) - 1
    assert bodies.count(bodies[0]) == 2


@pytest.mark.parametrize("script", [hanging, dripping(b"HTTP/1.1 200 OK\r\nX: ")], ids=["hangs", "drips"])
def test_nobody_is_waited_for_longer_than_the_timeout(make: Make, script: scripted.Script) -> None:
    """An answer that never ends is given up, and so is at last the storm."""
    began = time.monotonic()
    with serving(script) as server:
        outbox = storm(server.endpoint("/hook", timeout=0.2), make(purchases=2))

    assert set(outbox.tally.answers) == {"no answer within 0.2 s"}
    assert outbox.silenced
    assert time.monotonic() - began < 5


def test_an_endless_answer_is_read_no_further_than_its_limit(make: Make) -> None:
    """The status of an answer of 10 GB counts; the rest is not waited for."""

    def endless(sock: socket.socket, server: Scripted, number: int) -> None:
        server.receive(sock, number)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        with suppress(OSError):
            while True:
                sock.sendall(b"x" * 65536)

    repertoire = make(purchases=2)
    with serving(endless) as server:
        outbox = storm(server.endpoint("/hook"), repertoire)

    assert outbox.tally.answers == {200: planned(repertoire)}


def test_where_nobody_listens_nothing_is_delivered(make: Make) -> None:
    """An endpoint that is not there gets no delivery, and the reason is counted."""
    endpoint = Endpoint(f"http://127.0.0.1:{scripted.free_port()}/hook", scripted.SECRET)
    outbox = storm(endpoint, make(purchases=2))

    assert outbox.tally.deliveries == 0
    assert set(outbox.tally.unsent) == {"connection refused"}
    assert outbox.silenced


def test_an_endpoint_that_comes_late_gets_everything(make: Make) -> None:
    """What could not be delivered while it was away is delivered when it is back."""
    port = scripted.free_port()
    repertoire = make(purchases=3)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    open_: list[socket.socket] = []

    def serve() -> None:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                open_.append(sock)
                threading.Thread(target=answer, args=(sock,), daemon=True).start()

    def answer(sock: socket.socket) -> None:
        with suppress(OSError):
            while sock.recv(100_000):
                sock.sendall(OK)

    timer = threading.Timer(0.2, serve)
    timer.start()
    try:
        outbox = storm(Endpoint(f"http://127.0.0.1:{port}/hook", scripted.SECRET), repertoire)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        timer.join(5)
        for sock in open_:
            sock.close()

    assert outbox.tally.acknowledged == planned(repertoire)
    assert outbox.tally.unsent["connection refused"] > 0


def test_no_more_leave_a_second_than_were_asked_for(make: Make) -> None:
    """The rate is kept, however fast answers come."""
    repertoire = make(purchases=6)
    with serving(answering(OK)) as server:
        outbox = storm(server.endpoint("/hook"), repertoire, rate=100)

    arrived = [arrival.whole_at for arrival in server.arrivals]
    assert arrived[-1] - arrived[0] >= (planned(repertoire) - 10) / 100
    assert outbox.tally.acknowledged == planned(repertoire)


def test_what_leaves_together_leaves_at_one_instant(make: Make) -> None:
    """A volley waits until there are connections for all of it, each of its own."""
    repertoire = make(purchases=30, duplicates=0.5)
    groups = [group for group in stream(repertoire) if len(group) > 1]
    with serving(answering(OK)) as server:
        storm(server.endpoint("/hook"), repertoire, connections=8)

    followed = sum(
        one.data.partition(b"\r\n\r\n")[2] == other.data.partition(b"\r\n\r\n")[2]
        and one.connection != other.connection
        for one, other in pairwise(server.arrivals)
    )
    assert followed >= len(groups) / 4


def test_a_volley_waits_for_connections(make: Make) -> None:
    """Where one of two connections is taken, what leaves together leaves when both are free."""
    repertoire = make(purchases=1)
    script = next(one for one in repertoire.scripts if one.half > 1)
    groups = iter([[Delivery(0, script, event, True) for event in group] for group in ((0,), (1, 1))])
    answered: list[float] = []

    def slow(sock: socket.socket, server: Scripted, number: int) -> None:
        while server.receive(sock, number):
            if not answered:
                server.over.wait(0.15)
                answered.append(time.monotonic())
            sock.sendall(OK)

    with serving(slow) as server:
        outbox = Outbox(groups, Receipts(1), Tally(), time.monotonic())
        client = Client(server.endpoint("/hook"), (), outbox, repertoire.forecast.first, 2)
        asyncio.run(client.run())

    assert len(server.arrivals) == 3
    assert all(arrival.head_at >= answered[0] for arrival in server.arrivals[1:])


def test_one_connection_is_enough(make: Make) -> None:
    """A volley that is larger than the connections is delivered in pieces."""
    repertoire = make(purchases=10, duplicates=0.5)
    with serving(answering(OK)) as server:
        storm(server.endpoint("/hook"), repertoire, connections=1)

    assert (len(server.arrivals), server.connections) == (planned(repertoire), 1)


@pytest.mark.parametrize("after", [0, 5])
def test_a_mistake_of_ours_ends_the_storm(
    make: Make,
    after: int,
    monkeypatch: pytest.MonkeyPatch,
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """What goes wrong in the middle of it is raised, and nobody waits for ever."""
    count = iter(range(1000))

    def written(client: Client, _: object) -> bytes:
        if next(count) >= after:
            raise ArithmeticError("ours")
        return client._postmark.request(b"{}", 0)

    monkeypatch.setattr(Client, "written", written)
    with serving(answering(OK)) as server, pytest.raises(ArithmeticError, match="ours"):
        storm(server.endpoint("/hook"), make(), loop=loop)


@pytest.fixture
def certificate(tmp_path: Path) -> Iterator[tuple[Path, Scripted]]:
    """A server that speaks TLS, and its certificate."""
    file, context = scripted.self_signed(tmp_path)
    with serving(answering(OK), context) as server:
        yield file, server


def test_tls_is_spoken_to_whom_is_trusted(
    make: Make, certificate: tuple[Path, Scripted], loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """A certificate that --cacert names is trusted."""
    file, server = certificate
    repertoire = make(purchases=4)
    outbox = storm(server.endpoint("/hook", cacert=file), repertoire, loop=loop)

    assert outbox.tally.answers == {200: planned(repertoire)}


def test_nothing_is_delivered_to_whom_is_not_trusted(make: Make, certificate: tuple[Path, Scripted]) -> None:
    """An unknown certificate gets no delivery."""
    _, server = certificate
    outbox = storm(server.endpoint("/hook"), make(purchases=2))

    assert server.arrivals == []
    assert all(reason.startswith("TLS failed") for reason in outbox.tally.unsent)
