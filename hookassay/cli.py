"""The command line: certify, scan, serve, stripe-api, clauses."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import click
from rich.console import Console

from . import __version__, configuration
from .config import Settings
from .endpoint import Endpoint
from .errors import HookassayError, UsageError
from .importing import Transcript, importable, load
from .judging.contract import Contract
from .redaction import Redactor
from .stripe_api.address import Address

APPLICATION_LOG = "application.log"

if TYPE_CHECKING:
    from .report.in_source import InSource
    from .stripe_api.client import StripeApi

EXIT_CODES = """\b
Exit codes:
  0  certified, or passed (partial)
  1  not certified
  2  wrong usage or configuration
  3  not judged: unreachable, preflight failed, interrupted, or an error of the harness"""

SCAN_EXIT_CODES = """\b
Exit codes:
  0  nothing that fails the scan
  1  a finding as severe as --fail-on, or one that aborts whatever --fail-on says
  2  wrong usage or configuration"""


class _Group(click.Group):
    """Shows an error of ours as one message and exits with its code."""

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            return super().main(*args, **options)
        except HookassayError as error:
            _complain(str(error))
            sys.exit(error.exit_code)


def _complain(message: str) -> None:
    Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(f"Error: {Redactor().clean(message)}")


@click.group(cls=_Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hookassay")
def main() -> None:
    """Prove from the outside that a Stripe webhook implementation is right."""


@main.command(epilog=EXIT_CODES)
@click.argument("url", required=False)
@click.option(
    "--app",
    metavar="MODULE:CALLABLE",
    help="Judge a WSGI or ASGI application in this process, in place of a URL: shop.wsgi:app, shop:create_app(). URL "
    "is then the path that it takes webhooks at, /stripe/webhook by default.",
)
@click.option(
    "--secret",
    metavar="TEXT|-",
    help="The signing secret; - reads it from standard input. Better $STRIPE_WEBHOOK_SECRET or --secret-file: what "
    "stands on a command line can be seen by every user of the machine and stays in the shell's history.",
)
@click.option("--secret-file", metavar="FILE", help="A file that holds the signing secret.")
@click.option(
    "--orders",
    metavar="SOURCE",
    help="Where orders are read back: sqlite:///PATH, postgresql://…, mysql://…, https://…{session_id}… or "
    "cmd:PROGRAM {session_id}; with --app also a path of the application's, /orders/{session_id}. Without it only what "
    "the wire shows is judged.",
)
@click.option("--config", metavar="FILE", help="The configuration; default: hookassay.toml where it exists.")
@click.option("--events", metavar="TYPE,TYPE", help="The event types the endpoint is subscribed to; default: all.")
@click.option("--api-version", metavar="VERSION", help="The API version that events carry; all for each.")
@click.option("--only", metavar="ID|GROUP[,…]", help="Judge these clauses and what they rest on: RP-05, replayed.")
@click.option("--header", multiple=True, metavar="'NAME: VALUE'", help="Sent with every delivery; repeatable.")
@click.option(
    "--orders-header",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Sent to the order URL only; the value may be env:NAME; repeatable.",
)
@click.option("--settle", metavar="SECONDS", help="The longest wait for an effect; default: measured.")
@click.option("--timeout", metavar="SECONDS", help="For one delivery; default 10.")
@click.option("--rate", metavar="N", help="At most N deliveries per second.")
@click.option("--workers", metavar="N", help="Run N scenarios at a time, for an endpoint that is slow; default 1.")
@click.option(
    "--stripe-api",
    metavar="HOST:PORT",
    help="The stand-in for api.stripe.com that the endpoint calls back to; started for the run unless it runs there.",
)
@click.option(
    "--source",
    metavar="PATH",
    help="Scan this source first (hookassay scan): what aborts it ends the run before anything is sent; what else is "
    "found stands beside the failed clauses that it explains.",
)
@click.option("--cacert", metavar="FILE", help="Certificate authorities for the endpoint, as PEM.")
@click.option("--seed", metavar="N", help="Draw other orders of delivery than the usual ones.")
@click.option("--strict", is_flag=True, help="A failing SHOULD also fails the run.")
@click.option("--report", metavar="DIR", help="Where reports are written; default hookassay-report.")
@click.option("--yes", is_flag=True, help="Send to another machine without asking.")
@click.option("--list", "listing", is_flag=True, help="Show what would run, without sending anything.")
@click.option("--verbose", is_flag=True, help="Show the time per phase.")
def certify(config: str | None, listing: bool, **options: Any) -> None:
    """Judge the endpoint at URL by the contract.

    With neither a URL nor --app the reference server is started on SQLite in a temporary folder, and judged.
    """
    settings = configuration.load(
        Path(config) if config else None,
        os.environ,
        stdin=sys.stdin,
        **options,
    )
    contract = Contract.load()
    # What runs pytest is imported where it is needed: `hookassay clauses` answers at once without it.
    if listing:
        from . import reference
        from .judging.run import plan
        from .report.listing import print_plan

        told = settings if settings.endpoint.url or settings.endpoint.app else reference.judged_by(settings)
        print_plan(plan(contract, told), contract, _console())
        return
    contract.select(settings.run.only)  # a misspelt name ends here, before a server is started
    console = _console()  # before an application's output is kept away from ours
    source = _in_source(settings, Path(config) if config else None, console)
    with _stand_in(settings) as stripe_api, _target(settings, stripe_api) as (told, endpoint, transcript):
        from .judging.run import plan

        the_plan = plan(contract, told)
        if endpoint.loopback or told.run.yes or _consents(endpoint, the_plan.estimate(told.run.workers)):
            sys.exit(_judge(told, endpoint, contract, the_plan, console, transcript, stripe_api, source))
    sys.exit(3)


def _judge(
    settings: Settings,
    endpoint: Endpoint,
    contract: Contract,
    the_plan: Any,
    console: Console,
    transcript: Transcript | None,
    stripe_api: StripeApi | None,
    source: InSource | None,
) -> int:
    """Run the plan and write every report; the exit code."""
    from .judging.run import Run
    from .report import document, html, junit
    from .report.terminal import TerminalReport

    redactor = Redactor(_secrets(settings))
    document.prepare(settings.run.report)
    command, strict = _command_line(), settings.run.strict
    report = TerminalReport(
        console, contract, redactor, verbose=settings.run.verbose, strict=strict, command=command, source=source
    )
    try:
        result = Run(settings, endpoint, contract, redactor, report, stripe_api=stripe_api).execute(the_plan)
        written = [
            html.write(result, contract, settings.run.report, redactor, source, command=command, strict=strict),
            document.write(result, contract, settings.run.report, redactor, source),
            junit.write(result, contract, settings.run.report, redactor, strict=strict, source=source),
        ]
        written += _log(transcript, settings.run.report, redactor)
        report.closing(result, written)
    except HookassayError as error:
        raise type(error)(redactor.clean(str(error))) from None
    finally:
        report.stop()
    return result.exit_code


def _in_source(settings: Settings, config: Path | None, console: Console) -> InSource | None:
    """What is wrong in the source, where one was named; ends the run where nothing should be certified with it."""
    if settings.scan.source is None:
        return None
    from .inspection import inspect
    from .report.findings import FindingsReport
    from .report.in_source import InSource

    made = inspect(settings.scan.source, config, os.environ)
    if made.scan.aborting:
        FindingsReport(console, made.curtain).aborted(made.scan)
        sys.exit(1)
    return InSource(made.scan, made.curtain)


@contextmanager
def _stand_in(settings: Settings) -> Iterator[StripeApi | None]:
    """The stand-in for Stripe's API, where one was asked for: before anything is delivered."""
    if settings.stripe_api.address is None:
        yield None
        return
    from .stripe_api import process

    with process.running(Address.parse(settings.stripe_api.address), settings.stripe_api.token) as api:
        yield api


