"""`hookassay init`: write a hookassay.toml, and try it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..redaction import Redactor
from .console import console
from .group import main
from .secret import secrets_of

INIT_EXIT_CODES = """\b
Exit codes:
  0  the endpoint can be judged, or does not run yet
  2  wrong usage, or a hookassay.toml that is wrong or there already
  3  the endpoint runs and cannot be judged"""


@main.command(epilog=INIT_EXIT_CODES)
@click.argument("path", default=".")
@click.option("--url", metavar="URL", help="The webhook URL; default: what the code and its .env file say.")
@click.option(
    "--yes",
    is_flag=True,
    help="Ask nothing: take each guess, and mark what is not sure; with --check, send to another machine.",
)
@click.option("--force", is_flag=True, help="Write hookassay.toml anew where it exists.")
@click.option("--check", is_flag=True, help="Write nothing: try the hookassay.toml that is there.")
def init(path: str, url: str | None, yes: bool, force: bool, check: bool) -> None:
    """Write the hookassay.toml of the shop at PATH (default: here), and try it.

    Its code, its .env file and its database are read, and nothing of it is run. What cannot be seen is asked. Then the
    first deliveries of a run are made, to say whether the endpoint can be judged.
    """
    from ..init.setup import Setup

    setup = Setup(Path(path), console())
    if not check:
        if not force:
            setup.refuse_to_overwrite()
        asks = not yes and sys.stdin.isatty()
        setup.write((lambda text, default: click.prompt(text, default=default)) if asks else None, url)
        if missing := setup.missing():
            setup.advise(missing)
            return
    sys.exit(setup.check(lambda more: lambda settings: Redactor([*secrets_of(settings), *more]), yes=yes and check))
