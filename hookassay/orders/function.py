"""Orders read back by a function of the user's own, in this process: what a team's own tests know best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..config import OrdersSettings
from ..errors import HarnessError, NotJudged
from ..foreign import told
from .document import RowFinder
from .reader import NOBODY, Row


class FunctionReader:
    """Calls a function with the session id; it gives a list of orders, one order, or None.

    An order is a mapping by the columns' names (`[orders.columns]`), as in a JSON answer.
    """

    kind = "function"
    overhead = 0.0

    def __init__(self, settings: OrdersSettings, function: Callable[[str], Any]) -> None:
        """Prepare to call `function`.

        Raises:
            UsageError: an expression of the settings is wrong.
        """
        self._function = function
        self._finder = RowFinder(settings, many=True)

    @property
    def many(self) -> bool:
        """Whether several orders of one session would be seen: as declared, else unless it gives single orders."""
        return self._finder.many

    def check(self) -> None:
        """Ask for a session that no shop has.

        Raises:
            NotJudged: the function fails.
        """
        try:
            self.read(NOBODY)
        except HarnessError as error:
            raise NotJudged(f"{error} Asked for a session that has no order, it must give None or [].") from error

    def read(self, session_id: str) -> Sequence[Row]:
        """Every order of `session_id`.

        Raises:
            NotJudged: what it gives are no mappings, or lack the columns that clauses look at.
            HarnessError: it raises an exception.
        """
        try:
            found = self._function(session_id)
        except Exception as error:
            raise HarnessError(f"The function that reads orders failed: {told(error)}.") from error
        if isinstance(found, (tuple, set, frozenset)):
            found = list(found)
        return self._finder.rows(found, "the function that reads orders")

    def close(self) -> None:
        """Nothing is held between readings."""
