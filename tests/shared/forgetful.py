"""An endpoint that is right until somebody hurries it: under load it acknowledges events and keeps nothing of them."""

from __future__ import annotations

import itertools
import threading

from endpoints.variant import App, variant
from hookassay.server.event import Event
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

CROWD, EVERY = 3, 10


class ForgetfulWebhook(Webhook):
    """Forgets each tenth of the events that come while others are being stored."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        super().__init__(settings, ledger)
        self._crowded = itertools.count(1)
        self._inside = 0
        self._lock = threading.Lock()

    def take(self, event: Event) -> None:
        """Store the event, or forget it."""
        with self._lock:
            self._inside += 1
            forgotten = self._inside >= CROWD and next(self._crowded) % EVERY == 0
        try:
            if not forgotten:
                super().take(event)
        finally:
            with self._lock:
                self._inside -= 1


def under_load() -> App:
    """One event in ten is acknowledged and lost, where three come at once."""
    return variant(webhook=ForgetfulWebhook)
