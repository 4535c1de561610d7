"""Exact bytes over one connection: what is sent, what is read, and when it ends."""

from __future__ import annotations

import datetime
import email.utils
import http.client
import socket
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import scripted
from scripted import OK, answering, dripping, early, hanging, in_turn, once, serving

from hookassay.endpoint import Endpoint
from hookassay.wire.connection import KEPT_BODY, Answer, Connection, Line, Request, exchange, unanswered

# A server that drips would go on for ever: an exchange that ends within this kept a deadline of 0.3 s in all.
SOON = 1.5


def answer(status: int | None = 200, *headers: tuple[str, str], body: bytes = b"") -> Answer:
    return Answer(status, headers, body, "" if status else "no answer within 1 s", 1.0, 1.5)


def sent(request: Request, path: str = "/webhook") -> bytes:
    """The bytes that a server receives of `request`."""
    with serving(answering(OK)) as server:
        exchange(server.endpoint(path), request)
    return server.arrivals[0].data.replace(f"127.0.0.1:{server.port}".encode(), b"HOST")


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_request_exact() -> None:
    """Headers go out in their order and case, twice where given twice, with nothing but Host and length added."""
    request = Request(
        b'{"id": 1}',
        (("stripe-SIGNATURE", "t=1,v1=a"), ("X-Two", "b"), ("Stripe-Signature", "t=1,v1=c"), ("X-Two", "a")),
    )

    assert sent(request, "/hook?a=b%20c") == (
        b"POST /hook?a=b%20c HTTP/1.1\r\n"
        b"Host: HOST\r\n"
        b"stripe-SIGNATURE: t=1,v1=a\r\n"
        b"X-Two: b\r\n"
        b"Stripe-Signature: t=1,v1=c\r\n"
        b"X-Two: a\r\n"
        b"Content-Length: 9\r\n"
        b"\r\n"
        b'{"id": 1}'
    )


def test_request_own_host_and_length() -> None:
    """A Host or Content-Length that is given, in whatever case, is not added a second time."""
    request = Request(b"abc", (("CONTENT-LENGTH", "2"), ("host", "elsewhere.invalid")))

    assert request.to_bytes(Endpoint("http://127.0.0.1:1/", scripted.SECRET)) == (
        b"POST / HTTP/1.1\r\nCONTENT-LENGTH: 2\r\nhost: elsewhere.invalid\r\n\r\nabc"
    )


def test_request_chunked() -> None:
    """No length is added to a body whose transfer coding says where it ends (RFC 9112, 6.3)."""
    request = Request(b"2\r\nab\r\n0\r\n\r\n", (("Transfer-Encoding", "chunked"),))

    assert b"Content-Length" not in sent(request)


def test_request_raw_body() -> None:
    """A body that is no UTF-8 goes out byte for byte."""
    body = bytes(range(256))

    assert sent(Request(body)).partition(b"\r\n\r\n")[2] == body


def test_request_method_and_target() -> None:
    """Another method and target than POST and the URL's are sent as they are given."""
    assert sent(Request(method="GET", target="/a/../b")).startswith(b"GET /a/../b HTTP/1.1\r\n")


def test_request_without_a_body() -> None:
    """A GET without a body says nothing of one."""
    assert b"Content-Length" not in sent(Request(method="GET"))


def test_request_header_beyond_ascii() -> None:
    """A header value beyond ASCII goes out as UTF-8."""
    assert "v1=é".encode() in sent(Request(b"", (("Stripe-Signature", "v1=é"),)))


def test_host_of_default_port() -> None:
    """Host is the URL's authority, without a port where the URL has none (RFC 9110, 7.2)."""
    wire = Request(b"").to_bytes(Endpoint("https://shop.invalid/hook", scripted.SECRET))

    assert b"\r\nHost: shop.invalid\r\n" in wire


# --- what is read -----------------------------------------------------------------------------------------------------


def test_answer() -> None:
    """Status, headers and body are read as they came."""
    with serving(answering(b"HTTP/1.1 202 Taken\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 4\r\n\r\nbody")) as server:
        found = exchange(server.endpoint(), Request(b"{}"))

    assert (found.status, found.headers, found.body, found.problem) == (
        202,
        (("X-A", "1"), ("X-A", "2"), ("Content-Length", "4")),
        b"body",
        "",
    )


def test_answer_chunked() -> None:
    """A chunked body is put together."""
    with serving(
        answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    ) as server:
        assert exchange(server.endpoint(), Request()).body == b"abc"


