"""Consent: another machine receives nothing unless somebody agrees."""

from __future__ import annotations

import sys

import click

from ..endpoint import Endpoint
from ..errors import UsageError


def consents(endpoint: Endpoint, estimate: tuple[int, int]) -> bool:
    """Ask before another machine receives anything."""
    deliveries, purchases = estimate
    return agreed(
        endpoint,
        f"about {deliveries} deliveries about {purchases} purchases",
        ", and --rate N to bound the deliveries per second",
    )


def agreed(endpoint: Endpoint, what: str, advice: str = "") -> bool:
    """Whether a person at the terminal agrees that another machine receives this."""
    text = f"{endpoint.host} is another machine. It will receive {what}"
    if not sys.stdin.isatty():
        raise UsageError(f"{text}. Add --yes to consent{advice}.")
    return click.confirm(f"{text}. Go on?")
