"""Judging by an older version of the contract, as a user meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import judged
import pytest
from defective import DEFECTS, serving

# The contract as it will be one day: SG-02 came with its second version.
GROWN = """
from dataclasses import replace
from hookassay.judging.contract import Contract

load = Contract.load

def grown():
    now = load()
    clauses = tuple(replace(clause, since="2026.2") if clause.id == "SG-02" else clause for clause in now)
    return replace(now, version="2026.2", versions=("2026.1", "2026.2"), clauses=clauses)

Contract.load = grown
from hookassay.cli import main
main()
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server that SG-02 finds wrong, and its folder."""
    folder = tmp_path_factory.mktemp("grown")
    with serving(DEFECTS["v0_refused"], folder) as url:
        yield url, folder


def by_the_grown(shop: tuple[str, Path], *arguments: str) -> tuple[int, str, dict[str, Any]]:
    url, folder = shop
    line = [sys.executable, "-c", GROWN, "certify", url, "--orders", f"sqlite:///{folder / 'orders.db'}"]
    done = subprocess.run(
        [*line, "--only", "SG-02,SG-03", *arguments],
        cwd=folder,
        env={**os.environ, "STRIPE_WEBHOOK_SECRET": judged.SECRET},
        capture_output=True,
        text=True,
        check=False,
    )
    report: dict[str, Any] = json.loads((folder / "hookassay-report" / "report.json").read_text())
    return done.returncode, done.stdout + done.stderr, report


def test_a_later_clause_is_not_counted(shop: tuple[str, Path]) -> None:
    """Who is judged by the older version stays green, and sees what the newer one will say."""
    code, output, report = by_the_grown(shop, "--contract", "2026.1")

    assert (code, report["verdict"], report["contract"]) == (0, "passed (partial)", "2026.1"), output
    assert "contract 2026.1" in output.splitlines()[0]
    assert "Added after contract 2026.1, not counted:\n  SG-02: failed: " in output


def test_the_newest_version_counts_it(shop: tuple[str, Path]) -> None:
    """Without the option the newest version is judged by."""
    code, output, report = by_the_grown(shop)

    assert (code, report["verdict"], report["contract"]) == (1, "not certified", "2026.2"), output


def test_unknown_version(tmp_path: Path) -> None:
    """A version that does not exist is told those that do, before anything is sent."""
    done = judged.certify(tmp_path, "--contract", "2025.9")

    assert done.exit_code == 2, done.output
    assert "There is no contract '2025.9'. It must be one of 2026.1." in done.output


def test_what_is_no_version(tmp_path: Path) -> None:
    """What does not look like a version is told how one looks."""
    done = judged.certify(tmp_path, "--contract", "v2026.1")

    assert done.exit_code == 2, done.output
    assert (
        "--contract must be a version of the contract such as 2026.1, not v2026.1. Did you mean 2026.1?" in done.output
    )
