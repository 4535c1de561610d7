"""Certification in the API versions that payloads can have: the reference server, and what only older ones show."""

from __future__ import annotations

from pathlib import Path

import judged
import pytest
from defective import ALL_ELSE
from gunicorn_process import running

from hookassay.sender.version import SUPPORTED

pytestmark = pytest.mark.slow

PATH = Path(__file__).parent / "shared"
BLAMED = ("failed", "warned", "error")
BEFORE_REFUND_EVENTS = ("2022-11-15", "2023-10-16")


def judge_defect(name: str, folder: Path, only: str) -> judged.Judged:
    """What is found about a defect in every API version."""
    env = {
        "HOOKASSAY_DEFECT": name,
        "STRIPE_SECRET_KEY": "sk_test_of_a_defect",
        "STRIPE_WEBHOOK_SECRET": judged.SECRET,
        "DATABASE_URL": f"sqlite:///{folder / 'orders.db'}",
    }
    with running("defects.wsgi:app", env=env, args=["--pythonpath", str(PATH)], log=folder / "gunicorn.log") as url:
        orders = ("--orders", f"sqlite:///{folder / 'orders.db'}")
        return judged.certify(folder, f"{url}/stripe/webhook", *orders, "--api-version", "all", "--only", only)


def failing(found: judged.Judged) -> dict[str, set[str]]:
    """API version → the clauses that failed in it."""
    return {
        version: {clause for clause, status in statuses.items() if status in BLAMED}
        for version, statuses in found.report["versions"].items()
    }


def test_the_reference_server_passes_in_all_versions(tmp_path: Path) -> None:
    """One command judges every version; no clause fails in any, and what a version cannot show does not apply in it."""
    found = judged.certify(tmp_path, "--api-version", "all")
    versions = found.report["versions"]

    assert (found.exit_code, found.verdict) == (0, "certified"), found.output
    assert list(versions) == list(SUPPORTED[::-1])
    assert failing(found) == {version: set() for version in SUPPORTED}
    assert found.report["target"]["api_version"] == SUPPORTED[-1]
    changed = {
        (clause, status, version)
        for version, statuses in versions.items()
        for clause, status in statuses.items()
        if status != found.statuses[clause]
    }
    assert changed == {("OO-09", "not_applicable", version) for version in BEFORE_REFUND_EVENTS}
    assert versions["2022-11-15"]["RF-08"] == versions["2022-11-15"]["RF-11"] == "passed"
    assert f"  {'2023-10-16':17}  ✔" in found.output


@pytest.mark.parametrize("version", SUPPORTED[:1])
def test_the_reference_server_passes_in_one_version(version: str, tmp_path: Path) -> None:
    """A version of the endpoint's own is judged by every clause."""
    found = judged.certify(tmp_path, "--api-version", version, "--only", ALL_ELSE)

    assert (found.exit_code, found.verdict) == (0, "passed (partial)"), found.output
    assert found.having(*BLAMED) == set()
    assert found.report["target"]["api_version"] == version
    assert found.report["versions"] == {}


def test_what_is_wrong_in_older_versions_only_is_seen(tmp_path: Path) -> None:
    """A server that knows refund.* events only passes since they are sent for charges, and fails before."""
    found = judge_defect("refund_events_only", tmp_path, "RF-01,RF-06")

    assert (found.exit_code, found.verdict) == (1, "not certified"), found.output
    assert found.having(*BLAMED) == set()
    assert failing(found) == {
        version: {"RF-01", "RF-06"} if version in BEFORE_REFUND_EVENTS else set() for version in SUPPORTED
    }
    (first, second) = found.report["version_differences"]
    assert (first["id"], first["api_versions"]) == ("RF-01", ["2023-10-16", "2022-11-15"])
    assert "API:      2023-10-16, 2022-11-15" in found.output
    assert "--api-version 2023-10-16 --only RF-01" in found.output
    assert second["id"] == "RF-06"


def test_a_field_that_older_versions_lack_is_seen(tmp_path: Path) -> None:
    """A server that reads a refund's customer passes in the latest version, and loses failed refunds in all others."""
    found = judge_defect("customer_of_the_refund", tmp_path, "RF-08")

    assert found.exit_code == 1, found.output
    assert failing(found) == {version: {"RF-08"} if version != SUPPORTED[-1] else set() for version in SUPPORTED}


def test_versions_beside_each_other(tmp_path: Path) -> None:
    """Several workers judge all versions as one does."""
    found = judged.certify(tmp_path, "--api-version", "all", "--workers", "3", "--only", "OO,RF")

    assert found.exit_code == 0, found.output
    assert failing(found) == {version: set() for version in SUPPORTED}
    assert len(set(found.report["created"])) == len(found.report["created"])
