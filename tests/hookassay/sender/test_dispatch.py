"""Single attempts: how they are signed, where they go, and who is told."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import scripted
from fake_clock import FakeClock
from scripted import OK, Scripted, answering, hanging, in_turn, once, serving

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.errors import Unanswered
from hookassay.sender.dispatch import STRIPE_HEADERS, Attempt, Dispatch, Manner, Parcel, retried
from hookassay.sender.event import Event
from hookassay.sender.purchase import PurchaseBook
from hookassay.sender.signature import Letter


@pytest.fixture
def event() -> Event:
    purchase = PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new()
    return purchase.paid().of("checkout.session.completed")


def ignore(attempt: Attempt) -> None:
    """Nobody listens."""


def dispatch(server: Scripted, observe: Any = ignore, **options: Any) -> Dispatch:
    headers = options.pop("headers", ())
    return Dispatch(server.endpoint(headers=headers), observe, **options)


def test_attempt(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt carries the event under the manner's headers, the signature, and last the configured headers."""
    clock = FakeClock()
    monkeypatch.setattr("hookassay.sender.dispatch.time", clock)
    with serving(answering(OK)) as server:
        sender = dispatch(server, headers=(("X-Gate", "pass"),))
        answer = sender.send(sender.parcel("cs_1", event))

    signature = Letter(event.body(), scripted.SECRET, int(clock.now)).mac()
    assert answer.acknowledged
    assert server.arrivals[0].data == (
        b"POST /webhook HTTP/1.1\r\n"
        b"Host: 127.0.0.1:%d\r\n"
        b"Content-Type: application/json\r\n"
        b"Stripe-Signature: t=%d,v1=%s\r\n"
        b"X-Gate: pass\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (server.port, clock.now, signature.encode(), len(event.body()), event.body())
    )


