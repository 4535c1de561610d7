"""How long somebody who leaves us without an answer is waited for, in one run.

A single wait is bounded by the timeout. A run is thousands of them: an endpoint that hangs would be waited for until
the next day, and what was found until then would be told by nobody.
"""

from __future__ import annotations

import threading

AT_FIRST = 3
"""Timeouts that are waited for where nothing was answered yet."""

IN_A_ROW = 6
"""Timeouts that are waited for after that, without an answer in between."""

ROW = 60.0
"""Seconds that both may take at most; with long timeouts they are fewer, but never less than one."""

IN_VAIN = 600.0
"""Seconds that one run waits in vain in all."""

GONE = 12
"""Connections that are refused in a row before it is asked whether anybody is there."""


class Patience:
    """What is left of the patience with one who is asked again and again; safe to use from several threads.

    Attributes:
        answers: How many answers have come.
        row: Seconds waited in vain since the last one.
        refused: Connections refused since the last one.
        in_vain: Seconds waited in vain since the run began.
    """

    def __init__(self, timeout: float) -> None:
        """Begin with all of it; `timeout` in seconds is how long a single wait may take."""
        self._timeout = timeout
        self._lock = threading.Lock()
        self.answers = 0
        self.row = 0.0
        self.refused = 0
        self.in_vain = 0.0

    def answered(self, number: int = 1) -> None:
        """Take note of answers, whatever they say."""
        with self._lock:
            self.answers += number
        self.forgive()

    def forgive(self) -> None:
        """Begin a new row; what was waited in all stays."""
        self.row = 0.0
        self.refused = 0

    def waited(self, seconds: float) -> None:
        """Take note of a wait in vain."""
        with self._lock:
            self.row += seconds
            self.in_vain += seconds

    def turned_away(self) -> None:
        """Take note of a connection that was refused at once."""
        with self._lock:
            self.refused += 1

    @property
    def doubtful(self) -> bool:
        """Whether so many waits in a row were in vain that nothing more can be expected."""
        timeouts = IN_A_ROW if self.answers else AT_FIRST
        # A wait may end a moment before its time.
        return self.row >= 0.95 * max(min(timeouts * self._timeout, ROW), self._timeout) or self.refused >= GONE

    @property
    def spent(self) -> bool:
        """Whether the run has waited for as long as any run may."""
        return self.in_vain >= IN_VAIN
