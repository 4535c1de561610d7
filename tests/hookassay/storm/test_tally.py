"""The tally: what was answered, and when, in a bounded number of slices."""

from __future__ import annotations

import time

import pytest

from hookassay.storm.tally import FINEST, MOST, Tally


def of(*records: tuple[int | str, float]) -> Tally:
    """A tally of answers: kind, and seconds from the beginning; each took a millisecond."""
    tally = Tally()
    for kind, at in records:
        tally.record(kind, tally._zero + at - 0.001, tally._zero + at)
    tally.close()
    return tally


def test_each_kind_is_counted() -> None:
    """2xx, other statuses and silence are told apart, in all and in their slice."""
    tally = of((200, 0.01), (204, 0.02), (500, 0.03), ("lost", 0.04))

    assert (tally.deliveries, tally.acknowledged) == (4, 2)
    assert (tally.slices[0].acknowledged, tally.slices[0].refused, tally.slices[0].silent) == (2, 1, 1)
    assert tally.durations.count == 3
    assert tally.durations.quantile(0.5) == pytest.approx(0.001, rel=0.05)


def test_slices_are_of_their_time() -> None:
    """What is answered later stands in a later slice."""
    tally = of((200, 0.5 * FINEST), (200, 2.5 * FINEST))

    assert [one.count for one in tally.slices] == [1, 0, 1]


def test_a_long_storm_has_no_more_slices() -> None:
    """However long it takes, the number of slices is bounded and nothing is lost."""
    tally = of(*[(200, second) for second in range(1, 4000)])

    assert len(tally.slices) <= MOST
    assert sum(one.acknowledged for one in tally.slices) == 3999
    assert tally.width * len(tally.slices) >= 3999


def test_tallies_of_several_processes_are_joined() -> None:
    """What two processes counted at the same time is counted together, slice by slice."""
    one, other = of((200, 0.05), (500, 0.25)), of((200, 0.05))
    other.began = one.began
    one.merge(Tally.from_dict(other.to_dict()))

    assert [piece.count for piece in one.slices] == [2, 0, 1]
    assert one.answers == {200: 2, 500: 1}
    assert one.durations.count == 3


def test_one_that_began_earlier_keeps_its_time() -> None:
    """What another process counted before this one began stands before it."""
    one, earlier = of((200, 0.05)), of((404, 0.05))
    earlier.began = one.began - 2 * FINEST
    one.merge(earlier)

    assert [(piece.acknowledged, piece.refused) for piece in one.slices] == [(0, 1), (0, 0), (1, 0)]


def test_slices_of_different_width_are_joined() -> None:
    """A long tally and a short one fit together."""
    long, short = of(*[(200, second) for second in range(1, 200)]), of((200, 0.05))
    short.began = long.began
    count = short.deliveries + long.deliveries
    short.merge(long)

    assert sum(one.count for one in short.slices) == count
    assert short.width == long.width


def test_nothing_takes_no_time_but_does_not_divide_by_it() -> None:
    """A tally without any delivery has a length above zero."""
    tally = Tally()
    tally.ended = tally.began - 1

    assert tally.seconds > 0
    assert tally.began <= time.time()
