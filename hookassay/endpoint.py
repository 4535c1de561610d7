"""What is under test: a URL, or an application in this process, and its signing secret."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from .errors import UsageError


class Secret:
    """A string that never shows itself: `str`, `repr` and formatting give `***`; `reveal()` gives the value."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Wrap `value`; a Secret may be blank, which whoever asks for it must refuse."""
        self._value = value

    def reveal(self) -> str:
        """The value itself, to sign or to authenticate with, never to print."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


DEFAULT_PATH = "/stripe/webhook"


def in_process(path: str | None) -> str:
    """The URL under which an application in this process is asked for `path`, or for `//HOST/PATH` under another host.

    It is https, as Stripe demands of live endpoints, or an application that insists on it would redirect.
    """
    path = path or DEFAULT_PATH
    return f"https:{path}" if path.startswith("//") else f"https://localhost{path}"


class InProcess(Protocol):
    """An application that answers in this process, in place of a server at the URL."""

    def exchange(self, endpoint: Endpoint, request: Any) -> Any:
        """The answer (a `wire.connection.Answer`) to one request (a `wire.connection.Request`)."""
        ...


@dataclass(frozen=True)
class Endpoint:
    """Where deliveries go, and how a delivery is signed and bounded.

    Attributes:
        url: The webhook URL, exactly as configured at Stripe (scheme http or https, path and query kept).
        secret: The signing secret, the whole string (`whsec_` included) being the HMAC key.
        headers: Extra headers sent with every delivery (a gateway's bypass token, say).
        timeout: Seconds for one delivery, from connecting to the end of the answer.
        cacert: A PEM file that replaces the system's certificate authorities.
        application: What answers in this process; None where the URL is connected to.
    """

    url: str
    secret: Secret
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout: float = 10.0
    cacert: Path | None = None
    application: InProcess | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse a URL that no delivery could be sent to; it is not shown, for it may hold a password."""
        if not re.fullmatch(r"[!-~]+", self.url):
            raise UsageError(
                "The URL must be plain ASCII without spaces (percent-encode the path, write the host as xn--…)."
            )
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise UsageError("The URL must have a valid host, and a port between 1 and 65535 if it has one.") from None
        if parts.username is not None:
            raise UsageError("The URL must not hold a user or password; pass --header 'Authorization: …' instead.")
        if parts.scheme not in ("http", "https") or not host:
            raise UsageError("The URL must be the whole webhook URL, such as http://localhost:4242/stripe/webhook.")
        if port == 0:
            raise UsageError("The port must be between 1 and 65535.")
        if "#" in self.url:
            raise UsageError("The URL must not hold a fragment (#…), which no request carries.")

    @property
    def host(self) -> str:
        """The host name or address to connect to."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The TCP port to connect to."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def secure(self) -> bool:
        """Whether deliveries go over TLS."""
        return urlsplit(self.url).scheme == "https"

    @property
    def authority(self) -> str:
        """The value of the Host header (RFC 9110, 7.2)."""
        return urlsplit(self.url).netloc

    @property
    def target(self) -> str:
        """The request target: path and query (RFC 9112, 3.2.1)."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    @property
    def loopback(self) -> bool:
        """Whether the endpoint is on this machine: `localhost` or a loopback address (RFC 6890, 2.2), never a guess."""
        try:
            address = ip_address(self.host)
        except ValueError:
            return self.host == "localhost"
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback

    def with_url(self, url: str) -> Endpoint:
        """The same endpoint under another URL (a trailing slash, say)."""
        return replace(self, url=url)
