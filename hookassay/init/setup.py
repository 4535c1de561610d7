"""Setting up: look, ask, write the file, and try it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console

from .. import configuration
from ..config import Settings
from ..configuration.file import DEFAULT_NAME, read
from ..errors import UsageError
from ..redaction import SHORTEST, Redactor
from ..report.paper import Paper
from ..scan import survey as scan
from ..scan.checks import names
from . import address, document, starting, variables
from .draft import NOT_SEEN, SEEN, Draft, draft
from .handler import find as find_handler
from .interview import Interview, Prompt
from .rehearsal import Rehearsal


class Setup:
    """Sets up hookassay for the shop in one folder."""

    def __init__(self, root: Path, console: Console) -> None:
        """Look at what is below `root`.

        Raises:
            UsageError: it is no folder, or cannot be read.
        """
        if root.exists() and not root.is_dir():
            raise UsageError(f"{root} is a file. Name the folder of the shop, in which {DEFAULT_NAME} belongs.")
        self._console = console
        self._folder = root
        self.file = root / DEFAULT_NAME
        self._survey = scan.survey(root)
        self._variables = variables.read(self._survey)
        self._environment = {**self._variables.values, **os.environ}

    def refuse_to_overwrite(self) -> None:
        """Refuse where the file is there already.

        Raises:
            UsageError: it is.
        """
        if self.file.exists():
            raise UsageError(
                f"{self.file} is there already, and was left as it is. Try it with {self.again()}, or write it anew "
                "with --force."
            )

    def write(self, prompt: Prompt | None, url: str | None = None) -> None:
        """Look, ask, and write the file.

        Args:
            prompt: Asks a person; None takes the guesses.
            url: The webhook URL, where it was named.

        Raises:
            UsageError: `url` is none, or the file cannot be written.
        """
        configuration.overlay(Settings(), url=url)
        paper = Paper(self._console, self._redactor())
        interview = Interview(prompt, lambda line: paper.line(line))

        def tell(line: str, sign: str) -> None:
            paper.paragraph(sign, line, indent=0, width=2, style="green" if sign == SEEN else "yellow")

        made = draft(self._survey, interview, self._environment, url, tell)
        if interview.asked:
            paper.line()
        try:
            self.file.write_text(document.text(made), encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"{self.file} cannot be written ({error.strerror}). Name a folder that can: hookassay init PATH."
            ) from None
        paper.paragraph(SEEN, f"written: {self.file}", indent=0, width=2, style="green", wrap=False)
        self._doubts(paper, made)
        paper.line()

    def missing(self) -> list[str]:
        """The variables that the file names and nobody has set."""
        return [name for name in self._named() if name not in self._environment]

    def advise(self, missing: list[str]) -> None:
        """Say what is to be done before the file can be tried."""
        paper = Paper(self._console, self._redactor())
        names, are = " and ".join(missing), "are" if len(missing) > 1 else "is"
        paper.paragraph("Not tried yet:", f"{names} {are} set nowhere.", indent=0, width=15)
        them = "them" if len(missing) > 1 else "it"
        paper.paragraph(
            "Next:", f"set {them}, in the shell or in .env, start the shop, then: {self.again()}", indent=0, width=15
        )

    def check(self, redactor: Callable[[Iterable[str]], Callable[[Settings], Redactor]], *, yes: bool) -> int:
        """Try the file as it is, by the preflight; the exit code.

        Args:
            redactor: Knows the secrets of settings, beside those that it is given.
            yes: Whether to send to another machine.

        Raises:
            UsageError: the file is wrong.
        """
        if not self.file.exists():
            raise UsageError(f"There is no {self.file} to try. Write it with hookassay init.")
        settings = configuration.load(self.file, self._environment)
        rehearsal = Rehearsal(settings, redactor(self._secrets())(settings), self._console)
        framework = address.framework(find_handler(self._survey), self._survey)
        start = starting.command(self._survey, framework, settings.endpoint.url or "http://localhost:4242")
        return rehearsal.perform(self.again(), start, self._judge(), consents=yes)

    def again(self) -> str:
        """The command that tries the file once more."""
        return "hookassay init --check" if self._here else f"hookassay init {self._folder} --check"

    def _judge(self) -> str:
        """The command that judges the endpoint with the file."""
        command = "hookassay certify" if self._here else f"hookassay certify --config {self.file}"
        own = self._variables.file
        unset = [name for name in self._named() if name not in os.environ]
        return f"set -a; . {self._folder / own}; set +a; {command}" if own and unset else command

    def _named(self) -> list[str]:
        """The variables that the file names."""
        return list(dict.fromkeys(re.findall(r"(?<!\$)\$\{(\w+)\}", json.dumps(read(self.file), default=str))))

    @property
    def _here(self) -> bool:
        return self._folder.resolve() == Path.cwd()

    def _doubts(self, paper: Paper, made: Draft) -> None:
        doubts = made.unsure()
        if not doubts:
            return
        paper.line()
        paper.line("Not sure, and marked so in the file:")
        for table, key, guess in doubts:
            paper.paragraph(NOT_SEEN, f"[{table}] {key}: {guess.why}", indent=0, width=2, style="yellow")

    def _redactor(self) -> Redactor:
        return Redactor(self._secrets())

    def _secrets(self) -> list[str]:
        """The values of the shop's own .env files that nobody may be shown."""
        return [
            value
            for name, value in self._variables.values.items()
            if len(value) >= 2 * SHORTEST and (names.secret(name) or re.search("SECRET|TOKEN|PASS", name))
        ]
