"""What a storm came to, as every report of it consumes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from .forecast import Forecast
from .proof import Wrong
from .tally import Tally

CONVERGED = "converged"
NOT_CONVERGED = "not converged"
NOT_JUDGED = "not judged"

EXIT_CODES: Mapping[str, int] = MappingProxyType({CONVERGED: 0, NOT_CONVERGED: 1, NOT_JUDGED: 3})

MOST_WRONG = 50
"""Purchases that are told of one by one."""


@dataclass(frozen=True)
class Load:
    """How the load was made, and what became of it.

    Attributes:
        forecast: What was to come.
        tally: What was answered.
        connections: How many deliveries were under way at the same time at the most.
        rate: The most deliveries per second; None was as fast as answers came.
        by: What delivered, such as `uvloop`.
        given_up: Type of event → how many deliveries were not acknowledged in the end.
        silenced: Whether it ended early, because nothing was acknowledged any more.
    """

    forecast: Forecast
    tally: Tally
    connections: int
    rate: float | None
    by: str
    given_up: Counter[str] = field(default_factory=Counter)
    silenced: bool = False


@dataclass(frozen=True)
class Result:
    """One storm.

    Attributes:
        url: Where deliveries went.
        orders: The order reader's kind, None without one.
        source: Where orders were read, redacted.
        verdict: One of the three verdicts.
        load: How it was made.
        preflight: What was found before it, a line each.
        claimed: How many purchases there are about which something was acknowledged.
        unclaimed: How many events were never acknowledged, so that nothing is claimed about them.
        wrong: The first purchases that did not converge.
        wrong_count: How many did not.
        notes: What else there is to say, a sentence each.
        problem: Why nothing was proved; empty otherwise.
        proof_seconds: How long it took to read the orders back.
    """

    url: str
    orders: str | None
    source: str
    verdict: str
    load: Load
    preflight: tuple[str, ...] = ()
    claimed: int = 0
    unclaimed: int = 0
    wrong: tuple[Wrong, ...] = ()
    wrong_count: int = 0
    notes: tuple[str, ...] = ()
    problem: str = ""
    proof_seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """What the command ends with."""
        return EXIT_CODES[self.verdict]

    @property
    def began(self) -> datetime:
        """When the load began, in UTC."""
        return datetime.fromtimestamp(self.load.tally.began, UTC)

    @property
    def per_second(self) -> float:
        """Deliveries per second, those sent anew included."""
        return self.load.tally.deliveries / self.load.tally.seconds

    @property
    def lead(self) -> str:
        """What the verdict means, in a sentence."""
        if self.verdict == NOT_CONVERGED:
            return (
                f"{self.wrong_count:,} of {self.claimed:,} purchases did not end as their acknowledged events "
                "determine."
            )
        if self.verdict == NOT_JUDGED:
            return f"Nothing is proved about the orders. {self.problem}"
        return f"Every acknowledged event of {self.claimed:,} purchases is in its order, and nothing is there twice."
