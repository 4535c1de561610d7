"""One request with its time taken apart."""

from __future__ import annotations

import socket
import threading

from hookassay.endpoint import Endpoint, Secret
from hookassay.wire.connection import Request
from hookassay.wire.stopwatch import timed


def endpoint(port: int) -> Endpoint:
    return Endpoint(f"http://127.0.0.1:{port}/hook", Secret("whsec_x"), timeout=5)


def test_an_answer() -> None:
    """The parts are there, and are no more than the whole."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        answer, timing = timed(endpoint(server.getsockname()[1]), Request(b"{}"))

    assert answer.status == 204
    assert timing.connect is not None
    assert timing.first_byte is not None
    assert timing.connect + timing.first_byte <= timing.total


def test_nothing_listens() -> None:
    """Without a connection there is nothing to time but the attempt."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    answer, timing = timed(endpoint(port), Request(b"{}"))

    assert answer.problem == "connection refused"
    assert (timing.connect, timing.first_byte) == (None, None)
