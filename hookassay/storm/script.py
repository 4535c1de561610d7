"""Scripts: what happens to the purchases of a storm, the events that report it, and in which order they leave.

What a purchase gets is drawn from the seed and its place alone, so that nothing need be kept to know it again.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..config import Settings
from ..errors import NotApplicable, UsageError
from ..judging.lifecycle import heard, parse
from ..sender.event import Style
from ..sender.purchase import Purchase, PurchaseBook
from ..sender.story import Story
from .forecast import Forecast
from .stencil import Stencil, cut, own_of

LIFECYCLES = (
    ("the payment", 4),
    ("the payment, a full refund", 2),
    ("the payment, a refund of 600", 1),
    ("the payment, a refund of 400, another refund of 600", 1),
    ("the payment, a dispute", 1),
    ("the payment, a dispute, the dispute's closing as won", 1),
    ("the payment, a dispute, the dispute's closing as lost", 1),
    ("the delayed payment's checkout, the delayed payment's success", 1),
    ("the delayed payment's checkout, the delayed payment's failure", 1),
    ("a declined attempt, the payment", 1),
    ("the expiry", 1),
)
"""What happens, and how often beside the others."""

VOLLEY = 8
"""The most deliveries of a purchase that leave at the same instant."""

TOGETHER = 0.1
"""How often what leaves next of a purchase leaves at once with what leaves now."""

ORDERS = 256
"""Orders of delivery that are drawn for each script; each purchase gets one of them."""

AT_ONCE, UNCHANGED = 0.5, 0.8
"""Half of the duplicates leave at once with the first; of the others most are unchanged, some are another event."""


Groups = tuple[tuple[int, ...], ...]
"""Events by their places, each tuple of them at one instant, one tuple after the other."""


@dataclass(frozen=True, eq=False)
class Script:
    """A lifecycle, ready to be delivered for any purchase.

    Attributes:
        facts: What happens, as far as the endpoint can know it, in the order in which it does.
        events: The fact and the type of each event; those behind the first half are the same once more, each as
            another Event.
        bodies: Their bodies.
        ids: Their ids.
    """

    facts: tuple[str, ...]
    events: tuple[tuple[str, str], ...]
    bodies: tuple[Stencil, ...]
    ids: tuple[Stencil, ...]

    @property
    def half(self) -> int:
        """How many events there are that are no other's second."""
        return len(self.events) // 2

    def draw(self, draw: random.Random, duplicates: float) -> Groups:
        """In which order the events leave, by their places, each tuple at one instant; some come again."""
        half = self.half
        order = list(range(half))
        if draw.random() < 0.75:
            draw.shuffle(order)
        again = duplicates / (1 - duplicates)
        groups: list[tuple[int, ...]] = []
        later: list[int] = []
        for place in order:
            copies = int(again) + (draw.random() < again % 1)
            group: tuple[int, ...] = (place,)
            for _ in range(copies):
                kind = draw.random()
                if kind < AT_ONCE and len(group) < VOLLEY:
                    group = (*group, place)
                elif kind < UNCHANGED or place + half in later:
                    later.append(place)
                else:
                    later.append(place + half)
            groups.append(group)
        for place in later:
            first = next(n for n, group in enumerate(groups) if place % half in group)
            groups.insert(draw.randint(first + 1, len(groups)), (place,))
        joined = [groups[0]]
        for group in groups[1:]:
            if draw.random() < TOGETHER and len(joined[-1]) + len(group) <= VOLLEY:
                joined[-1] += group
            else:
                joined.append(group)
        return tuple(joined)


