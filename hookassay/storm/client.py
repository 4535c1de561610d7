"""The client: many connections in one thread, each with one delivery under way.

Written for speed: no task and no future for a delivery, one write and as a rule one read. A connection is opened when
there is something to deliver, and kept for the next.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any, cast

from ..endpoint import Endpoint
from .answer import Answer, answer
from .outbox import Outbox
from .postmark import Postmark
from .stream import Delivery

READ = 16 * 1024
"""Bytes read at once. The standard loop's own 256 KiB take ten times as long, for fresh memory is cleared each time."""

SWEEP = 0.1
"""Seconds between two looks for what has taken too long."""

LOST = "closed the connection without an answer"


class Connection(asyncio.Protocol):
    """One connection, from its opening to its end, which delivers one thing after the other.

    Attributes:
        transport: What bytes are handed to; None before it is open, and once it is closed.
        delivery: What is under way on it; None where nothing is.
        began: Monotonic seconds when that was handed over.
    """

    __slots__ = ("_client", "_rest", "began", "delivery", "transport")

    def __init__(self, client: Client) -> None:
        """A connection that is not opened yet."""
        self._client = client
        self._rest = b""
        self.transport: asyncio.Transport | None = None
        self.delivery: Delivery | None = None
        self.began = 0.0

    def deliver(self, delivery: Delivery, now: float) -> None:
        """Sign a delivery, and hand all of it over."""
        transport = self.transport
        assert transport is not None
        self.delivery = delivery
        self.began = now
        data = self._client.written(delivery)
        delivery.left = time.monotonic()
        transport.write(data)

    def abandon(self, reason: str) -> None:
        """Wait no longer."""
        self.close()
        self._end(reason, 0.0)

    def close(self) -> None:
        """Close it."""
        transport, self.transport = self.transport, None
        if transport is not None:
            transport.abort()

    # --- what asyncio tells -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by name
        if hasattr(transport, "max_size"):
            transport.max_size = READ

    def data_received(self, data: bytes) -> None:
        if self.delivery is None:
            self._client.lost(self)  # nobody asked for anything
            self.close()
            return
        if self._rest:
            data = self._rest + data
        try:
            found: Answer | None = answer(data)
        except ValueError:
            self.abandon("not a valid HTTP answer")
            return
        if found is None:
            self._rest = data
            return
        self._rest = b""
        if not found.keep:
            self.close()
        self._end(found.status, found.retry_after)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _error: Exception | None) -> None:
        if self.transport is None:
            return  # we closed it ourselves
        self.transport = None
        if self.delivery is not None:
            self._end(LOST, 0.0)
        else:
            self._client.lost(self)

    def _end(self, kind: int | str, retry_after: float) -> None:
        delivery, self.delivery = self.delivery, None
        if delivery is not None:
            self._client.ended(self, delivery, kind, retry_after)


