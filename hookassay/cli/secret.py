"""The signing secret: how a command is given it, and with others what no output may show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import click

from ..config import Settings

F = TypeVar("F", bound=Callable[..., Any])


def secret_options(command: F) -> F:
    """Give a command `--secret` and `--secret-file`."""
    literal = click.option(
        "--secret",
        metavar="TEXT|-",
        help="The signing secret; - reads it from standard input. Better $STRIPE_WEBHOOK_SECRET or --secret-file.",
    )
    file = click.option("--secret-file", metavar="FILE", help="A file that holds the signing secret.")
    return literal(file(command))


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
