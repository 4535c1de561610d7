"""An endpoint whose clock is strict: it refuses timestamps from the future, as Stripe's PHP and .NET libraries do."""

from __future__ import annotations

import re
import time

from hookassay.server.webhook import TOLERANCE, UnverifiedError, Webhook

from .variant import App, variant


class StrictClock(Webhook):
    """Refuses what is more than 300 s old or more than 300 s ahead: `abs(time() - $timestamp) > $tolerance`."""

    def verify(self, body: bytes, header: str | None) -> str:
        """The verified body, whose timestamp is near this moment on either side."""
        payload = super().verify(body, header)
        timestamp = re.search(r"(?:^|,)t=(\d+)", header or "")
        if timestamp is None or abs(time.time() - int(timestamp[1])) > TOLERANCE:
            raise UnverifiedError
        return payload


def strict_clock() -> App:
    """Timestamps more than 300 s in the future are refused."""
    return variant(webhook=StrictClock)
