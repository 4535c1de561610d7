"""The stream: everything once, one purchase's between another's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hookassay.storm.script import Repertoire
from hookassay.storm.stream import WINDOW, stream


def test_the_stream_holds_every_course(repertoire: Repertoire) -> None:
    """Each purchase's deliveries leave as they were drawn, in that order."""
    left: dict[int, list[tuple[int, ...]]] = {}
    for group in stream(repertoire):
        left.setdefault(group[0].place, []).append(tuple(delivery.event for delivery in group))

    assert left == {place: list(repertoire.course(place)[1]) for place in range(repertoire.forecast.purchases)}


def test_purchases_are_interleaved(repertoire: Repertoire) -> None:
    """What is about one purchase does not leave in one piece."""
    places = [group[0].place for group in stream(repertoire)]
    turns = sum(one != other for one, other in pairwise(places))

    assert turns > len(places) / 2


def test_no_more_than_a_window_is_under_way(make: Callable[..., Repertoire]) -> None:
    """Of many purchases only so many have begun and not ended at any time."""
    repertoire = make(purchases=WINDOW * 3)
    groups = {place: len(repertoire.course(place)[1]) for place in range(repertoire.forecast.purchases)}
    open_: dict[int, int] = {}
    most = 0
    for group in stream(repertoire):
        open_[group[0].place] = open_.get(group[0].place, 0) + 1
        most = max(most, len(open_))
        if open_[group[0].place] == groups[group[0].place]:
            del open_[group[0].place]

    assert most <= WINDOW


def test_several_shares_are_the_whole(repertoire: Repertoire) -> None:
    """Each purchase belongs to one of the processes that share them."""
    shares = [{group[0].place for group in stream(repertoire, share, 3)} for share in range(3)]

    assert sorted(place for share in shares for place in share) == list(range(repertoire.forecast.purchases))


def test_firsts_are_told_from_duplicates(repertoire: Repertoire) -> None:
    """Each event of each purchase is a first delivery once."""
    deliveries = [delivery for group in stream(repertoire) for delivery in group]
    firsts = [(one.place, one.event % one.script.half) for one in deliveries if one.first]

    assert len(firsts) == len(set(firsts)) == sum(repertoire.script(place).half for place in range(40))
