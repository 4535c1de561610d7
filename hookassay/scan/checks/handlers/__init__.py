"""Places that handle Stripe's events: entry points whose code verifies a delivery or looks at the type of an event.

A `Sheet` is what one file says, the `Codebase` follows calls from file to file, an `Entry` is where requests enter.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...check import Circumstances
from ...finding import Hit
from ...source import Source
from .codebase import Codebase
from .entry import deployed, merged, said
from .sheet import Sheet, read


class SeveralHandlers:
    """Finds SC-01: Stripe's events are handled in more than one place."""

    words: tuple[bytes, ...] = (b"stripe", b"webhook", b"payment", b"billing")

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def look(self, source: Source) -> Iterator[Sheet]:
        """What one file of code says of routes, verification, and types of events."""
        sheet = read(source)
        if sheet is not None:
            yield sheet

    def conclude(self, facts: list[Sheet]) -> Iterator[Hit]:
        """The places, if they are several."""
        places = deployed(merged(Codebase(facts).entries()))
        if len(places) < 2:
            return
        first, *others = places
        message = f"Stripe's events are handled in {len(places)} places: {', '.join(map(said, places))}."
        yield Hit("SC-01", first.place, message, tuple(entry.place for entry in others))
