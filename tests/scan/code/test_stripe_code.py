"""What code means in Stripe's terms."""

from __future__ import annotations

import pytest

from hookassay.scan.code.stripe_code import Meaning, StripeCode
from hookassay.scan.code.stripe_object import kind_of_name, kind_of_type
from hookassay.scan.source import Source

PYTHON = """
import stripe
def webhook(request):
    event = stripe.Webhook.construct_event(request.data, signature, secret)
    obj = event["data"]["object"]
    if event["type"] == "charge.dispute.created":
        {line}
"""


def meaning(line: str) -> Meaning | None:
    """What `x` holds behind `line`, on an event about a dispute."""
    code = StripeCode(Source("shop.py", PYTHON.format(line=line), "python"))
    (assignment,) = (one for one in code.find("assignment") if one.text().startswith("x = "))
    return code.meaning(assignment.field("right"))


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("x = event", Meaning("event")),
        ("x = event['type']", Meaning("event", "type")),
        ("x = obj", Meaning("dispute")),
        ("x = event.data.object", Meaning("dispute")),
        ("x = obj.get('payment_intent')", Meaning("dispute", "payment_intent")),
        ("x = str(obj['charge'] or '')", Meaning("dispute", "charge")),
        ("x = obj.charge.id", Meaning("charge", "id")),
        ("x = stripe.Charge.retrieve(obj.charge)", Meaning("charge")),
        ("x = stripe.checkout.Session.retrieve(i).amount_total", Meaning("session", "amount_total")),
        ("x = obj.metadata['session_id']", None),
        ("x = lookup(obj.payment_intent)", None),
        ("x = obj.amount * 2", None),
        ("x = request.user", None),
    ],
)
def test_an_expression_means_what_stripe_calls_it(line: str, meant: Meaning | None) -> None:
    """Names, fields, casts and defaults are followed, and what is computed means nothing."""
    assert meaning(line) == meant


def test_a_name_that_refers_to_itself_ends() -> None:
    """Code that goes in circles has no meaning, and does not hang."""
    code = StripeCode(Source("a.js", "const a = b; var b = a; use(a);", "javascript"))
    assert code.meaning(next(iter(code.calls())).arguments[0]) is None


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("switch (event.type) { case 'charge.refunded': here(); }", {"charge.refunded"}),
        (
            "switch (t) { case 'charge.refunded': case 'refund.created': here(); }",
            {"charge.refunded", "refund.created"},
        ),
        ("if (t === 'charge.refunded') { here(); }", {"charge.refunded"}),
        ("if (t === 'charge.refunded') { a(); } else { here(); }", set()),
        ("if (t !== 'charge.refunded') { here(); }", set()),
        ("function f(t) { if (t !== 'charge.refunded') return; here(); }", {"charge.refunded"}),
        ("function f() { here(); } if (t === 'charge.refunded') f();", {"charge.refunded"}),
        ("function f() { here(); } f(); if (t === 'charge.refunded') f();", set()),
        ("const f = () => { here(); }; const table = { 'charge.refunded': f };", {"charge.refunded"}),
        ("on('charge.refunded', () => { here(); });", {"charge.refunded"}),
        ("here();", set()),
    ],
)
def test_a_statement_runs_on_the_events_around_it(text: str, types: set[str]) -> None:
    """Cases, conditions, guards, tables and calls say on which events code runs."""
    code = StripeCode(Source("a.js", text, "javascript"))
    (call,) = (one for one in code.calls() if one.name == "here")
    assert code.event_types(call.node) == types


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Stripe.Charge", "charge"),
        ("\\Stripe\\Checkout\\Session", "session"),
        ("*stripe.CheckoutSession", "session"),
        ("Stripe::PaymentIntent", "payment_intent"),
        ("Stripe.ChargeCreateParams", None),
        ("Charge", None),
        ("string", None),
    ],
)
def test_a_type_is_stripes_by_its_namespace(written: str, kind: str | None) -> None:
    """A class of the shop's own that is called Charge is no charge of Stripe's."""
    assert kind_of_type(written) == kind


def test_a_name_promises_a_kind() -> None:
    """Parameters are called after what they hold."""
    assert [kind_of_name(name) for name in ("$charge", "checkoutSession", "order")] == ["charge", "session", None]
