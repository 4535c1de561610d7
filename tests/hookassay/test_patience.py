"""How long somebody who leaves us without an answer is waited for."""

from __future__ import annotations

import pytest

from hookassay.patience import AT_FIRST, GONE, IN_A_ROW, IN_VAIN, ROW, Patience


def waits(patience: Patience, seconds: float) -> int:
    """How many waits of so many seconds it takes until nothing more is expected."""
    for number in range(1, 1000):
        patience.waited(seconds)
        if patience.doubtful:
            return number
    pytest.fail("it never ends")


def test_at_first() -> None:
    """Who has never answered is given up sooner."""
    assert waits(Patience(2.0), 2.0) == AT_FIRST


def test_in_a_row() -> None:
    """Who has answered before is given up after some waits in a row."""
    patience = Patience(2.0)
    patience.answered()

    assert waits(patience, 2.0) == IN_A_ROW


def test_an_answer_in_between() -> None:
    """An answer, whatever it says, ends the row."""
    patience = Patience(2.0)
    patience.answered()
    for _ in range(20):
        for _ in range(IN_A_ROW - 1):
            patience.waited(2.0)
        assert not patience.doubtful
        patience.answered()


def test_waits_that_end_a_little_early() -> None:
    """A wait that ended a moment before its time counts as a wait."""
    assert waits(Patience(2.0), 1.99) == AT_FIRST


@pytest.mark.parametrize(("timeout", "number"), [(30.0, 2), (45.0, 2), (600.0, 1)])
def test_long_timeouts(timeout: float, number: int) -> None:
    """With long timeouts there are fewer waits in a row, and always one."""
    patience = Patience(timeout)
    patience.answered()

    assert waits(patience, timeout) == number
    assert patience.row <= max(2 * ROW, timeout)


def test_gone() -> None:
    """Connections that are refused at once take no time, and are counted."""
    patience = Patience(2.0)
    for _ in range(GONE - 1):
        patience.turned_away()
    assert not patience.doubtful

    patience.turned_away()
    assert patience.doubtful
    patience.answered()
    assert not patience.doubtful


def test_in_vain() -> None:
    """All waits of a run together are bounded, whatever is answered in between."""
    patience = Patience(10.0)
    for _ in range(int(IN_VAIN / 10) - 1):
        patience.waited(10.0)
        patience.answered()
    assert not patience.spent

    patience.waited(10.0)
    patience.answered()
    assert patience.spent
