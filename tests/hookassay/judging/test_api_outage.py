"""Outages of Stripe's API that a run makes."""

from __future__ import annotations

from typing import Any

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


def test_questions_are_counted() -> None:
    """What was refused in all of them is known in the end."""
    _, outage = struck(0, 3, 2)

    assert outage.refused == 5
