"""What shows only with luck must be seen every time: races, and forgeries that are applied late.

Each is judged alone: another run beside it would keep the copies of a volley apart.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import judged
import pytest
from defective import CONTRACT, DEFECTS, RACES, check, judge, serving

pytestmark = [pytest.mark.slow, pytest.mark.race]

REPEAT = int(os.environ.get("HOOKASSAY_REPEAT", "1"))
"""How often each is judged anew: once in CI, more often to be sure."""


@pytest.fixture(scope="module")
def judged_first(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], judged.Judged]:
    """Judges each once."""
    return cache(lambda name: judge(name, tmp_path_factory.mktemp("first")))


@pytest.fixture
def first(name: str, judged_first: Callable[[str], judged.Judged]) -> judged.Judged:
    """What is said of it the first time."""
    return judged_first(name)


@pytest.mark.parametrize("name", RACES)
def test_a_race_is_seen_and_blamed_on_its_clause(name: str, first: judged.Judged) -> None:
    """A server that races with itself is not certified, for the clause about races alone."""
    check(name, first)


@pytest.mark.parametrize("name", RACES)
def test_a_race_is_seen_again(name: str, tmp_path: Path) -> None:
    """A short run sees the race whenever it is run."""
    fails = sorted(clause for clause in DEFECTS[name].fails if CONTRACT[clause].level == "MUST")
    arguments = ["--orders", f"sqlite:///{tmp_path / 'orders.db'}", "--only", ",".join(fails)]
    with serving(DEFECTS[name], tmp_path) as url:
        runs = [judged.certify(tmp_path, url, *arguments) for _ in range(REPEAT)]
    assert [(run.exit_code, {run.statuses[clause] for clause in fails}) for run in runs] == [(1, {"failed"})] * REPEAT


SMALLEST = {
    "disputed_order_written_anew": (
        "CV-05",
        "checkout.session.completed → charge.dispute.created ∥ charge.dispute.closed: expected exactly one order",
    ),
    "completion_overwrites_a_refund_at_once": (
        "CV-04",
        "checkout.session.completed ∥ charge.refunded: expected refunded, saw refund_status=none",
    ),
    "two_reports_at_once_make_two_orders": (
        "CV-06",
        "checkout.session.completed ∥ checkout.session.async_payment_succeeded: expected exactly one order",
    ),
}


@pytest.mark.parametrize("name", SMALLEST)
def test_a_race_is_shown_by_the_two_that_it_takes(name: str, first: judged.Judged) -> None:
    """What goes wrong when two events come at once is shown by these two."""
    clause, expected = SMALLEST[name]
    messages = [scenario["message"] for scenario in first.clause(clause)["scenarios"]]
    assert any(message.startswith(expected) for message in messages), messages


def test_no_race_is_seen_where_there_is_none(tmp_path: Path) -> None:
    """A short run passes the reference server whenever it is run."""
    races = ("RP-05", "CV-04", "CV-05", "CV-06")
    runs = [judged.certify(tmp_path, "--only", ",".join(races)) for _ in range(REPEAT)]
    assert [(run.exit_code, {run.statuses[clause] for clause in races}) for run in runs] == [(0, {"passed"})] * REPEAT


def test_forgeries_that_are_applied_late_are_seen_every_time(tmp_path: Path) -> None:
    """However the background threads happen to be busy, a short run sees what a forgery does after its refusal."""
    defect = DEFECTS["queued_unverified"]
    arguments = ["--orders", f"sqlite:///{tmp_path / 'orders.db'}", "--only", "FG-01"]
    with serving(defect, tmp_path) as url:
        runs = [judged.certify(tmp_path, url, *arguments) for _ in range(REPEAT)]
    assert [(run.exit_code, run.statuses["FG-01"]) for run in runs] == [(1, "failed")] * REPEAT
