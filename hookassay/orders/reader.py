"""The order reader: the promise every adapter keeps, one row as it was read, and the choice of an adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

Row = Mapping[str, Any]
"""One order as the source gave it, its keys the standard column names that `[orders.columns]` maps to."""

NOBODY = "cs_test_hookassay_nobody"
"""A session id that no shop has, for trying a source out."""


class OrderReader(Protocol):
    """Reads back the orders of one Checkout Session; safe to use from several threads.

    Attributes:
        kind: What reports call it: `sqlite`, `postgresql`, `mysql`, `http` or `command`.
        many: Whether several rows for one session would be seen; if not, uniqueness cannot be judged through rows.
            Unless it is declared, `http` and `command` know it only after their first answer.
        overhead: Seconds that one reading itself takes (a command's start-up), which is no settling time.
    """

    @property
    def kind(self) -> str: ...

    @property
    def many(self) -> bool: ...

    @property
    def overhead(self) -> float: ...

    def check(self) -> None:
        """Try the source out before judging.

        Raises:
            UsageError: the source cannot be opened, or lacks a table or column.
            NotJudged: the source refuses us (401, 403), redirects, or does not answer.
        """
        ...

    def read(self, session_id: str) -> Sequence[Row]:
        """Every row kept for `session_id`, none if there is none.

        Raises:
            UsageError: the source cannot be opened, or lacks a table or column (what `check` tells beforehand).
            NotJudged: the source refuses us, or can never answer.
            HarnessError: the source failed this time, after retries.
        """
        ...

    def close(self) -> None:
        """Give back what the reader holds."""
        ...


@runtime_checkable
class PubliclyAsked(Protocol):
    """A reader whose source anyone can reach, so that it matters whether it asks for credentials."""

    def is_public(self, session_id: str) -> bool:
        """Whether the order is shown without credentials.

        Raises:
            NotTestable: the credentials may be in the source's address.
        """
        ...

    def takes_any_credentials(self, session_id: str) -> bool:
        """Whether the order is shown with wrong credentials.

        Raises:
            NotApplicable: none are configured that could be wrong.
            NotTestable: the credentials may be in the source's address.
        """
        ...
