"""Histograms: durations in buckets, and what share of them took how long."""

from __future__ import annotations

import random

import pytest

from hookassay.storm.histogram import Histogram

DRAW = random.Random(1)
DURATIONS = [DRAW.lognormvariate(-6, 2) for _ in range(5000)]


def of(durations: list[float], precision: int = 6) -> Histogram:
    histogram = Histogram(precision)
    for duration in durations:
        histogram.add(duration)
    return histogram


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99, 0.999])
def test_quantiles_are_right_within_the_width_of_a_bucket(share: float) -> None:
    """What is told is no shorter than the true duration, and longer by at most one part in 64 and a microsecond."""
    exact = sorted(DURATIONS)[int(share * len(DURATIONS)) - 1]

    assert exact - 1e-6 <= of(DURATIONS).quantile(share) <= exact * (1 + 1 / 64) + 1e-6


def test_the_longest_is_exact() -> None:
    """No quantile is longer than the longest duration."""
    histogram = of([0.001, 1.234567])

    assert histogram.quantile(1) == 1.234567
    assert histogram.longest == 1_234_567


def test_what_takes_for_ever_is_counted() -> None:
    """A duration beyond the last bucket is counted there."""
    histogram = of([500.0])

    assert (histogram.count, histogram.quantile(0.5)) == (1, pytest.approx(67.1, abs=0.1))


def test_merged_is_as_if_sorted_into_one() -> None:
    """Two halves merged are the whole."""
    merged = of(DURATIONS[:2000])
    merged.merge(of(DURATIONS[2000:]))

    assert merged.to_dict() == of(DURATIONS).to_dict()


def test_coarse_is_as_if_sorted_in_coarsely() -> None:
    """What a precise histogram gives to a coarse one is what would have been sorted into it."""
    coarse = Histogram(3)
    coarse.add_coarsely(of(DURATIONS))

    assert coarse.to_dict() == of(DURATIONS, 3).to_dict()


def test_a_histogram_read_back_is_the_same() -> None:
    """What was told as JSON reads as it was."""
    histogram = of(DURATIONS)

    assert Histogram.from_dict(histogram.to_dict()).to_dict() == histogram.to_dict()


def test_an_empty_one_says_nothing() -> None:
    """Without durations all is zero."""
    assert (Histogram().quantile(0.5), Histogram().mean) == (0.0, 0.0)
