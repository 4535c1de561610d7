"""Unverified deliveries: what other files say for and against."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookassay.scan.engine import ScanSettings, scan

CONTROLLER = """\
// Stripe
export const stripeWebhook = async (req, res) => {
  const event = req.body;
  if (event.type === 'checkout.session.completed') await fulfil(event.data.object);
  res.sendStatus(200);
};
"""
VERIFIED = (
    "export const check = (req) => stripe.webhooks.constructEvent(req.body, req.header('stripe-signature'), s);\n"
)


def lines(folder: Path, **files: str) -> list[tuple[str, int]]:
    """Where SC-15 is broken in scripts of these names."""
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return [(f.place.path, f.place.line) for f in scan(folder, ScanSettings()).findings if f.rule.id == "SC-15"]


def test_a_handler_is_found_where_nothing_verifies(tmp_path: Path) -> None:
    """No file calls Stripe's library to verify."""
    assert lines(tmp_path, controller=CONTROLLER) == [("controller.js", 3)]


def test_a_handler_may_stand_behind_what_another_file_verifies(tmp_path: Path) -> None:
    """A controller that is no route itself may be given what a middleware verified."""
    assert lines(tmp_path, controller=CONTROLLER, verified=VERIFIED) == []


def test_a_route_in_sight_is_found_whatever_another_file_verifies(tmp_path: Path) -> None:
    """Where the route is registered with this handler alone, nothing stands before it."""
    route = CONTROLLER.replace("export const stripeWebhook = ", "app.post('/stripe', ").replace("};\n", "});\n")
    assert lines(tmp_path, controller=route, verified=VERIFIED) == [("controller.js", 3)]


@pytest.mark.parametrize("provider", ["./paypal", "airwallex"])
def test_events_of_other_providers_are_not_looked_at(tmp_path: Path, provider: str) -> None:
    """Types alone do not make it Stripe's: others have a payment_intent.succeeded too."""
    text = CONTROLLER.replace("// Stripe", f"import '{provider}';").replace("stripeWebhook", "webhook")
    assert lines(tmp_path, controller=text) == []
