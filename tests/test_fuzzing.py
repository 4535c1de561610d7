"""What a search for inputs that break the reference server has learned, tried again; and that the search works."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzzing.entrances import CORPUS, SHARES, Entrances, seeds
from fuzzing.run import FOUND

RUN = Path(__file__).parent / "fuzzing" / "run.py"
LARGEST_CORPUS = 200_000
"""Bytes."""


@pytest.fixture(scope="module")
def entrances() -> Iterator[Entrances]:
    """The entrances of a server, closed at the end."""
    entrances = Entrances()
    yield entrances
    entrances.close()


@pytest.mark.parametrize("name", SHARES)
def test_corpus(name: str, entrances: Entrances) -> None:
    """Every input that was kept, and every one that a search begins with, is stood."""
    kept = [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
    assert kept
    for data in [*kept, *seeds(name).values()]:
        getattr(entrances, name)(data)


def test_corpus_is_small() -> None:
    """What is kept is what is needed."""
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < LARGEST_CORPUS


@pytest.mark.slow
@pytest.mark.siege
def test_search() -> None:
    """A few seconds of search find nothing."""
    pytest.importorskip("atheris", reason="atheris has no wheel for this interpreter")
    done = subprocess.run([sys.executable, RUN, "--seconds", "6"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("Done ") == len(SHARES)
    assert not FOUND.exists()
