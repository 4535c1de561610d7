"""Receipts: what was acknowledged, a bit an event."""

from __future__ import annotations

import pytest

from hookassay.storm.receipts import Receipts
from hookassay.storm.script import Repertoire


def test_what_was_given_is_had() -> None:
    """An event that was acknowledged is known to be, and no other."""
    receipts = Receipts(3)
    receipts.give(1, 5)

    assert receipts.has(1, 5)
    assert not any(receipts.has(place, event) for place, event in ((0, 5), (1, 4), (2, 5)))


def test_events_are_named(repertoire: Repertoire) -> None:
    """Of a purchase the acknowledged events are told by fact and type, a second event as its first."""
    receipts, script = Receipts(1), repertoire.script(0)
    receipts.give(0, script.half)

    assert list(receipts.events(0, script)) == [script.events[0]]


def test_receipts_of_several_processes_are_joined() -> None:
    """What another process was given, sent as text, is taken over."""
    mine, others = Receipts(2), Receipts(2)
    mine.give(0, 1)
    others.give(0, 2)
    others.give(1, 40)
    mine.add(Receipts.from_text(others.to_text()))

    assert all(mine.has(place, event) for place, event in ((0, 1), (0, 2), (1, 40)))


def test_what_is_no_receipts_is_refused() -> None:
    """A text of something else is a ValueError."""
    with pytest.raises(ValueError, match="receipts"):
        Receipts.from_text("nothing")


def test_a_purchase_takes_eight_bytes() -> None:
    """What is kept for a purchase is small, however many deliveries it takes."""
    receipts = Receipts(100_000)

    assert receipts._bits.itemsize * len(receipts) == 800_000
