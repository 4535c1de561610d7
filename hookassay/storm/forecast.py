"""The forecast: all that decides what a storm delivers, small enough to be handed to another machine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

SHARED = 0.2
"""The share of duplicates where none is asked for."""


@dataclass(frozen=True)
class Forecast:
    """What is to come. The same forecast and the same settings give the same deliveries, on whatever machine.

    Attributes:
        run: The run's id, which every id of every purchase holds.
        created: When all sessions were created, in Unix seconds.
        purchases: How many purchases there are.
        duplicates: The share of deliveries that deliver again what was delivered before, from 0 to below 1.
        seed: What is drawn is drawn from it.
        style: How bodies are written as JSON.
        headers: The request headers besides the signature.
        url: Where deliveries go.
    """

    run: str
    created: int
    purchases: int
    duplicates: float
    seed: int
    style: str
    headers: tuple[tuple[str, str], ...]
    url: str

    @property
    def first(self) -> int:
        """The number of the first purchase: all numbers have as many digits, so that ids are equally long."""
        return int(10 ** max(5, len(str(self.purchases))))

    def to_json(self) -> str:
        """The forecast as text; it holds no secret but what the URL may."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Forecast:
        """The forecast that `to_json` wrote.

        Raises:
            ValueError: it is none.
        """
        try:
            fields = json.loads(text)
            fields["headers"] = tuple((str(name), str(value)) for name, value in fields["headers"])
            return cls(**fields)
        except (TypeError, KeyError) as error:
            raise ValueError(f"no forecast: {error}") from None