def test_answer_until_close() -> None:
    """A body without a length ends where the connection does."""
    with serving(once(b"HTTP/1.0 200 OK\r\n\r\nall of it")) as server:
        assert exchange(server.endpoint(), Request()).body == b"all of it"


def test_answer_without_body() -> None:
    """A 204 has no body, and nothing is waited for."""
    with serving(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        found = exchange(server.endpoint(), Request())

    assert (found.status, found.body) == (204, b"")
    assert found.seconds < 1


def test_answer_after_continue() -> None:
    """An interim 100 is no answer; the one that follows is (RFC 9110, 15.2)."""
    with serving(answering(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)) as server:
        assert exchange(server.endpoint(), Request()).status == 200


@pytest.mark.parametrize("interim", [b"102 Processing", b"103 Early Hints\r\nLink: </a>; rel=preload"])
def test_answer_after_interim(interim: bytes) -> None:
    """Any other interim answer is none either, and what follows it on the connection is read as ever."""
    with serving(answering(b"HTTP/1.1 " + interim + b"\r\n\r\n" + OK)) as server, Line(server.endpoint()) as line:
        assert [line.exchange(Request()).status for _ in range(2)] == [200, 200]
        assert server.connections == 1


def test_switching_protocols() -> None:
    """A 101 is the answer, for no HTTP follows it."""
    with serving(once(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")) as server:
        assert exchange(server.endpoint(), Request()).status == 101


@pytest.mark.parametrize(
    ("head", "drop", "problem"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, "an answer without end"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000, "an answer without end"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1;" + b"a" * 60_000 + b"\r\nx\r\n",
            "an answer without end (it began with 200)",
        ),
    ],
    ids=["100", "103", "extensions of chunks"],
)
def test_without_end(head: bytes, drop: bytes, problem: str) -> None:
    """What goes on and on before there is a body is given up, long before the timeout."""
    with serving(dripping(head, drop, every=0)) as server:
        found = exchange(server.endpoint(timeout=30.0), Request())

    assert (found.status, found.problem, found.late) == (None, problem, False)


def test_answer_bounded() -> None:
    """Of a body without end no more than 64 KiB is read."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"
    with serving(dripping(head, b"x" * 65536, every=0)) as server:
        found = exchange(server.endpoint(), Request())

    assert (found.status, len(found.body)) == (200, KEPT_BODY)


def test_redirect_not_followed() -> None:
    """A redirect is the answer; nothing goes to where it points."""
    with serving(answering(OK)) as elsewhere:
        location = f"Location: {elsewhere.endpoint().url}\r\n".encode()
        with serving(answering(b"HTTP/1.1 307 Go\r\n" + location + b"Content-Length: 0\r\n\r\n")) as server:
            found = exchange(server.endpoint(), Request())

    assert (found.status, found.redirected, found.acknowledged) == (307, True, False)
    assert elsewhere.connections == 0


def test_early_answer() -> None:
    """An endpoint that answers before it has read the body, and closes, is heard all the same."""
    with serving(early(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")) as server:
        assert exchange(server.endpoint(), Request(b"x" * 10_000_000)).status == 413


@pytest.mark.parametrize(
    ("bytes_back", "kind"),
    [
        (b"SSH-2.0-OpenSSH_9\r\n", "(BadStatusLine)"),
        (b"HTTP/1.1 two OK\r\n\r\n", "(BadStatusLine)"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 200 + b"\r\n", "(HTTPException)"),
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n", "(LineTooLong)"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "(IncompleteRead) (it began with 200)",
        ),
    ],
    ids=["another protocol", "no number", "too many headers", "long header", "bad chunk"],
)
def test_not_http(bytes_back: bytes, kind: str) -> None:
    """What is no HTTP is no answer, and the problem says so."""
    with serving(once(bytes_back)) as server:
        found = exchange(server.endpoint(), Request())

    assert (found.status, found.problem) == (None, f"not a valid HTTP answer {kind}")


def test_closed_without_answer() -> None:
    """A connection that is closed without a byte is no answer."""
    with serving(once(b"")) as server:
        found = exchange(server.endpoint(), Request())

    assert (found.status, found.problem) == (None, "closed the connection without an answer")


@pytest.mark.parametrize("bytes_back", [b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX-A: 1\r\n"])
def test_closed_in_the_head(bytes_back: bytes) -> None:
    """A connection that is closed before the head has ended is no answer, though it said 200."""
    with serving(once(bytes_back)) as server:
        found = exchange(server.endpoint(), Request())

    assert (found.status, found.problem) == (None, "closed the connection in the middle of the answer")


# --- when it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (hanging, "no answer within 0.3 s"),
        (
            dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"),
            "no end of the answer within 0.3 s (it began with 200)",
        ),
        (dripping(b"HTTP/1.1 200 OK\r\nX-A: "), "no end of the answer within 0.3 s"),
        (dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "no end of the answer within 0.3 s"),
        (dripping(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), "no end of the answer within 0.3 s"),
        (
            dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
            "no end of the answer within 0.3 s (it began with 200)",
        ),
    ],
    ids=["nothing", "a body in drips", "a header in drips", "100 for ever", "102 for ever", "chunks for ever"],
)
def test_total_deadline(script: scripted.Script, problem: str) -> None:
    """However an answer drips, the wait for it ends with the timeout, and it is told how far it had come."""
    with serving(script) as server:
        began = time.monotonic()
        found = exchange(server.endpoint(timeout=0.3), Request())
        took = time.monotonic() - began

    assert (found.status, found.problem, found.late) == (None, problem, True)
    assert 0.25 < took < SOON


def test_total_deadline_while_sending() -> None:
    """A peer that does not read the request is waited for no longer than the timeout."""
    with serving(lambda sock, server, number: server.over.wait()) as server:
        began = time.monotonic()
        found = exchange(server.endpoint(timeout=0.3), Request(b"x" * 50_000_000))

    assert found.problem == "no answer within 0.3 s"
    assert time.monotonic() - began < SOON


def test_one_deadline_for_all() -> None:
    """Sending and answering share one timeout: a slow request leaves less for its answer."""

    def slowly(sock: socket.socket, server: scripted.Scripted, number: int) -> None:
        server.over.wait(0.4)
        server.receive(sock, number)
        server.over.wait()

    with serving(slowly) as server:
        began = time.monotonic()
        exchange(server.endpoint(timeout=0.6), Request(b"x" * 20_000_000))

        assert time.monotonic() - began < 0.9


def test_refused() -> None:
    """A port on which nothing listens is a refused connection."""
    found = exchange(Endpoint(f"http://127.0.0.1:{scripted.free_port()}/", scripted.SECRET), Request())

    assert (found.status, found.problem) == (None, "connection refused")


def test_host_that_cannot_be() -> None:
    """A host name that no resolver takes is an unknown host, and no traceback."""
    found = exchange(Endpoint("http://a..b/", scripted.SECRET), Request())

    assert found.problem == "the host name is not known"


def test_tls(tmp_path: Path) -> None:
    """A certificate that `cacert` names is trusted."""
    certificate, context = scripted.self_signed(tmp_path)
    with serving(answering(OK), context) as server:
        found = exchange(server.endpoint(cacert=certificate), Request(b"{}"))

    assert (found.status, found.body) == (200, b"ok")


def test_tls_deadline(tmp_path: Path) -> None:
    """The timeout holds over TLS."""
    certificate, context = scripted.self_signed(tmp_path)
    with serving(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), context) as server:
        found = exchange(server.endpoint(timeout=0.3, cacert=certificate), Request())

    assert found.problem == "no end of the answer within 0.3 s (it began with 200)"


def test_tls_untrusted(tmp_path: Path) -> None:
    """A certificate that nobody vouches for is refused, and the problem says why."""
    _, context = scripted.self_signed(tmp_path)
    with serving(answering(OK), context) as server:
        found = exchange(server.endpoint(), Request())

    assert found.status is None
    assert found.problem.startswith("TLS failed (self-signed certificate")
    assert server.arrivals == []


def test_tls_with_plain_server() -> None:
    """A server that speaks plain HTTP fails at TLS."""
    with serving(early(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        endpoint = server.endpoint().with_url(f"https://127.0.0.1:{server.port}/")

        assert exchange(endpoint, Request()).problem.startswith("TLS failed (")


def test_times_of_an_answer() -> None:
    """An answer's moments are when its request was out and when its first byte came."""

    def later(sock: socket.socket, server: scripted.Scripted, number: int) -> None:
        server.receive(sock, number)
        server.over.wait(0.1)
        sock.sendall(OK[:10])
        server.over.wait(0.2)
        sock.sendall(OK[10:])

    with serving(later) as server:
        found = exchange(server.endpoint(), Request())

    assert 0.09 < found.seconds < 0.25


def conversation(endpoint: Endpoint, requests: Sequence[Request]) -> list[Answer]:
    """The answers to requests one after another on one line."""
    with Line(endpoint) as line:
        return [line.exchange(request) for request in requests]


# --- one connection for several ---------------------------------------------------------------------------------------


def test_conversation_keeps_alive() -> None:
    """Requests follow one another on one connection."""
    with serving(answering(OK)) as server:
        found = conversation(server.endpoint(), [Request(b"1"), Request(b"22"), Request(b"333")])

    assert [one.status for one in found] == [200, 200, 200]
    assert [arrival.connection for arrival in server.arrivals] == [0, 0, 0]


@pytest.mark.parametrize(
    "bytes_back",
    [
        b"HTTP/1.1 200 OK\r\nConnection: CLOSE\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + b"x" * 70_000,
        b"garbage\r\n",
    ],
    ids=["close", "HTTP/1.0", "no length", "body not read to its end", "no HTTP"],
)
def test_conversation_reopens(bytes_back: bytes) -> None:
    """Where nothing more can follow on a connection, the next request goes out on a new one."""
    with serving(in_turn(once(bytes_back), answering(OK))) as server:
        found = conversation(server.endpoint(), [Request(b"1"), Request(b"2")])

    assert found[1].status == 200
    assert [arrival.connection for arrival in server.arrivals] == [0, 1]


def test_conversation_answers_each() -> None:
    """Each request has an answer of its own, although an earlier one could not even be sent."""
    endpoint = Endpoint(f"http://127.0.0.1:{scripted.free_port()}/", scripted.SECRET)

    assert [one.problem for one in conversation(endpoint, [Request()] * 2)] == ["connection refused"] * 2


def test_conversation_deadline() -> None:
    """Each request of a conversation has the whole timeout."""

    def slow(sock: socket.socket, server: scripted.Scripted, number: int) -> None:
        while server.receive(sock, number):
            server.over.wait(0.3)
            sock.sendall(OK)

    with serving(slow) as server:
        found = conversation(server.endpoint(timeout=0.5), [Request()] * 3)

    assert [one.status for one in found] == [200, 200, 200]
    assert server.connections == 1


# --- what an answer says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "acknowledged", "redirected"),
    [
        (200, True, False),
        (204, True, False),
        (299, True, False),
        (199, False, False),
        (300, False, True),
        (308, False, True),
        (400, False, False),
        (None, False, False),
    ],
)
def test_status(status: int | None, acknowledged: bool, redirected: bool) -> None:
    """Any 2xx acknowledges and nothing else does; any 3xx is a redirect."""
    found = answer(status)

    assert (found.acknowledged, found.redirected) == (acknowledged, redirected)


def test_header_by_any_case() -> None:
    """A header is found whatever its case, the first of several."""
    assert answer(200, ("X-A", "1"), ("x-a", "2")).header("x-A") == "1"


def test_describe() -> None:
    """An answer is called by its status, and none by its problem."""
    assert (answer(503).describe(), answer(None).describe()) == ("503", "no answer within 1 s")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("1.5", 1.5), ("-3", 0), ("nan", 0), ("soon", None), ("", None), ("32 Foo 2026", None)],
)
def test_retry_after_seconds(value: str, seconds: float | None) -> None:
    """Retry-After in seconds is taken as it is, never below zero; what is neither number nor date is not there."""
    assert answer(429, ("Retry-After", value)).retry_after() == seconds


