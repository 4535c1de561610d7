"""The proof: every order is read back, and must read as the acknowledged events determine; nothing may be there twice.

What was never acknowledged makes no claim: it may have been applied, or not. An event type that the endpoint never
acknowledged is taken for one that it does not handle.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from ..judging.bench import Bench
from ..judging.course import AS_ANOTHER, UNCHANGED
from ..judging.crowd import in_lanes
from ..judging.lifecycle import Outcome, outcome, without_orphans
from ..orders.book import Orders, describe
from ..sender import money
from .receipts import Receipts
from .script import Repertoire, Script

LANES = 8
"""Orders that are read at the same time, where the source takes several readers well."""

CHUNK = 512

STUCK = 5.0
"""Seconds in which at least one order more must come right, as long as some are still wrong."""

Tell = Callable[[int], None]
"""Is told how many orders were read."""


@dataclass(frozen=True)
class Planned:
    """One delivery about a purchase, as it was drawn; what was sent anew is not repeated.

    Attributes:
        type: The event's type.
        how: Empty for a first delivery that left alone; else how it came again, and whether it left at once with the
            one before it.
        acknowledged: Whether its event was acknowledged, by this delivery or another.
    """

    type: str
    how: str
    acknowledged: bool


@dataclass(frozen=True)
class Wrong:
    """A purchase that did not end as it must.

    Attributes:
        place: Which one it is, from 0.
        session_id: The id of its Checkout Session.
        facts: What happened to it.
        expected: What its order must read.
        seen: What it reads.
        deliveries: What was delivered about it, in the order in which it left first.
    """

    place: int
    session_id: str
    facts: tuple[str, ...]
    expected: str
    seen: str
    deliveries: tuple[Planned, ...] = ()


class Proof:
    """Reads the orders of a storm back.

    Attributes:
        handled: The event types that the endpoint acknowledged at least once.
        claimed: How many purchases there are about which something was acknowledged.
        unclaimed: How many events were never acknowledged.
    """

    def __init__(self, bench: Bench, repertoire: Repertoire, receipts: Receipts) -> None:
        """Prove by these `receipts`, with the order reader of `bench`."""
        self._bench = bench
        self._repertoire = repertoire
        self._receipts = receipts
        self._outcomes: dict[tuple[int, frozenset[str]], list[Outcome]] = {}
        settings = bench.settings.orders
        self._one_column = settings.one_column
        self._minor = settings.money == "minor"
        self._shows_refunds = "amount_refunded" in settings.columns
        model = repertoire.purchase_at(0)
        self._amount, self._currency = model.amount, model.currency
        self.handled: frozenset[str] = frozenset()
        self.claimed = self.unclaimed = 0
        self._count()

    @property
    def sees_twice(self) -> bool:
        """Whether a second order or effect of a purchase would be seen."""
        return self._bench.book.many or self._bench.effects is not None

    def unconverged(self, tell: Tell | None = None) -> list[int]:
        """The places of the purchases that are wrong for good, when nothing is under way any more.

        Raises:
            HarnessError: the orders cannot be read, or it cannot be known whether something is still under way.
            NotJudged: the order source refuses us.
        """
        since = time.monotonic()
        wrong = self._wrong(range(len(self._receipts)), tell)
        if not wrong:
            return []
        # What is applied later than it is acknowledged comes right in time; as long as it does, it is waited for.
        patience = max(STUCK, self._bench.settling.window())
        better = time.monotonic()
        while wrong and time.monotonic() - better < patience:
            time.sleep(0.05)
            still = self._wrong(wrong)
            if len(still) < len(wrong):
                better = time.monotonic()
            wrong = still
        if wrong:
            self._bench.barrier(since)
            wrong = self._wrong(wrong)
        return wrong

    def explained(self, place: int) -> Wrong:
        """What is wrong with the purchase at this place, as it reads now."""
        script = self._repertoire.script(place)
        found = self._look(place) or ("what it reads by now", describe(self._orders(place)))
        deliveries = tuple(self._planned(place))
        return Wrong(place, self._repertoire.session_id(place), script.facts, *found, deliveries)

    def _planned(self, place: int) -> Iterator[Planned]:
        script, groups = self._repertoire.course(place)
        told: set[int] = set()
        for group in groups:
            for n, event in enumerate(group):
                again = AS_ANOTHER if event >= script.half else UNCHANGED if event in told else ""
                told.add(event)
                how = ", ".join(filter(None, (again, "at once" if n else "")))
                yield Planned(script.events[event][1], how, self._receipts.has(place, event))

    def _count(self) -> None:
        handled: set[str] = set()
        for place in range(len(self._receipts)):
            script = self._repertoire.script(place)
            types = {kind for _, kind in self._receipts.events(place, script)}
            handled |= types
            self.claimed += bool(types)
        self.handled = frozenset(handled)
        for place in range(len(self._receipts)):
            script = self._repertoire.script(place)
            self.unclaimed += script.half - len(set(self._receipts.events(place, script)))

    def _wrong(self, places: Sequence[int], tell: Tell | None = None) -> list[int]:
        found: list[int] = []

        def look(place: int) -> None:
            if self._look(place):
                found.append(place)

        lanes = 1 if self._bench.book.kind == "sqlite" else LANES
        for start in range(0, len(places), CHUNK):
            in_lanes(look, places[start : start + CHUNK], lanes)
            if tell is not None:
                tell(min(start + CHUNK, len(places)))
        return sorted(found)

    def _orders(self, place: int) -> Orders:
        return self._bench.book.of(self._repertoire.session_id(place))

    def _look(self, place: int) -> tuple[str, str] | None:
        """What is expected and what is seen instead; None where all is right."""
        script = self._repertoire.script(place)
        orders = self._orders(place)
        problem: tuple[str, str] | None = None
        for allowed in self._allowed(script, place):
            problem = allowed.wrong(orders, self._refunded(allowed.refunded))
            if problem is None:
                break
        if problem is None and self._bench.effects is not None:
            count = self._bench.effects(self._repertoire.purchase_at(place).placeholders())
            if count > 1:
                problem = "exactly one effect ([effects] count)", f"{count} effects"
        return problem

    def _allowed(self, script: Script, place: int) -> list[Outcome]:
        """What the order may read: with the facts that were acknowledged, and with or without each other one."""
        acknowledged = set(self._receipts.events(place, script))
        sure: set[str] = set()
        doubtful: set[str] = set()
        for fact in script.facts:
            told = [(of, kind) for of, kind in script.events[: script.half] if of == fact]
            handled = [event for event in told if event[1] in self.handled]
            (sure if handled and acknowledged.issuperset(handled) else doubtful).add(fact)
        key = id(script), frozenset(sure)
        if key not in self._outcomes:
            self._outcomes[key] = [
                outcome(without_orphans(facts), one_column=self._one_column)
                for facts in _with_some(script.facts, sure, doubtful)
            ]
        return self._outcomes[key]

    def _refunded(self, thousandths: int | None) -> Decimal | None:
        """What `amount_refunded` must show; None where it is not shown or not determined."""
        if thousandths is None or not self._shows_refunds:
            return None
        amount = money.chargeable(self._amount * thousandths // 1000, self._currency)
        return Decimal(amount) if self._minor else money.major(amount, self._currency)


def _with_some(facts: Sequence[str], sure: set[str], doubtful: set[str]) -> Iterator[list[str]]:
    """The facts with all, most, … and none of the doubtful ones, in the order in which they happened."""
    for count in range(len(doubtful), -1, -1):
        for some in combinations(sorted(doubtful), count):
            yield [fact for fact in facts if fact in sure or fact in some]
