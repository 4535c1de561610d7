"""What looks like a defect and is tolerated: the contract gives no clause for it, or says that it may be so."""

from __future__ import annotations

from pathlib import Path

import judged
import pytest
from defective import ALL_ELSE
from defects.failures import FAULTS
from gunicorn_process import running

SHARED = Path(__file__).parent / "shared"


def _judge(app: str, folder: Path, *, threads: int = 8, config: str = "") -> judged.Judged:
    """What the whole contract says, SHOULD clauses included, about `app` of defects/tolerated.py."""
    orders = f"sqlite:///{folder / 'orders.db'}"
    env = {
        "STRIPE_SECRET_KEY": "sk_test_of_the_tolerated",
        "STRIPE_WEBHOOK_SECRET": judged.SECRET,
        "DATABASE_URL": orders,
    }
    arguments = ["--pythonpath", str(SHARED)]
    log = folder / "gunicorn.log"
    with running(f"defects.tolerated:{app}()", threads=threads, env=env, args=arguments, log=log) as url:
        chosen = ("--orders", orders, "--strict", "--only", ALL_ELSE)
        return judged.certify(folder, f"{url}/stripe/webhook", *chosen, config=config)


@pytest.mark.slow
def test_a_server_error_for_forgeries_is_tolerated_with_a_note(tmp_path: Path) -> None:
    """A 500 for a bad signature refuses it too: no clause fails, and the report says what a 4xx would spare."""
    found = _judge("server_error", tmp_path)
    assert (found.exit_code, found.having("failed", "warned", "error")) == (0, set()), found.output
    assert "FG-02: a forgery is answered 500" in " ".join(found.output.split())


@pytest.mark.slow
def test_verification_by_hand_passes(tmp_path: Path) -> None:
    """The verifier that the defects of verification start from is right: each of them has one fault, its own."""
    found = _judge("handmade", tmp_path)
    assert (found.exit_code, found.having("failed", "warned", "error")) == (0, set()), found.output


@pytest.mark.slow
def test_a_store_that_goes_away_loses_nothing(tmp_path: Path) -> None:
    """What is refused while the store is away, and taken when it is back, was not forgotten."""
    found = _judge("breakable", tmp_path, config=FAULTS)
    assert (found.exit_code, found.having("failed", "warned", "error")) == (0, set()), found.output
    assert found.statuses["FL-02"] == "passed"


@pytest.mark.slow
def test_outspoken_answers_give_nothing_away(tmp_path: Path) -> None:
    """The SDK's texts, a page for whatever is asked for, and a 2xx for what is no event are no fault."""
    found = _judge("outspoken", tmp_path, threads=1)
    assert (found.exit_code, found.having("failed", "warned", "error")) == (0, set()), found.output
    assert {found.statuses[clause] for clause in ("EX-01", "EX-02", "EX-03", "EX-04", "DL-08", "DL-11", "FL-03")} == {
        "passed"
    }
