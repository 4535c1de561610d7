"""The answer: its status and its end, read within bounds."""

from __future__ import annotations

import pytest

from hookassay.storm.answer import LONGEST, Answer, answer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def head(status: str, *headers: str, version: str = "HTTP/1.1") -> bytes:
    return "\r\n".join([f"{version} {status}", *headers, "", ""]).encode()


WHOLE = {
    "length": (OK, Answer(200, keep=True)),
    "no body": (head("204 No Content"), Answer(204, keep=True)),
    "no reason": (head("200", "Content-Length: 0"), Answer(200, keep=True)),
    "odd case": (head("200 OK", "CONTENT-LENGTH:0", "CONNECTION: Close"), Answer(200, keep=False)),
    "chunks": (head("200 OK", "Transfer-Encoding: chunked") + b"2;x=y\r\nok\r\n0\r\n\r\n", Answer(200, keep=True)),
    "chunks with a trailer": (
        head("200 OK", "Transfer-Encoding: chunked") + b"0\r\nDigest: x\r\n\r\n",
        Answer(200, keep=True),
    ),
    "until the end of the connection": (head("200 OK"), Answer(200, keep=False)),
    "HTTP/1.0": (head("200 OK", "Content-Length: 0", version="HTTP/1.0"), Answer(200, keep=False)),
    "HTTP/1.0 kept": (
        head("200 OK", "Content-Length: 0", "Connection: keep-alive", version="HTTP/1.0"),
        Answer(200, keep=True),
    ),
    "announced": (head("103 Early Hints", "Link: x") + OK, Answer(200, keep=True)),
    "another protocol": (head("101 Switching Protocols"), Answer(101, keep=False)),
    "a redirect": (head("302 Found", "Location: http://other.invalid/", "Content-Length: 0"), Answer(302, keep=True)),
    "more than announced": (OK + b"HTTP/1.1 500", Answer(200, keep=False)),
    "too much": (head("200 OK", f"Content-Length: {10**10}"), Answer(200, keep=False)),
    "too many chunks": (
        head("200 OK", "Transfer-Encoding: chunked") + b"fffff\r\n" + b"x" * (LONGEST + 1),
        Answer(200, keep=False),
    ),
    "come again": (head("503 Busy", "Retry-After: 3", "Content-Length: 0"), Answer(503, keep=True, retry_after=3.0)),
    "come again on a day": (
        head("503 Busy", "Retry-After: Thu, 26 Nov 2026 04:00:00 GMT", "Content-Length: 0"),
        Answer(503, keep=True),
    ),
}


@pytest.mark.parametrize(("data", "expected"), WHOLE.values(), ids=WHOLE)
def test_a_whole_answer_is_understood(data: bytes, expected: Answer) -> None:
    """Status, end and whether the connection may be kept are read as RFC 9112 has them."""
    assert answer(data) == expected
    assert answer(data) == expected, "the second time, too"


@pytest.mark.parametrize("data", [OK, WHOLE["chunks"][0], WHOLE["announced"][0]], ids=["length", "chunks", "announced"])
def test_part_of_an_answer_is_none(data: bytes) -> None:
    """As long as a byte is missing there is no answer."""
    assert [answer(data[:count]) for count in range(1, len(data))] == [None] * (len(data) - 1)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"SSH-2.0",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        head("200 OK", "Content-Length: -2"),
        head("200 OK", "Content-Length: 1, 2"),
        head("200 OK", "Transfer-Encoding: chunked") + b"zz\r\n",
        head("200 OK", "Transfer-Encoding: chunked") + b"-5\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000,
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    """What is no HTTP, or has no end that can be known, or a head without end, is a ValueError."""
    with pytest.raises(ValueError, match="no HTTP answer"):
        answer(data)
