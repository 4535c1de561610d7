"""An outage of Stripe's API: the stand-in refuses every question, which the run itself can make and mend."""

from __future__ import annotations

from ..errors import NotApplicable
from ..faults import Fault
from ..stripe_api.client import StripeApi


class ApiOutage:
    """Outages of one stand-in.

    Attributes:
        fault: One of them, to strike with.
    """

    def __init__(self, api: StripeApi) -> None:
        """Prepare outages of `api`; it goes on answering."""
        self._api = api
        self._refused = 0
        self.fault = Fault("without Stripe's API", self._begin, self._end)

    def require_questions(self) -> None:
        """Go on only where an outage was noticed.

        Raises:
            NotApplicable: nobody asked the API anything meanwhile.
        """
        if not self._refused:
            raise NotApplicable("the endpoint asked Stripe's API nothing meanwhile")

    def _begin(self) -> None:
        self._api.fail(True)

    def _end(self) -> None:
        self._refused += self._api.fail(False)
