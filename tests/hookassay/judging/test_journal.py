"""The journal: evidence as it happens."""

from __future__ import annotations

import pytest
from fake_clock import FakeClock
from results import delivery

from hookassay.judging.journal import ERROR, FAILED, KEPT_DELIVERIES, NOT_TESTABLE, PASSED, Journal, ScenarioRecord


def test_error_until_something_is_known() -> None:
    """A scenario that nobody ended is an error."""
    record = Journal().open("SG-01", "honest")

    assert (record.status, record.message) == (ERROR, "the scenario did not end")


@pytest.mark.parametrize("status", [PASSED, ERROR, NOT_TESTABLE])
def test_failure_is_never_taken_back(status: str) -> None:
    """Whatever comes after a failure, it stays one, with its reason."""
    record = ScenarioRecord("SG-01", "honest")
    record.end(FAILED, "expected a, saw b", expected="a", seen="b")
    record.end(status, "never mind")

    assert (record.status, record.message, record.expected, record.seen) == (FAILED, "expected a, saw b", "a", "b")


def test_failure_after_the_end() -> None:
    """What passed may still fail, when it is read again."""
    record = ScenarioRecord("SG-01", "honest")
    record.end(PASSED)
    record.end(FAILED, "it changed")

    assert record.status == FAILED


def test_deliveries_belong_to_the_running_scenario() -> None:
    """A delivery is written to the scenario that runs, and to none between scenarios."""
    journal = Journal()
    journal.delivered(delivery(event_id="evt_0"))
    first = journal.open("SG-01", "first")
    journal.delivered(delivery(event_id="evt_1"))
    second = journal.open("SG-01", "second")
    journal.delivered(delivery(event_id="evt_2"))
    journal.close()
    journal.delivered(delivery(event_id="evt_3"))

    assert [[one.event_id for one in kept] for kept in (journal.outside, first.deliveries, second.deliveries)] == [
        ["evt_0", "evt_3"],
        ["evt_1"],
        ["evt_2"],
    ]
    assert (journal.sent, first.sent, second.sent) == (4, 1, 1)
    assert journal.scenarios == [first, second]


def test_burst_is_counted_and_not_kept() -> None:
    """Of many deliveries all are counted, and as many kept as a person reads."""
    journal = Journal()
    record = journal.open("RP-05", "burst")
    for _ in range(KEPT_DELIVERIES + 5):
        journal.delivered(delivery())

    assert (record.sent, len(record.deliveries)) == (KEPT_DELIVERIES + 5, KEPT_DELIVERIES)


def test_current() -> None:
    """A delivery is written to the scenario that runs, and outside of all where none does."""
    journal = Journal()
    journal.delivered(delivery())
    record = journal.open("SG-01", "honest")
    journal.delivered(delivery())
    journal.close()
    journal.delivered(delivery())

    assert (record.sent, len(journal.outside), journal.sent) == (1, 2, 3)


def test_note_once() -> None:
    """A remark that is made again stands once."""
    record = ScenarioRecord("SG-01", "honest")
    for text in ("slow", "slow", "odd"):
        record.note(text)

    assert record.notes == ["slow", "odd"]


def test_phases_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a phase is that of all its parts, one that broke off included."""
    clock = FakeClock()
    monkeypatch.setattr("hookassay.judging.journal.time", clock)
    journal = Journal()
    with journal.phase("barriers"):
        clock.sleep(1)

    def breaks_off() -> None:
        with journal.phase("barriers"):
            clock.sleep(2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks_off()

    assert journal.phases == {"barriers": 3}


def test_scenarios_of_one_version() -> None:
    """A scenario belongs to the API version in which the run is when it begins."""
    journal = Journal()
    journal.api_version = "2026-10-28.endive"
    first = journal.open("SG-01", "honest")
    journal.api_version = "2023-10-16"
    second = journal.open("SG-01", "honest")

    assert journal.of("2026-10-28.endive") == (first,)
    assert journal.of("2023-10-16") == (second,)


def test_handed_over() -> None:
    """What one journal hands over another keeps, and the first has it no more; scenarios stay where they are."""
    one, other = Journal(), Journal()
    one.delivered(delivery())
    one.created.append("cs_1")
    one.open("SG-01", "honest")
    other.created.append("cs_2")
    other.take(one.hand_over())

    assert (one.outside, one.created, one.sent, len(one.scenarios)) == ([], [], 0, 1)
    assert (other.outside, other.created, other.sent, other.scenarios) == ([delivery()], ["cs_2", "cs_1"], 1, [])
