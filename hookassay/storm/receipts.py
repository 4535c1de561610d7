"""Receipts: which events of which purchase were acknowledged, one number a purchase."""

from __future__ import annotations

import base64
import zlib
from array import array
from collections.abc import Iterator

from .script import Script


class Receipts:
    """What was acknowledged: a bit for each event, 64 a purchase."""

    def __init__(self, purchases: int) -> None:
        """Nothing was acknowledged about any of so many purchases yet."""
        self._bits = array("Q", bytes(8 * purchases))

    def __len__(self) -> int:
        return len(self._bits)

    def give(self, place: int, event: int) -> None:
        """An event of the purchase at this place was acknowledged."""
        self._bits[place] |= 1 << event

    def has(self, place: int, event: int) -> bool:
        """Whether that event was acknowledged."""
        return bool(self._bits[place] >> event & 1)

    def events(self, place: int, script: Script) -> Iterator[tuple[str, str]]:
        """The fact and the type of each acknowledged event of the purchase at this place."""
        bits = self._bits[place]
        return (told for event, told in enumerate(script.events) if bits >> event & 1)

    def add(self, other: Receipts) -> None:
        """Take over what another process was given."""
        for place, bits in enumerate(other._bits):
            if bits:
                self._bits[place] |= bits

    def to_text(self) -> str:
        """All of it as text."""
        return base64.b85encode(zlib.compress(self._bits.tobytes())).decode()

    @classmethod
    def from_text(cls, text: str) -> Receipts:
        """What `to_text` wrote.

        Raises:
            ValueError: it is none.
        """
        receipts = cls(0)
        try:
            receipts._bits.frombytes(zlib.decompress(base64.b85decode(text)))
        except zlib.error as error:
            raise ValueError(f"no receipts: {error}") from None
        return receipts
