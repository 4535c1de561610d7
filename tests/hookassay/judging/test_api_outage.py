"""Outages of Stripe's API that a run makes."""

from __future__ import annotations

from typing import Any

import pytest

from hookassay.errors import NotApplicable
from hookassay.judging.api_outage import ApiOutage


class Api:
    """A stand-in that says how many questions each of its outages has refused."""

    def __init__(self, *refused: int) -> None:
        self.told: list[bool] = []
        self._refused = list(refused)

    def fail(self, lasting: bool) -> int:
        self.told.append(lasting)
        return 0 if lasting else self._refused.pop(0)


def struck(*refused: int) -> tuple[Api, ApiOutage]:
    api: Any = Api(*refused)
    outage = ApiOutage(api)
    for _ in refused:
        outage.fault.strike()
        outage.fault.mend()
    return api, outage


def test_it_begins_and_ends() -> None:
    """To strike begins an outage, to mend ends it."""
    api, _ = struck(0)

    assert api.told == [True, False]


def test_somebody_asked() -> None:
    """An outage that was noticed proves something, in whichever round."""
    _, outage = struck(0, 3, 0)

    outage.require_questions()


def test_nobody_asked() -> None:
    """One that nobody noticed proves nothing."""
    _, outage = struck(0, 0)

    with pytest.raises(NotApplicable, match="asked Stripe's API nothing"):
        outage.require_questions()
