"""What the command line prints on, and how it says what is wrong."""

from __future__ import annotations

import os
import sys

from rich.console import Console

from ..redaction import Redactor


def console() -> Console:
    """Standard output, for what a command has found."""
    return Console(file=sys.stdout, highlight=False, markup=False, soft_wrap=False)


def live(console: Console) -> bool:
    """Whether a line of progress may change: where a person looks on, and no log is kept (`CI`)."""
    watched = console.file.isatty() and console.is_terminal and not console.is_dumb_terminal
    return watched and os.environ.get("CI", "").lower() in ("", "0", "false")


def complain(message: str) -> None:
    """Say on standard error what is wrong, without what looks like a secret."""
    Console(stderr=True, soft_wrap=True, highlight=False, markup=False).print(f"Error: {Redactor().clean(message)}")
