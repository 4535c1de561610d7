"""The timeline of a scenario as a picture."""

from __future__ import annotations

from itertools import pairwise

import pytest
from results import delivery, scenario

from hookassay.judging.journal import Reading, ScenarioRecord
from hookassay.orders.vocabulary import Order
from hookassay.report.timeline import FIRST_SHOWN, LAST_SHOWN, Picture, Timeline, timeline

SESSION = "cs_test_run7f3a_1"
PAID = Order(frozenset({"paid"}), words={"status": "paid"})


def drawn(record: ScenarioRecord) -> Timeline:
    found = timeline(record, str)
    assert found is not None
    return found


def late_refund() -> ScenarioRecord:
    """A payment, an order, a pause, a forged refund that is refused, and a purchase that reads otherwise at the end."""
    return scenario(
        "FG-01",
        "x",
        deliveries=[
            delivery(at=2.0, seconds=0.004),
            delivery(at=2.01, seconds=0.004),
            delivery(at=2.5, seconds=0.004, event_type="charge.refunded", signing="no signature header", status=400),
        ],
        readings=[Reading(SESSION, (), 1.99, 1.99), Reading(SESSION, (PAID,), 2.02, 2.6)],
    )


@pytest.fixture(params=["wide", "narrow"])
def picture(request: pytest.FixtureRequest) -> Picture:
    """Each of the two pictures of `late_refund`."""
    return next(one for one in drawn(late_refund()).pictures if one.name == request.param)


def test_nothing_sent_is_not_drawn() -> None:
    """A scenario that was left out has no picture."""
    assert timeline(scenario("SG-01", "x", deliveries=[]), str) is None


def test_each_moment_has_a_row(picture: Picture) -> None:
    """Deliveries and what orders read stand below one another in the order of time."""
    assert [row.kind for row in picture.rows] == ["read", "sent", "sent", "read", "sent"]
    assert all(upper.y + upper.height <= lower.y for upper, lower in pairwise(picture.rows))


def test_time_runs_to_the_right(picture: Picture) -> None:
    """A later delivery begins further right, and all bars are inside of the picture."""
    sent = [row for row in picture.rows if row.kind == "sent"]

    assert sent[0].x < sent[1].x < sent[2].x
    assert all(row.x + row.width <= picture.layout.width for row in picture.rows)


def test_a_pause_is_shortened_and_marked(picture: Picture) -> None:
    """Half a second between deliveries of 4 ms takes a few times the room of one, and a line says so."""
    first, second, third = (row for row in picture.rows if row.kind == "sent")

    assert third.x - second.x < 6 * first.width
    assert any(second.x < pause < third.x for pause in picture.pauses)


def test_what_a_bar_is_stands_in_its_style(picture: Picture) -> None:
    """How it was answered, whether it was forged, and which state an order was in."""
    assert [row.style for row in picture.rows] == [
        "state state-0",
        "acknowledged",
        "acknowledged",
        "state state-1",
        "refused forged",
    ]


def test_nothing_is_told_by_colour_alone(picture: Picture) -> None:
    """Each answer has a sign and its status, and a forgery its name."""
    texts = " ".join(line.text for row in picture.rows for line in row.lines)

    assert "✔ 200 in 4 ms" in texts
    assert "✘ 400 in 4 ms" in texts
    assert "forged: no signature header" in texts
    assert "order reads one order (status=paid)" in texts


def test_lines_of_text_fit(picture: Picture) -> None:
    """Long names and long words are wrapped at the room that the layout has."""
    longest = scenario("CV-01", "x", deliveries=[delivery(event_type="x" * 200, signing="y " * 200)])
    for one in drawn(longest).pictures:
        assert all(len(line.text) <= one.layout.room for row in one.rows for line in row.lines)


def test_the_middle_of_many_is_left_out() -> None:
    """Of sixty deliveries the beginning and the end are drawn, and how many are between is said."""
    many = scenario("RP-05", "x", deliveries=[delivery(at=1 + place / 100) for place in range(60)], sent=101)
    found = drawn(many)
    texts = [line.text for row in found.pictures[0].rows for line in row.lines]

    assert sum(row.kind == "sent" for row in found.pictures[0].rows) == FIRST_SHOWN + LAST_SHOWN
    assert f"… {60 - FIRST_SHOWN - LAST_SHOWN} more in between …" in texts
    assert "41 more deliveries of this scenario not shown" in texts


def test_the_same_in_words() -> None:
    """Whoever does not see the picture is told each moment."""
    assert drawn(late_refund()).words == (
        "before: the order reads no order",
        "0 ms: checkout.session.completed was sent and got 200 in 4 ms",
        "10.0 ms: checkout.session.completed was sent and got 200 in 4 ms",
        "20.0 ms: the order reads one order (status=paid)",
        "500 ms: charge.refunded (forged: no signature header) was sent and got 400 in 4 ms",
    )


def test_copies_at_once_overlap() -> None:
    """Bars of deliveries that were under way together lie over one another."""
    volley = scenario("RP-05", "x", deliveries=[delivery(at=1 + place / 10_000, seconds=0.01) for place in range(3)])
    first, second, third = drawn(volley).pictures[0].rows

    assert third.x < first.x + first.width
    assert third.x < second.x + second.width
