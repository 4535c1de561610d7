"""An outage of Stripe's API: the stand-in refuses every question, which the run itself can make and mend."""

from __future__ import annotations

from ..faults import Fault
from ..stripe_api.client import StripeApi


class ApiOutage:
    """Outages of one stand-in.

    Attributes:
        fault: One of them, to strike with.
        refused: How many questions were refused in all of them.
    """

    def __init__(self, api: StripeApi) -> None:
        """Prepare outages of `api`; it goes on answering."""
        self._api = api
        self.refused = 0
        self.fault = Fault("without Stripe's API", self._begin, self._end)

    def _begin(self) -> None:
        self._api.fail(True)

    def _end(self) -> None:
        self.refused += self._api.fail(False)
