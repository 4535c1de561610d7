"""The stream: the deliveries of all purchases, one purchase's between another's, made as they are asked for."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

from .script import Groups, Repertoire, Script

WINDOW = 128
"""Purchases that are under way at the same time: no more is kept, however many there are."""


class Delivery:
    """One delivery that leaves, and leaves again until it is acknowledged.

    Attributes:
        place: Which purchase it is about, from 0.
        script: What happens to it.
        event: Which event of the script, by its place there.
        attempt: 1 for the first.
        first: Whether it is no duplicate.
        left: Monotonic seconds when it left.
    """

    __slots__ = ("attempt", "event", "first", "left", "place", "script")

    def __init__(self, place: int, script: Script, event: int, first: bool) -> None:
        """Nothing has left yet."""
        self.place = place
        self.script = script
        self.event = event
        self.first = first
        self.attempt = 1
        self.left = 0.0

    @property
    def type(self) -> str:
        """The event's type."""
        return self.script.events[self.event][1]


def stream(repertoire: Repertoire, share: int = 0, of: int = 1) -> Iterator[list[Delivery]]:
    """What leaves together, one after the other.

    Args:
        repertoire: What happens to which purchase.
        share: Which part of the purchases is meant, from 0.
        of: In how many parts they are shared: by several processes, each of which takes another.
    """
    forecast = repertoire.forecast
    pick = random.Random(f"storm {forecast.seed} {share} of {of}").random  # noqa: S311 - no secret is drawn
    places = iter(range(share, forecast.purchases, of))
    open_ = [_deliveries(place, *repertoire.course(place)) for place in itertools.islice(places, WINDOW)]
    while open_:
        chosen = int(pick() * len(open_))
        deliveries = open_[chosen]
        yield deliveries.pop()
        if not deliveries:
            place = next(places, None)
            if place is not None:
                open_[chosen] = _deliveries(place, *repertoire.course(place))
            else:
                # What is last takes the place of what is over.
                open_[chosen] = open_[-1]
                open_.pop()


def _deliveries(place: int, script: Script, groups: Groups) -> list[list[Delivery]]:
    """What leaves together about one purchase, the first last."""
    half, told = script.half, 0
    found = []
    for group in groups:
        together = []
        for event in group:
            bit = 1 << event % half
            together.append(Delivery(place, script, event, not told & bit))
            told |= bit
        found.append(together)
    found.reverse()
    return found
