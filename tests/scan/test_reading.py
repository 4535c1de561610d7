"""Many files are read by several processes, and show the same as few read by one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hookassay.errors import NotJudged
from hookassay.scan import reading
from hookassay.scan.check import Check, Circumstances
from hookassay.scan.engine import scan
from hookassay.scan.source import Source
from hookassay.scan.tree import Tree

WRONG = "event = stripe.Webhook.construct_event(payload, signature, secret, tolerance=None)\n"


@pytest.fixture
def codebase(tmp_path: Path) -> Path:
    """A few folders of files, some of which break a rule, one of which cannot be read."""
    for number in range(30):
        (tmp_path / f"part{number % 3}").mkdir(exist_ok=True)
        text = WRONG if number % 5 == 0 else "x = 1\n"
        (tmp_path / f"part{number % 3}" / f"file{number}.py").write_text(text)
    (tmp_path / "latin.py").write_bytes(b"name = '\xe9'\n")
    return tmp_path


class Ending:
    """A check whose process ends before its time."""

    words: tuple[bytes, ...] = ()

    def __init__(self, circumstances: Circumstances) -> None:
        self.first = os.getpid()

    def look(self, source: Source) -> list[str]:
        if os.getpid() != self.first:
            os._exit(1)
        return [source.path]

    def conclude(self, facts: list[str]) -> list[object]:
        return []


def several(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two processes read however few files there are."""
    monkeypatch.setattr(reading, "MANY", 1)
    monkeypatch.setattr(reading, "_AT_A_TIME", 4)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


def test_several_processes_find_what_one_finds(codebase: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings, their order, notes and counts do not depend on how many processes read."""
    alone = scan(codebase)
    several(monkeypatch)
    together = scan(codebase)

    assert len(alone.findings) == 6
    assert together.findings == alone.findings
    assert (together.files, together.skipped) == (alone.files, alone.skipped)


def test_a_process_that_ends_is_told(codebase: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends before its time ends the scan with what to do, and not with a part of the findings."""
    several(monkeypatch)
    tree = Tree(codebase)
    check: Check = Ending(Circumstances(tree))  # type: ignore[assignment]

    with pytest.raises(NotJudged, match="ended before its time"):
        reading.read_all(tree, [check])


def test_few_files_are_read_here(codebase: Path) -> None:
    """Where files are few, nothing is handed to another process."""
    tree = Tree(codebase)
    seen = reading.read_all(tree, [Ending(Circumstances(tree))])  # type: ignore[list-item]

    assert len(seen.facts[0]) == seen.files == 30
