"""`hookassay storm`: many purchases at once, and the proof that every order converges."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import configuration
from ..config import Settings
from ..endpoint import Endpoint
from ..errors import HookassayError, NotJudged, UsageError
from ..redaction import Redactor
from . import completion
from .consent import agreed
from .console import console as the_console
from .console import live
from .group import main
from .secret import secret_options, secrets_of
from .target import target

if TYPE_CHECKING:
    from ..storm.forecast import Forecast
    from ..storm.result import Result
    from ..storm.storm import Scale
    from ..storm.swarm import Swarm

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
@secret_options
@click.option(
    "--orders", metavar="SOURCE", help="Where orders are read back, as for certify; without it nothing is proved."
)
@click.option("--config", metavar="FILE", help="The configuration; default: hookassay.toml where it exists.")
@click.option(
    "--events",
    metavar="TYPE,TYPE",
    help="The event types the endpoint is subscribed to; default: all.",
    shell_complete=completion.event_types,
)
@click.option(
    "--api-version",
    metavar="VERSION",
    help="The API version that events carry.",
    shell_complete=completion.api_versions,
)
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
@click.option(
    "--store",
    metavar="sqlite|postgresql",
    help="What the reference server keeps its orders in; default: SQLite. A PostgreSQL is started for the storm.",
)
@click.option(
    "--locust",
    is_flag=True,
    help="Let Locust make the load, from several processes or machines: prepare it, and print the commands.",
)
@click.option("--start", is_flag=True, help="With --locust: start its master and workers on this machine, and prove.")
@click.option(
    "--locust-workers",
    type=click.IntRange(1, 1000),
    default=2,
    metavar="N",
    help="With --locust: in how many processes the load is made; default 2.",
)
@click.option(
    "--returns",
    metavar="FILE",
    help="Deliver nothing: prove what Locust's master wrote down (storm-returns.json, beside storm-commission.json).",
)
@click.option("--report", metavar="DIR", help="Where reports are written; default hookassay-report.")
@click.option("--yes", is_flag=True, help="Send to another machine without asking.")
@click.option("--quiet", is_flag=True, help="Show what did not converge and the verdict only, and no progress.")
def storm(
    config: str | None,
    purchases: int | None,
    deliveries: int | None,
    duplicates: float,
    connections: int,
    locust: bool,
    start: bool,
    locust_workers: int,
    returns: str | None,
    **options: Any,
) -> None:
    """Deliver many purchases at once to the endpoint at URL, and prove that every order converges.

    Events come in shuffled orders, several times and several at the same instant; what is not acknowledged is delivered
    again, as Stripe does. Then every order is read back. Without a URL the reference server is started in a temporary
    folder.
    """
    from ..storm.storm import PURCHASES, Scale

    if purchases is not None and deliveries is not None:
        raise UsageError("--purchases and --deliveries must not be given together; keep one.")
    if start and not locust:
        raise UsageError("--start starts Locust's processes: it needs --locust.")
    if locust and returns is not None:
        raise UsageError("--locust makes a load, --returns proves one that was made; keep one.")
    settings = configuration.load(Path(config) if config else None, os.environ, stdin=sys.stdin, **options)
    _refuse(settings)
    if settings.endpoint.url is not None and options["store"]:
        raise UsageError("--store is for the reference server, and a URL is given: its orders are read from --orders.")
    if settings.endpoint.url is None and (returns is not None or (locust and not start)):
        raise UsageError("Name the URL: what is to be delivered or proved later outlives a reference server.")
    scale = Scale(None if deliveries else purchases or PURCHASES, deliveries, duplicates, connections)
    with target(settings, None) as judged:
        one = _Storm(judged.settings, judged.endpoint, scale)
        if returns is not None:
            sys.exit(one.proved(Path(returns)))
        if locust:
            sys.exit(one.by_locust(locust_workers, start=start))
        sys.exit(one.delivered())


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


class _Storm:
    """One storm as the command line asks for it; each way of making it ends with an exit code."""

    def __init__(self, settings: Settings, endpoint: Endpoint, scale: Scale) -> None:
        from ..report.storm_terminal import StormTerminal
        from ..storm.storm import Storm

        self._settings = settings
        self._endpoint = endpoint
        self._scale = scale
        self._redactor = Redactor(secrets_of(settings))
        console = the_console()
        self._report = StormTerminal(console, self._redactor, quiet=settings.run.quiet, live=live(console))
        self._storm = Storm(settings, endpoint, self._redactor, scale, self._report)

    def delivered(self) -> int:
        """Make the load in this process, and prove what it left."""
        return self._told(self._storm.run) if self._agreed() else 3

    def by_locust(self, workers: int, *, start: bool) -> int:
        """Let Locust make the load: now and here, or as somebody starts it."""
        from ..storm.commission import Commission
        from ..storm.swarm import Swarm, require

        if start:
            require()
        if not self._agreed():
            return 3
        folder = self._settings.run.report.absolute()

        def swarm(forecast: Forecast) -> Swarm:
            connections = max(self._scale.connections, workers)
            return Swarm(Commission.of(self._storm.settings, forecast, connections, workers), folder)

        if start:
            return self._told(lambda: self._storm.run_by(lambda forecast: swarm(forecast).start(self._endpoint)))
        with self._cleaned():
            made = swarm(self._storm.prepare())
            self._report.commands([*made.commands(), ("the proof, when the master has ended", self._proving(made))])
        return 0

    def proved(self, path: Path) -> int:
        """Prove what a load left that Locust made."""
        from ..storm import returns
        from ..storm.commission import FILE, Commission

        commission = Commission.read(path.with_name(FILE))
        load, receipts = returns.read(path, commission)
        # Where orders are wrong, genuine purchases show when nothing is under way any more.
        if not (self._endpoint.loopback or self._settings.run.yes or agreed(self._endpoint, "about 10 deliveries")):
            return 3
        return self._told(lambda: self._storm.prove(load, receipts, commission.settings()))

    def _proving(self, made: Swarm) -> str:
        from ..storm.returns import FILE

        return (
            f"hookassay storm {shlex.quote(self._endpoint.url)} … --returns {shlex.quote(str(made.file.parent / FILE))}"
        )

    def _agreed(self) -> bool:
        """Say what is to come; whether somebody agrees where another machine is to receive it."""
        from ..report import document
        from ..storm.script import Repertoire
        from ..storm.storm import about

        forecast, rate = self._storm.forecast(), self._settings.run.rate
        amount = about(Repertoire(self._storm.settings, forecast))
        if not (self._endpoint.loopback or self._settings.run.yes):
            what = f"about {amount:,} deliveries about {forecast.purchases:,} purchases"
            pace = "" if rate else ", as fast as it answers"
            if not agreed(self._endpoint, what + pace, ", and --rate N to bound the deliveries per second"):
                return False
        document.prepare(self._settings.run.report)
        self._report.opening(self._endpoint.url, forecast, amount, self._scale.connections, rate)
        return True

    def _told(self, make: Callable[[], Result]) -> int:
        """Make it, and write every report."""
        from ..report import storm_document, storm_page

        folder = self._settings.run.report
        with self._cleaned():
            result = make()
            written = [write(result, folder, self._redactor) for write in (storm_page.write, storm_document.write)]
            self._report.closing(result, written)
        return result.exit_code

    @contextmanager
    def _cleaned(self) -> Iterator[None]:
        """No error shows a secret, and no line of progress is left behind."""
        try:
            yield
        except HookassayError as error:
            raise type(error)(self._redactor.clean(str(error))) from None
        except KeyboardInterrupt:
            raise NotJudged("The storm was interrupted, so that nothing is proved.") from None
        finally:
            self._report.stop()
