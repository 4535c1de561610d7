"""dj-stripe from PyPI, unmodified: it takes webhooks and fetches every object from the stand-in for Stripe's API."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from needed import needed
from stand_in import StandIn

SHOP = Path(__file__).with_name("djstripe_shop.py")
SECRET = "whsec_ZGotc3RyaXBl"
REQUIREMENT = "dj-stripe>=2.11"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def python_with_djstripe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment of its own: dj-stripe asks for other versions of Django and stripe."""
    folder = tmp_path_factory.mktemp("djstripe")
    python = folder / "bin" / "python"
    for command in ([sys.executable, "-m", "venv", str(folder)], [str(python), "-m", "pip", "install", REQUIREMENT]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        needed(python if done.returncode == 0 else None, f"dj-stripe cannot be installed: {done.stderr[-500:]}")
    return python


@pytest.fixture
def shop(stand_in: StandIn, python_with_djstripe: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The webhook's URL and the database of a Django project with dj-stripe."""
    database, log = tmp_path / "shop.db", tmp_path / "shop.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [str(python_with_djstripe), str(SHOP), str(database), stand_in.url, SECRET],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    with process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url, log.read_text()
            yield url, database
        finally:
            process.terminate()


def kept(database: Path, model: str) -> dict[str, dict[str, Any]]:
    """The objects that dj-stripe keeps of one model, by id."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(f"SELECT id, stripe_data FROM djstripe_{model}").fetchall()
    return {object_id: json.loads(data) for object_id, data in rows}


def test_djstripe_synchronises_every_object(stand_in: StandIn, shop: tuple[str, Path]) -> None:
    """Deliveries about a payment, a refund and a won dispute leave each object, and its balance, as Stripe has it."""
    url, database = shop
    courier, answers = stand_in.courier(url, SECRET)
    purchase = stand_in.sold()
    refund, dispute = purchase.refund(300), purchase.dispute()
    bundles = (purchase.paid(), refund.bundle, dispute.opened(), dispute.closed("won"))

    for bundle in bundles:
        courier.deliver(purchase.session_id, bundle)

    assert {answer.status for answer in answers} == {200}
    assert kept(database, "session")[purchase.session_id]["payment_status"] == "paid"
    assert kept(database, "paymentintent")[purchase.payment_intent]["status"] == "succeeded"
    assert kept(database, "charge")[purchase.charge]["amount_refunded"] == 300
    assert kept(database, "refund")[refund.id]["status"] == "succeeded"
    assert kept(database, "customer")[purchase.customer]["email"] == purchase.email
    assert len(kept(database, "paymentmethod")) == 1
    movements = kept(database, "dispute")[dispute.id]["balance_transactions"]
    assert [movement["amount"] for movement in movements] == [-1000, 1000]
    assert {movement["id"] for movement in movements} <= kept(database, "balancetransaction").keys()
