"""The examples are what they say they are: each is judged as its one command does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from judged import Judged
from needed import needed
from pool import Judgements

from hookassay.cli import main

EXAMPLES = Path(__file__).parents[1] / "examples"
CERTIFY = EXAMPLES / "certify.py"
SHOPS = ["express", "django", "fastapi"]
EXPLAINED = (EXAMPLES.parent / "docs" / "origin.md").read_text(encoding="utf-8")


def judge(name: str, folder: Path) -> Judged:
    """What `python examples/certify.py NAME` says; called by the pool."""
    done = subprocess.run(
        [sys.executable, CERTIFY, name, "--report", folder],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    report = folder / "report.json"
    return Judged(
        done.returncode, done.stdout + done.stderr, json.loads(report.read_text()) if report.is_file() else {}
    )


def _node(name: str) -> None:
    if (EXAMPLES / name / "package.json").is_file():
        needed(shutil.which("npm") if shutil.which("node") else None, "no Node is installed (apt-get install npm)")


@pytest.mark.parametrize("name", SHOPS)
def test_the_scan_finds_nothing_in_a_shop(name: str) -> None:
    """A shop that is there to be copied has none of the faults that its source could show."""
    scanned = CliRunner().invoke(main, ["scan", str(EXAMPLES / name)])

    assert "clean" in scanned.output
    assert scanned.exit_code == 0


def test_the_scan_finds_in_the_original_document_what_is_explained() -> None:
    """docs/origin.md shows every rule that the handler breaks, as the scan prints it."""
    scanned = CliRunner().invoke(main, ["scan", str(EXAMPLES / "origin")])

    found = re.findall(r"^[✘!] SC-.*", scanned.output, re.MULTILINE)
    assert found == re.findall(r"^[✘!] SC-.*", EXPLAINED, re.MULTILINE)
    assert found


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOPS)
def test_a_shop_is_certified(name: str, judgements: Judgements) -> None:
    """A shop that is there to be copied keeps every clause that applies to it."""
    _node(name)

    shop = judgements[name].result()

    assert shop.exit_code == 0, shop.output
    assert shop.verdict == "certified"
    assert shop.having("failed", "warned", "error", "not_testable") == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["origin"])
def test_the_handler_of_the_original_document_fails_as_explained(name: str, judgements: Judgements) -> None:
    """It fails what it always failed, and docs/origin.md speaks of each of these clauses."""
    _node(name)

    handler = judgements[name].result()

    assert handler.exit_code == 1, handler.output
    assert handler.having("failed") == {"OR-02", "OR-06", "OR-10", "RF-01", "RF-06", "RF-12", "DP-01", "DP-02"}
    assert handler.having("warned") == {"OR-11", "DL-09", "EX-02"}
    for clause in sorted(handler.having("failed", "warned")):
        assert clause in EXPLAINED
