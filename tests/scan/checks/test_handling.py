"""How Stripe's objects are handled: what the messages say, and what no sample can."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookassay.scan.engine import ScanSettings, scan
from hookassay.scan.finding import Finding

RULES = ("SC-21", "SC-22", "SC-23", "SC-24", "SC-25", "SC-27")
HANDLER = """
app.post("/stripe/webhook", async (req, res) => {{
  const event = stripe.webhooks.constructEvent(req.body, req.headers["stripe-signature"], secret);
  {body}
}});
"""


def found(folder: Path, text: str, name: str = "shop.js") -> list[Finding]:
    """What these rules find in one file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return [one for one in scan(folder, ScanSettings()).findings if one.rule.id in RULES]


def handled(folder: Path, body: str, name: str = "shop.js") -> list[str]:
    """What these rules say of a handler."""
    return [one.message for one in found(folder, HANDLER.format(body=body), name)]


def test_a_wrong_id_is_named(tmp_path: Path) -> None:
    """The message says whose id is compared with the session's."""
    body = 'if (event.type === "charge.refunded") Order.findOne({ sessionId: event.data.object.payment_intent });'
    (message,) = handled(tmp_path, body)
    assert (
        message == "`event.data.object.payment_intent` is a PaymentIntent's id, and no order has it as its session id."
    )


def test_a_wrong_event_type_is_answered_with_the_right_one(tmp_path: Path) -> None:
    """The message holds the type that was meant."""
    (message,) = handled(tmp_path, 'if (event.type === "payment_intent.failed") note();')
    assert message == 'Stripe has no event "payment_intent.failed"; did you mean "payment_intent.payment_failed"?'


def test_the_query_before_the_insertion_is_shown_too(tmp_path: Path) -> None:
    """A race has two places."""
    body = """const session = event.data.object;
  const order = await Order.findOne({ sessionId: session.id });
  if (!order) await Order.create({ sessionId: session.id });"""
    (finding,) = found(tmp_path, HANDLER.format(body=body))
    assert (finding.place.line, [one.line for one in finding.hit.also]) == (6, [5])


@pytest.mark.parametrize("name", ["tests/shop.js", "shop.test.js", "__tests__/shop.js"])
def test_code_of_tests_is_not_judged(tmp_path: Path, name: str) -> None:
    """What tests invent is no handler."""
    body = 'if (event.type === "payment_intent.failed") save(event.data.object.amount_total / 100);'
    assert handled(tmp_path, body, name) == []


def test_a_helper_that_only_gets_amounts_of_stripes_is_judged(tmp_path: Path) -> None:
    """What a function is given is followed to where it is divided."""
    text = HANDLER.format(body="save(euros(event.data.object.amount_total));") + "const euros = (cents) => cents / 100;"
    (finding,) = found(tmp_path, text)
    assert (finding.rule.id, finding.place.line) == ("SC-24", 6)


def test_a_helper_that_gets_other_amounts_too_is_not_judged(tmp_path: Path) -> None:
    """Where the calls differ nothing is certain."""
    calls = "save(euros(event.data.object.amount_total)); show(euros(cart.total));"
    assert found(tmp_path, HANDLER.format(body=calls) + "const euros = (cents) => cents / 100;") == []


def test_a_comment_about_currencies_excuses_no_division(tmp_path: Path) -> None:
    """Only code can depend on the currency."""
    body = "// zero-decimal currencies: later\n  save(event.data.object.amount_total / 100);"
    assert len(handled(tmp_path, body)) == 1


def test_a_switch_inside_a_case_is_about_something_else(tmp_path: Path) -> None:
    """The cases of an inner switch are no types of events."""
    body = """switch (event.type) {
    case "customer.subscription.updated":
      switch (event.data.object.metadata.step) { case "shop.step.one": next(); }
  }"""
    assert handled(tmp_path, body) == []


def test_the_handler_of_the_origin_is_seen_on_the_right_lines(tmp_path: Path) -> None:
    """The document that this project comes from holds all of these mistakes but one."""
    tree = Path(__file__).parents[1] / "trees" / "origin"
    text = (tree / "routes" / "stripe.ts").read_text(encoding="utf-8")
    lines = text.split("\n")
    seen = {(one.rule.id, lines[one.place.line - 1].strip()[:34]) for one in found(tmp_path, text, "stripe.ts")}
    assert seen == {
        ("SC-21", "await db.update(orders).set({ refund"[:34]),
        ("SC-21", "await db.update(orders).set({ disput"[:34]),
        ("SC-22", "const disputedCharge = data as Str"),
        ("SC-23", "await db.insert(orders).values({"),
        ("SC-24", "total_amount: parseFloat(session.a"),
        ("SC-27", "total_amount: parseFloat(session.a"),
    }
