"""Stencils: a text about a purchase, cut once, and filled with the number of each other purchase.

To make the objects of a purchase and to write them as JSON takes longer than to deliver them. Purchases to which the
same happens differ in their number and their UUID alone, as long as all numbers have as many digits.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence

from ..errors import HarnessError

Made = Callable[[int], Sequence[bytes]]
"""The texts about the purchase of a number, always as many."""


class Stencil:
    """One text with holes."""

    __slots__ = ("_own", "_parts")

    def __init__(self, text: bytes, number: bytes, own: bytes) -> None:
        """Cut out the `number` of the purchase, and its `own` UUID."""
        # Seldom does a text hold the UUID; then the number goes into what is between.
        self._own = [part.split(number) for part in text.split(own)]
        self._parts = self._own[0] if len(self._own) == 1 else []

    def fill(self, number: int) -> bytes:
        """The text about the purchase of this number."""
        digits = b"%d" % number
        if self._parts:
            return digits.join(self._parts)
        return own_of(number).encode().join([digits.join(parts) for parts in self._own])


def own_of(number: int) -> str:
    """The UUID of the purchase of this number: always the same, and like no other's."""
    digest = hashlib.sha256(b"hookassay storm %d" % number).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def cut(made: Made, first: int) -> list[Stencil]:
    """Stencils of all texts that `made` gives, for numbers with as many digits as `first`.

    Each is tried: filled with another purchase's number it must give that one's text.

    Raises:
        HarnessError: texts differ in more than the number and the UUID.
    """
    other = 3 * first + 91_357 % first
    expected = list(made(other))
    for model in (7 * first + 48_613 % first, 5 * first + 62_947 % first, 8 * first + 15_739 % first):
        number, own = str(model).encode(), own_of(model).encode()
        stencils = [Stencil(text, number, own) for text in made(model)]
        if [stencil.fill(other) for stencil in stencils] == expected:
            return stencils
    raise HarnessError("the events of two purchases differ in more than their ids, so that none can be made of another")
