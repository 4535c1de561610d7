"""Orders read back by a program that prints them as JSON."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from ..config import OrdersSettings
from ..errors import HarnessError, NotJudged, UsageError
from .document import RowFinder, parsed
from .placeholders import SESSION_ID, check_braces
from .program import Program
from .reader import NOBODY, Row
from .source import Source


class CommandReader:
    """Reads `cmd:PROGRAM {session_id}`, which prints a JSON array of orders (or one object, or null).

    Attributes:
        overhead: The quickest run so far, in seconds: mostly the program's start-up, which is no settling time.
    """

    kind = "command"

    def __init__(self, settings: OrdersSettings, source: Source, folder: Path, timeout: float = 10.0) -> None:
        """Prepare to run the program in `folder`; it is not started yet. `timeout` in seconds bounds one run.

        Raises:
            UsageError: the command has no `{session_id}`, or an expression is wrong.
        """
        check_braces(source.location, "The order command", SESSION_ID)
        if "{session_id}" not in source.location:
            raise UsageError(
                "The order command must hold {session_id} where the Checkout Session's id belongs, as in "
                "cmd:./read-orders {session_id}."
            )
        self.overhead = 0.0
        self._program = Program(source.location, folder, timeout)
        self._finder = RowFinder(settings, many=True)

    @property
    def many(self) -> bool:
        """Whether several orders of one session would be seen: as declared, else unless it prints single objects."""
        return self._finder.many

    def check(self) -> None:
        """Ask for a session that no shop has.

        Raises:
            UsageError: there is no such program.
            NotJudged: it fails, or does not print JSON.
        """
        try:
            self.read(NOBODY)
        except HarnessError as error:
            raise NotJudged(
                f"{error} Asked for a session that has no order, it must print [] and exit with 0. "
                "Check --orders (or [orders] source in hookassay.toml)."
            ) from None

    def read(self, session_id: str) -> Sequence[Row]:
        """Every order of `session_id`.

        Raises:
            UsageError: there is no such program.
            NotJudged: what it prints lacks the columns that clauses look at.
            HarnessError: it fails, takes too long, or does not print JSON.
        """
        place = f"the program {self._program.name}"
        started = time.monotonic()
        output = self._program.run({"session_id": session_id})
        took = time.monotonic() - started
        self.overhead = min(self.overhead or took, took)
        return self._finder.rows(parsed(output, place), place)

    def close(self) -> None:
        """Nothing is held between readings."""
