"""gunicorn's worker as the server ships it: what several of them do together."""

from __future__ import annotations

import contextlib
import socket
import statistics
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import gunicorn_process
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.race]

WHO = """
import os

def app(environ, start_response):
    start_response("200 OK", [("Worker", str(os.getpid()))])
    return [b""]
"""


def smaller_share(url: str) -> int:
    """How many of sixteen connections that are opened at once the worker gets that gets fewer."""
    address = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
    with contextlib.ExitStack() as stack:
        senders = [stack.enter_context(socket.create_connection(address, timeout=30)) for _ in range(16)]
        for sender in senders:
            sender.sendall(b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
        served = Counter(sender.recv(65536).partition(b"Worker: ")[2].split()[0] for sender in senders)
    return min(served.values()) if len(served) == 2 else 0


def test_those_who_come_at_once_are_shared(tmp_path: Path) -> None:
    """Of sixteen connections that are opened at once, each of two workers serves some, and not only one or two."""
    (tmp_path / "who.py").write_text(WHO)
    words = ["--config", "python:hookassay.server.gunicorn_conf", "--chdir", str(tmp_path)]
    with gunicorn_process.running("who:app", workers=2, threads=1, args=words) as url:
        ends = time.monotonic() + 20
        while not smaller_share(url):  # one of them has not begun yet
            assert time.monotonic() < ends
        shares = [smaller_share(url) for _ in range(5)]

    assert statistics.median(shares) >= 2, shares
