"""Convergence: what is tried, what is found wrong, and the shortest order by which it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from toy_shop import Staging, ToyShop, answer, declaring, ended, types_sent

from hookassay.config import OrdersSettings, RunSettings, Settings
from hookassay.endpoint import Endpoint
from hookassay.errors import ContractViolation, NotApplicable
from hookassay.judging.convergence import INTERLEAVED, Convergence
from hookassay.judging.course import FEWEST
from hookassay.judging.journal import FAILED, PASSED
from hookassay.judging.scene import Scene
from hookassay.wire.connection import Answer, Request

REFUNDED = "the payment, a full refund"


class RightShop(ToyShop):
    """A toy shop that works an order out from all that is known of its payment.

    `forgets` is told of each event and of what is known, before it is taken into account, and may spoil it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[str, dict[str, Any]] = {}
        self.mark_disputes = True
        self.forgets: Callable[[str, Mapping[str, Any], dict[str, Any]], None] = lambda name, subject, known: None

    def handle(self, event_type: str, subject: Mapping[str, Any]) -> None:
        intent = subject.get("payment_intent") or subject["id"]
        known = self.known.setdefault(intent, {"refunded": 0, "paid": False, "disputes": set()})
        self.forgets(event_type, subject, known)
        if event_type.startswith("checkout.session."):
            known["session"] = subject
            known["paid"] |= subject["payment_status"] == "paid"
        elif event_type == "charge.refunded":
            known["refunded"] = max(known["refunded"], subject["amount_refunded"])
        elif event_type.startswith("charge.dispute.") and self.mark_disputes:
            known["disputes"].add(subject["status"])
        if "session" in known:
            self.orders[known["session"]["id"]] = [self._row(known)]

    @staticmethod
    def _row(known: Mapping[str, Any]) -> dict[str, Any]:
        amount = known["session"]["amount_total"]
        parts = "partially_refunded" if known["refunded"] else "none"
        closed = known["disputes"] & {"won", "lost"}
        return {
            "status": "paid" if known["paid"] else "pending",
            "refund_status": "refunded" if known["refunded"] >= amount else parts,
            "dispute_status": next(iter(closed), "disputed" if known["disputes"] else "none"),
            "total_amount": amount / 100,
            "amount_refunded": known["refunded"] / 100,
        }


@pytest.fixture
def shop() -> RightShop:
    return RightShop()


def tried(scene: Scene, facts: str) -> Convergence:
    convergence = Convergence(scene)
    convergence.every_order(facts)
    return convergence


def violation(convergence: Convergence) -> str:
    with pytest.raises(ContractViolation) as raised:
        convergence.each_ends_as_the_facts_say()
    return str(raised.value)