def test_retry_after_date() -> None:
    """Retry-After may be a date (RFC 9110, 10.2.3)."""
    when = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=100)
    found = answer(503, ("Retry-After", email.utils.format_datetime(when, usegmt=True))).retry_after()

    assert found == pytest.approx(100, abs=2)


def test_retry_after_absent() -> None:
    """Who does not ask for patience is given none."""
    assert answer(503).retry_after() is None


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (TimeoutError(), "no answer within 3 s"),
        (ConnectionRefusedError(), "connection refused"),
        (ConnectionResetError(), "closed the connection without an answer"),
        (http.client.RemoteDisconnected(), "closed the connection without an answer"),
        (socket.gaierror(-2, "Name or service not known"), "the host name is not known"),
        (OSError(113, "No route to host"), "no connection (No route to host)"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "TLS failed ("),
        (http.client.BadStatusLine("x"), "not a valid HTTP answer (BadStatusLine)"),
    ],
)
def test_problem_in_words(error: Exception, problem: str) -> None:
    """Every way of getting no answer has words of its own."""
    assert unanswered(error, 3.0, 0.0).problem.startswith(problem)


def test_close_twice() -> None:
    """Closing a connection twice does no harm."""
    with serving(answering(OK)) as server:
        connection = Connection(server.endpoint())
        connection.open()
        connection.close()
        connection.close()

        assert not connection.reusable
