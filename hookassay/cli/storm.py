"""`hookassay storm`: many purchases at once, and the proof that every order converges."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import configuration
from ..config import Settings
from ..endpoint import Endpoint
from ..errors import HookassayError, UsageError
from ..redaction import Redactor
from .consent import agreed
from .console import console as the_console
from .console import live
from .group import main
from .secret import secrets_of
from .target import target

if TYPE_CHECKING:
    from ..storm.storm import Scale

EXIT_CODES = """\b
Exit codes:
  0  every acknowledged event is in its order, and nothing is there twice
  1  an acknowledged event is not in its order, or something is there twice
  2  wrong usage or configuration
  3  not judged: unreachable, preflight failed, no order reader, interrupted"""


class Share(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.2
    """A share, such as `20%` or `0.2`."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            found = -1.0
        if not 0 <= found <= 0.9:
            self.fail(f"it must be between 0% and 90%, such as 20%, not {text!r}.", param, ctx)
        return found


@main.command(epilog=EXIT_CODES)
@click.argument("url", required=False)
@click.option(
    "--secret",
    metavar="TEXT|-",
    help="The signing secret; - reads it from standard input. Better $STRIPE_WEBHOOK_SECRET or --secret-file.",
)
@click.option("--secret-file", metavar="FILE", help="A file that holds the signing secret.")
@click.option(
    "--orders", metavar="SOURCE", help="Where orders are read back, as for certify; without it nothing is proved."
)
@click.option("--config", metavar="FILE", help="The configuration; default: hookassay.toml where it exists.")
@click.option("--events", metavar="TYPE,TYPE", help="The event types the endpoint is subscribed to; default: all.")
@click.option("--api-version", metavar="VERSION", help="The API version that events carry.")
@click.option("--purchases", type=click.IntRange(1, 10_000_000), metavar="N", help="So many purchases; default 500.")
@click.option(
    "--deliveries",
    type=click.IntRange(1, 100_000_000),
    metavar="N",
    help="So many purchases that there are N deliveries or a few more, in place of --purchases.",
)
@click.option(
    "--duplicates",
    type=Share(),
    default="20%",
    metavar="SHARE",
    help="The share of deliveries that deliver again what was delivered before; default 20%.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 10_000),
    default=32,
    metavar="N",
    help="Deliveries under way at the same time, each on a connection of its own; default 32.",
)
@click.option("--rate", metavar="N", help="At most N deliveries per second; default: as fast as answers come.")
@click.option("--seed", metavar="N", help="Draw other purchases and orders of delivery than the usual ones.")
@click.option("--header", multiple=True, metavar="'NAME: VALUE'", help="Sent with every delivery; repeatable.")
@click.option("--orders-header", multiple=True, metavar="'NAME: VALUE'", help="Sent to the order URL only; repeatable.")
@click.option("--settle", metavar="SECONDS", help="The longest wait for an effect; default: measured.")
@click.option("--timeout", metavar="SECONDS", help="For one delivery; default 10.")
@click.option("--cacert", metavar="FILE", help="Certificate authorities for the endpoint, as PEM.")
@click.option("--report", metavar="DIR", help="Where reports are written; default hookassay-report.")
@click.option("--yes", is_flag=True, help="Send to another machine without asking.")
@click.option("--quiet", is_flag=True, help="Show what did not converge and the verdict only, and no progress.")
def storm(
    config: str | None,
    purchases: int | None,
    deliveries: int | None,
    duplicates: float,
    connections: int,
    **options: Any,
) -> None:
    """Deliver many purchases at once to the endpoint at URL, and prove that every order converges.

    Events come in shuffled orders, several times and several at the same instant; what is not acknowledged is delivered
    again, as Stripe does. Then every order is read back. Without a URL the reference server is started on SQLite in a
    temporary folder.
    """
    from ..storm.storm import PURCHASES, Scale

    if purchases is not None and deliveries is not None:
        raise UsageError("--purchases and --deliveries must not be given together; keep one.")
    settings = configuration.load(Path(config) if config else None, os.environ, stdin=sys.stdin, **options)
    _refuse(settings)
    scale = Scale(None if deliveries else purchases or PURCHASES, deliveries, duplicates, connections)
    with target(settings, None) as (told, endpoint, _):
        sys.exit(_storm(told, endpoint, scale))


def _refuse(settings: Settings) -> None:
    """What a storm has no way of doing."""
    if settings.endpoint.app is not None:
        raise UsageError(
            "A storm needs connections, which an application in this process (app, --app) has not. Start it under its "
            "server, and give the URL."
        )
    if settings.stripe_api.address is not None:
        raise UsageError(
            "A storm has no stand-in for Stripe's API ([stripe_api] address): an endpoint that asks Stripe back about "
            "each event cannot be proved to converge this way. Leave it out, or let certify judge the endpoint."
        )


def _storm(settings: Settings, endpoint: Endpoint, scale: Scale) -> int:
    """Ask for consent, let it come, and write every report; the exit code."""
    from ..report import document, storm_document, storm_page
    from ..report.storm_terminal import StormTerminal
    from ..storm.script import Repertoire
    from ..storm.storm import Storm, about

    redactor = Redactor(secrets_of(settings))
    report = StormTerminal(the_console(), redactor, quiet=settings.run.quiet, live=live(the_console()))
    the_storm = Storm(settings, endpoint, redactor, scale, report)
    forecast = the_storm.forecast()
    amount = about(Repertoire(the_storm.settings, forecast))
    if not (endpoint.loopback or settings.run.yes):
        what = f"about {amount:,} deliveries about {forecast.purchases:,} purchases"
        if settings.run.rate is None:
            what += ", as fast as it answers"
        if not agreed(endpoint, what, ", and --rate N to bound the deliveries per second"):
            return 3
    document.prepare(settings.run.report)
    try:
        report.opening(endpoint.url, forecast, amount, scale.connections, settings.run.rate)
        result = the_storm.run()
        written = [
            storm_page.write(result, settings.run.report, redactor),
            storm_document.write(result, settings.run.report, redactor),
        ]
        report.closing(result, written)
    except HookassayError as error:
        raise type(error)(redactor.clean(str(error))) from None
    finally:
        report.stop()
    return result.exit_code
