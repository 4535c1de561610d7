"""An outage: while it lasts every question is answered as Stripe answers when its servers fail."""

from __future__ import annotations

from .errors import ApiError


class Outage:
    """Whether the API is away.

    Attributes:
        refused: How many requests the latest outage has refused.
    """

    def __init__(self) -> None:
        """Begin with an API that works."""
        self.refused = 0
        self._lasting = False

    def set(self, lasting: bool) -> None:
        """Begin an outage, or end it."""
        if lasting and not self._lasting:
            self.refused = 0
        self._lasting = lasting

    def refuse(self) -> None:
        """Let a request pass.

        Raises:
            ApiError: the API is away: a 500 of type `api_error` (docs.stripe.com/api/errors).
        """
        if self._lasting:
            self.refused += 1
            raise ApiError(500, "An unknown error occurred", kind="api_error")
