"""Storms on servers that are right and differ: none of them is blamed."""

from __future__ import annotations

from pathlib import Path

import gunicorn_process
import pytest
from endpoints.shop import WORDS
from judged import SECRET
from storming import storm

pytestmark = [pytest.mark.slow, pytest.mark.siege]

SHARED = Path(__file__).parents[2] / "shared"
SHOP = (
    """
[purchase]
created_by = "shop"
client_reference_id = "sale-{run}-{n}-{uuid}"

[orders]
source = "sqlite:///orders.db"
table = "sales"
money = "minor"
create = '''
INSERT INTO sales (reference, checkout, cents, money) VALUES (:client_reference_id, :session_id, :amount, :currency)
'''
"""
    + WORDS
)
ROWS = '[orders]\nsource = "sqlite:///orders.db"\n'
FOUR = '[endpoint]\nevents = ["checkout.session.completed", "charge.refunded", "charge.dispute.created"]\n'
RIGHT = {
    "endpoints.shop:shop()": SHOP,
    "endpoints.answers:locked_in_conflict()": ROWS,
    "endpoints.late:in_one_thread()": ROWS,
    "hookassay.server.wsgi:app": FOUR + ROWS,
}


@pytest.mark.parametrize("app", RIGHT)
def test_a_right_server_converges(app: str, tmp_path: Path) -> None:
    """A shop that creates orders, one that refuses the loser of a race, one with a queue, one that hears little."""
    (tmp_path / "hookassay.toml").write_text(RIGHT[app])
    env = {
        "STRIPE_SECRET_KEY": "sk_test_of_a_storm",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'orders.db'}",
        "SHOP_TOKEN": "token-of-a-shop",
    }
    args = ["--pythonpath", str(SHARED)]
    with gunicorn_process.running(app, env=env, args=args, log=tmp_path / "log") as url:
        found = storm(tmp_path, f"{url}/stripe/webhook", "--purchases", "40", "--connections", "16")

    assert found.exit_code == 0, found.output
    assert found.report["claimed"] == 40
