"""The reference server is killed and loses its store, and keeps what it acknowledged."""

from __future__ import annotations

from pathlib import Path

import judged
import pytest
from needed import needed

from hookassay import postgres

pytestmark = [pytest.mark.slow, pytest.mark.siege]


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_the_reference_server_is_durable(store: str, tmp_path: Path) -> None:
    """Whatever is killed or goes away, nothing that was acknowledged is lost, and nothing is done twice."""
    if store == "postgresql":
        needed(postgres.binaries(), "no PostgreSQL is installed (apt-get install postgresql)")
    found = judged.certify(tmp_path, "--faults", "--store", store, "--times", "2", "--only", "durable")

    assert (found.exit_code, found.verdict) == (0, "passed (partial)"), found.output
    assert {clause: found.clause(clause)["status"] for clause in ("DU-01", "DU-02", "DU-03")} == {
        "DU-01": "passed",
        "DU-02": "passed",
        "DU-03": "passed",
    }


def test_an_endpoint_of_ones_own_needs_commands(tmp_path: Path) -> None:
    """--faults beside a URL is refused, with where the commands are given."""
    found = judged.certify(tmp_path, "http://127.0.0.1:9/hook", "--faults")

    assert found.exit_code == 2
    assert "[faults] kill and start" in " ".join(found.output.split())
