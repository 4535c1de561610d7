"""Servers that answer as no server should, by name; and a proxy that lets an honest server answer until it turns on us.

Each is a script of `scripted`, on a raw socket, plain or over TLS. Those that go on do so until the client ends it.
"""

from __future__ import annotations

import gzip
import itertools
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from scripted import Script, Scripted, dripping, hanging, in_turn, once, serving

MEBIBYTE = b"x" * 1024 * 1024
TEN_GIGABYTES = 10 * 1024**3


def pouring(head: bytes, drop: bytes) -> Script:
    """Send `head` and then drops as fast as they are taken, without end."""
    return dripping(head, drop, every=0)


BOMB = gzip.compress(bytes(16 * 1024 * 1024)) * 64
"""A gibibyte of zeros, in a mebibyte."""

BOMB_IN_A_BOMB = gzip.compress(BOMB)
"""The same once more, in a few kilobytes."""

SLOW = 1.0
"""Seconds from drop to drop."""


def bomb(data: bytes, encoding: bytes, status: bytes) -> Script:
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
    return once(head % (status, encoding, len(data)) + data)


def behaviours(status: bytes = b"500 Broken", elsewhere: str = "http://127.0.0.1:9/") -> Mapping[str, Script]:
    """Every behaviour by its name; where it gets as far as a status, it is this one, and redirects lead `elsewhere`."""
    line = b"HTTP/1.1 %b\r\n" % status
    chunked = line + b"Transfer-Encoding: chunked\r\n\r\n"
    redirect = b"HTTP/1.1 307 Go\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % elsewhere.encode()
    return {
        "hangs": hanging,
        "drips a head": dripping(b"H", b"H", SLOW),
        "drips a header": dripping(line + b"X-A: ", b"x", SLOW),
        "drips a body": dripping(line + b"Content-Length: 9999\r\n\r\n", b"x", SLOW),
        "closes at once": once(b""),
        "closes in the head": once(line + b"Content-"),
        "closes in the body": once(line + b"Content-Length: 9999\r\n\r\nx"),
        "closes in a chunk": once(chunked + b"ff\r\nx"),
        "10 GB": pouring(line + b"Content-Length: %d\r\n\r\n" % TEN_GIGABYTES, MEBIBYTE),
        "a body until it closes": pouring(line + b"Connection: close\r\n\r\n", MEBIBYTE),
        "a line of a status without end": pouring(b"HTTP/1.1 ", MEBIBYTE),
        "100,000 headers": once(line + b"X-A: 1\r\n" * 100_000 + b"\r\n"),
        "headers without end": pouring(line, b"X-A: 1\r\n" * 10_000),
        "a header without end": pouring(line + b"X-A: ", MEBIBYTE),
        "no HTTP": once(b"220 mail.example ESMTP\r\n"),
        "no status": once(b"HTTP/1.1 OK\r\n\r\n"),
        "bytes": once(bytes(range(256)) * 100),
        "a bomb": bomb(BOMB, b"gzip", status),
        "a bomb in a bomb": bomb(BOMB_IN_A_BOMB, b"gzip, gzip", status),
        "a redirect": once(redirect),
        "a length that is too long": once(line + b"Content-Length: 100\r\n\r\nx"),
        "a length that is too short": once(line + b"Content-Length: 1\r\n\r\n" + b"x" * 1000),
        "several lengths": once(line + b"Content-Length: 1\r\nContent-Length: 1000\r\n\r\n" + b"x" * 10),
        "a length that is none": once(line + b"Content-Length: -5\r\n\r\nx"),
        "chunks without end": pouring(chunked, b"1\r\nx\r\n" * 10_000),
        "a chunk without end": pouring(chunked + b"fffffffff\r\n", MEBIBYTE),
        "a size of a chunk without end": pouring(chunked, b"f" * 65536),
        "trailers without end": pouring(chunked + b"0\r\n", b"X-A: 1\r\n" * 10_000),
        "100 without end": pouring(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
        "103 without end": pouring(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1000),
        "101": once(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" + bytes(100)),
    }


def turning(origin: str, after: int, then: Script) -> Script:
    """Pass on what comes to the server at `origin`, and its answers, until `after` requests; `then` follow that script.

    Each connection carries one request. One on which nothing is asked is not counted.
    """
    parts = urlsplit(origin)
    numbers = itertools.count(1)

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        sock.settimeout(30)
        if not sock.recv(1, socket.MSG_PEEK):
            return
        if next(numbers) > after:
            then(sock, server, number)
            return
        request = server.receive(sock, number)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as behind:
            behind.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            while piece := behind.recv(65536):
                sock.sendall(piece)

    return script


@contextmanager
def shaking_hands_for_ever() -> Iterator[Scripted]:
    """A server that drips what could be the beginning of TLS, a byte a second."""

    def script(sock: socket.socket, server: Scripted, number: int) -> None:
        with suppress(OSError):
            sock.recv(65536)
            for byte in b"\x16\x03\x03\x40\x00" + bytes(10_000):
                sock.sendall(bytes([byte]))
                if server.over.wait(SLOW):
                    return

    with serving(script) as server:
        server.secure = True
        yield server


__all__ = ["behaviours", "bomb", "in_turn", "shaking_hands_for_ever", "turning"]
