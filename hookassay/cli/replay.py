"""`hookassay replay`: what certify recorded of a failure, delivered again."""

from __future__ import annotations

import os
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from .. import configuration
from ..errors import HarnessError, NotJudged, UsageError
from ..judging.contract import Contract
from ..redaction import HIDDEN, Redactor
from .consent import agreed
from .console import console as the_console
from .group import main
from .secret import secret_options, secrets_of

REPLAY_EXIT_CODES = """\b
Exit codes:
  0  it was delivered; whether the order reads as it must is for you to see
  2  wrong usage or configuration; nothing was sent
  3  no answer at all, or the orders could not be read"""


@main.command(epilog=REPLAY_EXIT_CODES)
@click.argument("path")
@click.argument("url", required=False)
@secret_options
@click.option("--orders", metavar="SOURCE", help="Where orders are read back, as for certify.")
@click.option("--config", metavar="FILE", help="The configuration; default: hookassay.toml where it exists.")
@click.option("--header", multiple=True, metavar="'NAME: VALUE'", help="Sent with every delivery; repeatable.")
@click.option("--orders-header", multiple=True, metavar="'NAME: VALUE'", help="Sent to the order URL only; repeatable.")
@click.option("--settle", metavar="SECONDS", help="How long to wait before orders are read; default: as in the run.")
@click.option("--timeout", metavar="SECONDS", help="For one delivery; default 10.")
@click.option("--rate", metavar="N", help="At most N deliveries per second.")
@click.option("--cacert", metavar="FILE", help="Certificate authorities for the endpoint, as PEM.")
@click.option("--times", default=1, type=click.IntRange(1), help="How often, each time about new purchases; default 1.")
@click.option("--yes", is_flag=True, help="Send to another machine without asking.")
def replay(path: str, url: str | None, config: str | None, times: int, **options: Any) -> None:
    """Deliver again what certify recorded of a failed clause, and show how the order reads then.

    PATH is a recording, or a folder of them: hookassay-report/repro/OO-01. The deliveries are the same in the same
    order, signed afresh and about new purchases. URL is where to; default: where they were recorded.
    """
    from ..judging.recording import recorded
    from ..judging.replay import Replay
    from ..judging.run import Run, Unheard
    from ..report.replayed import print_replay

    recordings = recorded(Path(path))
    settings = configuration.load(Path(config) if config else None, os.environ, stdin=sys.stdin, url=url, **options)
    if settings.endpoint.url is None or settings.endpoint.app is not None:
        if HIDDEN in recordings[0].url:
            raise UsageError(f"The recorded URL holds a secret that was not kept ({recordings[0].url}). Name the URL.")
        settings = replace(settings, endpoint=replace(settings.endpoint, url=recordings[0].url, app=None))
    endpoint = configuration.endpoint(settings)
    amount = sum(len(recording.deliveries) for recording in recordings) * times
    if not (endpoint.loopback or settings.run.yes or agreed(endpoint, f"about {amount} deliveries")):
        sys.exit(3)
    redactor = Redactor(secrets_of(settings))
    console = the_console()
    answered = False
    try:
        with Run(settings, endpoint, Contract.load(), redactor, Unheard()).instruments() as bench:
            replays = Replay(bench)
            for place, recording in enumerate(recordings):
                rounds = [replays.run(recording, secrets.token_hex(len(recording.run) // 2)) for _ in range(times)]
                answered = answered or any(one.answered for one in rounds)
                if place:
                    console.print()
                print_replay(console, redactor, recording, rounds)
    except HarnessError as error:
        raise NotJudged(redactor.clean(str(error))) from None
    sys.exit(0 if answered else 3)