def _log(transcript: Transcript | None, folder: Path, redactor: Redactor) -> list[Path]:
    """Keep what the application printed, if it printed anything; an older log would mislead."""
    from .report import document

    (folder / APPLICATION_LOG).unlink(missing_ok=True)
    text = transcript.text() if transcript is not None else ""
    return [document.save(folder, APPLICATION_LOG, redactor.clean(text).encode())] if text else []


@contextmanager
def _target(settings: Settings, stripe_api: StripeApi | None) -> Iterator[tuple[Settings, Endpoint, Transcript | None]]:
    """The endpoint that is configured, or else the reference server, started for this run."""
    if settings.endpoint.app is not None:
        with _application(settings, settings.endpoint.app) as target:
            yield target
        return
    if settings.endpoint.url is not None:
        yield settings, configuration.endpoint(settings), None
        return
    from . import reference

    if settings.orders.source is not None:
        raise UsageError("--orders was given without a URL. Name the webhook URL whose orders these are.")
    with reference.starting(stripe_api.address.url if stripe_api is not None else None) as ready:
        # What the run needs is loaded while the server starts.
        import_module(".judging.run", __package__)
        import_module(".orders.sql", __package__)
        server = ready()
        told = reference.judged_by(settings, server)
        yield told, configuration.endpoint(told), None