class TestEveryOrder:
    def test_right(self, scene: Scene, shop: RightShop) -> None:
        """A shop that knows everything in the end passes, with each order tried on a purchase of its own."""
        tried(scene, "the payment, a refund of 300, another refund of 700, a dispute").each_ends_as_the_facts_say()

        assert ended(scene).status == PASSED
        assert scene.record.notes == []
        assert len(shop.known) > 24

    def test_one_connection_for_each_order(self, scene: Scene, shop: RightShop) -> None:
        """The events of an order arrive on one connection, which is closed before anything is read."""
        open_lines: list[Endpoint] = []
        lines = 0

        @contextmanager
        def line(endpoint: Endpoint) -> Iterator[Any]:
            nonlocal lines
            lines += 1
            open_lines.append(endpoint)
            with plain(endpoint) as one:
                yield one
            open_lines.remove(endpoint)

        def read(session_id: str) -> Sequence[Mapping[str, Any]]:
            assert not open_lines
            return rows(session_id)

        plain, rows = shop.line, shop.read
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("hookassay.sender.dispatch.Line", line)
            patch.setattr(shop, "read", read)
            tried(scene, REFUNDED).each_ends_as_the_facts_say()

        assert lines == FEWEST

    def test_refuses_what_is_early(self, scene: Scene, shop: RightShop) -> None:
        """What is refused until the order is there is delivered again, after each later delivery of its purchase."""

        def early(request: Request) -> Answer | None:
            event = json.loads(request.body)
            intent = event["data"]["object"].get("payment_intent")
            ready = event["type"].startswith("checkout") or "session" in shop.known.get(intent, {})
            return None if ready else answer(409)

        shop.instead = early
        tried(scene, REFUNDED).each_ends_as_the_facts_say()

        assert ended(scene).status == PASSED

    def test_shortest(self, scene: Scene, shop: RightShop) -> None:
        """A refund that is lost between two completions is shown by these three deliveries."""

        def forgets(event_type: str, subject: Mapping[str, Any], known: dict[str, Any]) -> None:
            if event_type == "charge.refunded" and "session" in known:
                known["since"] = True
            elif event_type == "checkout.session.completed" and known.pop("since", False):
                known["refunded"] = 0

        shop.forgets = forgets
        convergence = tried(scene, "the payment, a full refund, a dispute, the dispute's closing as won")

        assert violation(convergence) == (
            "checkout.session.completed → charge.refunded → checkout.session.completed (again): "
            "expected refunded, saw refund_status=none"
        )
        assert [sent.event_type for sent in scene.record.deliveries] == [
            "checkout.session.completed",
            "charge.refunded",
            "checkout.session.completed",
        ]

    def test_no_less_than_it_needs(self, scene: Scene, shop: RightShop) -> None:
        """A shop that learns of payments from another event than the best known is shown by that one."""

        def forgets(event_type: str, subject: Mapping[str, Any], known: dict[str, Any]) -> None:
            if event_type == "charge.succeeded":
                known.update(arrived=True, refunded=0)
            known["paid"] = known.get("arrived", False)

        def row(known: Mapping[str, Any]) -> dict[str, Any]:
            return {**rightly(known), "status": "paid" if known.get("arrived") else "pending"}

        rightly = shop._row
        shop._row = row  # type: ignore[method-assign]
        shop.forgets = forgets
        told = violation(tried(scene, REFUNDED)).split(" → ")

        assert told[0] == "charge.refunded"
        assert "charge.succeeded" in told[1:]
        assert len(told) == 3

    def test_whatever_the_order(self, scene: Scene, shop: RightShop) -> None:
        """What goes wrong in every order is shown by whole bundles, for nobody knows how little is enough."""
        shop.mark_disputes = False
        told = violation(tried(scene, "the payment, a dispute"))

        assert told.endswith(": expected disputed, saw dispute_status=none")
        assert told.count("→") == 4

    def test_slow_once(self, scene: Scene, shop: RightShop) -> None:
        """What was late, and right when it is looked at again, is no violation; it is told."""
        slow: list[str] = []
        read = shop.read

        def late(session_id: str) -> Any:
            # The shop is slow with the first purchase that it has, until the suite has tried shorter orders.
            orders = read(session_id)
            if orders and not slow:
                slow.append(session_id)
            return [] if session_id in slow and not scene.bench.shortened else orders

        shop.read = late  # type: ignore[method-assign]
        tried(scene, REFUNDED).each_ends_as_the_facts_say()

        assert scene.record.notes == ["one order took longer than any before it to end as it must"]

    def test_wrong_once(self, scene: Scene, shop: RightShop) -> None:
        """What never comes again, but stays as it is, is a violation by the order in which it came."""
        spoilt: list[str] = []

        def forgets(event_type: str, subject: Mapping[str, Any], known: dict[str, Any]) -> None:
            intent = str(subject.get("payment_intent"))
            if intent in spoilt or (not spoilt and event_type == "charge.refunded" and intent not in spoilt):
                spoilt.append(intent)
                known["refunded"] = -1_000_000 if event_type != "charge.refunded" else known["refunded"]
                known["spoilt"] = True

        def row(known: Mapping[str, Any]) -> dict[str, Any]:
            return {**rightly(known), **({"refund_status": "none"} if known.get("spoilt") else {})}

        rightly = shop._row
        shop._row = row  # type: ignore[method-assign]
        shop.forgets = forgets

        assert violation(tried(scene, REFUNDED)).endswith(
            "saw refund_status=none, and not when the same was delivered again"
        )

    def test_spoilt_later(self, scene: Scene, shop: RightShop) -> None:
        """What reads otherwise at the end of the run fails then."""
        tried(scene, "the payment").each_ends_as_the_facts_say()
        scene.record.end(PASSED)
        next(iter(shop.orders.values()))[0]["status"] = "expired"
        scene.bench.watchlist.read_again()

        assert scene.record.status == FAILED
        assert scene.record.message.endswith(": expected paid, saw status=expired")

    def test_amounts(self, staging: Staging, shop: RightShop) -> None:
        """Where the refunded amount is shown it is judged, too."""
        columns = {**OrdersSettings().columns, "amount_refunded": "amount_refunded"}
        scene = staging(Settings(orders=OrdersSettings(columns=columns)))
        shop.forgets = lambda name, subject, known: (
            known.update(refunded=0) if name == "charge.refunded" and known["refunded"] else None
        )

        assert "expected amount_refunded=5" in violation(tried(scene, "the payment, a refund of 300, a refund of 200"))

    def test_subscription(self, staging: Staging, shop: RightShop) -> None:
        """Facts that no subscribed event tells are left out, and unsubscribed events are not delivered."""
        scene = staging(declaring(events=("checkout.session.completed", "charge.refunded")))
        tried(scene, "the payment, a full refund, the refund's failure, a dispute").each_ends_as_the_facts_say()

        assert ended(scene).status == PASSED
        assert set(types_sent(shop)) == {"checkout.session.completed", "charge.refunded"}

    def test_not_subscribed(self, staging: Staging) -> None:
        """Where the subscription tells nothing of it there is nothing to try."""
        with pytest.raises(NotApplicable, match="not subscribed to what tells the payment"):
            tried(staging(declaring(events=("charge.refunded",))), "the payment")

    def test_takes_its_time(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        """An endpoint that would take too long is sent a sample of the orders, and that is told."""
        monkeypatch.setattr("hookassay.judging.convergence.LEAST", 0.0)
        scene.bench.settling.learn(1.0)
        scene.bench.trying = 0.0
        tried(scene, REFUNDED).each_ends_as_the_facts_say()

        assert scene.record.notes == ["1 of 10 orders were tried: the endpoint takes its time"]


class TestDrawnOrders:
    def test_right(self, scene: Scene) -> None:
        """A right shop passes, whatever answers are lost: what was handled comes again."""
        convergence = Convergence(scene)
        convergence.drawn_orders()
        convergence.each_ends_as_the_facts_say()

        assert ended(scene).status == PASSED
        assert any(sent.attempt > 1 and sent.status == 200 for sent in scene.record.deliveries)

    def test_answer_lost(self, scene: Scene, shop: RightShop) -> None:
        """What is sold again because it comes again is found, and told by the one event that it takes."""
        rightly, doubled = shop.handle, set[str]()

        def handle(event_type: str, subject: Mapping[str, Any]) -> None:
            if shop.known.get(subject.get("payment_intent") or "", {}).get("session") == subject:
                doubled.add(subject["id"])
            rightly(event_type, subject)
            for session_id in doubled:
                shop.orders[session_id] = shop.orders[session_id][:1] * 2

        shop.handle = handle  # type: ignore[method-assign]
        convergence = Convergence(scene)
        convergence.drawn_orders()

        assert re.fullmatch(
            r"checkout\.session\.completed (\(its answer lost, and again\)|→ checkout\.session\.completed \(again\))"
            r": expected exactly one order, saw 2 orders .*",
            violation(convergence),
        )


@pytest.mark.parametrize("same", [True, False])
def test_seed(shop: RightShop, staging: Staging, monkeypatch: pytest.MonkeyPatch, same: bool) -> None:
    """One seed delivers the same events in the same orders ever again, another one others."""
    sent = []
    for seed in (1, 1 if same else 2):
        shop.received.clear()
        shop.orders.clear()
        shop.known.clear()
        # What is late has a barrier, whose events are sent too: a busy machine may take longer to look than 30 ms.
        Convergence(staging(Settings(run=RunSettings(seed=seed)), settle=5.0)).interleavings()
        sent.append(types_sent(shop))

    assert (sent[0] == sent[1]) is same


class TestInterleavings:
    def test_right(self, scene: Scene, shop: RightShop) -> None:
        """Purchases that stay apart pass."""
        convergence = Convergence(scene)
        convergence.interleavings()
        convergence.each_ends_as_the_facts_say()

        assert ended(scene).status == PASSED
        assert len(shop.known) >= 2 * INTERLEAVED

    def test_mixed(self, scene: Scene, shop: RightShop) -> None:
        """A refund that goes to the payment which came last is shown by the three deliveries that it takes."""
        latest: list[str] = []
        rightly = shop.handle

        def handle(event_type: str, subject: Mapping[str, Any]) -> None:
            if event_type == "checkout.session.completed":
                latest.append(subject["payment_intent"])
            if event_type == "charge.refunded" and latest:
                subject = {**subject, "payment_intent": latest[-1]}
            rightly(event_type, subject)

        shop.handle = handle  # type: ignore[method-assign]
        convergence = Convergence(scene)
        convergence.interleavings()

        assert violation(convergence).startswith(
            "checkout.session.completed (purchase A) → checkout.session.completed (purchase B) → "
            "charge.refunded (purchase A): expected purchase "
        )
