"""What must stay as it is: read behind a barrier, and once more at the end of the run."""

from __future__ import annotations

import pytest

from hookassay.errors import ContractViolation, HarnessError, NotJudged, NotTestable
from hookassay.judging.journal import ERROR, FAILED, NOT_TESTABLE, PASSED, ScenarioRecord
from hookassay.judging.watch import Watch, Watchlist


class Subject:
    """Something to watch: fine until it is broken, or until nobody can look at it."""

    def __init__(self, since: float = 1.0) -> None:
        self.reads = 0
        self.trouble: Exception | None = None
        self.record = ScenarioRecord("FG-01", "watched", PASSED, "")
        self.watch = Watch(self.record, self.check, since)

    def check(self) -> None:
        self.reads += 1
        if self.trouble:
            raise self.trouble

    def break_it(self) -> None:
        self.trouble = ContractViolation("no effect", "an order")


def watching(*subjects: Subject) -> Watchlist:
    watchlist = Watchlist()
    for subject in subjects:
        watchlist.add(subject.watch)
    return watchlist


def test_waits_for_the_latest() -> None:
    """A barrier must come after the latest of what it is put behind."""
    watchlist = watching(Subject(3.0), Subject(7.0), Subject(5.0))
    since: list[float] = []
    assert watchlist.waiting == 7.0
    watchlist.settle(since.append)

    assert since == [7.0]
    assert watchlist.waiting is None


def test_nothing_to_settle() -> None:
    """Where nothing waits, no barrier is sent."""
    watchlist = watching(Subject())
    barriers: list[float] = []
    watchlist.settle(barriers.append)
    watchlist.settle(barriers.append)
    Watchlist().settle(barriers.append)

    assert len(barriers) == 1


def test_read_after_the_barrier() -> None:
    """What a late effect changes before the barrier is through is seen."""
    subject = Subject()
    watching(subject).settle(lambda _: subject.break_it())

    assert (subject.record.status, subject.record.expected, subject.record.seen) == (FAILED, "no effect", "an order")


def test_stays_passed() -> None:
    """What stays as it was leaves its scenario passed."""
    subject = Subject()
    watchlist = watching(subject)
    watchlist.settle(lambda _: None)
    watchlist.read_again()

    assert (subject.record.status, subject.reads) == (PASSED, 2)


def test_read_again_at_the_end() -> None:
    """What shows only at the end of the run fails its scenario then."""
    subject = Subject()
    watchlist = watching(subject)
    watchlist.settle(lambda _: None)
    subject.break_it()
    watchlist.read_again()

    assert subject.record.status == FAILED


def test_barrier_that_never_shows() -> None:
    """Behind a barrier that never showed nothing can be said: an error, and no pass."""
    subject = Subject()

    def barrier(_: float) -> None:
        raise HarnessError("it did not show")

    watching(subject).settle(barrier)

    assert (subject.record.status, subject.record.message, subject.reads) == (ERROR, "it did not show", 0)


@pytest.mark.parametrize("trouble", [HarnessError("HTTP 500"), NotJudged("HTTP 401")])
def test_reader_that_fails(trouble: Exception) -> None:
    """When nobody can look any more, it is an error and never the endpoint's."""
    subject = Subject()
    subject.trouble = trouble
    watching(subject).settle(lambda _: None)

    assert (subject.record.status, subject.record.message) == (ERROR, str(trouble))


def test_failure_stays() -> None:
    """A failure that was seen is not taken back by a reader that fails later."""
    subject = Subject()
    watchlist = watching(subject)
    subject.break_it()
    watchlist.settle(lambda _: None)
    subject.trouble = HarnessError("HTTP 500")
    watchlist.read_again()

    assert subject.record.status == FAILED


def test_dropped() -> None:
    """What its own scenario went on to change is watched no more; its equals are."""
    dropped, kept = Subject(), Subject()
    watchlist = watching(kept, dropped)
    watchlist.drop(dropped.watch)
    watchlist.settle(lambda _: None)

    assert (dropped.reads, kept.reads) == (0, 1)


def test_abandoned() -> None:
    """Of what a run that ends early never read, nothing is said to have passed."""
    read, unread = Subject(), Subject()
    watchlist = watching(read)
    watchlist.settle(lambda _: None)
    watchlist.add(unread.watch)
    watchlist.abandon()

    assert read.record.status == PASSED
    assert unread.record.status == ERROR
    assert "before it could be seen" in unread.record.message


def test_abandoning_keeps_a_failure() -> None:
    """A scenario that had failed already stays failed."""
    subject = Subject()
    subject.record.status = FAILED
    watching(subject).abandon()

    assert subject.record.status == FAILED


def test_barrier_that_nothing_can_be_seen_behind() -> None:
    """Where no barrier can be put, what waits for one is not testable, is not read, and waits no more."""

    def barrier(since: float) -> None:
        raise NotTestable("the endpoint does not work any more (FL-03)")

    subject = Subject()
    watchlist = watching(subject)
    watchlist.settle(barrier)

    assert (subject.record.status, subject.reads) == (NOT_TESTABLE, 0)
    assert watchlist.waiting is None


def test_violation_outweighs_not_testable() -> None:
    """What is seen to break the contract counts, although the rest of the scenario could not be tested."""
    subject = Subject()
    subject.record.status = NOT_TESTABLE
    subject.break_it()
    watching(subject).settle(lambda _: None)

    assert subject.record.status == FAILED