class Client:
    """Delivers what the outbox gives, on so many connections."""

    def __init__(
        self,
        endpoint: Endpoint,
        headers: Sequence[tuple[str, str]],
        outbox: Outbox,
        first: int,
        connections: int,
        rate: float | None = None,
    ) -> None:
        """Prepare.

        Args:
            endpoint: Where to.
            headers: The request headers besides the signature and the endpoint's own.
            outbox: What to deliver.
            first: The number of the first purchase.
            connections: How many deliveries may be under way at the same time.
            rate: The most deliveries per second; None is as fast as answers come.
        """
        self._endpoint = endpoint
        self._outbox = outbox
        self._first = first
        self._postmark = Postmark(endpoint, headers)
        self._most = connections
        self._open: set[Connection] = set()
        self._idle: list[Connection] = []
        # How many more may be opened.
        self._free = connections
        self._interval = 1 / rate if rate else 0.0
        self._slot = 0.0
        self._group: list[Delivery] = []
        self._pumping = False
        self._timer: asyncio.TimerHandle | None = None
        self._address = ""
        self._tls = ssl.create_default_context(cafile=endpoint.cacert) if endpoint.secure else None
        self._opening: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop
        self._done: asyncio.Future[None]

    async def run(self) -> None:
        """Deliver everything; no connection is open afterwards."""
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        self._loop.set_exception_handler(self._failed)
        sweeper = self._loop.create_task(self._sweep())
        try:
            self._pump()
            await self._done
        finally:
            sweeper.cancel()
            if self._timer is not None:
                self._timer.cancel()
            for task in self._opening:
                task.cancel()
            for connection in self._open:
                connection.close()
            await asyncio.sleep(0)  # what was closed is told of it

    def written(self, delivery: Delivery) -> bytes:
        """The request of a delivery that leaves now."""
        body = delivery.script.bodies[delivery.event].fill(self._first + delivery.place)
        return self._postmark.request(body, int(time.time()))

    def ended(self, connection: Connection, delivery: Delivery, kind: int | str, retry_after: float) -> None:
        """A delivery got a status, or none, and why."""
        self._outbox.answered(delivery, kind, time.monotonic(), retry_after)
        if connection.transport is not None:
            self._idle.append(connection)
        else:
            self._open.discard(connection)
            self._free += 1
        self._go_on()

    def lost(self, connection: Connection) -> None:
        """A connection was closed on which nothing was under way."""
        if connection in self._idle:
            self._idle.remove(connection)
            self._open.discard(connection)
            self._free += 1

    async def _deliver_anew(self, delivery: Delivery) -> None:
        """Open a connection, and let a delivery leave on it."""
        connection = Connection(self)
        try:
            async with asyncio.timeout(self._endpoint.timeout):
                await self._loop.create_connection(
                    lambda: connection,
                    self._address or self._endpoint.host,
                    self._endpoint.port,
                    ssl=self._tls,
                    server_hostname=self._endpoint.host if self._tls else None,
                )
        except (OSError, UnicodeError) as error:
            connection.close()
            self._outbox.unsent(delivery, _reason(error, self._endpoint.timeout), time.monotonic())
        else:
            if connection.transport is not None:
                self._open.add(connection)
                if not self._address:
                    peer: Any = connection.transport.get_extra_info("peername")
                    self._address = peer[0] if peer else ""  # the name is looked up once
                connection.deliver(delivery, time.monotonic())
                return
            # It was closed as soon as it was open.
            self._outbox.unsent(delivery, LOST, time.monotonic())
        self._free += 1
        self._go_on()

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failed(self._loop, {"exception": task.exception()})

    def _failed(self, _loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
        """A mistake of ours in what the loop calls ends the storm: nobody would go on, and all would wait."""
        error = told.get("exception")
        if error is not None and not isinstance(error, OSError) and not self._done.done():
            self._done.set_exception(error)

    def _go_on(self) -> None:
        """Let leave what may, once for all that was answered at the same time: it wakes the endpoint once."""
        if not self._pumping:
            self._pumping = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Let leave what may."""
        self._pumping = False
        idle, outbox = self._idle, self._outbox
        while idle or self._free:
            now = time.monotonic()
            if self._interval and now < self._slot:
                self._wake(self._slot)
                return
            group = self._group or outbox.take(now)
            self._group = []
            if not group:
                self._rest(now)
                return
            room = len(idle) + self._free
            if room < len(group) and room < self._most:
                self._group = group  # what leaves at one instant waits until it can
                return
            if self._interval:
                self._slot = max(self._slot, now) + self._interval * min(len(group), room)
            self._group = group[room:]
            for delivery in group[:room]:
                if idle:
                    idle.pop().deliver(delivery, now)
                else:
                    self._free -= 1
                    task = self._loop.create_task(self._deliver_anew(delivery))
                    self._opening.add(task)
                    task.add_done_callback(self._opened)

    def _rest(self, now: float) -> None:
        """Nothing may leave now: wait, or end."""
        if self._outbox.over:
            if not self._done.done():
                self._done.set_result(None)
            return
        due = self._outbox.due
        if due is not None:
            self._wake(max(due, now))

    def _wake(self, at: float) -> None:
        """Go on at this monotonic moment, unless something happens before."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(max(0.0, at - time.monotonic()), self._pump)

    async def _sweep(self) -> None:
        """Give up waiting for what has taken too long."""
        timeout = self._endpoint.timeout
        while True:
            await asyncio.sleep(SWEEP)
            limit = time.monotonic() - timeout
            for connection in [one for one in self._open if one.delivery is not None and one.began < limit]:
                connection.abandon(f"no answer within {timeout:g} s")


def _reason(error: BaseException, timeout: float) -> str:
    """Why a connection could not be opened, in a person's words."""
    if isinstance(error, TimeoutError):
        return f"no connection within {timeout:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({getattr(error, 'verify_message', '') or getattr(error, 'reason', '') or 'no reason'})"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "the host name is not known"
    if isinstance(error, OSError) and error.strerror:
        return f"no connection ({error.strerror.lower()})"
    return "no connection"