@contextmanager
def _application(settings: Settings, name: str) -> Iterator[tuple[Settings, Endpoint, Transcript]]:
    """The application that `name` stands for, in this process, and what it prints meanwhile."""
    from .wire.application import hosting

    # What the run needs is loaded first: a module of the application's may have the name of a library's.
    import_module(".judging.run", __package__)
    import_module(".orders.sql", __package__)
    import_module(".report.junit", __package__)
    import_module(".report.html", __package__)
    transcript = Transcript()
    # A copy of this process would be a copy of the application, with a database of its own where that is in memory.
    told = replace(settings, run=replace(settings.run, workers=1))
    with (
        transcript.taking(),
        importable(settings.folder),
        hosting(lambda: load(name, transcript.tail)) as application,
    ):
        yield told, configuration.endpoint(told, application), transcript


def _consents(endpoint: Endpoint, estimate: tuple[int, int]) -> bool:
    """Ask before another machine receives anything."""
    deliveries, purchases = estimate
    text = (
        f"{endpoint.host} is another machine. It will receive about {deliveries} deliveries about {purchases} purchases"
    )
    if not sys.stdin.isatty():
        raise UsageError(f"{text}. Add --yes to consent, and --rate N to bound the deliveries per second.")
    return click.confirm(f"{text}. Go on?")


def _secrets(settings: Settings) -> Iterator[str]:
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


def _command_line() -> str:
    """This command line without its secrets and without --only, to show a failure again."""
    words = iter(sys.argv[1:])
    kept = ["hookassay"]
    hidden = ("--secret", "--header", "--orders-header")
    for word in words:
        name, equals, _ = word.partition("=")
        if name == "--only":
            if not equals:
                next(words, None)
        elif name in hidden:
            kept += [name, "…"]
            if not equals:
                next(words, None)
        else:
            kept.append(word)
    return " ".join(_quoted(word) for word in kept)


def _quoted(word: str) -> str:
    import shlex

    return word if word == "…" else shlex.quote(word)


def _console() -> Console:
    return Console(file=sys.stdout, highlight=False, markup=False, soft_wrap=False)


