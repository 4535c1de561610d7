"""Endpoints that acknowledge at once and apply later, from a queue, as docs.stripe.com/webhooks recommends."""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from hookassay.server.event import Event
from hookassay.server.facts import Fact, facts_in
from hookassay.server.ledger import Ledger, NotStoredError
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .variant import App, variant

Pause = Callable[[float], float]
"""Seconds to wait before an event is applied, given how many seconds ago it was received."""


class Job(NamedTuple):
    """An acknowledged event that waits for its effect."""

    received: float
    event: Event
    facts: tuple[Fact, ...]


class LateWebhook(Webhook):
    """Acknowledges what it has verified and read; `threads` workers apply it, each event after a `pause`."""

    def __init__(self, settings: Settings, ledger: Ledger, threads: int, pause: Pause) -> None:
        super().__init__(settings, ledger)
        self._jobs: queue.Queue[Job] = queue.Queue()
        self._pause = pause
        for _ in range(threads):
            threading.Thread(target=self._work, daemon=True).start()

    def take(self, event: Event) -> None:
        """Put the event in the queue; one that cannot be read is refused, as ever."""
        self._jobs.put(Job(time.monotonic(), event, facts_in(event)))

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            time.sleep(max(0.0, self._pause(time.monotonic() - job.received)))
            while not self._applied(job):
                time.sleep(0.05)

    def _applied(self, job: Job) -> bool:
        try:
            self._ledger.record(job.event.id, job.event.type, job.facts)
        except NotStoredError:
            return False
        return True


def in_one_thread() -> App:
    """One thread applies each event 300 ms after it was received, first in, first out."""
    return variant(webhook=lambda settings, ledger: LateWebhook(settings, ledger, 1, lambda age: 0.3 - age))


def after_400_ms() -> App:
    """One thread applies each event 400 ms after it was received, first in, first out."""
    return variant(webhook=lambda settings, ledger: LateWebhook(settings, ledger, 1, lambda age: 0.4 - age))


def in_four_threads() -> App:
    """Four threads apply events, each after a pause of 0 to 400 ms of its own: out of order, and with a backlog."""
    return variant(
        webhook=lambda settings, ledger: LateWebhook(settings, ledger, 4, lambda _: random.uniform(0.0, 0.4))
    )
