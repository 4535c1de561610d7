"""The official Node SDK, unmodified, against the stand-in for Stripe's API."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import stripe
from needed import needed
from stand_in import KEY, StandIn

SCRIPT = Path(__file__).with_name("node_sdk.mjs")
SECRET = "whsec_bm9kZQ"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def node_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the newest `stripe` is installed from npm, once a session."""
    npm = needed(shutil.which("npm") if shutil.which("node") else None, "no Node is installed (apt-get install npm)")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text("{}")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--silent", "stripe"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    needed(folder if done.returncode == 0 else None, f"npm cannot install stripe: {done.stdout}{done.stderr}")
    shutil.copy(SCRIPT, folder)
    return folder


def test_the_node_sdk_finds_what_was_delivered(stand_in: StandIn, node_project: Path) -> None:
    """It retrieves, expands, lists and pages, follows a thin event, and reads errors as its own kinds."""
    purchase = stand_in.sold()
    refunds = [purchase.refund(100) for _ in range(7)]
    dispute = purchase.dispute()
    stand_in.deliver(purchase, purchase.paid(), *(refund.bundle for refund in refunds), dispute.opened())
    event = purchase.paid().of("checkout.session.completed")
    thin = event.thin().body().decode()
    ids = {
        "key": KEY,
        "secret": SECRET,
        "session": purchase.session_id,
        "payment_intent": purchase.payment_intent,
        "dispute": dispute.id,
        "thin": thin,
        "signature": stripe.WebhookSignature.generate_signature_header(thin, SECRET),
    }

    done = subprocess.run(
        ["node", SCRIPT.name, str(stand_in.api.address.port), json.dumps(ids)],
        cwd=node_project,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said == {
        "status": ["complete", "paid"],
        "product": "Example goods",
        "balance": 1000,
        "refunds": [refund.id for refund in reversed(refunds)],
        "sessions": [purchase.session_id],
        "items": [1000],
        "dispute": [-1000],
        "thin": [event.id, purchase.session_id],
        "missing": ["StripeInvalidRequestError", "resource_missing", 404],
        "unexpandable": ["StripeInvalidRequestError", None, 400],
        "keyless": ["StripeAuthenticationError", None, 401],
    }
