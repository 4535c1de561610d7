"""One request while it arrives: where it ends, and when it is too much."""

from __future__ import annotations

import pytest
from hookassay.server.arriving import LARGEST_BODY, LARGEST_HEAD, Arriving, RefusedError
from hypothesis import given
from hypothesis import strategies as st

HEAD = b"POST / HTTP/1.1\r\nHost: shop\r\n"
WHOLE = {
    "without a body": HEAD + b"\r\n",
    "with a body of no bytes": HEAD + b"Content-Length: 0\r\n\r\n",
    "with a body": HEAD + b"Content-Length: 4\r\n\r\nbody",
    "in odd letters": HEAD + b"cOnTeNt-LeNgTh:4\r\n\r\nbody",
    "in chunks": HEAD + b"Transfer-Encoding: Chunked\r\n\r\n2\r\nbo\r\n0002\r\ndy\r\n0\r\n\r\n",
    "in no chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "in chunks with an extension": HEAD + b"Transfer-Encoding: chunked\r\n\r\nA;a=b\r\n0123456789\r\n0\r\n\r\n",
    "in chunks with trailers": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n",
    "in chunks that hold their own end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_whole(request_bytes: bytes, size: int) -> None:
    """A request is whole with its last byte and not before, in whatever pieces it comes."""
    arriving = Arriving()
    for at in range(0, len(request_bytes), size):
        assert arriving.whole() is None
        arriving.add(request_bytes[at : at + size])

    assert arriving.whole() == len(request_bytes)
    assert arriving.take() == request_bytes


@pytest.mark.parametrize("first", WHOLE.values(), ids=WHOLE)
def test_one_behind_the_other(first: bytes) -> None:
    """What comes right behind a request is the beginning of the next one."""
    arriving = Arriving()
    for second in WHOLE.values():
        arriving.add(first + second)
        assert arriving.whole() == len(first)
        assert arriving.take() == first
        assert arriving.whole() == len(second)
        assert arriving.take() == second


REFUSED = {
    "two lengths": (b"Content-Length: 4\r\nContent-Length: 4", 400),
    "a length and chunks": (b"Content-Length: 4\r\nTransfer-Encoding: chunked", 400),
    "two codings": (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
    "a coding that is not undone here": (b"Transfer-Encoding: gzip, chunked", 400),
    "a length that is none": (b"Content-Length: four", 400),
    "a length with a sign": (b"Content-Length: +4", 400),
    "no length": (b"Content-Length:", 400),
    "a length of many digits": (b"Content-Length: " + b"9" * 5000, 413),
    "too long a body": (b"Content-Length: %d" % (LARGEST_BODY + 1), 413),
    "too long a head": (b"X: " + b"x" * LARGEST_HEAD, 431),
}


@pytest.mark.parametrize(("header", "status"), REFUSED.values(), ids=REFUSED)
def test_refused(header: bytes, status: int) -> None:
    """A request whose end cannot be told, or that is too large, is refused as soon as that is known."""
    arriving = Arriving()
    arriving.add(HEAD + header + b"\r\n\r\n")
    with pytest.raises(RefusedError) as refusal:
        arriving.whole()
    assert refusal.value.status == status


CHUNKS = {
    "no number": (b"x\r\n", 400),
    "a sign": (b"-1\r\n", 400),
    "a size beyond all": (b"ffffffff\r\n", 413),
    "a line without end": (b"1" + b";" * 300, 400),
    "a chunk that is longer than its size": (b"1\r\nxxx", 400),
    "too many": (b"80000\r\n" + b"x" * 0x80000 + b"\r\n", 413),
    "too many of a byte": (b"1\r\nx\r\n" * 200_000, 413),
    "a trailer without end": (b"0\r\n" + b"x" * 300, 400),
    "trailers without end": (b"0\r\n" + b"a: b\r\n" * 100_000, 431),
}


@pytest.mark.parametrize(("chunks", "status"), CHUNKS.values(), ids=CHUNKS)
def test_refused_chunks(chunks: bytes, status: int) -> None:
    """Chunks that cannot be read, or are too many, are refused while they arrive."""
    arriving = Arriving()
    arriving.add(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    refused = None
    for _ in range(20):
        arriving.add(chunks)
        try:
            assert arriving.whole() is None
        except RefusedError as refusal:
            refused = refusal.status
            break
    assert refused == status


def test_largest() -> None:
    """A body of just the largest size is taken, with a length and in chunks."""
    body = b"x" * LARGEST_BODY
    for framed in (
        b"Content-Length: %d\r\n\r\n" % len(body) + body,
        b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n",
    ):
        arriving = Arriving()
        arriving.add(HEAD + framed)
        assert arriving.whole() == len(HEAD + framed)


def test_awaits_permission() -> None:
    """A sender that asks whether it may send the body is known, until its request is taken."""
    arriving = Arriving()
    arriving.add(HEAD + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert arriving.whole() is None
    assert arriving.awaits_permission

    arriving.add(b"body")
    assert arriving.whole()
    arriving.take()
    assert not arriving.awaits_permission


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_anything(pieces: list[bytes]) -> None:
    """Whatever comes, it is waited for, whole or refused, and nothing else happens."""
    arriving = Arriving()
    for piece in (HEAD, b"Transfer-Encoding: chunked\r\n\r\n", *pieces):
        arriving.add(piece)
        try:
            while arriving.whole():
                assert arriving.take()
        except RefusedError:
            return
