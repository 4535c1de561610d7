"""The reference server in every shape it is deployed in passes its own contract."""

from __future__ import annotations

from pathlib import Path

import gunicorn_process
import judged
import pytest

pytestmark = pytest.mark.slow


# One worker on SQLite is the main job, whose whole output tests/hookassay/test_output.py keeps.
@pytest.mark.parametrize(("kind", "workers"), [("sqlite", 3), ("postgres", 1), ("postgres", 3)])
def test_reference_server_passes(kind: str, workers: int, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The reference server passes on SQLite and on PostgreSQL, with one worker and with several."""
    database_url: str = request.getfixturevalue(f"{kind}_database")
    env = {
        "STRIPE_SECRET_KEY": "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "STRIPE_WEBHOOK_SECRET": judged.SECRET,
        "DATABASE_URL": database_url,
    }
    with gunicorn_process.running("hookassay.server.wsgi:app", workers=workers, env=env) as base:
        done = judged.certify(tmp_path, f"{base}/stripe/webhook", "--orders", database_url)

    assert done.exit_code == 0, done.output
    assert done.verdict == "certified"
    assert done.having("failed", "warned", "error") == set()
    assert done.clause("RP-05")["status"] == "passed"
