"""The HTTP client for the shop's own URLs: bounded in time and size, no redirects, no proxy, no stored login."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from ..endpoint import Endpoint, Secret
from ..errors import HarnessError, NotJudged, UsageError
from ..redaction import redacted, scrubbed
from ..wire.connection import KEPT_BODY, Line, Request, exchange
from ..wire.connection import Answer as WireAnswer

_LARGEST_BODY = 1024 * 1024
# What requests adds for a connection of its own.
_ABOUT_CONNECTIONS = ("Connection", "Accept-Encoding")
_GZIP_OR_ZLIB = 47
"""What zlib calls both: it looks at the first bytes."""
_PAUSES = (0.1, 0.3, 1.0)
_LONGEST_PAUSE = 5.0
"""The longest `Retry-After`, in seconds, that is waited for."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: its status, its body of at most 1 MiB, and the seconds it asks us to wait (`Retry-After`)."""

    status: int
    body: bytes
    retry_after: float = 0.0

    def excerpt(self, secrets: Iterable[str] = ()) -> str:
        """The beginning of the body, fit to print."""
        return scrubbed(self.body[:400].decode("utf-8", "replace"), secrets, limit=120)


class Client:
    """Talks to the shop's URLs with `[orders.headers]`; safe to use from several threads.

    requests says what is sent, and the wire sends it: no answer takes longer than the timeout in all, however slowly it
    drips, and none is larger in memory than it was allowed to be, whatever it unpacks to.
    """

    def __init__(self, headers: Sequence[tuple[str, Secret]], timeout: float, cacert: Path | None) -> None:
        """Prepare.

        Args:
            headers: Sent with every request, their values never shown.
            timeout: Seconds for one request, from connecting to the end of the answer.
            cacert: A PEM file that replaces the certificate authorities.

        Raises:
            UsageError: a header's value is not ASCII.
        """
        self._timeout = timeout
        self._cacert = cacert
        self._lines: dict[str, list[Line]] = {}
        self.secrets = tuple(value.reveal() for _, value in headers)
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no ~/.netrc login: what is declared is what is sent
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["User-Agent"] = "hookassay"
        self._session.headers["Accept"] = "application/json"
        self._session.headers["Accept-Encoding"] = "identity"
        for name, value in headers:
            if not value.reveal().isascii():
                raise UsageError(f"The value of the order header {name} must be ASCII.")
            self._session.headers[name] = value.reveal()

    def get(self, url: str) -> Answer:
        """What a GET of `url` answers; 429, 5xx and lost connections are tried again.

        Raises:
            NotJudged: it redirects, or refuses us with a 401 or 403.
            HarnessError: it failed, after retries.
        """
        failure = HarnessError("")
        for pause in (*_PAUSES, None):
            wanted = 0.0
            try:
                answer = self._once("GET", url, None)
            except HarnessError as error:
                failure = error
            else:
                if answer.status != 429 and answer.status < 500:
                    return answer
                failure = HarnessError(f"{redacted(url)} answered {answer.status}: {answer.excerpt(self.secrets)}")
                wanted = answer.retry_after
            if pause is not None:
                time.sleep(max(pause, min(wanted, _LONGEST_PAUSE)))
        raise failure

    def post(self, url: str, body: Mapping[str, Any]) -> Answer:
        """What a POST of the JSON `body` to `url` answers; tried once, since it may not be repeatable.

        Raises:
            NotJudged: it redirects, or refuses us with a 401 or 403.
            HarnessError: it failed.
        """
        return self._once("POST", url, body)

    def close(self) -> None:
        """Close every connection."""
        lines, self._lines = self._lines, {}
        for line in chain.from_iterable(lines.values()):
            line.close()

    def _once(self, method: str, url: str, body: Mapping[str, Any] | None) -> Answer:
        shown = redacted(url)
        answer = self._fetched(method, url, body)
        if 300 <= answer.status < 400:
            raise NotJudged(
                f"{shown} answered {answer.status}, a redirect, which is not followed, so that no header goes astray. "
                "Give the URL that it leads to."
            )
        if answer.status in (401, 403):
            raise NotJudged(
                f"{shown} answered {answer.status}: it refuses us. Give the header it wants with --orders-header "
                "'Name: value' (or env:NAME for the value), or under [orders.headers] in hookassay.toml."
            )
        return answer

    def _fetched(self, method: str, url: str, body: Mapping[str, Any] | None) -> Answer:
        """What one request is answered, whatever it is.

        Raises:
            HarnessError: it got no answer, or one too long.
        """
        shown = redacted(url)
        if self._cacert is not None and not self._cacert.is_file():
            raise UsageError("--cacert must be a readable PEM file of certificate authorities.")
        try:
            prepared = self._session.prepare_request(requests.Request(method, url, json=body))
            parts = urlsplit(prepared.url or "")
            host = parts.netloc.rpartition("@")[2]
            endpoint = Endpoint(f"{parts.scheme}://{host}", Secret(""), timeout=self._timeout, cacert=self._cacert)
        except requests.exceptions.InvalidHeader:
            raise UsageError(
                "A value under [orders.headers] (or --orders-header) cannot be sent: it must be one line without "
                "leading or trailing spaces."
            ) from None
        except (requests.RequestException, UnicodeError, UsageError):
            raise UsageError(f"{shown} is no URL that can be asked; it must be http(s)://HOST/PATH.") from None
        content = prepared.body or b""
        answer = self._exchanged(
            endpoint,
            Request(
                content.encode() if isinstance(content, str) else bytes(content),
                tuple((name, str(value)) for name, value in prepared.headers.items() if name != "Connection"),
                method,
                (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            ),
        )
        if answer.status is None:
            raise HarnessError(f"{shown}: {answer.problem}{_advice(answer.problem)}.")
        return Answer(answer.status, _unpacked(answer, shown), _seconds(answer.header("Retry-After")))

    def _exchanged(self, endpoint: Endpoint, request: Request) -> WireAnswer:
        """What one request is answered, on a connection that is free, or else on a new one."""
        lines = self._lines.setdefault(endpoint.url, [])
        try:
            line = lines.pop()
        except IndexError:
            line = Line(endpoint, kept=_LARGEST_BODY + 1)
        try:
            if request.method != "GET":
                line.close()  # what cannot be repeated does not go where the server may have closed just now
            kept_open = line.reusable
            answer = line.exchange(request)
            if answer.status is None and kept_open and not answer.late:
                answer = line.exchange(request)  # it had been closed since the last request
            return answer
        finally:
            lines.append(line)


class InProcessClient(Client):
    """Asks the application that is judged in this process; its URLs are paths, such as /orders/{session_id}."""

    def __init__(self, headers: Sequence[tuple[str, Secret]], endpoint: Endpoint) -> None:
        """Ask `endpoint`'s application, with `headers` as `Client` has them."""
        super().__init__(headers, endpoint.timeout, None)
        self._endpoint = endpoint

    def _fetched(self, method: str, url: str, body: Mapping[str, Any] | None) -> Answer:
        names = [*self._session.headers.items(), *([("Content-Type", "application/json")] if body is not None else [])]
        request = Request(
            json.dumps(body).encode() if body is not None else b"",
            tuple((name, str(value)) for name, value in names if name not in _ABOUT_CONNECTIONS),
            method,
            url,
        )
        answer = exchange(self._endpoint, request)
        if answer.status is None:
            raise HarnessError(f"{redacted(url)}: {answer.problem}.")
        if len(answer.body) >= KEPT_BODY:
            raise HarnessError(f"{redacted(url)} answered with more than 64 KiB; an order must be smaller.")
        return Answer(answer.status, answer.body or answer.problem.encode(), _seconds(answer.header("Retry-After")))


def open_client(
    url: str, headers: Sequence[tuple[str, Secret]], timeout: float, cacert: Path | None, endpoint: Endpoint | None
) -> Client:
    """The client for `url`, which is a path where the application at `endpoint` is judged in this process.

    Raises:
        UsageError: it is a path, and no application is judged; or a header's value is not ASCII.
    """
    if not is_path(url):
        return Client(headers, timeout, cacert)
    if endpoint is None or endpoint.application is None:
        raise UsageError(
            f"{redacted(url)} is a path of an application in this process, which needs --app; for an endpoint over "
            "HTTP it must be the whole URL (https://…)."
        )
    return InProcessClient(headers, endpoint)


def is_path(text: str) -> bool:
    """Whether `text` is a path of the application's: no URL, no command, and no SQL (which may open with a comment)."""
    return text.startswith("/") and not text.startswith("/*")


def _seconds(wait: str | None) -> float:
    """A `Retry-After` in seconds; a date is not waited for."""
    return float(wait) if wait and wait.isascii() and wait.isdecimal() else 0.0


def _unpacked(answer: WireAnswer, shown: str) -> bytes:
    """The whole body, unpacked where the server packs what it was asked not to pack.

    Raises:
        HarnessError: it is too large, packed or not, or packed in a way that is not undone here.
    """
    body = answer.body
    encoding = (answer.header("Content-Encoding") or "identity").strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        try:
            body = zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, _LARGEST_BODY + 1)
        except zlib.error:
            raise HarnessError(f"{shown} answered with a body that is not {encoding}, as it says.") from None
    elif encoding != "identity":
        raise HarnessError(f"{shown} answered with Content-Encoding {scrubbed(encoding, limit=60)}, unasked.")
    if len(body) > _LARGEST_BODY:
        raise HarnessError(f"{shown} answered with more than 1 MiB; an order must be smaller.")
    return body


def _advice(problem: str) -> str:
    """What to do about a request that got no answer, where that can be told."""
    if not problem.startswith("TLS failed"):
        return ""
    if "certificate" in problem.lower():
        return " (for a certificate of your own give its authority with --cacert)"
    return " (is it http://?)"
