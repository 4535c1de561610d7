"""Deliveries whose last byte leaves at the same instant, on separate connections.

One thread opens every connection, sends all but the last byte on each, waits until those have arrived, and then writes
the last bytes back to back: so the copies reach the endpoint within a fraction of a millisecond of one another, which a
thread for each does not achieve. Connections are not warmed with a request, because that can occupy all workers of a
synchronous server.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..endpoint import Endpoint
from .connection import Answer, Connection, Request, unanswered


@dataclass(frozen=True)
class Volley:
    """What one volley showed.

    Attributes:
        answers: One answer for each request, in their order.
        spread: Seconds between the first and the last of the last bytes.
    """

    answers: tuple[Answer, ...]
    spread: float

    @property
    def under_way(self) -> tuple[int, ...]:
        """The places of those that were under way together: sent whole before the first answer had come.

        One that got no answer is not among them, since it may never have reached the endpoint.
        """
        answered = [answer for answer in self.answers if answer.status is not None]
        first = min((answer.answered_at for answer in answered), default=0.0)
        return tuple(
            place for place, answer in enumerate(self.answers) if answer.status is not None and answer.sent_at <= first
        )

    @property
    def overlapped(self) -> int:
        """How many were under way together."""
        return len(self.under_way)


def fire(
    endpoint: Endpoint,
    requests: Sequence[Request],
    hold: float = 0.002,
    before_the_last: Callable[[], None] = lambda: None,
) -> Volley:
    """Send `requests` so that their last bytes leave together.

    Args:
        endpoint: Where to.
        requests: What to send, one connection each.
        hold: Seconds between the last-but-one bytes and the last, at least a round trip; a server that reads the body
            only after it has found a worker needs more now and then.
        before_the_last: Called when all but the last bytes have left and the hold is over.
    """
    connections = [Connection(endpoint) for _ in requests]
    answers: list[Answer | None] = [None] * len(requests)

    all_sent = threading.Event()

    def read(index: int) -> None:
        # A thread that reads an answer holds up the one that still sends: it notes the moment, and reads later.
        answers[index] = connections[index].answer(requests[index].method, all_sent)
        # As any client does once it has its answer. A server with one worker may wait for it, for seconds, before it
        # takes the next connection: copies that wait for one another would look like an endpoint that never answers.
        all_sent.wait(endpoint.timeout)
        connections[index].close()

    readers: dict[int, threading.Thread] = {}
    try:
        for index, connection in enumerate(connections):
            try:
                connection.open()
                connection.send(requests[index].to_bytes(endpoint)[:-1])
            except OSError as error:
                answers[index] = unanswered(error, endpoint.timeout, 0.0)
            else:
                readers[index] = threading.Thread(target=read, args=(index,), daemon=True)
        lasts = {index: requests[index].to_bytes(endpoint)[-1:] for index in readers}
        # Readers wait already, so that each answer's moment is when it came and not when somebody looked.
        for reader in readers.values():
            reader.start()
        time.sleep(hold)
        before_the_last()
        # Noted before and not after: until a thread that gave way to send goes on, the answer may have come.
        moments: dict[int, float] = {}
        for index, last in lasts.items():
            moments[index] = time.monotonic()
            with contextlib.suppress(OSError):  # the reader says what went wrong
                connections[index].send(last)
        all_sent.set()
        for index, reader in readers.items():
            reader.join(endpoint.timeout + 1)
            found = answers[index] or unanswered(TimeoutError(), endpoint.timeout, 0.0)
            answers[index] = replace(found, sent_at=moments[index])
        spread = max(moments.values()) - min(moments.values()) if moments else 0.0
        return Volley(tuple(answer for answer in answers if answer), spread)
    finally:
        for connection in connections:
            connection.close()
