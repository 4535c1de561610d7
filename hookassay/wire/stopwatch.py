"""One request with its time taken apart."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..endpoint import Endpoint
from .connection import Answer, Connection, Request, unanswered


@dataclass(frozen=True)
class Timing:
    """Where the time of one request went, in seconds.

    Attributes:
        connect: Until the connection stood, the TLS handshake included; None where it never did.
        first_byte: From the last byte sent to the first byte of the answer; None where none came.
        total: From the beginning to the end of the answer, or of the wait for it.
    """

    connect: float | None
    first_byte: float | None
    total: float


def timed(endpoint: Endpoint, request: Request) -> tuple[Answer, Timing]:
    """Send one request on a fresh connection and read its answer; what went wrong is the answer's `problem`."""
    connection = Connection(endpoint)
    connect: float | None = None
    began = time.monotonic()
    try:
        connection.open()
        connect = time.monotonic() - began
        connection.send(request.to_bytes(endpoint))
        answer = connection.answer(request.method)
    except OSError as error:
        answer = unanswered(error, endpoint.timeout, connection.sent_at)
    finally:
        connection.close()
    total = time.monotonic() - began
    return answer, Timing(connect, None if answer.status is None else answer.seconds, total)
