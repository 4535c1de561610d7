"""Deliveries whose last byte leaves at the same instant."""

from __future__ import annotations

import contextlib
import math
import socket
import threading
from pathlib import Path

import pytest
import scripted
from scripted import OK, Scripted, answering, early, hanging, in_turn, once, serving

from hookassay.endpoint import Endpoint
from hookassay.wire.connection import Answer, Request
from hookassay.wire.volley import Volley, fire

REQUESTS = [Request(f'{{"copy": {number}}}'.encode()) for number in range(6)]


def answer(sent_at: float, answered_at: float, status: int | None = 200) -> Answer:
    return Answer(status, (), b"", "" if status else "connection refused", sent_at, answered_at)


def meeting(copies: int) -> scripted.Script:
    """Answer only when that many requests have come whole."""
    barrier = threading.Barrier(copies)

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        server.receive(sock, number)
        barrier.wait(2)
        sock.sendall(OK)

    return script


def lingering() -> scripted.Script:
    """Answer one after the other, and wait a second for each client to close before the next one's turn."""
    turn = threading.Lock()

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        with turn:
            server.receive(sock, number)
            sock.sendall(OK)
            sock.settimeout(1)
            with contextlib.suppress(TimeoutError):
                sock.recv(1)

    return script


def test_last_bytes_after_all_firsts() -> None:
    """Every request is there but for its last byte before the first of the last bytes comes."""
    with serving(answering(OK)) as server:
        fire(server.endpoint(), REQUESTS, hold=0.1)

    assert max(arrival.head_at for arrival in server.arrivals) < min(arrival.whole_at for arrival in server.arrivals)


def test_copies_under_way_together() -> None:
    """A server that answers none before it has all answers all."""
    with serving(meeting(6)) as server:
        volley = fire(server.endpoint(), REQUESTS)

    assert [one.status for one in volley.answers] == [200] * 6
    assert volley.overlapped == 6


def test_exact_bytes() -> None:
    """Each request goes out whole, on a connection of its own."""
    with serving(answering(OK)) as server:
        fire(server.endpoint(), REQUESTS)

    expected = sorted(request.to_bytes(server.endpoint()) for request in REQUESTS)
    assert sorted(arrival.data for arrival in server.arrivals) == expected
    assert sorted(arrival.connection for arrival in server.arrivals) == list(range(6))


def test_answers_in_order_of_requests() -> None:
    """An answer belongs to the request at its place."""

    def echo(sock: socket.socket, server: Scripted, number: int) -> None:
        body = server.receive(sock, number).partition(b"\r\n\r\n")[2]
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with serving(echo) as server:
        volley = fire(server.endpoint(), REQUESTS)

    assert [one.body for one in volley.answers] == [request.body for request in REQUESTS]


def test_moments() -> None:
    """Each answer says when its own request was out, and the spread is between the first and the last of these."""
    with serving(answering(OK)) as server:
        volley = fire(server.endpoint(), REQUESTS)

    moments = [one.sent_at for one in volley.answers]
    assert volley.spread == pytest.approx(max(moments) - min(moments))
    assert all(math.isfinite(moment) for moment in moments)


def test_early_answers_do_not_overlap() -> None:
    """A server that answers before it has the last byte shows no overlap, and no moment that is no number."""
    with serving(early(OK)) as server:
        volley = fire(server.endpoint(), REQUESTS[:2], hold=0.1)

    assert [one.status for one in volley.answers] == [200, 200]
    assert volley.overlapped == 0
    assert all(math.isfinite(one.sent_at) for one in volley.answers)


def test_one_that_fails() -> None:
    """A connection that the endpoint drops has no answer; the others have theirs."""
    with serving(in_turn(once(b""), answering(OK))) as server:
        volley = fire(server.endpoint(), REQUESTS[:4])

    assert sorted(one.problem for one in volley.answers) == ["", "", "", "closed the connection without an answer"]


def test_refused() -> None:
    """Where nothing listens, every copy is refused and none overlaps."""
    volley = fire(Endpoint(f"http://127.0.0.1:{scripted.free_port()}/", scripted.SECRET), REQUESTS[:2])

    assert [one.problem for one in volley.answers] == ["connection refused"] * 2
    assert (volley.overlapped, volley.spread) == (0, 0.0)


def test_deadline() -> None:
    """A server that never answers is waited for once and not once for each copy."""
    with serving(hanging) as server:
        volley = fire(server.endpoint(timeout=0.3), REQUESTS)

    assert {one.problem for one in volley.answers} == {"no answer within 0.3 s"}
    assert max(one.answered_at for one in volley.answers) - min(one.sent_at for one in volley.answers) < 1


def test_no_copy_waits_for_another() -> None:
    """An answered connection is closed at once, so that a server of one worker goes on with the next copy."""
    with serving(lingering()) as server:
        volley = fire(server.endpoint(), REQUESTS)

    assert [one.status for one in volley.answers] == [200] * 6
    assert max(one.answered_at for one in volley.answers) - min(one.sent_at for one in volley.answers) < 1


def test_tls(tmp_path: Path) -> None:
    """Copies overlap over TLS too."""
    certificate, context = scripted.self_signed(tmp_path)
    with serving(meeting(6), context) as server:
        volley = fire(server.endpoint(cacert=certificate), REQUESTS, hold=0.01)

    assert [one.status for one in volley.answers] == [200] * 6
    assert volley.overlapped == 6


def test_no_request() -> None:
    """A volley of nothing is nothing."""
    assert fire(Endpoint("http://127.0.0.1:1/", scripted.SECRET), []) == Volley((), 0.0)


@pytest.mark.parametrize(
    ("answers", "overlapped"),
    [
        ([answer(1.0, 2.0), answer(1.1, 2.1), answer(1.2, 2.2)], 3),
        ([answer(1.0, 2.0), answer(2.5, 3.0)], 1),
        ([answer(1.0, 2.0), answer(1.1, 1.1, status=None)], 1),
        ([answer(1.0, 1.0, status=None)], 0),
        ([answer(2.0, 1.0)], 0),
    ],
    ids=["all", "one after the other", "one not answered", "none answered", "answered before it was sent"],
)
def test_overlapped(answers: list[Answer], overlapped: int) -> None:
    """Those count that were sent whole before the first answer came, and were answered themselves."""
    assert Volley(tuple(answers), 0.0).overlapped == overlapped
