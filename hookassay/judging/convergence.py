"""Convergence: whatever the order of arrival, a purchase ends as its facts say; an order that does not is made short.

Each order is tried on purchases of its own. They are delivered many at a time and then read together, so that a slow
endpoint is waited for once. Where one ends otherwise, parts are left out as long as what is left still ends otherwise
on fresh purchases: what is reported is the shortest order found, seen to fail twice more.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from ..errors import ContractViolation, NotApplicable
from ..sender import money
from ..sender.purchase import Purchase
from ..sender.story import Story
from .course import AS_ANOTHER, Course, Types, every_order, interleaved, simpler
from .crowd import in_lanes, late, wrong_for_good
from .lifecycle import ONE_ORDER, heard, outcome, parse
from .scene import WITHOUT_PAYMENT, Scene
from .watch import Watch

DRAWN = 25
"""How many long lifecycles are drawn."""

INTERLEAVED = 24
"""How many interleavings are drawn."""

BESIDE = (
    "the payment, a full refund",
    "the payment, a dispute",
    "the payment",
    "the payment, a refund of 600",
    "the payment, a dispute, the dispute's closing as won",
    "the delayed payment's checkout",
    "the delayed payment's checkout, the delayed payment's success",
    "a declined attempt, the payment",
)
"""What happens to purchases whose events are interleaved: in pairs and threes, what one shows the others must not."""

BUDGET = 20.0
"""Seconds after which a slow endpoint is sent no more orders of a lifecycle: those tried are a fair sample of all."""

LEAST = 3.0
"""Seconds that there are for the orders of a lifecycle even where those before it took all that there was."""

SHORTENING = 20.0
"""Seconds that are spent on making the failing orders of a clause shorter; the first scenarios that fail get them."""

ROUND = 24
"""How many simpler courses are tried at a time."""

FIRST_CHUNK = 8
SOON = 0.25
LANES = 8
# An endpoint that needs longer for an answer is sent several purchases' events at a time.
SLOW_ANSWER = 0.01
# Of readers that start a process for each look, so many cases are looked at again at the end of the run.
FEW = 40


class Case:
    """One course, carried out for purchases of its own.

    Attributes:
        course: What is delivered.
        couriers: Who delivers it, one for each purchase.
    """

    def __init__(self, scene: Scene, course: Course, *, alike: bool = False, attentive: bool = False) -> None:
        """Issue the purchases, those of several `alike` for the same customer and second; nothing is delivered yet.

        The couriers of an `attentive` case glance at the order after each delivery.
        """
        self.course = course
        self._scene = scene
        bench = scene.bench
        self._purchases: list[Purchase] = []
        for _ in course.lifecycles:
            like: dict[str, Any] = {}
            if alike and self._purchases:
                like = {"customer": self._purchases[0].customer, "created": self._purchases[0].created}
            purchase = bench.shop.new(**like)
            bench.introduce(purchase)
            self._purchases.append(purchase)
            if attentive:
                bench.glance(purchase.session_id)
        self.couriers = [bench.courier(attentive=attentive) for _ in self._purchases]
        self._stories = [Story(purchase) for purchase in self._purchases]
        one_column = bench.settings.orders.one_column
        self._outcomes = [outcome(facts, one_column=one_column) for facts in course.lifecycles]

    @property
    def session_ids(self) -> list[str]:
        """The Checkout Sessions that it is about."""
        return [purchase.session_id for purchase in self._purchases]

    def deliver(self) -> None:
        """Let everything happen, and deliver it in the course's order, each attempt on a connection of its own."""
        for story, facts in zip(self._stories, self.course.lifecycles, strict=True):
            for fact in facts:
                story.tell(fact)
                if fact in WITHOUT_PAYMENT and not {"the payment", "the delayed payment's success"} & set(facts):
                    self._scene.bench.without_payment.append(story.purchase.session_id)
        for step in self.course.steps:
            if step.pause:
                time.sleep(step.pause)
            event = self._stories[step.part].tell(step.fact).of(step.type)
            if step.how == AS_ANOTHER:
                event = event.again()
            self.couriers[step.part].deliver(self._purchases[step.part].session_id, [event], lost=step.lost)

    def deliver_on_one_connection(self) -> None:
        """Deliver it as far as the endpoint keeps a connection open, which is closed before anything else is asked.

        An endpoint that serves one connection at a time is thus kept from nobody else.
        """
        with self._scene.bench.dispatch.line() as line:
            for courier in self.couriers:
                courier.line = line
            try:
                self.deliver()
            finally:
                for courier in self.couriers:
                    courier.line = None

    def wrong(self) -> tuple[str, str] | None:
        """What is expected of the first purchase that reads otherwise, and how it reads; None where all are right."""
        for part, (story, expected) in enumerate(zip(self._stories, self._outcomes, strict=True)):
            orders = self._scene.bench.book.of(story.purchase.session_id)
            found = expected.wrong(orders, self._refunded(story, expected.refunded))
            if found:
                words, seen = found
                return f"purchase {self.course.name(part)} {words}" if len(self._stories) > 1 else words, seen
        return None

    def violation(self, expected: str, seen: str) -> ContractViolation:
        """That it reads otherwise than expected, with its deliveries as a timeline."""
        return ContractViolation(expected, seen, timeline=self.course.timeline)

    def check(self) -> None:
        """Raise ContractViolation where it reads otherwise than it must."""
        found = self.wrong()
        if found:
            raise self.violation(*found)

    def _refunded(self, story: Story, thousandths: int | None) -> Decimal | None:
        """What `amount_refunded` must show, None where it is not shown or not determined."""
        settings = self._scene.bench.settings.orders
        if thousandths is None or "amount_refunded" not in settings.columns:
            return None
        amount = story.thousandths(str(thousandths))
        return Decimal(amount) if settings.money == "minor" else money.major(amount, story.purchase.currency)


