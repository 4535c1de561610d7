"""The client of the benchmark: signed events over a few connections, the next one as soon as the last is answered.

One process of asyncio's own protocols, without a library for HTTP, so that it takes as little as it can of the
processors that it shares with the server. Each event is signed when it is sent.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import random
import resource
import time
from dataclasses import dataclass, field
from itertools import count

SECRET = "whsec_b25seV9mb3JfdGhlX2JlbmNobWFyaw"  # noqa: S105 - it opens nothing
SIZE = 4096
"""Bytes of an event."""
REPEATED = 0.1
"""The share of deliveries that are an earlier one's event again."""

_NUMBER = "0123456789ab"  # stands in the template for what is different in each event


def _template() -> list[bytes]:
    """A checkout.session.completed of SIZE bytes, in pieces between which an event's number goes."""
    session = {
        "id": f"cs_test_{_NUMBER}",
        "object": "checkout.session",
        "amount_total": 1999,
        "currency": "usd",
        "customer_details": {"email": "jenny@example.com", "name": "Jenny Rosen", "phone": None},
        "livemode": False,
        "metadata": {"user_id": "42", "filled_up_to_the_size": ""},
        "mode": "payment",
        "payment_intent": f"pi_{_NUMBER}",
        "payment_status": "paid",
        "status": "complete",
    }
    event = {
        "id": f"evt_{_NUMBER}",
        "object": "event",
        "api_version": "2025-03-31.basil",
        "created": 1_790_000_000,
        "data": {"object": session},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "checkout.session.completed",
    }
    missing = SIZE - len(json.dumps(event))
    session["metadata"]["filled_up_to_the_size"] = "x" * missing  # type: ignore[index]
    return json.dumps(event).encode().split(_NUMBER.encode())


TEMPLATE = _template()


@dataclass
class Tally:
    """What was delivered, and how it was answered.

    Attributes:
        seconds: How long it took.
        cpu: Seconds of processor time that this process used.
        latencies: Seconds from the first byte sent to the end of the answer, of each delivery.
        acknowledged: The numbers of the events that were answered 2xx.
        refused: How many answers were anything else.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    acknowledged: set[bytes] = field(default_factory=set)
    refused: int = 0

    @property
    def rate(self) -> float:
        """Acknowledged deliveries in a second, those of an event again included."""
        return (len(self.latencies) - self.refused) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency in milliseconds that this share of all deliveries did not exceed."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class _Events:
    """New events, and now and then one that was sent before."""

    def __init__(self, seed: int) -> None:
        self._numbers = count()
        self._prefix = f"{seed % 0x1000:03x}"
        self._draw = random.Random(seed)  # noqa: S311 - no secret is drawn
        self._sent: list[bytes] = []
        self._key = SECRET.encode()

    def next(self) -> tuple[bytes, bytes]:
        """The number of an event, and a request that delivers it."""
        if self._sent and self._draw.random() < REPEATED:
            number = self._draw.choice(self._sent)
        else:
            number = f"{self._prefix}{next(self._numbers):09x}".encode()
            self._sent.append(number)
        body = number.join(TEMPLATE)
        now = b"%d" % time.time()
        signature = hmac.digest(self._key, now + b"." + body, hashlib.sha256).hex().encode()
        head = (
            b"POST /stripe/webhook HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Stripe/1.0\r\n"
            b"Content-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n"
            b"Stripe-Signature: t=%s,v1=%s\r\n\r\n" % (len(body), now, signature)
        )
        return number, head + body


class _Connection(asyncio.Protocol):
    """Delivers until the time is over; connects again where the server closes."""

    def __init__(self, events: _Events, tally: Tally, until: float, over: asyncio.Future[None]) -> None:
        self._events, self._tally, self._until, self.over = events, tally, until, over
        self._number = b""
        self._began = 0.0
        self._answer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._answer = b""
        self._deliver()

    def _deliver(self) -> None:
        assert self._transport is not None
        if time.perf_counter() >= self._until:
            self._transport.close()
            return
        self._number, request = self._events.next()
        self._began = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer = self._answer + data if self._answer else data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found or not _is_whole(head.lower(), body):
            return
        self._tally.latencies.append(time.perf_counter() - self._began)
        if self._answer[9:10] == b"2":
            self._tally.acknowledged.add(self._number)
        else:
            self._tally.refused += 1
        self._answer = b""
        self._deliver()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)


def _is_whole(head: bytes, body: bytes) -> bool:
    """Whether `body` is all that `head`, in lower case, announces."""
    _, found, rest = head.partition(b"content-length:")
    if found:
        return len(body) >= int(rest.partition(b"\r\n")[0])
    return b"chunked" not in head or body.endswith(b"0\r\n\r\n")


def deliver(port: int, *, connections: int, seconds: float, seed: int) -> Tally:
    """Deliver events to 127.0.0.1 for so long; what became of them."""
    return asyncio.run(_deliver(port, connections, seconds, seed))


async def _deliver(port: int, connections: int, seconds: float, seed: int) -> Tally:
    loop = asyncio.get_running_loop()
    tally, events = Tally(), _Events(seed)
    began, used = time.perf_counter(), _processor_time()
    until = began + seconds

    async def one() -> None:
        while time.perf_counter() < until:
            try:
                _, connection = await loop.create_connection(
                    lambda: _Connection(events, tally, until, loop.create_future()), "127.0.0.1", port
                )
            except OSError:
                await asyncio.sleep(0.01)
                continue
            await connection.over

    await asyncio.gather(*(one() for _ in range(connections)))
    tally.seconds, tally.cpu = time.perf_counter() - began, _processor_time() - used
    return tally


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
