"""Made-up storms, for the tests of their reports."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hookassay.storm.forecast import Forecast
from hookassay.storm.proof import Planned, Wrong
from hookassay.storm.result import CONVERGED, NOT_CONVERGED, NOT_JUDGED, Load, Result
from hookassay.storm.tally import Tally

CANARY = "canary-of-a-storm-report"

FORECAST = Forecast(
    "abcd1234", 1_700_000_000, 300, 0.2, 7, "compact", (("Content-Type", "application/json"),), "http://127.0.0.1/hook"
)

DELIVERIES = (
    Planned("charge.succeeded", "", acknowledged=True),
    Planned("charge.succeeded", "again, at once", acknowledged=True),
    Planned("checkout.session.completed", "again, as another event", acknowledged=False),
)


def tally(seconds: int = 3, trouble: bool = False) -> Tally:
    """A hundred answers a second, the slower the later; with some `trouble` in the last second."""
    made = Tally()
    made.began = 1_700_000_000.0
    for number in range(seconds * 100):
        at = made._zero + number / 100 + 0.005
        kind: int | str = 200
        if trouble and number >= (seconds - 1) * 100:
            kind = (200, 500, "no answer within 10 s")[number % 3]
        made.record(kind, at - 0.001 - number / 100_000, at)
    made.close()
    made.ended = made.began + seconds
    made.duplicates, made.repeated = 60, 2
    return made


def converged() -> Result:
    """Everything went well."""
    return Result(
        url="http://127.0.0.1/hook",
        orders="sqlite",
        source="sqlite:///shop.db",
        verdict=CONVERGED,
        load=Load(FORECAST, tally(), 32, None, "uvloop"),
        preflight=("a genuine purchase takes effect",),
        claimed=300,
        proof_seconds=0.4,
    )


def not_converged() -> Result:
    """Some orders are wrong, there was trouble, and secrets turn up where they may."""
    load = Load(FORECAST, tally(trouble=True), 32, 100.0, "uvloop", Counter({"charge.failed": 3}))
    load.tally.unsent["connection refused"] = 4
    wrong = tuple(
        Wrong(place, f"cs_test_{place}", ("the payment", "a dispute"), "disputed", f"status=<b> {CANARY}", DELIVERIES)
        for place in range(7)
    )
    return replace(
        converged(),
        url=f"http://127.0.0.1/hook?token={CANARY}",
        verdict=NOT_CONVERGED,
        load=load,
        unclaimed=3,
        wrong=wrong,
        wrong_count=120,
        notes=("3 events were never acknowledged, so that nothing is claimed about them: charge.failed.",),
    )


def not_judged() -> Result:
    """Nothing was acknowledged."""
    empty = Tally()
    empty.close()
    return replace(
        converged(),
        verdict=NOT_JUDGED,
        orders=None,
        claimed=0,
        load=replace(converged().load, tally=empty),
        problem="No delivery was acknowledged.",
    )
