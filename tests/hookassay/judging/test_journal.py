"""The journal: evidence as it happens."""

from __future__ import annotations

import pytest
from fake_clock import FakeClock
from results import delivery

from hookassay.endpoint import Endpoint, Secret
from hookassay.judging.journal import (
    ERROR,
    FAILED,
    KEPT_DELIVERIES,
    KEPT_READINGS,
    KEPT_TRAFFIC,
    NOT_TESTABLE,
    PASSED,
    Journal,
    ScenarioRecord,
)
from hookassay.judging.traffic import KEPT_BYTES, Traffic
from hookassay.orders.vocabulary import Order
from hookassay.sender.dispatch import Attempt, Parcel
from hookassay.wire.connection import Answer, Request


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


# --- what orders read -------------------------------------------------------------------------------------------------

PAID = (Order(frozenset({"paid"}), words={"status": "paid"}),)
GONE = (Order(frozenset(), words={"status": "gone"}),)


def test_a_reading_is_kept_where_it_is_new() -> None:
    """How an order reads stands once, however often it is looked at, until it reads otherwise."""
    journal = Journal()
    record = journal.open("SG-01", "honest")
    for orders in ((), (), PAID, PAID, GONE):
        journal.read("cs_1", orders)
    journal.read("cs_2", ())

    assert [(one.purchase, one.orders) for one in record.readings] == [
        ("cs_1", ()),
        ("cs_1", PAID),
        ("cs_1", GONE),
        ("cs_2", ()),
    ]


def test_a_late_reading_belongs_to_the_first_scenario() -> None:
    """What the last look sees is evidence of the scenario that sent it, and not of the one that runs by then."""
    journal = Journal()
    record = journal.open("FG-01", "forged")
    journal.read("cs_1", ())
    other = journal.open("FG-02", "forged")
    journal.read("cs_1", PAID)
    journal.close()
    journal.read("cs_1", GONE)

    assert [one.orders for one in record.readings] == [(), PAID, GONE]
    assert other.readings == []


def test_what_is_read_outside_of_all_scenarios_is_not_kept() -> None:
    """A purchase of the preflight, or of a barrier, is nobody's evidence."""
    journal = Journal()
    journal.read("cs_1", PAID)
    record = journal.open("SG-01", "honest")

    assert record.readings == []


def test_readings_are_bounded() -> None:
    """A thousand purchases' orders would hide what one of them shows."""
    journal = Journal()
    record = journal.open("CV-01", "every order")
    for number in range(KEPT_READINGS + 5):
        journal.read(f"cs_{number}", PAID)

    assert len(record.readings) == KEPT_READINGS


def test_only_what_fails_is_kept() -> None:
    """Once the failing purchase is known, what was sent and read about others is dropped."""
    journal = Journal()
    record = journal.open("CV-01", "every order")
    for session_id in ("cs_1", "cs_2"):
        journal.delivered(delivery(purchase=session_id))
        journal.read(session_id, PAID)
    record.keep_only(["cs_2"])

    assert [one.purchase for one in (*record.deliveries, *record.readings)] == ["cs_2", "cs_2"]

    record.forget()

    assert (record.deliveries, record.readings) == ([], [])


# --- bytes ------------------------------------------------------------------------------------------------------------


def attempt(body: bytes = b"{}", answer: bytes = b"ok") -> Attempt:
    return Attempt(
        Parcel("cs_1", "evt_1", "charge.refunded", body),
        Endpoint("http://127.0.0.1:4242/hook", Secret("whsec_x")),
        Request(body),
        Answer(200, (("Server", "toy"),), answer, "", 0.0, 0.0),
    )


def test_bytes_are_kept_while_a_scenario_runs() -> None:
    """What is sent outside of all scenarios is shown to nobody, so its bytes are not kept."""
    journal = Journal()
    before = journal.traffic(attempt())
    journal.open("SG-01", "honest")
    kept = journal.traffic(attempt())

    assert before is None
    assert kept is not None
    assert kept.sent == b"POST /hook HTTP/1.1\r\nHost: 127.0.0.1:4242\r\nContent-Length: 2\r\n\r\n{}"


def test_bytes_are_bounded() -> None:
    """An endpoint that answers with long pages does not fill the memory; the next scenario has room again."""
    journal = Journal()
    journal.open("SG-01", "honest")
    page = b"x" * KEPT_BYTES
    kept = [journal.traffic(attempt(answer=page)) for _ in range(2 * KEPT_TRAFFIC // KEPT_BYTES)]
    journal.open("SG-01", "again")

    assert 0 < sum(one is not None for one in kept) <= KEPT_TRAFFIC // KEPT_BYTES
    assert journal.traffic(attempt()) is not None


def test_of_a_long_body_the_beginning_is_kept() -> None:
    """How long it was stands in the header that was sent, and in what is missing."""
    traffic = Traffic.of(attempt(b"x" * (KEPT_BYTES + 5), b"y" * (KEPT_BYTES + 7)))

    assert b"Content-Length: %d\r\n" % (KEPT_BYTES + 5) in traffic.sent
    assert traffic.sent.endswith(b"\r\n\r\n" + b"x" * KEPT_BYTES)
    assert (traffic.body, traffic.unsaid, traffic.unheard) == (b"y" * KEPT_BYTES, 5, 7)
