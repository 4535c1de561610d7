"""Several deliveries on one connection: which servers read them apart, and which do not."""

from __future__ import annotations

from itertools import chain, repeat

import pytest
import scripted
from shop_on_the_wire import Instead, WireShop, scene_at
from toy_shop import ToyShop

from hookassay.errors import ContractViolation, NotApplicable, NotTestable
from hookassay.judging import keepalive
from hookassay.judging.keepalive import KeepAlive
from hookassay.judging.scene import Scene


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversation is held again at once."""
    monkeypatch.setattr(keepalive, "PAUSE", 0.0)


def hold(shop: WireShop) -> scripted.Scripted:
    """Hold the conversation with a shop, and see both payments take effect."""
    with scripted.serving(shop) as server:
        keep_alive = KeepAlive(scene_at(server))
        keep_alive.run()
        keep_alive.both_take_effect()
    return server


def talk(shop: WireShop) -> None:
    """Hold the conversation with a shop."""
    with scripted.serving(shop) as server:
        KeepAlive(scene_at(server)).run()


def test_one_connection() -> None:
    """Where the server keeps it, all three deliveries go over one connection, the second of them forged."""
    server = hold(WireShop())
    first, second, third = server.arrivals[:3]

    assert (first.connection, second.connection, third.connection) == (0, 0, 0)
    assert len({one.data.partition(b"\r\n\r\n")[2] for one in (first, second, third)}) == 3


@pytest.mark.parametrize(
    "shop",
    [
        WireShop(closes=lambda status: True),
        WireShop(closes=lambda status: True, headers="Connection: close\r\n"),
        WireShop(closes=lambda status: True, version="1.0"),
        WireShop(version="1.0", headers="Connection: keep-alive\r\n"),
        WireShop(closes=lambda status: status == 400),
        WireShop(closes=lambda status: status == 400, headers="Connection: close\r\n"),
    ],
    ids=["silently", "announced", "HTTP/1.0", "HTTP/1.0 kept", "behind a refusal", "behind a refusal, announced"],
)
def test_connection_closed(shop: WireShop) -> None:
    """A server may close the connection whenever it likes, whether it says so or not."""
    hold(shop)


@pytest.mark.parametrize(
    "instead",
    [
        lambda delivery: None if delivery.seen_before else 409,
        lambda delivery: None if delivery.seen_before else 503,
        lambda delivery: 409 if delivery.place == 2 and not delivery.seen_before else None,
    ],
    ids=["each at first", "each at first, 503", "the last at first"],
)
def test_refused_at_first(instead: Instead) -> None:
    """A server may refuse any attempt and accept the retry."""
    hold(WireShop(instead))


@pytest.mark.parametrize("status", [429, 503])
def test_put_off(status: int) -> None:
    """What limits the rate of deliveries in a row was not seen to read them: that is no failure and no pass."""
    with pytest.raises(NotTestable, match=rf"200, then 400, then {status}, 3 times.*--rate"):
        talk(WireShop(lambda delivery: status if delivery.place == 2 else None))


def test_refused_in_a_row() -> None:
    """Where what comes before the forgery is refused as well, it is not for the forgery."""
    answers = chain([409, 409, 409, 200, 200], repeat(409))  # a conversation, both alone, and two conversations
    with pytest.raises(NotTestable, match="409, then 409, then 409, 3 times"):
        talk(WireShop(lambda _: next(answers)))


@pytest.mark.parametrize("answer", [400, 404, b"e: 42\r\n\r\n", b"\x15\x03\x01"], ids=str)
def test_misread(answer: int | bytes) -> None:
    """A delivery that is refused behind a forgery each time, and accepted alone, was misread."""
    with pytest.raises(ContractViolation, match=r"an answer of its own .* 3 times; alone they are acknowledged"):
        talk(WireShop(lambda delivery: answer if delivery.behind_a_refusal else None))


def test_never_acknowledged() -> None:
    """A delivery that is not acknowledged alone either is a violation."""
    with pytest.raises(ContractViolation, match="a 2xx for both honest deliveries"):
        talk(WireShop(lambda delivery: 400))


def test_effect_of_both(scene: Scene, shop: ToyShop) -> None:
    """The payments before and after the forgery take effect, and the forged one has none."""
    keep_alive = KeepAlive(scene)
    keep_alive.run()
    keep_alive.both_take_effect()

    assert len(shop.orders) == 2
    assert scene.role(keepalive.FORGERY).purchase.session_id not in shop.orders


def test_no_effect(scene: Scene, shop: ToyShop) -> None:
    """An acknowledged delivery behind a forgery that shows nowhere is a violation."""
    keep_alive = KeepAlive(scene)
    keep_alive.run()
    shop.orders.clear()
    shop.handle = lambda event_type, subject: None  # type: ignore[method-assign]

    with pytest.raises(ContractViolation, match="the delivery to take effect"):
        keep_alive.both_take_effect()


def test_not_subscribed(scene: Scene) -> None:
    """Nothing is said to an endpoint that is subscribed to no event of a payment."""
    scene.courier._subscription = frozenset(["charge.refunded"])

    with pytest.raises(NotApplicable):
        KeepAlive(scene).run()
