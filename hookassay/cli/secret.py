"""What no output may show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from ..config import Settings


def secrets_of(settings: Settings) -> Iterator[str]:
    """Everything that no output may show."""
    if settings.endpoint.secret is not None:
        yield settings.endpoint.secret.reveal()
    for _, value in settings.endpoint.headers:
        yield value
    if settings.stripe_api.token is not None:
        yield settings.stripe_api.token.reveal()
    for _, secret in settings.orders.headers:
        yield secret.reveal()
    with suppress(ValueError):  # what is no URL is refused by whoever opens it
        password = urlsplit(settings.orders.source or "").password
        if password:
            yield from (password, unquote(password))