class Repertoire:
    """Every script that the endpoint can know, and which purchase gets which.

    Attributes:
        forecast: What is to come.
        scripts: The scripts.
    """

    def __init__(self, settings: Settings, forecast: Forecast) -> None:
        """Prepare the scripts for the endpoint's subscription, API version and mode.

        Raises:
            UsageError: the subscription holds nothing that reports a payment.
        """
        self.forecast = forecast
        self._book = PurchaseBook(settings.purchase, settings.endpoint, forecast.run)
        self._api_version = self._book.new().api_version
        subscription = settings.endpoint.events
        scripts, weights = [], []
        for text, weight in LIFECYCLES:
            try:
                known = heard(parse(text), subscription)
                scripts.append(self._script(parse(text), known, subscription))
            except NotApplicable:
                continue
            weights.append(weight)
        if not scripts:
            raise UsageError(
                "The subscription (events) holds none of the events that report what happens to a payment. Without "
                "one of them no order can come about."
            )
        self.scripts = tuple(scripts)
        self._chosen = [place for place, weight in enumerate(weights) for _ in range(weight)]
        self._drawn: dict[tuple[int, int], Groups] = {}
        self._sessions = cut(lambda number: [self.purchase(number).session_id.encode()], forecast.first)[0]

    def script(self, place: int) -> Script:
        """What happens to the purchase at this place, from 0."""
        return self.scripts[self._choice(place)[0]]

    def course(self, place: int) -> tuple[Script, Groups]:
        """What happens to the purchase at this place, and in which order it is delivered."""
        choice = self._choice(place)
        script = self.scripts[choice[0]]
        groups = self._drawn.get(choice)
        if groups is None:
            draw = random.Random(f"{self.forecast.seed} {choice}")  # noqa: S311 - no secret is drawn
            groups = self._drawn[choice] = script.draw(draw, self.forecast.duplicates)
        return script, groups

    def _choice(self, place: int) -> tuple[int, int]:
        """The script of a purchase, and which of its orders it is delivered in: by a hash, which takes no time."""
        mixed = zlib.crc32(b"%d %d" % (self.forecast.seed, place))
        mixed = (mixed * 0x9E3779B97F4A7C15 ^ mixed << 29) >> 7 & 0xFFFFFFFF
        return self._chosen[mixed % len(self._chosen)], mixed // len(self._chosen) % ORDERS

    def session_id(self, place: int) -> str:
        """The Checkout Session's id of the purchase at this place."""
        return self._sessions.fill(self.forecast.first + place).decode()

    def purchase_at(self, place: int) -> Purchase:
        """The purchase at this place, nothing told of it yet."""
        return self.purchase(self.forecast.first + place)

    def purchase(self, number: int) -> Purchase:
        """The purchase of this number, nothing told of it yet."""
        book = self._book.in_version(self._api_version, number - 1)
        return book.new(created=self.forecast.created, own=own_of(number))

    def _script(self, facts: Sequence[str], known: tuple[str, ...], subscription: Collection[str] | None) -> Script:
        style: Style = self.forecast.style  # type: ignore[assignment]  # a text in the forecast
        events: list[tuple[str, str]] = []

        def made(number: int) -> list[bytes]:
            story = Story(self.purchase(number))
            # What the endpoint cannot know happens all the same: it may change what later objects show.
            bundles = {fact: story.tell(fact) for fact in facts}
            told = [
                (fact, event)
                for fact in known
                for event in bundles[fact]
                if subscription is None or event.type in subscription
            ]
            events[:] = [(fact, event.type) for fact, event in told] * 2
            firsts = [event for _, event in told]
            both = [*firsts, *(event.with_(id=f"{event.id}a9a1n5t2") for event in firsts)]
            return [event.body(style) for event in both] + [event.id.encode() for event in both]

        stencils = cut(made, self.forecast.first)
        if not events:
            raise NotApplicable("not subscribed to what tells of it")
        return Script(known, tuple(events), tuple(stencils[: len(events)]), tuple(stencils[len(events) :]))


def enough(repertoire: Repertoire, deliveries: int) -> int:
    """How many purchases it takes to make so many deliveries or a few more, nothing counted that is sent anew."""
    count = place = 0
    while count < deliveries:
        count += sum(map(len, repertoire.course(place)[1]))
        place += 1
    return place
