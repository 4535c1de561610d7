"""Returns: what the parts of a storm came to, joined and kept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from hookassay.config import Settings
from hookassay.errors import UsageError
from hookassay.storm.commission import Commission
from hookassay.storm.outbox import Outbox
from hookassay.storm.receipts import Receipts
from hookassay.storm.returns import FILE, Returns, read, told
from hookassay.storm.script import Repertoire
from hookassay.storm.stream import stream
from hookassay.storm.tally import Tally


def part(repertoire: Repertoire, share: int, status: int) -> Outbox:
    """One of two parts of a storm, every delivery of which was answered with this status, once."""
    forecast = repertoire.forecast
    outbox = Outbox(stream(repertoire, share, 2), Receipts(forecast.purchases), Tally(), time.monotonic())
    while group := outbox.take(time.monotonic() - 10):
        for delivery in group:
            outbox.answered(delivery, status, time.monotonic())
    outbox.tally.close()
    return outbox


def test_parts_are_joined_and_read_back(repertoire: Repertoire, tmp_path: Path) -> None:
    """What two workers tell is one load: receipts, answers and durations of both."""
    commission = Commission.of(Settings(), repertoire.forecast, 8, 2)
    returns = Returns()
    for share in (0, 1):
        returns.add(told(part(repertoire, share, 200)))
    returns.write(tmp_path / FILE)
    load, receipts = read(tmp_path / FILE, commission)

    planned = sum(map(len, stream(repertoire)))
    assert returns.parts == 2
    assert load.tally.answers == {200: planned}
    assert load.tally.durations.count == planned
    assert all(receipts.has(place, 0) for place in range(repertoire.forecast.purchases))
    assert load.by == "Locust with 2 workers"


def test_returns_of_another_storm_are_refused(repertoire: Repertoire, tmp_path: Path) -> None:
    """What belongs to other purchases proves nothing about these."""
    returns = Returns()
    returns.add({**told(part(repertoire, 0, 200)), "receipts": Receipts(3).to_text()})
    returns.write(tmp_path / FILE)

    with pytest.raises(UsageError, match="must be of the same storm"):
        read(tmp_path / FILE, Commission.of(Settings(), repertoire.forecast, 8, 2))


@pytest.mark.parametrize("text", [None, "", "{}", "[]"])
def test_what_is_no_returns_is_refused(repertoire: Repertoire, tmp_path: Path, text: str | None) -> None:
    """A file that is none, or is not there, is told by its name and by what writes one."""
    path = tmp_path / FILE
    if text is not None:
        path.write_text(text)

    with pytest.raises(UsageError, match="Locust's master wrote"):
        read(path, Commission.of(Settings(), repertoire.forecast, 8, 2))
