"""Crashes: an endpoint that is struck at moments of a delivery, is there again, and is told anew what it did not take.

Each time events of a few purchases are under way at once, and the moments are swept: from before the last byte, over
the time that an undisturbed delivery takes, to behind the answer. Under way are the events that the endpoint cannot do
without; the others come before, as what one event loses another would bring. What the endpoint acknowledged is never
delivered again, as Stripe never does; the rest is, until it is acknowledged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence

from ..errors import ContractViolation, HarnessError, NotApplicable, NotTestable
from ..faults import BACK, Fault
from ..orders.book import describe
from ..sender.courier import RETRIES
from ..sender.dispatch import Parcel
from ..sender.event import Event
from ..sender.story import Story
from ..wire.connection import Answer, in_words
from .crowd import late, wrong_for_good
from .lifecycle import ONE_ORDER, heard, outcome
from .scene import Scene

GROUP = 4
"""How many purchases are under way when the endpoint is struck."""

EARLIER, LATER = 0.7, 1.4
"""How the time that is swept is changed where no purchase was struck at the moment that was meant."""

LOOK = 0.1
"""Seconds between looks at what takes its time to recover."""

HOLD = 0.002
SHORTEST_DELIVERY = 0.001

LIFECYCLES = {
    "the payment": ("the payment",),
    "a full refund": ("the payment", "a full refund"),
    "a dispute": ("the payment", "a dispute"),
}
"""What is under way → what happened to the purchase until then."""

PROMISES = {"the payment": "OR-01", "a full refund": "RF-01", "a dispute": "DP-01"}
"""The clause that promises what it does where nothing fails."""

MOMENTS: dict[str, tuple[float, float] | None] = {
    "before the last byte": None,
    "while it works": (0.0, 1.0),
    "as it answers": (0.6, 1.6),
}
"""When it is struck, as shares of the time that an undisturbed delivery takes from its last byte to its answer."""


class Victim:
    """One purchase whose events are under way.

    Attributes:
        role: The purchase.
        couriers: Who delivers and retries: one courier.
        events: The events that are under way.
        refused: The types of those that were not acknowledged at first.
        struck: What happened meanwhile, in words.
    """

    def __init__(self, scene: Scene, name: str, facts: tuple[str, ...]) -> None:
        """Issue the purchase; nothing is delivered yet."""
        self.role = scene.cast(name)
        self.couriers = [scene.bench.courier()]
        self.refused: list[str] = []
        self.struck = ""
        self._scene = scene
        self._facts = facts
        self._before: list[Event] = []
        self.events: list[Event] = []
        one_column = scene.bench.settings.orders.one_column
        self._first = outcome(facts[:1], one_column=one_column)
        self._last = outcome(facts, one_column=one_column)

    def prepare(self) -> None:
        """Deliver what happened before."""
        for fact in self._facts[:-1]:
            self._deliver(self._scene.subscribed(self.role.story.tell(fact)))

    def deliver_without(self, event_type: str) -> None:
        """Let it happen, and deliver what tells of it but for one event."""
        events = self._scene.subscribed(self.role.story.tell(self._facts[-1]))
        self._deliver([event for event in events if event.type != event_type])

    def parcels(self, needed: Collection[str]) -> list[Parcel]:
        """Let it happen, and deliver what is not needed of it: what is to be under way."""
        dispatch = self._scene.bench.dispatch
        events = self._scene.subscribed(self.role.story.tell(self._facts[-1]))
        self._deliver([event for event in events if event.type not in needed])
        self.events = [event for event in events if event.type in needed]
        return [dispatch.parcel(self.role.purchase.session_id, event) for event in self.events]

    def _deliver(self, events: list[Event]) -> None:
        self.couriers[0].deliver(self.role.purchase.session_id, events)
        self._before += events

    def adopt(self, parcel: Parcel, answer: Answer) -> None:
        """Take over one of its attempts."""
        self.couriers[0].adopt(parcel, answer)
        if not answer.acknowledged:
            self.refused.append(parcel.event_type)

    @property
    def acknowledged(self) -> bool:
        """Whether all of its events were acknowledged at first."""
        return not self.refused

    @property
    def timeline(self) -> str:
        """What happened: `charge.refunded → killed while it works → charge.refunded (again)`."""
        parts = [event.type for event in self._before]
        parts += [" ∥ ".join(event.type for event in self.events), self.struck]
        return " → ".join([*parts, *(f"{name} (again)" for name in self.refused)])

    def wrong(self) -> tuple[str, str] | None:
        """What is expected of the order and how it reads; None where it reads as it must."""
        found = self._last.wrong(self._scene.orders(self.role))
        effects = self._scene.bench.effects
        if found is None and effects is not None:
            count = effects(self.role.purchase.placeholders())
            # What a refund does to an effect is the shop's affair.
            if count > 1 or (count < 1 and self._last == self._first):
                return "exactly one effect ([effects] count)", f"{count} effects"
        return found

    def prepared(self) -> tuple[str, str] | None:
        """The same, as far as what happened before must show."""
        return self._first.wrong(self._scene.orders(self.role)) if len(self._facts) > 1 else None


class _Waited:
    """A victim of which something else is waited for than its end."""

    def __init__(self, victim: Victim, wrong: Callable[[], tuple[str, str] | None]) -> None:
        self.couriers = victim.couriers
        self.wrong = wrong


class _Strike:
    """One fault, made at a moment after the last byte from a thread of its own."""

    def __init__(self, fault: Fault, after: float | None, lead: float) -> None:
        """Strike `after` seconds; None strikes first. The fault takes hold `lead` seconds after it is begun."""
        self.took = lead
        self._fault = fault
        self._after = after
        self._lead = lead
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None
        self.begun = False

    def begin(self) -> None:
        """Called when all but the last bytes have left; what returns from here on leaves."""
        self.begun = True
        if self._after is None:
            self._make(0.0)
            return
        self._thread = threading.Thread(target=self._make, args=(max(0.0, self._after - self._lead),), daemon=True)
        self._thread.start()
        time.sleep(max(0.0, self._lead - self._after))

    def end(self) -> None:
        """Wait until it is made.

        Raises:
            HookassayError: it could not be.
        """
        if self._thread is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _make(self, after: float) -> None:
        time.sleep(after)
        began = time.monotonic()
        try:
            self._fault.strike()
        except Exception as error:  # told by whoever waits for it
            self._error = error
        self.took = time.monotonic() - began


class Crash:
    """Strikes at an endpoint while one fact about several purchases is delivered."""

    def __init__(self, scene: Scene, fact: str, faults: Sequence[Fault]) -> None:
        """Strike with each of `faults` in turn while `fact` is delivered.

        Raises:
            NotApplicable: the endpoint is not subscribed to what tells of it.
        """
        self._scene = scene
        self._bench = scene.bench
        self._faults = faults
        self._facts = LIFECYCLES[fact]
        if heard(self._facts, self._bench.settings.endpoint.events) != self._facts:
            raise NotApplicable(f"not subscribed to what tells of {fact}")
        self._times = self._bench.settings.faults.times
        self._needed: tuple[str, ...] = ()
        self._moment = ""
        self._seconds = SHORTEST_DELIVERY
        self._took = {fault.name: 0.0 for fault in faults}
        self._struck: list[Victim] = []
        self._wrong: list[Victim] = []

    def run(self, moment: str) -> None:
        """Strike so often at that moment, each time at another point of it, until a purchase ends wrong.

        Raises:
            HarnessError: the scene could not be set, or a fault not be made or mended.
            ContractViolation: the endpoint takes no deliveries any more.
        """
        self._moment = moment
        self._needed = self._bench.needed.get(self._facts[-1]) or self._found_needed()
        undisturbed, *groups = self._prepared("undisturbed", *(f"strike {place + 1}" for place in range(self._times)))
        self._seconds = self._undisturbed(undisturbed)
        for place, group in enumerate(groups):
            self._hit(group, place)
            if self._wrong:
                break

    def keeps_what_was_acknowledged(self) -> None:
        """Expect what was acknowledged as a whole to show, once, without being delivered again.

        Raises:
            ContractViolation: it does not.
            NotTestable: nothing was acknowledged.
        """
        self._judge(lambda victim: victim.acknowledged, "acknowledged then", LATER)

    def ends_right(self) -> None:
        """Expect what was not acknowledged to show, once, now that it was delivered again.

        Raises:
            ContractViolation: it does not.
            NotTestable: everything was acknowledged.
        """
        self._judge(lambda victim: not victim.acknowledged, "delivered again", EARLIER)

    def all_end_right(self) -> None:
        """Expect everything to show, once: what was acknowledged, and what was delivered again.

        Raises:
            ContractViolation: it does not.
        """
        self._judge(lambda _: True, "delivered then", EARLIER)

    def _judge(self, counts: Callable[[Victim], bool], words: str, stretch: float) -> None:
        """Expect those that count to have ended right; where none counts, strike at other times until one does."""
        for place in range(2 * self._times):
            if self._wrong or MOMENTS[self._moment] is None or any(map(counts, self._struck)):
                break
            self._seconds *= stretch
            (group,) = self._prepared(f"strike {len(self._struck) // GROUP + 1}")
            self._hit(group, place % self._times)
        judged = list(filter(counts, self._struck))
        wrong = list(filter(counts, self._wrong))
        if wrong:
            first = wrong[0]
            self._scene.record.keep_only([first.role.purchase.session_id])
            expected, seen = first.wrong() or (ONE_ORDER, describe(self._scene.orders(first.role)))
            seen += f" ({len(wrong)} of {len(judged)} purchases end wrong)"
            raise ContractViolation(expected, seen, timeline=first.timeline)
        times = len(self._struck) // GROUP
        struck = f"{' or '.join(dict.fromkeys(fault.name for fault in self._faults))} {times} times"
        if not judged:
            raise NotTestable(f"{struck}: no purchase was {words}")
        self._scene.record.note(f"{struck}: 0 of {len(judged)} purchases lost or doubled that were {words}")
        for victim in judged:
            self._scene.watch(victim.role, lambda victim=victim: self._stays(victim))  # type: ignore[misc]

    def _stays(self, victim: Victim) -> None:
        found = victim.wrong()
        if found:
            raise ContractViolation(*found, timeline=victim.timeline)

    # --- one strike ---------------------------------------------------------------------------------------------------

    def _prepared(self, *names: str) -> list[list[Victim]]:
        """Groups of purchases, to which all that is before the fact has happened.

        Raises:
            HarnessError: it does not show.
        """
        groups = [
            [Victim(self._scene, f"{name}, purchase {place + 1}", self._facts) for place in range(GROUP)]
            for name in names
        ]
        victims = [victim for group in groups for victim in group]
        for victim in victims:
            victim.prepare()
        self._await([_Waited(victim, victim.prepared) for victim in victims], PROMISES["the payment"])
        return groups

    def _hit(self, group: list[Victim], place: int) -> None:
        """Strike at the point of the moment that has this place among `times`, and look at what came of it."""
        fault = self._faults[len(self._struck) // GROUP % len(self._faults)]
        span = MOMENTS[self._moment]
        after = None
        if span is not None:
            after = self._seconds * (span[0] + (span[1] - span[0]) * (place + 0.5) / self._times)
        self._bench.rest()  # some databases wait for their clients before they stop
        self._bench.glancing = False
        try:
            self._took[fault.name] = self._strike(group, fault, after, self._took[fault.name])
        finally:
            self._bench.glancing = True
        self._struck += group
        back = time.monotonic()
        # What is under way yet is not what the next strike is about.
        wrong = late(self._bench, group)
        while wrong and time.monotonic() < back + self._bench.settings.faults.recovery:
            time.sleep(LOOK)
            wrong = [victim for victim in wrong if victim.wrong()]
        if wrong:
            self._wrong += wrong_for_good(self._bench, wrong)

    def _found_needed(self) -> tuple[str, ...]:
        """The types of the events without which the order does not show the fact; all that tell of it, if none is."""
        types = [event.type for event in self._scene.subscribed(Story(self._bench.shop.new()).tell(self._facts[-1]))]
        probes = {name: Victim(self._scene, f"without {name}", self._facts) for name in types}
        for probe in probes.values():
            probe.prepare()
        self._await([_Waited(probe, probe.prepared) for probe in probes.values()], PROMISES["the payment"])
        for name, probe in probes.items():
            probe.deliver_without(name)
        wrong = late(self._bench, list(probes.values()))
        found = tuple(name for name, probe in probes.items() if probe in wrong) or tuple(types)
        self._bench.needed[self._facts[-1]] = found
        return found

    def _undisturbed(self, group: list[Victim]) -> float:
        """Seconds from the last bytes to the last answer where nothing fails, seen to have its effect.

        Raises:
            HarnessError: it has none, so that what is seen after a strike would prove nothing.
        """
        answers = self._fire(group, lambda: None)
        self._await(group, PROMISES[self._facts[-1]])
        last = max(answer.answered_at for answer in answers)
        return max(SHORTEST_DELIVERY, last - min(answer.sent_at for answer in answers))

    def _await(self, awaited: Sequence[Victim | _Waited], promised_by: str) -> None:
        late(self._bench, awaited)
        found = next(filter(None, (one.wrong() for one in awaited)), None)
        if found:
            self._scene.record.rests_on = promised_by
            raise HarnessError(f"the scene could not be set: expected {found[0]}, saw {found[1]}")

    def _strike(self, group: list[Victim], fault: Fault, after: float | None, lead: float) -> float:
        """Have the group's events under way, strike, mend, and deliver again; seconds that the fault took."""
        strike = _Strike(fault, after, lead)
        place = "" if after is None else f" ({after * 1000:.1f} ms after the last byte)"
        for victim in group:
            victim.struck = f"{fault.name} {self._moment}{place}"
        try:
            self._fire(group, strike.begin)
        finally:
            if strike.begun:
                try:
                    strike.end()
                finally:
                    fault.mend()
        self._until_it_works(fault)
        for pause in (0.0, *RETRIES):
            if not any(victim.couriers[0].outstanding for victim in group):
                break
            time.sleep(pause)
            for victim in group:
                victim.couriers[0].pump(last=True)
        return strike.took

    def _fire(self, group: list[Victim], before_the_last: Callable[[], None]) -> list[Answer]:
        sent = [(victim, parcel) for victim in group for parcel in victim.parcels(self._needed)]
        volley = self._bench.dispatch.fire([parcel for _, parcel in sent], HOLD, before_the_last)
        for (victim, parcel), answer in zip(sent, volley.answers, strict=True):
            victim.adopt(parcel, answer)
        return list(volley.answers)

    def _until_it_works(self, fault: Fault) -> None:
        """Deliver a genuine purchase until it is acknowledged.

        Raises:
            HarnessError: nothing answers, so that it was not started again.
            ContractViolation: it never is.
        """
        courier, purchase = self._bench.courier(), self._bench.shop.new()
        self._bench.introduce(purchase)
        courier.deliver(purchase.session_id, purchase.paid())
        end = time.monotonic() + BACK
        while courier.outstanding:
            answers = courier.answers[-courier.outstanding :]
            if time.monotonic() > end:
                self._bench.harmed_by = self._scene.record.clause_id
                if all(answer.status is None for answer in answers):
                    raise HarnessError(f"{fault.name}, and not back within {BACK:g} s: {in_words(answers)}")
                raise ContractViolation(
                    f"the endpoint to take deliveries again within {BACK:g} s of being back", in_words(answers)
                )
            time.sleep(0.05)
            courier.pump(last=True)
