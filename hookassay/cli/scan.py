"""`hookassay scan`: read a source for what no request can show."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .console import console
from .group import main

SCAN_EXIT_CODES = """\b
Exit codes:
  0  nothing that fails the scan
  1  a finding as severe as --fail-on, or one that aborts whatever --fail-on says
  2  wrong usage or configuration"""


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
    from ..inspection import inspect
    from ..report import sarif as sarif_file
    from ..report import scan_document
    from ..report.annotations import commands
    from ..report.document import save
    from ..report.findings import FindingsReport

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
        FindingsReport(console(), curtain).whole(found, fail_on, written)
    for command in commands(found, curtain) if github else ():
        click.echo(command)
    sys.exit(found.fails(fail_on))
