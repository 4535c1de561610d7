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
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..endpoint import Endpoint

# What a person or a clause looks at; the rest of an answer is read no further than this.
KEPT_BODY = 64 * 1024

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
        names = {name.lower() for name, _ in self.headers}
        lines = [f"{self.method} {self.target or endpoint.target} HTTP/1.1"]
        if "host" not in names:
            lines.append(f"Host: {endpoint.authority}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        if "content-length" not in names and "transfer-encoding" not in names:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Answer:
    """What came back for one request.

    Attributes:
        status: The HTTP status, or None when no valid answer came in time.
        headers: The answer's headers, as received.
        body: The beginning of the answer's body (64 KiB at most).
        problem: Why there is no status, empty otherwise.
        sent_at: Monotonic seconds when the request's last byte had been handed over.
        answered_at: Monotonic seconds when the answer's first byte had come, or the wait had ended.
    """

    status: int | None
    headers: Headers
    body: bytes
    problem: str
    sent_at: float
    answered_at: float

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
        """The status, or why there is none."""
        return str(self.status) if self.status is not None else self.problem


class _Deadline(io.RawIOBase):
    """Reads a socket until a moment in time, and notes when the first byte came."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._until = until
        self.first_byte_at: float | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub wants a Buffer
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        count = self._sock.recv_into(buffer)
        if self.first_byte_at is None:
            self.first_byte_at = time.monotonic()
        return count


class _Reading:
    """Hands http.client a reader with a deadline in place of the socket's own."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._raw)


@functools.lru_cache(maxsize=8)
def _tls(cacert: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(cacert) if cacert else None)


class Connection:
    """One connection to the endpoint: open it, send on it, read answers from it, close it."""

    def __init__(self, endpoint: Endpoint, timeout: float | None = None) -> None:
        """Prepare a connection whose every wait ends after `timeout` seconds (default: the endpoint's)."""
        self._endpoint = endpoint
        self._timeout = timeout or endpoint.timeout
        self._sock: socket.socket | None = None
        self.sent_at = 0.0

    def open(self) -> None:
        """Connect; nothing is sent but the handshakes.

        Raises:
            OSError: no connection could be made (ssl.SSLError included).
        """
        sock = socket.create_connection((self._endpoint.host, self._endpoint.port), timeout=self._timeout)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._endpoint.secure:
                sock = _tls(self._endpoint.cacert).wrap_socket(sock, server_hostname=self._endpoint.host)
        except BaseException:
            sock.close()
            raise
        self._sock = sock

    def send(self, data: bytes) -> None:
        """Send bytes; when the peer has closed already, what it answered before may still be read."""
        assert self._sock is not None
        try:
            self._sock.settimeout(self._timeout)
            self._sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered early (413) and closed; the answer says
        finally:
            self.sent_at = time.monotonic()

    def answer(self, method: str = "POST") -> Answer:
        """Read one answer, never raising: what went wrong is the answer's `problem`."""
        assert self._sock is not None
        raw = _Deadline(self._sock, time.monotonic() + self._timeout)
        # A stand-in with makefile() is all that http.client asks of a socket.
        response = http.client.HTTPResponse(_Reading(raw), method=method)  # type: ignore[arg-type]
        try:
            response.begin()
            body = response.read(KEPT_BODY)
            return Answer(
                response.status,
                tuple(response.getheaders()),
                body,
                "",
                self.sent_at,
                raw.first_byte_at or time.monotonic(),
            )
        except (OSError, http.client.HTTPException, ValueError) as error:
            return unanswered(error, self._timeout, self.sent_at)

    def close(self) -> None:
        """Close the connection; closing twice does no harm."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    def __enter__(self) -> Connection:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def unanswered(error: Exception, timeout: float, sent_at: float) -> Answer:
    """The answer that stands for none: its `problem` says in a person's words what `error` means."""
    if isinstance(error, TimeoutError):
        problem = f"no answer within {timeout:g} s"
    elif isinstance(error, (http.client.RemoteDisconnected, ConnectionError)):
        problem = "closed the connection without an answer"
        if isinstance(error, ConnectionRefusedError):
            problem = "connection refused"
    elif isinstance(error, ssl.SSLError):
        problem = f"TLS failed ({getattr(error, 'verify_message', '') or error.reason or error})"
    elif isinstance(error, socket.gaierror):
        problem = "the host name is not known"
    elif isinstance(error, (http.client.HTTPException, ValueError)):
        problem = f"not a valid HTTP answer ({type(error).__name__})"
    else:
        problem = f"no connection ({error.strerror or error})" if isinstance(error, OSError) else str(error)
    now = time.monotonic()
    return Answer(None, (), b"", problem, sent_at or now, now)


def exchange(endpoint: Endpoint, request: Request) -> Answer:
    """Send one request on a fresh connection and read its answer; what went wrong is the answer's `problem`."""
    connection = Connection(endpoint)
    try:
        connection.open()
        connection.send(request.to_bytes(endpoint))
        return connection.answer(request.method)
    except OSError as error:
        return unanswered(error, endpoint.timeout, connection.sent_at)
    finally:
        connection.close()


def conversation(endpoint: Endpoint, requests: Iterable[Request]) -> list[Answer]:
    """Send requests one after another on one connection, opening it anew where the endpoint closed it."""
    answers: list[Answer] = []
    connection: Connection | None = None
    try:
        for request in requests:
            if connection is None:
                connection = Connection(endpoint)
                connection.open()
            connection.send(request.to_bytes(endpoint))
            answer = connection.answer(request.method)
            answers.append(answer)
            closing = answer.status is None or (answer.header("Connection") or "").lower() == "close"
            if closing or len(answer.body) == KEPT_BODY:
                connection.close()
                connection = None
    except OSError as error:
        answers.append(unanswered(error, endpoint.timeout, 0.0))
    finally:
        if connection is not None:
            connection.close()
    return answers
