"""A run of scenarios that are Python functions in place of features, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from results import CONTRACT

from hookassay.config import FaultsSettings, Settings
from hookassay.endpoint import Endpoint, Secret
from hookassay.faults import declared
from hookassay.judging.contract import Contract
from hookassay.judging.journal import Journal
from hookassay.judging.performance import Performance, perform
from hookassay.judging.watch import Watchlist
from hookassay.judging.workers import Workers
from hookassay.orders.settling import Settling

PREAMBLE = """
from hookassay.errors import *

def clause(clause_id):
    def tag(function):
        function.contract_tags = {clause_id, "MUST"}
        return function
    return tag

"""


def contract(phases: dict[str, str] | None = None, depends: dict[str, tuple[str, ...]] | None = None) -> Contract:
    """The eight clauses of `results`, in other phases and with dependencies."""
    return replace(
        CONTRACT,
        clauses=tuple(
            replace(
                clause,
                phase=(phases or {}).get(clause.id, "positive"),
                depends=(depends or {}).get(clause.id, ()),
            )
            for clause in CONTRACT.clauses
        ),
    )


@dataclass
class Stage:
    """A folder with a test module in place of the features, and what came of running it.

    Attributes:
        performance: The run.
        complaint: What pytest complained about.
        barriers: After how many scenarios a barrier was put.
        progress: What was told of each scenario's end.
    """

    folder: Path
    performance: Performance = field(init=False)
    complaint: str = ""
    barriers: list[int] = field(default_factory=list)
    progress: list[tuple[int, int, str]] = field(default_factory=list)

    def run(
        self,
        source: str,
        the_contract: Contract = CONTRACT,
        only: tuple[str, ...] = (),
        *,
        workers: int = 1,
        faults: FaultsSettings | None = None,
        **options: Any,
    ) -> Journal:
        """Run the scenarios in `source`, tagged by `@clause`, with so many workers; the journal of it."""
        (self.folder / "test_contract.py").write_text(PREAMBLE + source, encoding="utf-8")
        journal = Journal()
        bench: Any = SimpleNamespace(
            journal=journal,
            courier=lambda **_: None,
            settle_watches=lambda: self.barriers.append(len(journal.scenarios)),
            settings=Settings(faults=faults or FaultsSettings()),
            faults=declared(Settings(faults=faults or FaultsSettings()), Endpoint("http://127.0.0.1/", Secret("x"))),
            harmed_by="",
            watchlist=Watchlist(),
            settling=Settling(),
            dispatch=SimpleNamespace(share=lambda of: None),
            rest=lambda: None,
            join=lambda number, crowd: journal.hand_over() if number else None,
        )
        judging = {clause.id: clause for clause in the_contract if not only or clause.id in only}
        self.performance = Performance(the_contract, judging, bench, lambda *told: self.progress.append(told))
        with Workers(self.performance, workers) as crew:
            self.complaint = perform(self.performance, crew, **options)
            if self.performance.problem is None and not self.performance.interrupted:
                crew.end()
        return journal