class Convergence:
    """Orders of arrival that are tried on one scene."""

    def __init__(self, scene: Scene) -> None:
        """Try orders on `scene`'s stage; what is drawn is drawn from the run's seed."""
        self._scene = scene
        self._bench = scene.bench
        self._seed = scene.bench.settings.run.seed
        self._types: dict[str, tuple[str, ...]] = {}
        self._violation: ContractViolation | None = None
        self._alike = False

    # --- what is tried ------------------------------------------------------------------------------------------------

    def every_order(self, facts: str) -> None:
        """Try every order of the bundles of these facts, listed as they happened.

        Raises:
            NotApplicable: the endpoint is not subscribed to what tells them.
        """
        types = self._types_of(parse(facts))
        self._try(every_order(tuple(types), types, self._seed or 0))

    def drawn_orders(self) -> None:
        """Try drawn orders of drawn lifecycles: what comes late or again, and what must be sent again."""
        from .drawing import drawn  # Hypothesis takes a tenth of a second to load, and no other clause needs it

        def types_of(facts: tuple[str, ...]) -> Types:
            try:
                return self._types_of(facts)
            except NotApplicable:
                return {}

        self._try(drawn(DRAWN, self._seed, types_of))

    def interleavings(self) -> None:
        """Try drawn interleavings of the events of two or three purchases by the same customer in the same second.

        Raises:
            NotApplicable: the endpoint is not subscribed to what tells them.
        """
        draw = random.Random(f"interleavings: {self._seed or 0}")  # noqa: S311 - no secret is drawn
        known: list[tuple[str, ...]] = []
        types: dict[str, tuple[str, ...]] = {}
        for text in BESIDE:
            try:
                found = self._types_of(parse(text))
            except NotApplicable:
                continue
            types.update(found)
            known.append(tuple(found))
        if not known:
            raise NotApplicable("not subscribed to what tells of a payment")
        self._alike = True
        beside = [draw.sample(known, min(draw.choice((2, 2, 3)), len(known))) for _ in range(INTERLEAVED)]
        self._try([interleaved(lifecycles, types, draw) for lifecycles in beside])

    def each_ends_as_the_facts_say(self) -> None:
        """Expect each purchase to read as its facts determine, now and when the run ends.

        Raises:
            ContractViolation: one does not, with the shortest order found that ends otherwise.
        """
        if self._violation:
            raise self._violation

    # --- how it is tried ----------------------------------------------------------------------------------------------

    def _try(self, courses: Sequence[Course]) -> None:
        """Carry out the courses, as many at a time as the endpoint takes well, until one ends as it must not."""
        if not courses:
            raise NotApplicable("not subscribed to what tells of a payment")
        start = time.monotonic()
        end = start + min(BUDGET, max(self._bench.trying, LEAST))
        tried: list[Case] = []
        slowest = max(self._bench.settling.slowest, 0.001)
        size = max(1, min(FIRST_CHUNK, int(BUDGET / 3 / (len(courses[0].steps) * slowest))))
        lanes = 1
        while len(tried) < len(courses) and (not tried or time.monotonic() < end):
            cases = [self._case(course) for course in courses[len(tried) : len(tried) + size]]
            began = time.monotonic()
            in_lanes(Case.deliver_on_one_connection if lanes == 1 else Case.deliver, cases, lanes)
            sent = time.monotonic()
            tried += cases
            wrong = late(self._bench, cases)
            if wrong and (time.monotonic() > end or wrong_for_good(self._bench, wrong)):
                break
            each = (sent - began) / sum(len(case.course.steps) for case in cases)
            if each > SLOW_ANSWER and self._bench.endpoint.application is None:
                lanes = max(1, LANES // self._bench.settling.crowd)
            size = size * 4 if time.monotonic() - sent < max(SOON, 2 * slowest) else max(1, size // 2)
        self._bench.trying -= time.monotonic() - start
        wrong = wrong_for_good(self._bench, tried)
        if wrong:
            self._violation = self._shortest(min(wrong, key=lambda case: case.course.weight))
            return
        if len(tried) < len(courses):
            self._scene.record.note(f"{len(tried)} of {len(courses)} orders were tried: the endpoint takes its time")
        self._watch(tried if not self._bench.book.overhead else tried[:FEW])

    def _watch(self, cases: Sequence[Case]) -> None:
        """Look at all of them once more at the end of the run; a barrier is behind them already."""

        def stays() -> None:
            for case in cases:
                case.check()

        self._bench.watchlist.add(Watch(self._scene.record, stays, settled=True))

    def _case(self, course: Course) -> Case:
        return Case(self._scene, course, alike=self._alike)

    # --- how a failure is made short ----------------------------------------------------------------------------------

    def _shortest(self, failed: Case) -> ContractViolation | None:
        """The violation by the shortest order found; None where it was none, but took longer than anything before."""
        found = [failed.course]
        clause, began = self._scene.record.clause_id, time.monotonic()
        end = began + SHORTENING - self._bench.shortened.get(clause, 0.0)
        while time.monotonic() < end:
            shorter = self._shorter(found[-1])
            if shorter is None:
                break
            found.append(shorter)
        spent = self._bench.shortened.get(clause, 0.0) + time.monotonic() - began
        self._bench.shortened[clause] = spent
        for course in reversed(found):
            again = self._seen_twice(course)
            if again:
                return again
        # Whatever made it fail then did not come again, but what it left is there to be seen.
        still = failed.wrong()
        if still is None:
            self._scene.record.note("one order took longer than any before it to end as it must")
            return None
        expected, seen = still
        return failed.violation(expected, f"{seen}, and not when the same was delivered again")

    def _shorter(self, course: Course) -> Course | None:
        """The lightest course simpler than this one that ends otherwise than it must, and has no excuse."""
        types = self._all_types(course)
        attempts = simpler(course, types)
        for place in range(0, len(attempts), ROUND):
            wrong = self._wrong(attempts[place : place + ROUND])
            # Less than the bundle may be less than this endpoint needs: in some order it must be enough. No lack of
            # events makes a second order.
            doubtful = [one for one, expected in wrong.items() if not (expected == ONE_ORDER or one.reports_all(types))]
            turns = {one: list(one.in_turn(types)) for one in doubtful}
            unable = set(self._wrong([turn for one in doubtful for turn in turns[one]]))
            for one in wrong:
                if one not in turns or not unable.issuperset(turns[one]):
                    return one
        return None

    def _wrong(self, courses: Sequence[Course]) -> dict[Course, str]:
        """Those of the courses that end otherwise than they must, in their order, and what is expected of them."""
        cases = [self._case(course) for course in courses]
        for case in cases:
            case.deliver_on_one_connection()
        wrong = wrong_for_good(self._bench, cases) if cases else []
        return {case.course: expected for case in wrong for expected, _ in filter(None, [case.wrong()])}

    def _seen_twice(self, course: Course) -> ContractViolation | None:
        """Carry out a course twice more; the violation where both end otherwise than they must."""
        record = self._scene.record
        record.forget()  # what is shown as sent is what fails
        cases = [Case(self._scene, course, alike=self._alike, attentive=True) for _ in range(2)]
        for case in cases:
            case.deliver_on_one_connection()
        late(self._bench, cases)
        wrong = wrong_for_good(self._bench, cases)
        if len(wrong) < len(cases):
            return None
        record.keep_only(cases[0].session_ids)
        found = cases[0].wrong()
        return cases[0].violation(*found) if found else None

    # --- what there is to deliver -------------------------------------------------------------------------------------

    def _types_of(self, facts: tuple[str, ...]) -> Types:
        """The subscribed events of each fact that the endpoint can know, as they happened.

        Raises:
            NotApplicable: it can know none.
        """
        courier = self._bench.courier()
        known = heard(facts, self._bench.settings.endpoint.events)
        story = Story(self._bench.shop.new())
        return {
            fact: tuple(dict.fromkeys(event.type for event in story.tell(fact) if courier.subscribed(event)))
            for fact in known
        }

    def _all_types(self, course: Course) -> Types:
        types: dict[str, tuple[str, ...]] = {}
        for facts in course.lifecycles:
            types.update(self._types_of(facts))
        return types
