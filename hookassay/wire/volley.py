"""Deliveries whose last byte leaves at the same instant, on separate connections.

One thread opens every connection, sends all but the last byte on each, waits until those have arrived, and then writes
the last bytes back to back: so the copies reach the endpoint within a fraction of a millisecond of one another, which a
thread for each does not achieve. Connections are not warmed with a request, because that can occupy all workers of a
synchronous server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

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
    def overlapped(self) -> int:
        """How many copies were under way together: those sent whole before the first answer had come."""
        answered = [answer.answered_at for answer in self.answers if answer.status is not None]
        if not answered:
            return 0
        first = min(answered)
        return sum(1 for answer in self.answers if answer.sent_at <= first)


def fire(endpoint: Endpoint, requests: Sequence[Request], hold: float = 0.002) -> Volley:
    """Send `requests` so that their last bytes leave together.

    Args:
        endpoint: Where to.
        requests: What to send, one connection each.
        hold: Seconds between the last-but-one bytes and the last, at least a round trip; a server that reads the body
            only after it has found a worker needs more now and then.
    """
    connections = [Connection(endpoint) for _ in requests]
    answers: list[Answer | None] = [None] * len(requests)

    def read(index: int) -> None:
        answers[index] = connections[index].answer(requests[index].method)

    readers = [threading.Thread(target=read, args=(index,), daemon=True) for index in range(len(requests))]
    try:
        for index, connection in enumerate(connections):
            try:
                connection.open()
            except OSError as error:
                answers[index] = unanswered(error, endpoint.timeout, 0.0)
        flying = [index for index, answer in enumerate(answers) if answer is None]
        wires = {index: requests[index].to_bytes(endpoint) for index in flying}
        for index in flying:
            connections[index].send(wires[index][:-1])
        # Readers wait already, so that each answer's moment is when it came and not when somebody looked.
        for index in flying:
            connections[index].sent_at = float("inf")
            readers[index].start()
        time.sleep(hold)
        for index in flying:
            connections[index].send(wires[index][-1:])
        for index in flying:
            readers[index].join(endpoint.timeout + 1)
        sent = [connections[index].sent_at for index in flying]
        done = tuple(
            answer or unanswered(TimeoutError(), endpoint.timeout, connections[index].sent_at)
            for index, answer in enumerate(answers)
        )
        return Volley(done, max(sent) - min(sent) if sent else 0.0)
    finally:
        for connection in connections:
            connection.close()
