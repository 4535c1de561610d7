"""What a report for a person is printed on: lines and paragraphs, fit for this terminal and without secrets."""

from __future__ import annotations

import re
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from ..redaction import Redactor

TIMES = "\N{MULTIPLICATION SIGN}"

WIDEST = 100
"""Columns at most, however wide the terminal is."""

# What stands in for our own signs where the terminal's encoding lacks them.
_ASCII = str.maketrans(
    {"✔": "+", "✘": "X", "○": "o", "·": "-", "│": "|", "…": "...", TIMES: "x", "→": "->", "“": '"', "”": '"'}
)

# Foreign text must not steer the terminal: control characters, text direction, lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Mark(NamedTuple):
    """How a status is shown: by a sign, for not everybody sees colours, in a colour, and in words once."""

    sign: str
    style: str
    words: str


class Paper:
    """Prints lines and paragraphs; whatever is printed was redacted first."""

    def __init__(self, console: Console, redactor: Redactor) -> None:
        """Print on `console` what `redactor` lets through."""
        self._console = console
        self._redactor = redactor
        self._begun = False

    @property
    def width(self) -> int:
        """The columns that are printed on."""
        return min(self._console.width, WIDEST)

    def paragraph(
        self,
        label: str,
        text: str,
        *,
        indent: int = 2,
        width: int = 10,
        hang: int = 0,
        style: str = "bold",
        wrap: bool = True,
    ) -> None:
        """A label `width` wide and the text beside it, wrapped under itself; what is to be copied is not wrapped."""
        text = self._printable(text).strip()
        if not text:
            return
        margin = indent + width
        room = self.width - margin - hang
        lines = [line.plain.rstrip() for line in Text(text).wrap(self._console, max(room, 20))] if wrap else [text]
        for place, line in enumerate(lines):
            if place:
                self.line(" " * (margin + hang), line)
            else:
                self.line(" " * indent, (f"{self._printable(label):{width}}", style), line)

    def line(self, *pieces: str | tuple[str, str]) -> None:
        """One line, each piece plain or with a style, or an empty one between others; the only way to the console."""
        if not pieces and not self._begun:
            return
        self._begun = True
        line = Text()
        for piece in pieces:
            text, style = (piece, "") if isinstance(piece, str) else piece
            line.append(self._printable(text), style)
        line.rstrip()
        self._console.print(line, soft_wrap=True)

    def _printable(self, text: str) -> str:
        """`text` without secrets and without what this terminal could not, or should not, be sent."""
        text = harmless(self._redactor.clean(text).expandtabs(4))
        try:
            text.encode(self._console.encoding)
        except UnicodeEncodeError:
            encoding = self._console.encoding
            return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
        return text


def harmless(text: str) -> str:
    """`text` with one sign in place of each character that would steer a terminal; tabs and line feeds stay."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def many(count: int, one: str, more: str = "") -> str:
    """`1 purchase`, `2 purchases`."""
    return f"{count} {one if count == 1 else more or one + 's'}"