@main.command(epilog=SCAN_EXIT_CODES)
@click.argument("path", default=".")
@click.option("--json", "as_json", metavar="FILE|-", help="Write the findings as JSON; - for standard output.")
@click.option("--sarif", metavar="FILE|-", help="Write them as SARIF 2.1.0, for code scanning; - for standard output.")
@click.option("--github", is_flag=True, help="Annotate the lines in GitHub Actions too.")
@click.option(
    "--fail-on", metavar="SEVERITY", help="The weakest that fails: error (default), warning, note; never fails none."
)
@click.option("--only", metavar="ID[,…]", help="Look for these rules only: SC-12,SC-21.")
@click.option("--database", metavar="URL", help="A live database whose table of orders is looked at too, read-only.")
@click.option(
    "--config", metavar="FILE", help="The configuration; default: hookassay.toml in PATH, else in the working folder."
)
def scan(
    path: str,
    config: str | None,
    only: str | None,
    as_json: str | None,
    sarif: str | None,
    github: bool,
    **options: Any,
) -> None:
    """Read the source at PATH (default: here) for what no request can show.

    Nothing of it is run or imported. A comment `hookassay: ignore SC-12 REASON` suppresses a finding on its line, or on
    the next one.
    """
    from .inspection import inspect
    from .report import sarif as sarif_file
    from .report import scan_document
    from .report.annotations import commands
    from .report.document import save
    from .report.findings import FindingsReport

    if (as_json, sarif).count("-") + github > 1:
        raise UsageError(
            "Only one of --json -, --sarif - and --github can have standard output; name a FILE for others."
        )
    made = inspect(Path(path), Path(config) if config else None, os.environ, only, **options)
    found, curtain, fail_on = made.scan, made.curtain, made.settings.scan.fail_on
    written = []
    for option, name, text in (("--json", as_json, scan_document.text), ("--sarif", sarif, sarif_file.text)):
        if name == "-":
            click.echo(text(found, curtain), nl=False)
        elif name:
            advice = f"Name a file that can be written: {option} FILE"
            written.append(save(Path(name).parent, Path(name).name, text(found, curtain).encode(), advice))
    if "-" not in (as_json, sarif):
        FindingsReport(_console(), curtain).whole(found, fail_on, written)
    for command in commands(found, curtain) if github else ():
        click.echo(command)
    sys.exit(found.fails(fail_on))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=4242, show_default=True, type=click.IntRange(0, 65535))
@click.option("--database", metavar="URL", help="sqlite:///PATH or postgresql://…; default: $DATABASE_URL.")
@click.option("--workers", type=click.IntRange(1), help="gunicorn's worker processes; default 2.")
def serve(host: str, port: int, database: str | None, workers: int | None) -> None:
    """Run the reference server under gunicorn.

    It needs STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET in the environment, and ORDERS_TOKEN to open GET /orders/….
    """
    from . import reference

    environment = dict(os.environ)
    if database:
        environment["DATABASE_URL"] = database
    reference.serve(host, port, workers, environment)


@main.command("stripe-api")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0 lets containers reach it.")
@click.option("--port", default=12111, show_default=True, type=click.IntRange(1, 65535))
def stripe_api(host: str, port: int) -> None:
    """Run the stand-in for api.stripe.com, for an endpoint that calls back to Stripe.

    It answers for the purchases of `hookassay certify --stripe-api HOST:PORT`, with any key (sk_…, rk_…). Runs on this
    machine may tell it of purchases; with $HOOKASSAY_STRIPE_API_TOKEN set, whoever has the token, from anywhere.
    """
    from .stripe_api import process
    from .stripe_api.client import StripeApi

    text = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        address = Address.parse(text)
    except ValueError:
        raise UsageError(f"--host must be a host name or an IP address of this machine, not {host}.") from None
    if StripeApi(address).identify():
        raise UsageError(f"A stand-in runs at {address} already.")
    click.echo(f"The stand-in for api.stripe.com listens at {address.url}; stop it with Ctrl-C.")
    process.serve(address, os.environ)


@main.command()
@click.argument("clause_id", required=False, metavar="[ID]")
def clauses(clause_id: str | None) -> None:
    """Show the contract: all clauses, or one with its source, reason and examples."""
    from .report.clauses import print_all, print_one

    contract = Contract.load()
    if clause_id:
        print_one(contract, clause_id, _console())
    else:
        print_all(contract, _console())
