"""The picture of a storm: what is drawn stands for what was counted."""

from __future__ import annotations

import pytest
import storm_results

from hookassay.report.storm_picture import HEIGHT, NARROW, RATES, WIDE, _round_up, columns, pictures, rows
from hookassay.storm.tally import Tally


def test_columns_hold_every_delivery() -> None:
    """However the time is cut, nothing is left out."""
    tally = storm_results.tally(seconds=50, trouble=True)
    for most in (10, 24, 120):
        found = columns(tally, most)
        assert len(found) <= most
        assert sum(sum(one.counts) for one in found) == tally.deliveries


def test_a_storm_of_some_length_is_shown_by_the_second() -> None:
    """Once there are enough of them a column is no less than a second."""
    found = columns(storm_results.tally(seconds=30), 120)

    assert len(found) == 30
    assert {one.per_second for one in found} == {100.0}


def test_a_short_one_is_shown_more_finely() -> None:
    """Three seconds are more than three columns."""
    assert len(columns(storm_results.tally(seconds=3), 120)) == 30


def test_bars_are_as_high_as_there_were_deliveries() -> None:
    """The highest column is as high as its share of the highest line, and what was not acknowledged is marked."""
    wide, narrow = pictures(storm_results.tally(trouble=True))

    assert (wide.layout, narrow.layout) == (WIDE, NARROW)
    assert {bar.kind for bar in wide.bars} == {"acknowledged", "refused", "silent"}
    assert max(bar.height for bar in wide.bars) == pytest.approx(RATES)
    assert {bar.kind for bar in wide.troubles} == {"silent"}
    assert len(wide.troubles) == 10


@pytest.mark.parametrize("seconds", [1, 3, 30, 700])
def test_everything_is_inside_the_picture(seconds: int) -> None:
    """Nothing is drawn beyond its edges, however long it took."""
    for picture in pictures(storm_results.tally(seconds=seconds)):
        for bar in (*picture.bars, *picture.troubles):
            assert picture.layout.left <= bar.x
            assert bar.x + bar.width <= picture.layout.width
            assert bar.y >= 0
            assert bar.y + bar.height <= HEIGHT
        points = [tuple(map(float, point.split(","))) for point in picture.p99.split()]
        assert all(picture.layout.left <= x <= picture.layout.width and 0 <= y <= HEIGHT for x, y in points)
        assert all(moment.x <= picture.layout.width for moment in picture.moments)


def test_nothing_is_drawn_of_nothing() -> None:
    """Without a delivery there is no picture."""
    assert pictures(Tally()) == ()


def test_numbers_are_few() -> None:
    """The table beside the picture has rows that people can read."""
    assert len(rows(storm_results.tally(seconds=700))) <= 24


@pytest.mark.parametrize(("number", "expected"), [(0, 0), (0.3, 0.5), (1, 1), (1.01, 2), (2.2, 2.5), (818, 1000)])
def test_axes_end_in_round_numbers(number: float, expected: float) -> None:
    """An axis reaches to the next number that people read easily."""
    assert _round_up(number) == expected
