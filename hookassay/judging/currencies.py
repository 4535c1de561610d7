"""Purchases in many currencies: all of them are paid first, so that a slow endpoint is waited for once."""

from __future__ import annotations

import re

from ..errors import NotApplicable
from .expectation import Expectation
from .scene import Scene


class Currencies:
    """One purchase of the same number of minor units in each currency that the shop sells in."""

    def __init__(self, scene: Scene, amount: int, currencies: str) -> None:
        """Issue the purchases.

        Args:
            scene: The scene.
            amount: What each of them costs, in minor units.
            currencies: Lower-case ISO codes between commas.

        Raises:
            NotApplicable: the shop declares that it sells in none of them, or nothing at that price.
        """
        self._scene = scene
        self._amount = amount
        self._sold: list[str] = []
        reason = NotApplicable("no currency is named")
        for currency in re.findall(r"\w+", currencies):
            try:
                scene.cast(currency, amount=amount, currency=currency)
            except NotApplicable as error:
                reason = error
            else:
                self._sold.append(currency)
        if not self._sold:
            raise reason

    def pay(self) -> None:
        """Deliver the payment of each."""
        for currency in self._sold:
            self._scene.deliver("the payment", name=currency)

    def each_shows_its_amount(self) -> None:
        """Expect each order to show what was paid.

        Raises:
            ContractViolation: one shows another amount.
            NotTestable: the reader shows no amount.
        """
        for currency in self._sold:
            Expectation(self._scene).shows_amount(self._amount, currency, currency)
