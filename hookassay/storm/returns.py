"""Returns: what a storm's load came to where other processes made it, kept in a file until the orders are read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .commission import Commission
from .outbox import Outbox
from .receipts import Receipts
from .result import Load
from .tally import Tally

FILE = "storm-returns.json"


def told(outbox: Outbox) -> dict[str, Any]:
    """What one process has to tell of its part, as JSON."""
    return {
        "receipts": outbox.receipts.to_text(),
        "tally": outbox.tally.to_dict(),
        "given_up": dict(outbox.given_up),
        "silenced": outbox.silenced,
    }


class Returns:
    """What all parts came to.

    Attributes:
        parts: How many parts there are by now.
    """

    def __init__(self) -> None:
        """Nothing was returned yet."""
        self.parts = 0
        self._receipts: Receipts | None = None
        self._tally: Tally | None = None
        self._given_up: Counter[str] = Counter()
        self._silenced = False

    def add(self, part: Mapping[str, Any]) -> None:
        """Take one more part, as `told` gave it."""
        receipts, tally = Receipts.from_text(part["receipts"]), Tally.from_dict(part["tally"])
        if self._receipts is None or self._tally is None:
            self._receipts, self._tally = receipts, tally
        else:
            self._receipts.add(receipts)
            self._tally.merge(tally)
        self._given_up.update(part["given_up"])
        self._silenced = self._silenced or part["silenced"]
        self.parts += 1

    def write(self, path: Path) -> None:
        """Keep all of it in a file, of which nobody sees half."""
        assert self._receipts is not None
        assert self._tally is not None
        whole = {
            "receipts": self._receipts.to_text(),
            "tally": self._tally.to_dict(),
            "given_up": dict(self._given_up),
            "silenced": self._silenced,
        }
        unfinished = path.with_name(f".{path.name}")
        unfinished.write_text(json.dumps(whole), encoding="utf-8")
        unfinished.replace(path)


def read(path: Path, commission: Commission) -> tuple[Load, Receipts]:
    """What stands in the file.

    Raises:
        UsageError: it is no such file, or another storm's.
    """
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
        receipts, tally = Receipts.from_text(whole["receipts"]), Tally.from_dict(whole["tally"])
        given_up, silenced = Counter(whole["given_up"]), bool(whole["silenced"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} must be the {FILE} that Locust's master wrote; it cannot be read as one ({error})."
        ) from None
    if len(receipts) != commission.forecast.purchases:
        raise UsageError(
            f"{path} must be of the same storm as the {commission.forecast.purchases} purchases beside it."
        )
    by = f"Locust with {commission.workers} workers"
    return Load(commission.forecast, tally, commission.connections, commission.rate, by, given_up, silenced), receipts