def test_fresh_signature(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same parcel is signed anew at each attempt."""
    clock = FakeClock()
    monkeypatch.setattr("hookassay.sender.dispatch.time", clock)
    with serving(answering(OK)) as server:
        sender = dispatch(server)
        parcel = sender.parcel("cs_1", event)
        sender.send(parcel)
        clock.sleep(1)
        sender.send(retried(parcel))

    first, second = (arrival.data for arrival in server.arrivals)
    assert b"t=%d," % (clock.now - 1) in first
    assert b"t=%d," % clock.now in second


def test_manner(event: Event) -> None:
    """The manner decides style, headers and URL of what is not said otherwise."""
    with serving(answering(OK)) as server:
        url = server.endpoint("/webhook/").url
        sender = dispatch(server, manner=Manner("full", "indented", STRIPE_HEADERS, url))
        sender.send(sender.parcel("cs_1", event))

    head, _, body = server.arrivals[0].data.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /webhook/ HTTP/1.1\r\n")
    assert b"User-Agent: Stripe/1.0" in head
    assert body == event.body("indented")


def test_said_otherwise(event: Event) -> None:
    """Style, headers, method and URL that a clause is about win over the manner."""
    with serving(answering(OK)) as server:
        sender = dispatch(server, manner=Manner("full", "indented", STRIPE_HEADERS, server.endpoint("/webhook/").url))
        parcel = sender.parcel("cs_1", event, style="shuffled")
        sender.send(replace(parcel, headers=(("X-A", "1"),), method="PUT", configured=True))
        sender.send(sender.parcel("cs_1", event), url=server.endpoint("/other").url)

    first, second = (arrival.data for arrival in server.arrivals)
    assert first.startswith(b"PUT /webhook HTTP/1.1\r\n")
    assert b"X-A: 1" in first
    assert b"User-Agent" not in first
    assert first.endswith(event.body("shuffled"))
    assert second.startswith(b"POST /other HTTP/1.1\r\n")


def test_same_bytes_twice(event: Event) -> None:
    """A request that was made before is sent as it was, its signature included."""
    with serving(answering(OK)) as server:
        sender = dispatch(server)
        parcel = sender.parcel("cs_1", event)
        request = sender.request(parcel)
        for _ in range(2):
            sender.send_request(parcel, request)

    assert server.arrivals[0].data == server.arrivals[1].data


def test_observer_is_told(event: Event) -> None:
    """Whoever keeps the evidence is told of every attempt, a volley's copies in their order too."""
    seen: list[Attempt] = []
    with serving(answering(OK)) as server:
        sender = dispatch(server, seen.append)
        parcel = sender.parcel("cs_1", event)
        alone = sender.send(parcel)
        volley = sender.fire([parcel, retried(parcel)], hold=0.001)

    assert [one.parcel.attempt for one in seen] == [1, 1, 2]
    assert [one.answer for one in seen] == [alone, *volley.answers]


def test_observer_is_told_what_was_sent(event: Event) -> None:
    """The evidence of an attempt holds the very bytes that arrived, on a shared connection too."""
    seen: list[Attempt] = []
    with serving(answering(OK)) as server:
        sender = dispatch(server, seen.append)
        parcel = sender.parcel("cs_1", event)
        sender.send(parcel)
        sender.converse([parcel, parcel])
        sender.fire([parcel], hold=0.001)

    assert [one.request.to_bytes(one.endpoint) for one in seen] == [arrival.data for arrival in server.arrivals]


def test_forged_parcel_keeps_the_genuine_body(event: Event) -> None:
    """What is delivered forged is kept as it was before the forgery, so that the report can tell what was changed."""
    seen: list[Attempt] = []
    with serving(answering(OK)) as server:
        sender = dispatch(server, seen.append)
        sender.send(sender.parcel("cs_1", event, signing="a newline added after signing"))

    assert seen[0].parcel.body == event.body()
    assert server.arrivals[0].data.endswith(event.body() + b"\n")


def test_declared_tolerance_reaches_the_forgery(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """The delivery a minute past the tolerance is signed at the declared tolerance and a minute."""
    clock = FakeClock()
    monkeypatch.setattr("hookassay.sender.dispatch.time", clock)
    with serving(answering(OK)) as server:
        sender = dispatch(server, tolerance=120)
        sender.send(sender.parcel("cs_1", event, signing="a signature a minute past the declared tolerance"))

    assert b"t=%d," % (clock.now - 180) in server.arrivals[0].data


def test_rate(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more deliveries are made in a second than allowed, the copies of a volley included."""
    clock = FakeClock()
    monkeypatch.setattr("hookassay.sender.dispatch.time", clock)
    with serving(answering(OK)) as server:
        sender = dispatch(server, rate=4)
        parcel = sender.parcel("cs_1", event)
        began = clock.now
        for _ in range(3):
            sender.send(parcel)
        sender.fire([parcel] * 2, hold=0.001)

    assert clock.now - began == pytest.approx(4 * 0.25)


def test_rate_is_shared(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of several processes keeps to its part of the rate, until the rate is its own again."""
    clock = FakeClock()
    monkeypatch.setattr("hookassay.sender.dispatch.time", clock)
    with serving(answering(OK)) as server:
        sender = dispatch(server, rate=4)
        sender.share(3)
        began = clock.now
        send(sender, event, 2)
        sender.share(1)
        send(sender, event, 2)

    assert clock.now - began == pytest.approx(0.75 + 0.75 + 0.25)


def test_no_rate_no_wait(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a rate nothing is waited for."""
    clock = FakeClock()
    monkeypatch.setattr("hookassay.sender.dispatch.time", clock)
    with serving(answering(OK)) as server:
        sender = dispatch(server)
        send(sender, event, 3)

    assert clock.slept == []


def test_no_answer_is_an_answer(event: Event) -> None:
    """An endpoint that does not listen gives an answer without a status, and nothing is raised."""
    seen: list[Attempt] = []
    server = Scripted(port=scripted.free_port())
    sender = dispatch(server, seen.append)

    assert sender.send(sender.parcel("cs_1", event)).problem == "connection refused"
    assert len(seen) == 1


def test_conversation(event: Event) -> None:
    """Parcels go out one after another on one connection, at the usual URL, and each answer is told of."""
    seen: list[tuple[str, int | None]] = []
    no = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    with serving(answering(OK, no, OK)) as server:
        sender = dispatch(
            server,
            lambda one: seen.append((one.parcel.signing, one.answer.status)),
            manner=Manner("slash", url=server.endpoint("/webhook/").url),
        )
        parcel = sender.parcel("cs_1", event)
        forged = replace(parcel, signing="no signature header")
        answers = sender.converse([parcel, forged, parcel])

    assert [answer.status for answer in answers] == [200, 400, 200]
    assert seen == [("honest", 200), ("no signature header", 400), ("honest", 200)]
    assert server.connections == 1
    assert all(arrival.data.startswith(b"POST /webhook/ ") for arrival in server.arrivals)


def test_conversation_keeps_the_rate(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deliveries of a conversation are as far apart as all others, each signed when it leaves."""
    clock = FakeClock()
    monkeypatch.setattr("hookassay.sender.dispatch.time", clock)
    with serving(answering(OK)) as server:
        sender = dispatch(server, rate=0.5)
        began = int(clock.now)
        sender.converse([sender.parcel("cs_1", event)] * 3)

    signed = [re.search(rb"t=(\d+)", arrival.data) for arrival in server.arrivals]
    assert [int(found[1]) - began for found in signed if found] == [0, 2, 4]


def test_asked_as_anyone(event: Event) -> None:
    """What anyone may ask for is asked for without signature, token or login, and is no delivery."""
    seen: list[Parcel] = []
    with serving(answering(OK)) as server:
        sender = dispatch(server, lambda parcel, _: seen.append(parcel), headers=(("X-Gate", "pass"),))
        answer = sender.ask("/openapi.json")

    assert answer.body == b"ok"
    assert server.arrivals[0].data.startswith(b"GET /openapi.json HTTP/1.1\r\n")
    assert b"Signature" not in server.arrivals[0].data
    assert b"X-Gate" not in server.arrivals[0].data
    assert seen == []


def test_announced_before_it_leaves(event: Event) -> None:
    """Whoever must know of an attempt before it leaves is told of each, in a conversation and a volley as well."""
    announced: list[int] = []
    with serving(answering(OK)) as server:
        sender = dispatch(server, announce=lambda _: announced.append(len(server.arrivals)))
        parcel = sender.parcel("cs_1", event)
        sender.send(parcel)
        sender.converse([parcel] * 2)
        sender.fire([parcel] * 2, hold=0.001)

    assert announced == [0, 1, 2, 3, 3]


# --- who does not answer ----------------------------------------------------------------------------------------------


def send(sender: Dispatch, event: Event, times: int) -> None:
    """Make so many attempts."""
    for _ in range(times):
        sender.send(sender.parcel("cs_1", event))


def test_never_answered(event: Event) -> None:
    """An endpoint that takes deliveries and answers none is given up after a few."""
    with serving(hanging) as server:
        sender = Dispatch(server.endpoint(timeout=0.05), ignore)
        with pytest.raises(Unanswered, match=r"does not answer deliveries: no answer within 0\.05 s"):
            send(sender, event, 10)
        assert server.connections == 3


def test_not_answered_any_more(event: Event) -> None:
    """One that did answer is given up where it leaves a genuine delivery without an answer as well."""
    asked = []
    with serving(in_turn(once(OK), once(OK), hanging)) as server:
        sender = Dispatch(server.endpoint(timeout=0.05), ignore)
        sender.responds = lambda: bool(asked.append(server.connections))
        with pytest.raises(Unanswered, match=r"does not answer any more: no answer within 0\.05 s.* after 2 answers"):
            send(sender, event, 20)
        assert asked in ([6], [7], [8])  # a wait may take longer than its time, where the machine is busy


def test_a_genuine_delivery_is_answered(event: Event) -> None:
    """One that only leaves forgeries without an answer is judged to the end."""
    with serving(in_turn(once(OK), hanging)) as server:
        sender = Dispatch(server.endpoint(timeout=0.02), ignore)
        sender.responds = lambda: True
        assert [sender.send(sender.parcel("cs_1", event)).status for _ in range(30)][1:] == [None] * 29


def test_a_volley_without_answers(event: Event) -> None:
    """The copies of a volley wait together: they are one wait, not many."""
    with serving(in_turn(once(OK), hanging)) as server:
        sender = Dispatch(server.endpoint(timeout=0.1), ignore)
        sender.send(sender.parcel("cs_1", event))
        sender.fire([sender.parcel("cs_1", event)] * 8, 0.002)

    assert 0 < sender.patience.row < 0.15


def test_another_url_does_not_count(event: Event) -> None:
    """Nobody needs to be at another URL, such as the one of the instance without a secret."""
    sender = Dispatch(scripted.Scripted(port=scripted.free_port()).endpoint(), ignore)
    for _ in range(30):
        sender.send(sender.parcel("cs_1", event), url=sender.endpoint.url)

    assert sender.patience.refused == 0


def test_gone(event: Event) -> None:
    """An endpoint at which nothing listens any more is given up though each delivery fails at once."""
    sender = Dispatch(scripted.Scripted(port=scripted.free_port()).endpoint(), ignore)
    sender.patience.answered()
    with pytest.raises(Unanswered, match="does not answer any more: connection refused"):
        send(sender, event, 30)


def test_spent(event: Event) -> None:
    """However often it answers in between, a run waits in vain only so long in all."""
    with serving(hanging) as server:
        sender = Dispatch(server.endpoint(timeout=0.02), ignore)
        sender.patience.in_vain = 600.0
        sender.patience.answered()
        with pytest.raises(Unanswered, match="600 s were spent"):
            sender.send(sender.parcel("cs_1", event))
