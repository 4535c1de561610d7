"""The outbox: what leaves next, what comes again, and when it is given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from hookassay.storm import outbox as module
from hookassay.storm.outbox import ATTEMPTS, BACKLOG, IN_VAIN, RETRIES, SILENCE, SPREAD, Outbox
from hookassay.storm.receipts import Receipts
from hookassay.storm.script import Repertoire, Script
from hookassay.storm.stream import Delivery, stream
from hookassay.storm.tally import Tally


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Seconds of the test's own, for the tally as well."""
    clock = Clock()
    monkeypatch.setattr("hookassay.storm.tally.time.monotonic", lambda: clock.now)
    return clock


def fresh(script: Script, groups: list[tuple[int, ...]], place: int = 0) -> Iterator[list[Delivery]]:
    return iter([[Delivery(place, script, event, first=True) for event in group] for group in groups])


def open_(deliveries: Iterator[list[Delivery]], clock: Clock, purchases: int = 40) -> Outbox:
    return Outbox(deliveries, Receipts(purchases), Tally(), clock.now)


def test_what_is_acknowledged_is_receipted_and_never_comes_again(repertoire: Repertoire, clock: Clock) -> None:
    """A 2xx ends a delivery."""
    outbox = open_(fresh(repertoire.script(0), [(0,)]), clock)
    (delivery,) = outbox.take(clock.now)
    outbox.answered(delivery, 204, clock.now)

    assert outbox.take(clock.now + 100) == []
    assert outbox.over
    assert outbox.receipts.has(0, 0)


@pytest.mark.parametrize("kind", [500, 302, 404, "closed the connection without an answer"])
def test_what_is_not_acknowledged_comes_again(repertoire: Repertoire, clock: Clock, kind: int | str) -> None:
    """Any other answer, and none, is followed by another attempt after its pause and not before."""
    outbox = open_(fresh(repertoire.script(0), [(0,)]), clock)
    (delivery,) = outbox.take(clock.now)
    outbox.answered(delivery, kind, clock.now)

    assert outbox.take(clock.now + RETRIES[0] * (1 - SPREAD) * 0.9) == []
    assert not outbox.over
    assert outbox.take(clock.now + RETRIES[0] * (1 + SPREAD)) == [delivery]
    assert delivery.attempt == 2


def test_pauses_grow(repertoire: Repertoire, clock: Clock) -> None:
    """Each attempt follows the one before after a longer pause, up to the last one."""
    outbox = open_(fresh(repertoire.script(0), [(0,)]), clock)
    pauses = []
    (delivery,) = outbox.take(clock.now)
    for _ in range(6):
        outbox.answered(delivery, 500, clock.now)
        assert outbox.due is not None
        pauses.append(outbox.due - clock.now)
        clock.now = outbox.due
        outbox.take(clock.now)

    expected = [*RETRIES, RETRIES[-1], RETRIES[-1]]
    assert all(abs(pause - usual) <= SPREAD * usual + 1e-9 for pause, usual in zip(pauses, expected, strict=True))


def test_what_was_refused_together_comes_again_at_different_times(repertoire: Repertoire, clock: Clock) -> None:
    """Losers of one race do not race each other for ever."""
    outbox = open_(fresh(repertoire.script(0), [(0, 1, 0, 1)]), clock)
    for delivery in outbox.take(clock.now):
        outbox.answered(delivery, 409, clock.now)
    due = []
    while outbox.due is not None:
        due.append(outbox.due - clock.now)
        outbox.take(outbox.due)

    assert len({round(one, 3) for one in due}) == 4
    assert max(due) - min(due) > RETRIES[0] * SPREAD


def test_a_wait_that_is_asked_for_is_kept_within_bounds(repertoire: Repertoire, clock: Clock) -> None:
    """A Retry-After is honoured, a long one for a while."""
    outbox = open_(fresh(repertoire.script(0), [(0, 1)]), clock)
    one, other = outbox.take(clock.now)
    outbox.answered(one, 429, clock.now, 2.0)
    outbox.answered(other, 429, clock.now, 3600.0)

    assert outbox.due == clock.now + 2
    assert outbox.take(clock.now + 2) == [one]
    assert outbox.take(clock.now + module.LONGEST_PATIENCE) == [other]


