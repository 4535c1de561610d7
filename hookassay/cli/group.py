"""The command that all others belong to."""

from __future__ import annotations

import sys
from typing import Any

import click

from .. import __version__
from ..errors import HookassayError
from .console import complain

EXIT_CODES = """\b
Exit codes:
  0  certified, or passed (partial)
  1  not certified
  2  wrong usage or configuration
  3  not judged: unreachable, preflight failed, interrupted, or an error of the harness"""


class _Group(click.Group):
    """Shows an error of ours as one message and exits with its code."""

    def main(self, *args: Any, **options: Any) -> Any:
        try:
            return super().main(*args, **options)
        except HookassayError as error:
            complain(str(error))
            sys.exit(error.exit_code)


@click.group(cls=_Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hookassay")
def main() -> None:
    """Prove from the outside that a Stripe webhook implementation is right."""
