"""The reference server in every shape it is deployed in passes its own contract."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import gunicorn_process
import judged
import postgres
import pytest
from needed import needed
from pool import Judgements

pytestmark = pytest.mark.slow

# One worker on SQLite is the main job, whose whole output tests/hookassay/test_output.py keeps.
DEPLOYMENTS = {"SQLite, three workers": 3, "PostgreSQL, one worker": 1, "PostgreSQL, three workers": 3}


def judge(name: str, folder: Path) -> judged.Judged:
    """What the contract says about the reference server on a database, with so many workers."""
    with ExitStack() as running:
        database = f"sqlite:///{folder / 'orders.db'}"
        if name.startswith("PostgreSQL"):
            binaries = needed(postgres.binaries(), "no PostgreSQL is installed (apt-get install postgresql)")
            database = running.enter_context(postgres.running(binaries))
        env = {
            "STRIPE_SECRET_KEY": "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
            "STRIPE_WEBHOOK_SECRET": judged.SECRET,
            "DATABASE_URL": database,
        }
        base = running.enter_context(
            gunicorn_process.running("hookassay.server.wsgi:app", workers=DEPLOYMENTS[name], env=env)
        )
        return judged.certify(folder, f"{base}/stripe/webhook", "--orders", database)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_reference_server_passes(name: str, judgements: Judgements) -> None:
    """The reference server passes on SQLite and on PostgreSQL, with one worker and with several."""
    done = judgements[name].result()

    assert done.exit_code == 0, done.output
    assert done.verdict == "certified"
    assert done.having("failed", "warned", "error") == set()
    assert done.clause("RP-05")["status"] == "passed"
