"""What looks like a defect and is tolerated: the contract gives no clause for it, or says that it may be so."""

from __future__ import annotations

from pathlib import Path

import judged
import pytest
from gunicorn_process import running

SHARED = Path(__file__).parent / "shared"


def _judge(app: str, folder: Path) -> judged.Judged:
    """What the whole contract says, SHOULD clauses included, about `app` of defects/tolerated.py."""
    orders = f"sqlite:///{folder / 'orders.db'}"
    env = {
        "STRIPE_SECRET_KEY": "sk_test_of_the_tolerated",
        "STRIPE_WEBHOOK_SECRET": judged.SECRET,
        "DATABASE_URL": orders,
    }
    arguments = ["--pythonpath", str(SHARED)]
    with running(f"defects.tolerated:{app}()", env=env, args=arguments, log=folder / "gunicorn.log") as url:
        return judged.certify(folder, f"{url}/stripe/webhook", "--orders", orders, "--strict")


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
