"""The workload of a storm as a Locust user class, for Locust's own master and workers.

`hookassay storm --locust` prints how it is started. A worker makes the purchases of its own part; when all of them are
delivered it tells the master what was acknowledged, and the master writes that down for the proof. Locust comes first:
imported behind some other libraries it does not start.
"""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path
from typing import Any

import gevent
from locust import User, events, task
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

from hookassay.storm import returns
from hookassay.storm.client import LOST
from hookassay.storm.commission import HEADERS, VARIABLE, Commission
from hookassay.storm.outbox import Outbox
from hookassay.storm.postmark import Postmark
from hookassay.storm.receipts import Receipts
from hookassay.storm.script import Repertoire
from hookassay.storm.stream import Delivery, stream
from hookassay.storm.tally import Tally
from hookassay.wire.connection import Line, Request

MESSAGE = "hookassay_storm_returns"

IDLE = 0.01
"""Seconds that a user waits where nothing may leave."""


class Desk:
    """What the users of one worker share: what leaves next, and what came of it."""

    def __init__(self, commission: Commission, share: int) -> None:
        """Make part `share` of the storm, from 0."""
        self._repertoire = Repertoire(commission.settings(), commission.forecast)
        self._first = commission.forecast.first
        self._headers = commission.forecast.headers
        self.endpoint = commission.endpoint(os.environ.get("STRIPE_WEBHOOK_SECRET", ""), os.environ.get(HEADERS, ""))
        self._postmark = Postmark(self.endpoint, self._headers)
        deliveries = stream(self._repertoire, share, commission.workers)
        self.outbox = Outbox(deliveries, Receipts(commission.forecast.purchases), Tally(), time.monotonic())
        self._group: deque[Delivery] = deque()
        self._interval = commission.workers / commission.rate if commission.rate else 0.0
        self._slot = 0.0
        self._told = False

    def serve(self, line: Line, environment: Environment) -> None:
        """Let one delivery leave on `line` and wait for its answer.

        Raises:
            StopUser: there is nothing to do any more.
        """
        delivery = self._next()
        if delivery is None:
            if self.outbox.over:
                self._tell(environment)
                raise StopUser
            gevent.sleep(IDLE)
            return
        body = delivery.script.bodies[delivery.event].fill(self._first + delivery.place)
        signature = self._postmark.signature(body, int(time.time())).decode()
        headers = (*self._headers, ("Stripe-Signature", signature), *self.endpoint.headers)
        answer = line.exchange(Request(body, headers))
        delivery.left = answer.sent_at
        problem = ""
        if answer.status is not None:
            self.outbox.answered(delivery, answer.status, answer.answered_at, answer.retry_after() or 0.0)
            problem = "" if answer.acknowledged else str(answer.status)
        elif answer.problem.startswith(("no answer", LOST, "not a valid")):
            problem = answer.problem
            self.outbox.answered(delivery, problem.partition(" (")[0], answer.answered_at)
        else:
            problem = answer.problem
            self.outbox.unsent(delivery, problem, answer.answered_at)
        environment.events.request.fire(
            request_type="POST",
            name=delivery.type,
            response_time=answer.seconds * 1000,
            response_length=len(answer.body),
            exception=RuntimeError(problem) if problem else None,
            context={},
        )

    def _next(self) -> Delivery | None:
        now = time.monotonic()
        if self._interval:
            if now < self._slot:
                return None
            self._slot = max(self._slot, now) + self._interval
        if not self._group:
            self._group.extend(self.outbox.take(now))
        return self._group.popleft() if self._group else None

    def _tell(self, environment: Environment) -> None:
        """Tell the master what came of it, once."""
        if not self._told:
            self._told = True
            self.outbox.tally.close()
            assert environment.runner is not None
            environment.runner.send_message(MESSAGE, returns.told(self.outbox))


class Shopkeeper(User):
    """Delivers events over one connection, as Stripe delivers them."""

    desk: Desk

    def on_start(self) -> None:
        """Prepare a connection; the first delivery opens it."""
        self.line = Line(self.desk.endpoint)

    def on_stop(self) -> None:
        """Close it."""
        self.line.close()

    @task
    def deliver(self) -> None:
        """Deliver one event."""
        self.desk.serve(self.line, self.environment)


def _commission() -> tuple[Path, Commission]:
    path = Path(os.environ.get(VARIABLE, ""))
    return path, Commission.read(path)


@events.init.add_listener
def _prepare(environment: Environment, **_: Any) -> None:
    """The master waits for what the workers tell."""
    runner = environment.runner
    path, commission = _commission()
    if not isinstance(runner, MasterRunner):
        return
    collected = returns.Returns()

    def collect(msg: Any, **_: Any) -> None:
        collected.add(msg.data)
        if collected.parts == commission.workers:
            collected.write(path.with_name(returns.FILE))
            gevent.spawn(runner.quit)

    runner.register_message(MESSAGE, collect)


@events.test_start.add_listener
def _begin(environment: Environment, **_: Any) -> None:
    """A worker takes the part that the master gave it the number of."""
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        Shopkeeper.desk = Desk(_commission()[1], runner.worker_index)
