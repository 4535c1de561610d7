"""Settling: how long an effect is waited for, and when nothing will show any more; on a clock that only sleep moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fake_clock import FakeClock

from hookassay.errors import HarnessError
from hookassay.orders.settling import BARRIER_PATIENCE, LONGEST, LONGEST_AFTER_MANY, SHORTEST, Settling


class Retries:
    """Stands for a courier: notes when it was asked to retry, and what `last` is."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.last_sent = clock.now
        self.asked_until = clock.now
        self.pumped: list[bool] = []
        self.at_last: Callable[[], None] = lambda: None

    def pump(self, *, last: bool = False) -> None:
        self.pumped.append(last)
        if last:
            self.at_last()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock(100.0)
    monkeypatch.setattr("hookassay.orders.settling.time", clock)
    return clock


@pytest.fixture
def courier(clock: FakeClock) -> Retries:
    return Retries(clock)


def after(clock: FakeClock, seconds: float) -> Callable[[], bool]:
    """Shows from `seconds` from now on."""
    moment = clock.now + seconds
    return lambda: clock.now >= moment


# --- how long ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slowest", "outstanding", "window"),
    [
        (0.0, 0, SHORTEST),
        (0.1, 0, SHORTEST),
        (0.3, 0, 1.2),
        (2.0, 0, LONGEST),
        (0.3, 10, 1.2 + 3.0),
        (2.0, 100, LONGEST_AFTER_MANY),
    ],
)
def test_window(slowest: float, outstanding: int, window: float) -> None:
    """Four times the slowest effect seen, from 0.5 to 5 s; after a volley one slowest more for each, to 60 s."""
    settling = Settling()
    settling.learn(slowest)

    assert settling.window(outstanding) == pytest.approx(window)


@pytest.mark.parametrize(("slowest", "window"), [(0.3, 1.2), (2.0, 8.0), (10.0, 40.0), (30.0, LONGEST_AFTER_MANY)])
def test_window_in_a_crowd(slowest: float, window: float) -> None:
    """Where others deliver at the same time, an effect that is known to be slow may take longer."""
    settling = Settling()
    settling.crowd = 8
    settling.learn(slowest)

    assert settling.window() == pytest.approx(min(window, 8 * LONGEST))


def test_window_told() -> None:
    """What `--settle` says counts, whatever was measured."""
    settling = Settling(0.2)
    settling.learn(3.0)

    assert settling.window(16) == 0.2


def test_slowest_stays() -> None:
    """A faster effect does not make the slowest one forgotten."""
    settling = Settling()
    settling.learn(0.7)
    settling.learn(0.1)

    assert settling.slowest == 0.7


# --- what must happen -------------------------------------------------------------------------------------------------


def test_returns_at_once(clock: FakeClock, courier: Retries) -> None:
    """What holds already is not waited for."""
    assert Settling().eventually(lambda: 1, bool, courier) == (True, 1)
    assert clock.slept == []


def test_polls(clock: FakeClock, courier: Retries) -> None:
    """What comes within the settling time is seen soon after it came, and its latency is learned."""
    settling = Settling()
    shown, _ = settling.eventually(after(clock, 0.3), bool, courier)

    assert shown
    assert settling.slowest == pytest.approx(0.3, abs=0.06)


def test_retries_meanwhile(clock: FakeClock, courier: Retries) -> None:
    """While it waits, the courier goes on retrying."""
    Settling().eventually(after(clock, 0.3), bool, courier)

    assert len(courier.pumped) > 3
    assert not any(courier.pumped)


def test_gives_up(clock: FakeClock, courier: Retries) -> None:
    """What never comes is given up after the settling time, one last retry, and a moment for that one."""
    settling = Settling()
    shown, seen = settling.eventually(lambda: "nothing", lambda _: False, courier)

    assert (shown, seen) == (False, "nothing")
    assert courier.pumped.count(True) == 1
    assert SHORTEST < clock.now - 100.0 < SHORTEST + 0.2
    assert settling.slowest == 0.0