def test_an_event_is_given_up_at_last(repertoire: Repertoire, clock: Clock) -> None:
    """What is refused ever again is counted, and claims nothing."""
    script = repertoire.script(0)
    outbox = open_(fresh(script, [(0,), (1,)]), clock)
    outbox.answered(*outbox.take(clock.now), 200, clock.now)
    (delivery,) = outbox.take(clock.now)
    attempts = 0
    while not outbox.over:
        attempts += 1
        outbox._heard = clock.now  # others are acknowledged meanwhile
        outbox.answered(delivery, 500, clock.now)
        clock.now = outbox.due or clock.now
        outbox.take(clock.now)

    assert attempts == ATTEMPTS
    assert outbox.given_up == {script.events[1][1]: 1}


def test_a_type_that_is_never_taken_is_not_sent_for_ever(repertoire: Repertoire, clock: Clock) -> None:
    """An endpoint that refuses what it does not handle is not sent all of it sixteen times."""
    script = next(one for one in repertoire.scripts if one.half > 1)
    deliveries = ([Delivery(place, script, event, first=True)] for place in range(500) for event in (0, 1))
    outbox = open_(deliveries, clock, 500)
    while not outbox.over:
        for delivery in outbox.take(clock.now):
            outbox.answered(delivery, 200 if delivery.event == 0 else 404, clock.now)
        clock.now += 0.001

    assert outbox.tally.answers[404] < 500 + 6 * IN_VAIN
    assert outbox.given_up == {script.events[1][1]: 500}


def test_a_duplicate_is_not_repeated_once_its_event_is_known(repertoire: Repertoire, clock: Clock) -> None:
    """Of two copies at once one may be refused: the other one was acknowledged."""
    outbox = open_(fresh(repertoire.script(0), [(0, 0)]), clock)
    one, other = outbox.take(clock.now)
    outbox.answered(one, 200, clock.now)
    outbox.answered(other, 409, clock.now)

    assert outbox.take(clock.now + 100) == []
    assert outbox.over
    assert not outbox.given_up


def test_nothing_new_is_begun_while_too_much_waits(make: Callable[..., Repertoire], clock: Clock) -> None:
    """What waits to be sent anew is bounded."""
    outbox = open_(stream(make(purchases=2000)), clock, 2000)
    taken = 0
    while group := outbox.take(clock.now):
        taken += len(group)
        for delivery in group:
            outbox.answered(delivery, 500, clock.now)

    assert BACKLOG <= taken < BACKLOG + 10


def test_it_ends_where_nothing_is_acknowledged_any_more(repertoire: Repertoire, clock: Clock) -> None:
    """An endpoint that has gone for good is not waited for."""
    outbox = open_(stream(repertoire), clock)
    began = clock.now
    while not outbox.over:
        group = outbox.take(clock.now)
        if not group:
            clock.now = outbox.due or clock.now
        for delivery in group:
            outbox.unsent(delivery, "connection refused", clock.now)

    assert outbox.silenced
    assert SILENCE < clock.now - began < 2 * SILENCE
    assert outbox.tally.deliveries == 0


def test_what_could_not_leave_is_no_attempt(repertoire: Repertoire, clock: Clock) -> None:
    """Where no connection could be opened nothing was delivered: the next attempt is the first."""
    outbox = open_(fresh(repertoire.script(0), [(0,)]), clock)
    (delivery,) = outbox.take(clock.now)
    outbox.unsent(delivery, "connection refused", clock.now)

    assert delivery.attempt == 1
    assert outbox.tally.unsent == {"connection refused": 1}
    assert outbox.take(clock.now + RETRIES[0] * (1 + SPREAD)) == [delivery]


def test_duplicates_and_what_is_sent_anew_are_counted(repertoire: Repertoire, clock: Clock) -> None:
    """The tally tells them apart."""
    script = repertoire.script(0)
    first, again = Delivery(0, script, 0, first=True), Delivery(0, script, 0, first=False)
    outbox = open_(iter([[first], [again]]), clock)
    outbox.answered(*outbox.take(clock.now), 500, clock.now)
    outbox.answered(*outbox.take(clock.now), 500, clock.now)
    outbox.answered(*outbox.take(clock.now + 1), 200, clock.now + 1)

    assert (outbox.tally.duplicates, outbox.tally.repeated) == (1, 1)
