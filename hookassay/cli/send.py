"""`hookassay send`: one signed or forged delivery."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from .. import configuration
from ..config import ALL_API_VERSIONS
from ..configuration.keys import SEND_READS
from ..errors import UsageError
from ..redaction import Redactor
from ..sender.event import STYLES, Style
from ..sender.signature import HONEST
from . import completion
from .consent import agreed
from .console import console
from .group import main
from .secret import secret_options, secrets_of

SEND_EXIT_CODES = """\b
Exit codes:
  0  answered with a 2xx
  1  answered with something else
  2  wrong usage or configuration; nothing was sent
  3  no answer at all"""


@main.command(epilog=SEND_EXIT_CODES)
@click.argument("event_type", required=False, shell_complete=completion.event_types)
@click.argument("url", required=False)
@secret_options
@click.option(
    "--forge",
    metavar="KIND",
    help="Forge the delivery: no-signature-header, half-a-signature …",
    shell_complete=completion.forgeries,
)
@click.option("--list-forgeries", is_flag=True, help="Show every KIND of forgery, and send nothing.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="PATH=VALUE",
    help="Replace a field of the event before it is signed: data.object.amount_refunded=300; JSON where VALUE reads as "
    "JSON, else a text; repeatable.",
)
@click.option(
    "--purchase",
    "name",
    metavar="NAME",
    help="Which purchase it is about: the same NAME gives the same ids in every call, so that a refund meets the order "
    "that was paid before; default: a new one.",
)
@click.option(
    "--style",
    default="indented",
    show_default=True,
    type=click.Choice(STYLES),
    help="How the body is written; Stripe indents it.",
)
@click.option("--config", metavar="FILE", help="The configuration; default: hookassay.toml where it exists.")
@click.option(
    "--api-version",
    metavar="VERSION",
    help="The API version that the event carries.",
    shell_complete=completion.api_versions,
)
@click.option("--header", multiple=True, metavar="'NAME: VALUE'", help="Sent with the delivery; repeatable.")
@click.option("--timeout", metavar="SECONDS", help="For the delivery; default 10.")
@click.option("--cacert", metavar="FILE", help="Certificate authorities for the endpoint, as PEM.")
@click.option("--raw", is_flag=True, help="Print the very bytes of the request and of the answer, and nothing else.")
@click.option("--yes", is_flag=True, help="Send to another machine without asking.")
def send(
    event_type: str | None,
    config: str | None,
    forge: str | None,
    list_forgeries: bool,
    assignments: tuple[str, ...],
    name: str | None,
    style: Style,
    raw: bool,
    **options: Any,
) -> None:
    """Sign one event of type EVENT_TYPE, deliver it to URL once, and show the request, the answer and the timing.

    EVENT_TYPE is any that a purchase may have, such as checkout.session.completed or charge.refunded. The event is
    complete, and what Stripe sends when all that leads to it has happened. Where the shop creates its orders itself,
    none is created for it.
    """
    from ..report.exchange import print_exchange
    from ..report.exchange import raw as raw_exchange
    from ..sender import catalogue
    from ..sender.dispatch import STRIPE_HEADERS, Dispatch, Manner
    from ..sender.override import overridden
    from ..wire.stopwatch import timed

    if list_forgeries:
        for kind, words in catalogue.forgeries():
            click.echo(f"{kind}: {words}")
        return
    event_type = catalogue.known(event_type or "")
    signing = HONEST if forge is None else catalogue.forgery(forge)
    settings = configuration.load(
        Path(config) if config else None, os.environ, stdin=sys.stdin, reads=SEND_READS, **options
    )
    if settings.endpoint.api_version == ALL_API_VERSIONS:
        raise UsageError("One event has one API version: name it with --api-version VERSION in place of all.")
    endpoint = configuration.endpoint(settings)
    about = catalogue.purchase(settings.purchase, settings.endpoint, name, event_type)
    event = overridden(catalogue.event(event_type, about), assignments)
    manner = Manner("as Stripe delivers", style, STRIPE_HEADERS)
    dispatch = Dispatch(endpoint, lambda _: None, tolerance=settings.endpoint.tolerance, manner=manner)
    try:
        request = dispatch.request(dispatch.parcel(about.session_id, event, signing=signing))
    except ValueError as error:
        raise UsageError(f"--forge {signing!r} is not possible here: {error}.") from None
    if not (endpoint.loopback or settings.run.yes or agreed(endpoint, "1 delivery")):
        sys.exit(3)
    answer, timing = timed(endpoint, request)
    redactor = Redactor(secrets_of(settings))
    if raw:
        click.echo(raw_exchange(redactor, endpoint, request, answer), nl=False)
    else:
        print_exchange(console(), redactor, endpoint, request, answer, timing, signing=signing)
    sys.exit(3 if answer.status is None else not answer.acknowledged)
