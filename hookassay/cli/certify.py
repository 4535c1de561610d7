"""`hookassay certify`: judge an endpoint by the contract, and write every report."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from .. import configuration
from ..config import Settings
from ..errors import HookassayError, UsageError
from ..importing import Transcript
from ..judging.contract import Contract
from ..redaction import Redactor
from . import completion
from .consent import consents
from .console import complain, live
from .console import console as the_console
from .group import EXIT_CODES, main
from .invocation import command_line
from .invocation import invocation as asked
from .secret import secrets_of
from .target import Target, stand_in, target

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from ..judging.baseline import Baseline
    from ..report.in_source import InSource
    from ..report.reproduction import Invocation
    from ..stripe_api.client import StripeApi

APPLICATION_LOG = "application.log"


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
@click.option(
    "--events",
    metavar="TYPE,TYPE",
    help="The event types the endpoint is subscribed to; default: all.",
    shell_complete=completion.event_types,
)
@click.option(
    "--api-version",
    metavar="VERSION",
    help="The API version that events carry; all for each.",
    shell_complete=completion.api_versions,
)
@click.option(
    "--only",
    metavar="ID|GROUP[,…]",
    help="Judge these clauses and what they rest on: RP-05, replayed.",
    shell_complete=completion.clauses,
)
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
@click.option(
    "--contract",
    metavar="VERSION",
    help="Judge by this version of the contract, such as 2026.1; clauses added later are reported, not counted.",
)
@click.option("--strict", is_flag=True, help="A failing SHOULD also fails the run.")
@click.option(
    "--baseline",
    metavar="FILE",
    help="Known failures: green while they stand, red when a new one appears or a listed one passes.",
)
@click.option(
    "--write-baseline",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Write what fails in this run as known failures; default: the file of --baseline, else "
    "hookassay-baseline.toml. Reasons that stand there are kept.",
)
@click.option(
    "--sign",
    metavar="KEY",
    help="Sign the certificate with this private Ed25519 key (PEM or OpenSSH); hookassay verify checks it.",
)
@click.option(
    "--faults",
    is_flag=True,
    help="Kill the reference server and take its store away, too (DU); an endpoint of your own needs [faults].",
)
@click.option(
    "--times",
    metavar="N",
    help="How often it is killed, or its store taken away, for each example of a clause; default 6.",
)
@click.option(
    "--store",
    metavar="sqlite|postgresql",
    help="What the reference server keeps its orders in; default: SQLite. A PostgreSQL is started for the run.",
)
@click.option("--report", metavar="DIR", help="Where reports are written; default hookassay-report.")
@click.option("--yes", is_flag=True, help="Send to another machine without asking.")
@click.option("--list", "listing", is_flag=True, help="Show what would run, without sending anything.")
@click.option("--verbose", is_flag=True, help="Show the time per phase.")
@click.option("--quiet", is_flag=True, help="Show the failures and the verdict only, and no progress.")
def certify(config: str | None, listing: bool, write_baseline: str | None, **options: Any) -> None:
    """Judge the endpoint at URL by the contract.

    With neither a URL nor --app the reference server is started on SQLite in a temporary folder, and judged.
    """
    settings = configuration.load(
        Path(config) if config else None,
        os.environ,
        stdin=sys.stdin,
        **options,
    )
    _check_who_is_judged(settings, options)
    if settings.faults.built_in and settings.stripe_api.address is None:
        from .. import reference

        # An outage of Stripe's API is one of its faults.
        settings = replace(
            settings, stripe_api=replace(settings.stripe_api, address=f"127.0.0.1:{reference.free_port()}")
        )
    if settings.run.quiet and settings.run.verbose:
        raise UsageError("--quiet and --verbose must not be given together; keep one.")
    contract = Contract.load().at(settings.run.contract)
    # What reads features or runs pytest is imported where it is needed: `hookassay clauses` is quick without it.
    from ..judging.baseline import opened

    baseline, to_write = opened(settings.run.baseline, write_baseline, contract)
    if listing:
        from .. import reference
        from ..judging.run import plan
        from ..report.listing import print_plan

        told = settings if settings.endpoint.url or settings.endpoint.app else reference.judged_by(settings)
        print_plan(plan(contract, told), contract, the_console(), baseline)
        return
    contract.select(settings.run.only)  # a misspelt name ends here, before a server is started
    console = the_console()  # before an application's output is kept away from ours
    source = _in_source(settings, Path(config) if config else None, console)
    with stand_in(settings) as stripe_api, target(settings, stripe_api) as judged:
        from ..judging.run import plan

        told = judged.settings
        the_plan = plan(contract, told)
        if judged.endpoint.loopback or told.run.yes or consents(judged.endpoint, the_plan.estimate(told.run.workers)):
            known, invocation = (baseline, to_write), asked(settings, told)
            sys.exit(_judge(judged, contract, the_plan, console, stripe_api, source, known, invocation))
    sys.exit(3)


def _check_who_is_judged(settings: Settings, options: dict[str, Any]) -> None:
    """Let nobody believe that an endpoint was treated as only the reference server is.

    Raises:
        UsageError: it is asked for, and another one is judged.
    """
    if not (settings.endpoint.url or settings.endpoint.app):
        return
    if options["faults"]:
        raise UsageError(
            "--faults is for the reference server, and an endpoint of your own is judged. Give the commands that kill "
            "it and take its store away in hookassay.toml: [faults] kill and start, store_down and store_up."
        )
    if options["store"]:
        raise UsageError(
            "--store is for the reference server, and an endpoint of your own is judged. Its orders are read where "
            "--orders says."
        )


def _judge(
    judged: Target,
    contract: Contract,
    the_plan: Any,
    console: Console,
    stripe_api: StripeApi | None,
    source: InSource | None,
    known: tuple[Baseline | None, Baseline | None],
    invocation: Invocation,
) -> int:
    """Run the plan and write every report; the exit code."""
    from ..judging.run import Run
    from ..report import certificate, document, github, html, junit, known_failures, reproduction
    from ..report.terminal import TerminalReport

    settings = judged.settings
    redactor = Redactor(secrets_of(settings))
    baseline, to_write = known
    signer = _signer(settings)
    document.prepare(settings.run.report)
    certificate.withdraw(settings.run.report)
    command, strict = command_line(), settings.run.strict
    report = TerminalReport(
        console,
        contract,
        redactor,
        verbose=settings.run.verbose,
        quiet=settings.run.quiet,
        strict=strict,
        command=command,
        source=source,
        live=live(console),
    )
    say = partial(print, file=console.file, flush=True)
    in_github = os.environ.get("GITHUB_ACTIONS") == "true"
    try:
        with github.deaf(say) if in_github else nullcontext():
            run = Run(
                settings,
                judged.endpoint,
                contract,
                redactor,
                report,
                stripe_api=stripe_api,
                baseline=baseline,
                faults=judged.faults,
            )
            result = run.execute(the_plan)
            scripts = reproduction.write(result, settings.run.report, redactor, invocation)
            written = [
                html.write(
                    result,
                    contract,
                    settings.run.report,
                    redactor,
                    source,
                    command=command,
                    strict=strict,
                    scripts=scripts,
                ),
                document.write(result, contract, settings.run.report, redactor, source),
                junit.write(result, contract, settings.run.report, redactor, strict=strict, source=source),
            ]
            written += certificate.write(result, contract, settings.run.report, redactor, signer)
            written += _log(judged.transcript, settings.run.report, redactor)
            if to_write is not None and not result.problem:
                written.append(known_failures.write(to_write, result, contract, strict=strict))
            report.closing(result, written, scripts)
        if to_write is not None and result.problem:
            complain(f"The baseline {to_write.file} was not written, because the run ended before its end.")
        if in_github:
            for command in github.commands(result, redactor, strict=strict):
                say(command)
            _sum_up(github.summary(result, contract, redactor, scripts))
    except HookassayError as error:
        raise type(error)(redactor.clean(str(error))) from None
    finally:
        report.stop()
    return result.exit_code


def _sum_up(summary: str) -> None:
    """Append to the summary of the job, where there is one."""
    from ..report import github

    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        try:
            github.append(Path(path), summary)
        except OSError as error:
            complain(f"The job's summary $GITHUB_STEP_SUMMARY cannot be written ({error.strerror or error}).")


def _signer(settings: Settings) -> Ed25519PrivateKey | None:
    """What the certificate is signed with, if anything: a key that is none must end a run before it begins."""
    if settings.run.sign is None:
        return None
    from ..attestation.key import signing_key

    return signing_key(settings.run.sign)


def _in_source(settings: Settings, config: Path | None, console: Console) -> InSource | None:
    """What is wrong in the source, where one was named; ends the run where nothing should be certified with it."""
    if settings.scan.source is None:
        return None
    from ..inspection import inspect
    from ..report import certificate
    from ..report.findings import FindingsReport
    from ..report.in_source import InSource

    made = inspect(settings.scan.source, config, os.environ)
    if made.scan.aborting:
        certificate.withdraw(settings.run.report)
        FindingsReport(console, made.curtain).aborted(made.scan)
        sys.exit(1)
    return InSource(made.scan, made.curtain)


def _log(transcript: Transcript | None, folder: Path, redactor: Redactor) -> list[Path]:
    """Keep what the application printed, if it printed anything; an older log would mislead."""
    from ..report import document

    (folder / APPLICATION_LOG).unlink(missing_ok=True)
    text = transcript.text() if transcript is not None else ""
    return [document.save(folder, APPLICATION_LOG, redactor.clean(text).encode())] if text else []
