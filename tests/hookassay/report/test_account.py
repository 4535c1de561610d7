"""A scenario as an account of moments in time."""

from __future__ import annotations

import pytest
from results import delivery, scenario

from hookassay.judging.journal import Reading
from hookassay.orders.book import Orders
from hookassay.orders.vocabulary import Order
from hookassay.report.account import Read, Sent, account, how, milliseconds, since

SESSION = "cs_test_run7f3a_1"


def order(**words: str) -> Order:
    return Order(frozenset(), words=words)


def reading(at: float, *orders: Order, until: float | None = None, purchase: str = SESSION) -> Reading:
    return Reading(purchase, tuple(orders), at, at if until is None else until)


def told(*orders: Orders) -> list[str]:
    """What an account says of readings one after another."""
    readings = [reading(place, *one) for place, one in enumerate(orders)]
    found = account(scenario("OO-01", "x", readings=readings), str)
    return [moment.what for moment in found if isinstance(moment, Read)]


def test_moments_are_in_the_order_of_time() -> None:
    """What was sent and what was read stand one after another, counted from the first delivery."""
    one = scenario(
        "OO-01",
        "x",
        deliveries=[delivery(at=10.0, seconds=0.002), delivery(at=10.5)],
        readings=[reading(10.25, until=10.4), reading(9.9)],
    )
    found = account(one, str)

    assert [(type(moment), round(moment.at, 3)) for moment in found] == [
        (Read, -0.1),
        (Sent, 0.0),
        (Read, 0.25),
        (Sent, 0.5),
    ]
    assert (round(found[1].until, 3), round(found[2].until, 3)) == (0.002, 0.4)


def test_of_one_order_only_what_changed_is_told() -> None:
    """Whoever looks for what a delivery did need not compare two lines of words."""
    paid = order(status="paid", refund_status="none")

    assert told((), (paid,), (order(status="paid", refund_status="refunded"),)) == [
        "no order",
        "one order (status=paid refund_status=none)",
        "refund_status: none → refunded",
    ]


def test_a_second_order_is_told_whole() -> None:
    """Two orders of one purchase are what is wrong, so both are shown."""
    paid = order(status="paid")

    assert told((paid,), (paid, paid))[-1] == "2 orders (status=paid; status=paid)"


def test_an_order_that_changed_in_no_word_is_told_whole() -> None:
    """A reading is there because something differs, even where no word shows it."""
    assert (
        told((Order(frozenset({"paid"}), words={"status": "1"}),), (order(status="1"),))[-1] == "one order (status=1)"
    )


def test_letters_tell_purchases_apart() -> None:
    """Where events of several purchases are sent, each is about one with a letter, as failures name them."""
    deliveries = [delivery(purchase="cs_1"), delivery(purchase="cs_2"), delivery(purchase="cs_1")]
    one = scenario("CV-04", "x", deliveries=deliveries, readings=[reading(1.2, purchase="cs_2")])

    assert [moment.who for moment in account(one, str)] == ["B", "A", "B", "A"]


def test_one_purchase_needs_no_letter() -> None:
    """Most scenarios are about one purchase."""
    assert [moment.who for moment in account(scenario("SG-01", "x", deliveries=[delivery()]), str)] == [""]


def test_orders_of_others_are_left_out() -> None:
    """What no delivery that was kept is about explains nothing."""
    one = scenario("CV-01", "x", readings=[reading(1.0, purchase="cs_other")])

    assert all(isinstance(moment, Sent) for moment in account(one, str))


def test_nothing_sent_is_nothing_told() -> None:
    """A scenario that was left out has no account."""
    assert account(scenario("SG-01", "x", deliveries=[], readings=[reading(1.0)]), str) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"attempt": 3}, "attempt 3"),
        ({"signing": "a v0 after the v1"}, "signed: a v0 after the v1"),
        ({"signing": "no signature header"}, "forged: no signature header"),
        ({"signing": "a v0 after the v1", "attempt": 2}, "attempt 2, signed: a v0 after the v1"),
    ],
)
def test_how_an_attempt_was_made(changes: dict[str, object], words: str) -> None:
    """A forgery is called one, another honest signature is named, and a retry is counted."""
    assert how(delivery(**changes)) == words


@pytest.mark.parametrize(
    ("changes", "kind", "answer"),
    [
        ({"status": 204, "seconds": 0.0121}, "acknowledged", "204 in 12 ms"),
        ({"status": 500, "seconds": 1.44}, "refused", "500 in 1.4 s"),
        ({"status": 302, "seconds": 0.0001}, "refused", "302 in <1 ms"),
        ({"status": None, "problem": "connection refused"}, "silent", "no answer: connection refused"),
        ({"status": None}, "silent", "no answer"),
        ({"status": 500, "problem": "ValueError was raised"}, "refused", "500 in 4 ms, ValueError was raised"),
    ],
)
def test_how_it_was_answered(changes: dict[str, object], kind: str, answer: str) -> None:
    """Any 2xx is an acknowledgement, all else is none, and no answer says why."""
    (sent,) = account(scenario("SG-01", "x", deliveries=[delivery(**changes)]), str)

    assert isinstance(sent, Sent)
    assert (sent.kind, sent.answer) == (kind, answer)


def test_every_word_is_made_fit() -> None:
    """Types, signings, problems and orders may hold what a report must not show."""
    one = scenario(
        "SG-01",
        "x",
        deliveries=[delivery(event_type="hunter2", signing="hunter2", status=None, problem="hunter2")],
        readings=[reading(1.3, order(status="hunter2"))],
    )
    found = account(one, lambda text: text.replace("hunter2", "***"))

    assert "hunter2" not in " ".join(
        moment.what + (moment.how + moment.answer if isinstance(moment, Sent) else "") for moment in found
    )


@pytest.mark.parametrize(("seconds", "words"), [(0.0004, "<1 ms"), (0.004, "4 ms"), (0.25, "250 ms"), (1.26, "1.3 s")])
def test_a_time_is_short(seconds: float, words: str) -> None:
    """As a person reads a time."""
    assert milliseconds(seconds) == words


@pytest.mark.parametrize(
    ("at", "words"), [(-2, "before"), (0, "0 ms"), (0.0042, "4.2 ms"), (0.51, "510 ms"), (3.004, "3.00 s")]
)
def test_when_is_counted_from_the_first_delivery(at: float, words: str) -> None:
    """What was before it is only before."""
    assert since(at) == words
