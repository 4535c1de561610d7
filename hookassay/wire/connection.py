"""Exact bytes over one HTTP/1.1 connection: what is sent is what was given, what comes back is bounded.

No client library is used for sending, since each of them mends what a forger would send (two headers of one name,
odd letter case, bytes that are not UTF-8). Redirects are never followed, and an answer never takes longer than the
endpoint's timeout in all, however slowly it drips.
"""

from __future__ import annotations

import email.utils
import functools
import http.client
import io
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..endpoint import Endpoint
from ..errors import HarnessError

# What a person or a clause looks at; the rest of an answer is read no further than this.
KEPT_BODY = 64 * 1024

# What an answer may have besides its body: its head, interim answers before it, and the framing of its chunks.
LARGEST_FRAME = 512 * 1024

# So many interim answers are passed over.
MOST_INTERIM = 100

REFUSED = "connection refused"
"""The problem of an answer where nothing listens."""

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """One HTTP request, its header names and values sent exactly as they stand, in this order.

    `Host` and `Content-Length` are added where `headers` has none (RFC 9112, 3.2 and 6.3).
    """

    body: bytes = b""
    headers: Headers = ()
    method: str = "POST"
    target: str | None = None

    def to_bytes(self, endpoint: Endpoint) -> bytes:
        """The request as it goes over the wire to `endpoint`."""
        return self.written(endpoint.authority, endpoint.target)

    def written(self, authority: str, target: str) -> bytes:
        """The request as it goes over the wire to the host `authority`, for `target` unless it has one of its own."""
        names = {name.lower() for name, _ in self.headers}
        lines = [f"{self.method} {self.target or target} HTTP/1.1"]
        if "host" not in names:
            lines.append(f"Host: {authority}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        # A GET without a body says nothing of one (RFC 9110, 8.6).
        silent = self.method == "GET" and not self.body
        if not silent and "content-length" not in names and "transfer-encoding" not in names:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Answer:
    """What came back for one request.

    Attributes:
        status: The HTTP status, or None when no valid answer came in time.
        headers: The answer's headers, as received.
        body: The beginning of the answer's body (64 KiB at most).
        problem: Why there is no status, or what was raised in place of an answer; empty otherwise.
        sent_at: Monotonic seconds when the request's last byte had been handed over.
        answered_at: Monotonic seconds when the answer's first byte had come, or the wait had ended.
        late: Whether there is no status because the whole answer did not come in time.
    """

    status: int | None
    headers: Headers
    body: bytes
    problem: str
    sent_at: float
    answered_at: float
    late: bool = False

    @property
    def acknowledged(self) -> bool:
        """Whether Stripe would count the delivery as done (docs.stripe.com/webhooks: any 2xx)."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def redirected(self) -> bool:
        """Whether the answer is a redirect, which Stripe counts as a failure."""
        return self.status is not None and 300 <= self.status < 400

    @property
    def seconds(self) -> float:
        """From the last byte sent to the first byte of the answer."""
        return max(0.0, self.answered_at - self.sent_at)

    def lost(self) -> Answer:
        """The same on a way on which the answer gets lost: the endpoint has handled what nobody hears of."""
        return replace(self, status=None, headers=(), body=b"", problem="the answer was lost on its way")

    def header(self, name: str) -> str | None:
        """The first value of the header `name`, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def retry_after(self) -> float | None:
        """Seconds that the endpoint asks us to wait (RFC 9110, 10.2.3), None where it does not."""
        value = self.header("Retry-After")
        if value is None:
            return None
        try:
            return max(0.0, float(value))
        except ValueError:
            pass
        try:
            return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
        except ValueError:
            return None

    def describe(self) -> str:
        """The status, with what was raised where an application in this process raised it, or why there is none."""
        if self.status is None:
            return self.problem
        return f"{self.status} ({self.problem})" if self.problem else str(self.status)


class _TooLongError(http.client.HTTPException):
    """The answer has more bytes than any answer needs."""


class _Deadline(io.RawIOBase):
    """Reads a socket until a moment in time and so many bytes, and notes when the first byte came.

    It waits without the lock and reads under it, so that another thread may send meanwhile: a TLS session must not be
    read and written at once.
    """

    def __init__(
        self, sock: socket.socket, lock: threading.Lock, until: float, most: int, afterwards: threading.Event | None
    ) -> None:
        self._sock = sock
        self._lock = lock
        self._until = until
        self._left = most
        self._afterwards = afterwards
        self.first_byte_at: float | None = None
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub wants a Buffer
        waiting = select.poll()
        waiting.register(self._sock, select.POLLIN)
        while True:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if self._left <= 0:
                raise _TooLongError
            count = self._received(buffer)
            if count is not None:
                self._left -= count
                if self._afterwards is not None:
                    self._afterwards.wait(left)
                return count
            waiting.poll(left * 1000 + 1)

    def _received(self, buffer: bytearray | memoryview) -> int | None:
        """How many bytes were there to read, 0 at the end; None when nothing has come."""
        with self._lock:
            self._sock.settimeout(0)
            try:
                count = self._sock.recv_into(buffer)
            except (BlockingIOError, ssl.SSLWantReadError):
                return None
        self.ended = count == 0
        if count and self.first_byte_at is None:
            self.first_byte_at = time.monotonic()
        return count


class _Reading:
    """Hands http.client a reader with a deadline in place of the socket's own, one for all answers to a request."""

    def __init__(self, raw: _Deadline) -> None:
        self.raw = raw
        self._reader = io.BufferedReader(raw)

    def makefile(self, _mode: str) -> Any:
        return self._reader


def _final(reading: _Reading, method: str, heard: list[int]) -> http.client.HTTPResponse:
    """The answer behind all interim ones (1xx, RFC 9110, 15.2), its head read; its status is `heard` at once.

    101 is final: it says that what follows is no HTTP.
    """
    for _ in range(MOST_INTERIM):
        # A stand-in with makefile() is all that http.client asks of a socket.
        response = http.client.HTTPResponse(reading, method=method)  # type: ignore[arg-type]
        response.begin()
        if reading.raw.ended:
            raise ConnectionResetError  # http.client takes what is missing of a head for the empty line behind it
        if not 101 < response.status < 200:
            heard.append(response.status)
            return response
        response.fp = None  # type: ignore[assignment]  # or it would close the reader, which the next one reads on
    raise _TooLongError


@functools.lru_cache(maxsize=8)
def _tls(cacert: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(cacert) if cacert else None)


class Connection:
    """One connection to the endpoint: open it, send on it, read answers from it, close it.

    From opening to the end of the first answer, and from sending to the end of each later one, no more than the timeout
    may pass in all. One thread may send while another waits for the answer.

    Attributes:
        sent_at: Monotonic seconds when the latest bytes had been handed over, 0 before.
        reusable: Whether another request may follow the answer on this connection (RFC 9112, 9.3).
    """

    def __init__(self, endpoint: Endpoint, timeout: float | None = None, kept: int = KEPT_BODY) -> None:
        """Prepare a connection for deliveries of `timeout` seconds (default: the endpoint's).

        Of an answer's body `kept` bytes are read.

        Raises:
            HarnessError: the endpoint is an application in this process, to which nothing connects.
        """
        if endpoint.application is not None:
            raise HarnessError("an application in this process has no connections: this needs a URL in place of --app")
        self._endpoint = endpoint
        self._timeout = timeout or endpoint.timeout
        self._kept = kept
        self._sock: socket.socket | None = None
        self._lock = threading.Lock()
        self._until: float | None = None
        self.sent_at = 0.0
        self.reusable = False

    def open(self) -> None:
        """Connect; nothing is sent but the handshakes.

        Raises:
            OSError: no connection could be made (ssl.SSLError included).
        """
        try:
            sock = socket.create_connection((self._endpoint.host, self._endpoint.port), timeout=self._left())
        except UnicodeError as error:
            # What no label of a host name may be (RFC 1035, 2.3.4), such as `a..b`, is refused before any look-up.
            raise socket.gaierror(socket.EAI_NONAME, str(error)) from None
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._endpoint.secure:
                sock.settimeout(self._left())
                sock = _tls(self._endpoint.cacert).wrap_socket(sock, server_hostname=self._endpoint.host)
        except BaseException:
            sock.close()
            raise
        self._sock = sock

    def send(self, data: bytes) -> None:
        """Send bytes; when the peer has closed already, what it answered before may still be read.

        Raises:
            OSError: they could not be sent in time, or TLS failed.
        """
        assert self._sock is not None
        try:
            with self._lock:
                self._sock.settimeout(self._left())
                self._sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            pass  # it may have answered early (413) and closed; the answer says
        finally:
            self.sent_at = time.monotonic()

    def answer(self, method: str = "POST", afterwards: threading.Event | None = None) -> Answer:
        """Read one answer, never raising: what went wrong is the answer's `problem`.

        Args:
            method: The request's method.
            afterwards: When its first bytes have come, wait for this before going on.
        """
        assert self._sock is not None
        self.reusable = False
        raw: _Deadline | None = None
        heard: list[int] = []
        try:
            until = time.monotonic() + self._left()
            raw = _Deadline(self._sock, self._lock, until, LARGEST_FRAME + self._kept, afterwards)
            response = _final(_Reading(raw), method, heard)
            body = response.read(self._kept)
            self.reusable = response.isclosed() and not response.will_close
            return Answer(
                response.status,
                tuple(response.getheaders()),
                body,
                "",
                self.sent_at,
                raw.first_byte_at or time.monotonic(),
            )
        except (OSError, http.client.HTTPException, ValueError) as error:
            begun = raw is not None and raw.first_byte_at is not None
            return unanswered(error, self._timeout, self.sent_at, begun=begun, status=heard[0] if heard else None)
        finally:
            self._until = None

    def close(self) -> None:
        """Close the connection; closing twice does no harm."""
        sock, self._sock = self._sock, None
        if sock is not None:
            sock.close()

    def _left(self) -> float:
        """Seconds left for this delivery, whose time begins to run with the first question."""
        now = time.monotonic()
        until = self._until  # once: the other thread may have its answer at this moment
        if until is None:
            until = self._until = now + self._timeout
        if until <= now:
            raise TimeoutError
        return until - now

    def __enter__(self) -> Connection:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def unanswered(
    error: Exception, timeout: float, sent_at: float, *, begun: bool = False, status: int | None = None
) -> Answer:
    """The answer that stands for none: its `problem` says in a person's words what `error` means.

    Args:
        error: What ended the wait for it.
        timeout: Seconds that it had.
        sent_at: Monotonic seconds when the request had been handed over, 0 where it was not.
        begun: Whether its first byte had come.
        status: Its status, where its head had come.
    """
    came = f" (it began with {status})" if status else ""
    if isinstance(error, TimeoutError):
        problem = f"no {'end of the answer' if begun else 'answer'} within {timeout:g} s{came}"
    elif isinstance(error, _TooLongError):
        problem = f"an answer without end{came}"
    elif begun and isinstance(error, ConnectionError):
        problem = f"closed the connection in the middle of the answer{came}"
    elif isinstance(error, (http.client.RemoteDisconnected, ConnectionError)):
        problem = "closed the connection without an answer"
        if isinstance(error, ConnectionRefusedError):
            problem = REFUSED
    elif isinstance(error, ssl.SSLError):
        problem = f"TLS failed ({getattr(error, 'verify_message', '') or getattr(error, 'reason', '') or error})"
    elif isinstance(error, socket.gaierror):
        problem = "the host name is not known"
    elif isinstance(error, (http.client.HTTPException, ValueError)):
        problem = f"not a valid HTTP answer ({type(error).__name__}){came}"
    else:
        problem = f"no connection ({error.strerror or error})" if isinstance(error, OSError) else str(error)
    now = time.monotonic()
    return Answer(None, (), b"", problem, sent_at or now, now, late=isinstance(error, TimeoutError))


def in_words(answers: Iterable[Answer]) -> str:
    """What came back, for messages: `200 (3 times), 302 to /login, connection refused`."""
    kinds: dict[str, int] = {}
    for answer in answers:
        location = answer.header("Location") if answer.redirected else None
        kind = f"{answer.describe()} to {location}" if location else answer.describe()
        kinds[kind] = kinds.get(kind, 0) + 1
    return ", ".join(f"{kind} ({count} times)" if count > 1 else kind for kind, count in kinds.items())


def exchange(endpoint: Endpoint, request: Request) -> Answer:
    """Send one request on a fresh connection and read its answer; what went wrong is the answer's `problem`."""
    if endpoint.application is not None:
        answered: Answer = endpoint.application.exchange(endpoint, request)
        return answered
    connection = Connection(endpoint)
    try:
        connection.open()
        connection.send(request.to_bytes(endpoint))
        return connection.answer(request.method)
    except OSError as error:
        return unanswered(error, endpoint.timeout, connection.sent_at)
    finally:
        connection.close()


class Line:
    """Requests one after another on one connection, which is opened anew where the endpoint closed it."""

    def __init__(self, endpoint: Endpoint, kept: int = KEPT_BODY) -> None:
        """Prepare a line to `endpoint`; an application in this process is asked as ever.

        Of an answer's body `kept` bytes are read.
        """
        self._endpoint = endpoint
        self._kept = kept
        self._connection: Connection | None = None

    def exchange(self, request: Request) -> Answer:
        """Send one request and read its answer; what went wrong is the answer's `problem`."""
        if self._endpoint.application is not None:
            return exchange(self._endpoint, request)
        connection = self._connection
        try:
            if connection is None or not connection.reusable:
                self.close()
                connection = self._connection = Connection(self._endpoint, kept=self._kept)
                connection.open()
            connection.send(request.to_bytes(self._endpoint))
            return connection.answer(request.method)
        except OSError as error:
            self.close()
            return unanswered(error, self._endpoint.timeout, connection.sent_at if connection else 0.0)

    @property
    def reusable(self) -> bool:
        """Whether the next request goes out on the connection of the last one."""
        return self._connection is not None and self._connection.reusable

    def close(self) -> None:
        """Close the connection; the next request opens one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