def test_looks_after_the_settling_time(clock: FakeClock, courier: Retries) -> None:
    """What comes at the very end of the settling time is seen, however long a look takes."""
    looks = []

    def slow_look() -> bool:
        looks.append(clock.now)
        clock.sleep(0.4)
        return looks[-1] >= 100.0 + SHORTEST

    shown, _ = Settling().eventually(slow_look, bool, courier)

    assert shown
    assert True not in courier.pumped


def test_window_counts_from_the_last_delivery(clock: FakeClock, courier: Retries) -> None:
    """The settling time runs from the delivery and not from the question."""
    courier.last_sent -= 10
    Settling().eventually(lambda: False, bool, courier)

    assert clock.now - 100.0 < 0.2


def test_last_retry_may_bring_it(clock: FakeClock, courier: Retries) -> None:
    """What the last retry brings is waited for, and is seen."""
    shows_at = []
    courier.at_last = lambda: shows_at.append(clock.now + 0.03)
    settling = Settling()
    shown, _ = settling.eventually(lambda: bool(shows_at) and clock.now >= shows_at[0], bool, courier)

    assert shown
    assert settling.slowest > SHORTEST


def test_patience_that_was_asked_for(clock: FakeClock, courier: Retries) -> None:
    """Who asks for two seconds by Retry-After has its settling time after these."""
    courier.asked_until = clock.now + 2.0

    assert Settling().eventually(after(clock, 2.3), bool, courier)[0]


def test_patience_that_is_too_much(clock: FakeClock, courier: Retries) -> None:
    """Who asks for an hour is not waited for."""
    courier.asked_until = clock.now + 3600
    Settling().eventually(lambda: False, bool, courier)

    assert clock.now - 100.0 < 1


def test_overhead_is_no_latency(clock: FakeClock, courier: Retries) -> None:
    """The time that a look itself takes (a command's start-up) is not learned."""
    settling = Settling()

    def look() -> bool:
        clock.sleep(0.5)
        return True

    settling.eventually(look, bool, courier, overhead=0.5)

    assert settling.slowest == pytest.approx(0.0)


def test_vain_waiting_is_no_latency(clock: FakeClock, courier: Retries) -> None:
    """What holds all along is not taken for slow because something else was waited for in vain."""
    settling = Settling()
    settling.eventually(lambda: False, bool, courier)
    settling.eventually(lambda: True, bool, courier)

    assert settling.slowest == 0.0


# --- what must not happen ---------------------------------------------------------------------------------------------


def test_barrier_waits_for_every_witness(clock: FakeClock, courier: Retries) -> None:
    """The barrier stands until the slowest genuine purchase shows, and until twice that since the last answer."""
    since = clock.now
    Settling().barrier([after(clock, 0.1), after(clock, 0.4), after(clock, 0.2)], courier, since)

    assert clock.now - since == pytest.approx(0.8, abs=0.15)


def test_barrier_knows_the_slowest(clock: FakeClock, courier: Retries) -> None:
    """Fast witnesses do not shorten what slow effects before them have taught."""
    settling = Settling()
    settling.learn(1.5)
    settling.barrier([lambda: True] * 3, courier, clock.now)

    assert clock.now - 100.0 == pytest.approx(3.0)


def test_barrier_long_ago(clock: FakeClock, courier: Retries) -> None:
    """When enough time has passed since the last answer, nothing more is waited for."""
    settling = Settling()
    settling.learn(1.0)
    settling.barrier([lambda: True] * 3, courier, clock.now - 5)

    assert sum(clock.slept) == 0


def test_barrier_patience(clock: FakeClock, courier: Retries) -> None:
    """A witness may take longer than any settling time: the endpoint is only slow."""
    Settling(0.2).barrier([after(clock, 20)], courier, clock.now)

    assert clock.now - 100.0 >= 20


def test_barrier_never_shows(clock: FakeClock, courier: Retries) -> None:
    """Without its witnesses nothing can be said: an error of the harness, no pass."""
    with pytest.raises(HarnessError, match=f"did not show within {BARRIER_PATIENCE:g} s"):
        Settling().barrier([lambda: True, lambda: False], courier, clock.now)
