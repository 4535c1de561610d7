"""The forecast: what decides a storm, handed on as text."""

from __future__ import annotations

import pytest

from hookassay.storm.forecast import Forecast


def forecast(purchases: int) -> Forecast:
    return Forecast("abcd1234", 1, purchases, 0.2, 3, "compact", (("A", "b"),), "http://127.0.0.1/")


def test_a_forecast_read_back_is_the_same() -> None:
    """What was written as text reads as it was."""
    assert Forecast.from_json(forecast(10).to_json()) == forecast(10)


@pytest.mark.parametrize("purchases", [1, 99_999, 100_000, 1_000_000])
def test_all_numbers_have_as_many_digits(purchases: int) -> None:
    """The first number and the last one are equally long, so that ids are."""
    first = forecast(purchases).first

    assert len(str(first)) == len(str(first + purchases - 1))


@pytest.mark.parametrize("text", ["", "[]", '{"run": "x"}'])
def test_what_is_no_forecast_is_refused(text: str) -> None:
    """A text that holds no forecast is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - json's own says what is wrong
        Forecast.from_json(text)
