"""The courier: what it delivers, what it tries again, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fake_clock import FakeClock

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.endpoint import Endpoint, Secret
from hookassay.sender.courier import Courier
from hookassay.sender.dispatch import Parcel
from hookassay.sender.event import Bundle, Event
from hookassay.sender.purchase import PurchaseBook
from hookassay.wire.connection import Answer, Line

PAID = "checkout.session.completed"


class Desk:
    """Stands for the dispatch: answers with the statuses it was given in turn, then with 200."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.statuses: list[int | None] = []
        self.headers: tuple[tuple[str, str], ...] = ()
        self.sent: list[tuple[str, int]] = []
        self.parcels: list[Parcel] = []
        self.lines: list[object] = []

    def parcel(self, about: str, event: Event, *, signing: str, style: Any) -> Parcel:
        return Parcel(about, event.id, event.type, event.body(style or "compact"), signing)

    def send(self, parcel: Parcel, *, line: object = None) -> Answer:
        self.lines.append(line)
        self.sent.append((parcel.event_type, parcel.attempt))
        self.parcels.append(parcel)
        status = self.statuses.pop(0) if self.statuses else 200
        return Answer(status, self.headers, b"", "", self.clock.now, self.clock.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock()
    monkeypatch.setattr("hookassay.sender.courier.time", clock)
    return clock


@pytest.fixture
def desk(clock: FakeClock) -> Desk:
    return Desk(clock)


@pytest.fixture
def courier(desk: Desk) -> Courier:
    return Courier(desk)  # type: ignore[arg-type]


@pytest.fixture
def paid() -> Bundle:
    return PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new().paid()


def test_glances_after_each_attempt(clock: FakeClock, desk: Desk, paid: Bundle) -> None:
    """Whoever wants to see what each attempt did is called behind it, a retry's included."""
    seen: list[tuple[str, int]] = []
    desk.statuses = [500]
    courier = Courier(desk, None, lambda about: seen.append((about, len(desk.sent))))  # type: ignore[arg-type]
    courier.deliver("cs_1", list(paid)[:2])

    assert desk.sent == [(paid.types[0], 1), (paid.types[1], 1), (paid.types[0], 2)]
    assert seen == [("cs_1", 1), ("cs_1", 2), ("cs_1", 3)]


def deliver(courier: Courier, *events: Event) -> list[Answer]:
    return courier.deliver("cs_1", events)


def test_delivers_in_order(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """Every event of a bundle is delivered once, in its order."""
    courier.deliver("cs_1", paid)

    assert desk.sent == [(name, 1) for name in paid.types]
    assert (courier.outstanding, courier.acknowledgements) == (0, len(paid))


def test_only_subscribed(desk: Desk, paid: Bundle) -> None:
    """An event that the endpoint is not subscribed to is not delivered."""
    courier = Courier(desk, frozenset([PAID]))  # type: ignore[arg-type]

    assert len(courier.deliver("cs_1", paid)) == 1
    assert desk.sent == [(PAID, 1)]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_done(courier: Courier, desk: Desk, paid: Bundle, status: int) -> None:
    """Any 2xx acknowledges: it is not tried again."""
    desk.statuses = [status]
    deliver(courier, paid.of(PAID))
    courier.pump(last=True)

    assert desk.sent == [(PAID, 1)]


@pytest.mark.parametrize("status", [301, 308, 400, 401, 409, 410, 429, 500, 503, None])
def test_anything_else_is_tried_again(courier: Courier, desk: Desk, paid: Bundle, status: int | None) -> None:
    """Whatever is no 2xx is tried again, whichever it is; which it was is nowhere judged."""
    desk.statuses = [status]
    deliver(courier, paid.of(PAID))
    assert (courier.outstanding, courier.refusals) == (1, [PAID])
    courier.pump(last=True)

    assert desk.sent == [(PAID, 1), (PAID, 2)]
    assert (courier.outstanding, courier.acknowledgements) == (0, 1)


def test_retry_is_the_same_event(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """A retry carries the same bytes under the same manner of signing."""
    desk.statuses = [500]
    courier.deliver("cs_1", [paid.of(PAID)], signing="a v0 after the v1", style="indented")
    courier.pump(last=True)
    first, second = desk.parcels

    assert (first.body, first.signing, first.event_id) == (second.body, second.signing, second.event_id)


def test_retry_of_what_was_said_otherwise(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """What was refused under its own headers, at the configured URL exactly, is tried again in the same way."""
    parcel = desk.parcel("cs_1", paid.of(PAID), signing="honest", style=None)
    parcel = replace(parcel, headers=(("X-A", "1"),), configured=True)
    courier.adopt(parcel, Answer(500, (), b"", "", 0.0, 0.0))
    courier.pump(last=True)

    assert desk.parcels == [replace(parcel, attempt=2)]


def test_retried_after_every_later_delivery(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """What waits is tried again after each later delivery, and then no more."""
    first, second, third = paid.events[:3]
    desk.statuses = [409, 200, 409, 200, 200]
    deliver(courier, first)
    deliver(courier, second)
    deliver(courier, third)

    assert desk.sent == [(first.type, 1), (second.type, 1), (first.type, 2), (third.type, 1), (first.type, 3)]
    assert courier.outstanding == 0


def test_bundle_retried_within_itself(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """An early member of a bundle is tried again after the later ones of the same bundle."""
    first, second = paid.events[:2]
    desk.statuses = [409]
    deliver(courier, first, second)

    assert desk.sent == [(first.type, 1), (second.type, 1), (first.type, 2)]


def test_lost_answer(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """An answer that is lost leaves the delivery waiting, and it comes again after the next one."""
    first, second = paid.events[:2]
    (answer,) = courier.deliver("cs_1", [first], lost=True)

    assert (answer.status, answer.acknowledged, answer.problem) == (None, False, "the answer was lost on its way")
    assert courier.outstanding == 1
    courier.deliver("cs_1", [second])
    assert desk.sent == [(first.type, 1), (second.type, 1), (first.type, 2)]
    assert courier.outstanding == 0


def test_back_off(courier: Courier, desk: Desk, clock: FakeClock, paid: Bundle) -> None:
    """Retries come 0.1, 0.3, 1 and 3 seconds after the latest first delivery, and at the end."""
    began = clock.now
    desk.statuses = [500] * 100
    deliver(courier, paid.of(PAID))
    moments = []
    while clock.now < began + 10:
        count = len(desk.sent)
        courier.pump()
        if len(desk.sent) > count:
            moments.append(round(clock.now - began, 2))
        clock.sleep(0.05)
    courier.pump(last=True)

    assert moments == [pytest.approx(moment, abs=0.051) for moment in (0.1, 0.3, 1.0, 3.0)]
    assert len(desk.sent) == 1 + 4 + 1


def test_back_off_begins_anew(courier: Courier, desk: Desk, clock: FakeClock, paid: Bundle) -> None:
    """After another first delivery the times count from that one."""
    first, second = paid.events[:2]
    desk.statuses = [500, 500, 500]
    deliver(courier, first)
    clock.sleep(0.15)
    courier.pump()
    deliver(courier, second)
    count = len(desk.sent)
    courier.pump()
    assert len(desk.sent) == count
    clock.sleep(0.11)
    desk.statuses = [500, 500]
    courier.pump()

    assert len(desk.sent) > count


def test_retry_after_is_honoured(courier: Courier, desk: Desk, clock: FakeClock, paid: Bundle) -> None:
    """An endpoint that asks for two seconds is left alone for two seconds, by later deliveries too."""
    first, second = paid.events[:2]
    desk.statuses, desk.headers = [429], (("Retry-After", "2"),)
    deliver(courier, first)
    deliver(courier, second)
    clock.sleep(1.9)
    courier.pump()
    assert desk.sent == [(first.type, 1), (second.type, 1)]
    clock.sleep(0.2)
    courier.pump()

    assert desk.sent[2:] == [(first.type, 2)]


def test_retry_after_does_not_outlast_the_end(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """At the end of the settling time everything is tried, whatever it asked for."""
    desk.statuses, desk.headers = [503], (("Retry-After", "3600"),)
    deliver(courier, paid.of(PAID))
    courier.pump(last=True)

    assert courier.outstanding == 0


def test_copies_of_one_event(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """Copies from a volley wait each for itself, and count as one acknowledged event."""
    parcel = desk.parcel("cs_1", paid.of(PAID), signing="honest", style=None)
    for status in (200, 409, 409):
        courier.adopt(parcel, Answer(status, (), b"", "", 0.0, 0.0))
    assert (courier.outstanding, courier.waiting(parcel.event_id), courier.waiting("evt_other")) == (2, 2, 0)
    desk.statuses = [409, 200]
    courier.pump(last=True)

    assert (courier.waiting(parcel.event_id), courier.acknowledgements) == (1, 1)


def test_answers_are_kept(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """Every answer to every attempt is kept, in order; only first attempts are handed back."""
    desk.statuses = [500, 202]
    firsts = deliver(courier, paid.events[0], paid.events[1])

    assert [one.status for one in firsts] == [500, 202]
    assert [one.status for one in courier.answers] == [500, 202, 200]


def test_one_connection(courier: Courier, desk: Desk, paid: Bundle) -> None:
    """First attempts and retries are made on the line that the courier was given."""
    line = courier.line = Line(Endpoint("http://127.0.0.1:9/", Secret("whsec_x")))
    desk.statuses = [500]
    courier.deliver("cs_1", list(paid)[:2])

    assert desk.lines == [line] * 3
