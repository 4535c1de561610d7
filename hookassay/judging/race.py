"""Races: copies of an event, or events of a purchase, that reach the endpoint at the same instant, round after round.

A race only shows where the attempts really overlap, so a round counts only if at least two of them overlapped on the
wire (two different ones, where different ones race) and two were acknowledged, after retries. Sizes and holds vary from
round to round, because what makes a window visible differs between servers; each round has a purchase of its own on
fresh connections, and the first doubled order ends the race. Rounds are read again when all have run, so that a slow
endpoint is waited for once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

from ..errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from ..orders.book import Orders, describe
from ..sender.event import Event
from ..sender.story import Story
from ..wire.connection import Connection, unanswered
from .course import HEADLINES
from .crowd import late, wrong_for_good
from .expectation import Expectation
from .lifecycle import ONE_ORDER, Outcome, heard, outcome
from .scene import Role, Scene
from .watch import Check

ROUNDS_NEAR = 10
# Behind a proxy or on another machine copies spread, so that the same confidence takes twice the rounds.
ROUNDS_FAR = 20
SIZES = (8, 4, 16, 2)
SHORTEST_HOLD = 0.002
# In every third round, so that each size gets it: for servers that read the body only after they have found a worker.
LONG_HOLD = 0.025
# Seconds. Where effects take longer, each round lengthens a queue, and is one of fewer.
SLOW = 0.1
RACED = "checkout.session.completed"

DOUBT = 0.05
"""How probable it is that a race as frequent as the report says was missed in all rounds."""


@dataclass(frozen=True)
class Contest:
    """What arrives together in each round of a race.

    Attributes:
        facts: What happens, in the order in which it does.
        raced: The types of the events that arrive together, the telling ones first.
        before: How many of the facts are delivered before the volley.
        rounds: How many times as many rounds as copies of one event need.
        unique: Whether nothing is seen where a second order is not.
    """

    facts: tuple[str, ...]
    raced: tuple[str, ...]
    before: int = 0
    rounds: int = 2
    unique: bool = False


CONTESTS = {
    "copies of one completed checkout": Contest(("the payment",), (RACED,), rounds=1, unique=True),
    "a payment and its full refund": Contest(
        ("the payment", "a full refund"), (RACED, "charge.refunded", "refund.created")
    ),
    "a dispute's opening and its closing as won": Contest(
        ("the payment", "a dispute", "the dispute's closing as won"),
        ("charge.dispute.created", "charge.dispute.closed"),
        before=1,
    ),
    "a dispute's opening and its closing as lost": Contest(
        ("the payment", "a dispute", "the dispute's closing as lost"),
        ("charge.dispute.created", "charge.dispute.closed"),
        before=1,
    ),
    "two reports of one payment": Contest(
        ("the payment", "the delayed payment's success"),
        (RACED, "checkout.session.async_payment_succeeded"),
        rounds=3,
        unique=True,
    ),
    "copies of both reports of a refund of 600": Contest(
        ("the payment", "a refund of 600"), ("charge.refunded", "refund.created"), before=1
    ),
}
"""What a feature calls it → what arrives together."""


class Plan(NamedTuple):
    """How one round goes.

    Attributes:
        before: The events delivered before the volley.
        raced: The different events of the volley.
        after: The events delivered behind it.
    """

    before: tuple[Event, ...]
    raced: tuple[Event, ...]
    after: tuple[Event, ...] = ()


class Round:
    """One round of a race.

    Attributes:
        role: The purchase.
        couriers: Who delivers and retries: one courier.
        spread: Seconds between the first and the last of the last bytes.
    """

    def __init__(self, scene: Scene, expected: Outcome, role: Role, plan: Plan, copies: int) -> None:
        """Prepare a round of so many copies of each event that races; nothing is delivered yet."""
        self.role = role
        self.couriers = [scene.bench.courier()]
        self.spread = 0.0
        self._scene = scene
        self._expected = expected
        self._plan = plan
        self._copies = copies
        self._overlapped = 0

    def run(self, hold: float, *, turned: bool = False) -> None:
        """Deliver what comes before, fire the volley, and deliver the rest.

        Args:
            hold: Seconds between the last-but-one bytes of the volley and the last; 0 delivers one after another.
            turned: Whether what is named last leaves first.
        """
        (courier,) = self.couriers
        about, dispatch = self.role.purchase.session_id, self._scene.bench.dispatch
        courier.deliver(about, self._plan.before)
        if not hold:
            courier.deliver(about, self._plan.raced)
        else:
            raced = self._plan.raced[::-1] if turned else self._plan.raced
            parcels = [dispatch.parcel(about, event) for event in raced] * self._copies
            volley = dispatch.fire(parcels, hold)
            for parcel, answer in zip(parcels, volley.answers, strict=True):
                courier.adopt(parcel, answer)
            self.spread = volley.spread
            together = volley.under_way
            different = len({parcels[place].event_id for place in together})
            self._overlapped = different if len(self._plan.raced) > 1 else len(together)
        courier.deliver(about, self._plan.after)

    @property
    def counts(self) -> bool:
        """Whether at least two attempts overlapped, and two were acknowledged."""
        (courier,) = self.couriers
        waiting = sum(courier.waiting(event.id) for event in self._plan.raced)
        return self._overlapped >= 2 and len(self._plan.raced) * self._copies - waiting >= 2

    @property
    def orders(self) -> Orders:
        """The orders as they read now."""
        return self._scene.orders(self.role)

    @property
    def timeline(self) -> str:
        """What was delivered: `checkout.session.completed → charge.dispute.created ∥ charge.dispute.closed`."""
        raced = [event.type for event in self._plan.raced]
        if len(raced) == 1:
            raced *= min(self._copies, 2)
            more = self._copies - 2
        else:
            more = len(raced) * (self._copies - 1)
        volley = " ∥ ".join(raced) + (f" ∥ {more} more copies" if more > 0 else "")
        names = [event.type for event in self._plan.before], [event.type for event in self._plan.after]
        return " → ".join((*names[0], volley, *names[1]))

    def wrong(self) -> tuple[str, str] | None:
        """What is expected of the order and how it reads; None where it reads as it must."""
        found = self._expected.wrong(self.orders)
        effects = self._scene.bench.effects
        if found is None and effects is not None:
            count = effects(self.role.purchase.placeholders())
            if count > 1:
                return "exactly one effect ([effects] count)", f"{count} effects"
        return found


class Race:
    """Rounds of one contest."""

    def __init__(self, scene: Scene, contest: str = "copies of one completed checkout") -> None:
        """Race on `scene`'s stage what a feature calls `contest`."""
        self._scene = scene
        self._contest = CONTESTS[contest]
        self._bench = scene.bench
        self._facts: tuple[str, ...] = ()
        self._raced: tuple[str, ...] = ()
        self._rounds: list[Round] = []
        self._violation: ContractViolation | None = None

    def run(self) -> None:
        """Run the rounds, until one doubled its order.

        Raises:
            NotApplicable: the endpoint is not subscribed to the events.
            NotTestable: a doubled order would not be seen.
        """
        self._choose()
        if self._contest.unique:
            Expectation(self._scene).require_uniqueness()
        hold = max(SHORTEST_HOLD, self._round_trip())
        rounds = ROUNDS_NEAR if self._bench.endpoint.loopback else ROUNDS_FAR
        if self._bench.settling.slowest < SLOW:
            rounds *= self._contest.rounds
        for number in range(rounds):
            copies = max(1, SIZES[number % len(SIZES)] // len(self._raced))
            one = self._round(f"round {number + 1}", copies)
            self._rounds.append(one)
            one.run(LONG_HOLD if number % 3 == 2 else hold, turned=number % 2 == 1)
            if len(one.orders) > 1:
                break
        late(self._bench, self._rounds)
        wrong = wrong_for_good(self._bench, self._rounds)
        if wrong:
            self._violation = self._smallest(hold) or self._told(wrong[0])

    def ends_right(self) -> None:
        """Expect every round to end as its facts say, with exactly one order, now and when the run ends.

        Raises:
            ContractViolation: a round ended otherwise.
            NotTestable: no round counted.
        """
        if self._violation:
            raise self._violation
        counted = sum(one.counts for one in self._rounds)
        if not counted:
            raise NotTestable(
                f"none of {len(self._rounds)} rounds had two overlapping deliveries that were acknowledged: no race was"
                " run"
            )
        slowest = max(one.spread for one in self._rounds)
        share = 1 - DOUBT ** (1 / counted)
        done = "doubled an order" if self._contest.unique else "lost or doubled anything"
        self._scene.record.note(
            f"0 of {counted} rounds {done} (last bytes within {slowest * 1000:.1f} ms): with {1 - DOUBT:.0%} confidence"
            f" fewer than {share:.0%} of such volleys do"
        )
        for one in self._rounds:
            self._scene.watch(one.role, self._check(one))

    # --- a round ------------------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        """What happens and what races, as far as the endpoint is subscribed to it.

        Raises:
            NotApplicable: it is not, to what the race is about.
        """
        contest = self._contest
        self._facts = heard(contest.facts, self._bench.settings.endpoint.events)
        story, courier = Story(self._bench.shop.new()), self._bench.courier()
        sent = {event.type for fact in self._facts for event in story.tell(fact) if courier.subscribed(event)}
        self._raced = tuple(name for name in contest.raced if name in sent)
        if self._facts != contest.facts or len(self._raced) < min(2, len(contest.raced)):
            raise NotApplicable(f"not subscribed to {' and '.join(contest.raced[:2])}")

    def _round(self, name: str, copies: int, *, smallest: bool = False) -> Round:
        """A round with a purchase of its own; the `smallest` is of two deliveries and nothing but what they take."""
        role = self._scene.cast(name)
        bundles = [self._scene.subscribed(role.story.tell(fact)) for fact in self._facts]
        before = [event for bundle in bundles[: self._contest.before] for event in bundle]
        others = [event for bundle in bundles[self._contest.before :] for event in bundle]
        names = self._raced[:2] if smallest else self._raced
        raced = [next(event for event in others if event.type == name) for name in names]
        after = [event for event in others if event.type not in names]
        if smallest:
            before = [event for event in before if event.type in HEADLINES][-1:]
            after = []
        expected = outcome(self._facts, one_column=self._bench.settings.orders.one_column)
        plan = Plan(tuple(before), tuple(raced), tuple(after))
        return Round(self._scene, expected, role, plan, copies)

    def _smallest(self, hold: float) -> ContractViolation | None:
        """The violation by two deliveries that arrive together, where nothing else is needed to see it."""
        copies = 1 if len(self._raced) > 1 else 2
        self._scene.record.forget()  # what is shown as sent is what fails
        rounds = [
            self._round(f"smallest round {number + 1}", copies, smallest=True) for number in range(2 * ROUNDS_NEAR)
        ]
        in_turn = self._round("in turn", copies, smallest=True)
        in_turn.run(0.0)
        for number, one in enumerate(rounds):
            one.run(LONG_HOLD if number % 3 == 2 else hold, turned=number % 2 == 1)
        wrong = wrong_for_good(self._bench, [in_turn, *rounds])
        # Less than Stripe sends may be less than this endpoint needs: one after the other it must be enough.
        if not wrong or in_turn in wrong:
            return None
        return self._told(wrong[0])

    def _told(self, one: Round) -> ContractViolation:
        """What went wrong in a round; what is shown as sent is the round."""
        record, session_id = self._scene.record, one.role.purchase.session_id
        if any(sent.purchase == session_id for sent in record.deliveries):
            record.keep_only([session_id])
        expected, seen = one.wrong() or (ONE_ORDER, describe(one.orders))
        return ContractViolation(expected, seen, timeline=one.timeline)

    def _check(self, one: Round) -> Check:
        def check() -> None:
            found = one.wrong()
            if found:
                raise ContractViolation(*found, timeline=one.timeline)

        return check

    def _round_trip(self) -> float:
        """Seconds that one connection to the endpoint takes to open.

        Raises:
            HarnessError: it cannot be opened.
        """
        endpoint = self._bench.endpoint
        began = time.monotonic()
        try:
            with Connection(endpoint):
                return time.monotonic() - began
        except OSError as error:
            problem = unanswered(error, endpoint.timeout, 0.0).problem
            raise HarnessError(f"no race could be run, for the endpoint cannot be reached: {problem}") from None
