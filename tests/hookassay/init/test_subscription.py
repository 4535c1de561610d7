"""The subscription: what was told to Stripe, else what the handler knows."""

from __future__ import annotations

from collections.abc import Callable

from hookassay.init import subscription
from hookassay.init.guess import Guess
from hookassay.init.handler import find as handler
from hookassay.scan.survey import Survey

Look = Callable[[dict[str, str]], Survey]

HANDLER = """
import stripe
from flask import Flask, request
app = Flask(__name__)
%s
@app.post("/hook")
def hook():
    event = stripe.Webhook.construct_event(request.data, "x", "y")
    kind = event["type"]
    %s
    return "ok"
"""


def found(survey: Survey) -> Guess:
    return subscription.find(survey, handler(survey))


def test_types_that_are_asked_for_are_sure(look: Look) -> None:
    """A comparison names a type that is handled; they stand in the order of a payment's life."""
    guess = found(
        look({"app.py": HANDLER % ("", 'return kind == "charge.refunded" or kind == "checkout.session.completed"')})
    )

    assert (guess.value, guess.sure) == (("checkout.session.completed", "charge.refunded"), True)


def test_types_in_a_table_are_sure(look: Look) -> None:
    """A table leads from a type to what handles it."""
    guess = found(look({"app.py": HANDLER % ('TABLE = {"charge.refunded": print}', "TABLE[kind]()")}))

    assert (guess.value, guess.sure) == (("charge.refunded",), True)


def test_types_that_only_stand_there_are_not(look: Look) -> None:
    """A list may be one of types that are ignored."""
    guess = found(look({"app.py": HANDLER % ('SOME = ["charge.refunded"]', "kind in SOME")}))

    assert (guess.value, guess.sure) == (("charge.refunded",), False)


def test_types_that_are_put_together_cannot_be_read_off(look: Look) -> None:
    """A family without its happening stands for types that nobody can list."""
    guess = found(look({"app.py": HANDLER % ("", 'return kind.rpartition(".")[0] == "charge.dispute"')}))

    assert (guess.value, guess.sure) == (None, False)


def test_what_stripe_was_told_wins(look: Look) -> None:
    """Code that makes the endpoint says what it is subscribed to."""
    makes = (
        'import stripe\nstripe.WebhookEndpoint.create(url="x", enabled_events=["charge.refunded", "refund.failed"])\n'
    )
    guess = found(look({"app.py": HANDLER % ("", 'return kind == "charge.failed"'), "make.py": makes}))

    assert (guess.value, guess.sure) == (("charge.refunded", "refund.failed"), True)


def test_a_star_is_all(look: Look) -> None:
    """`*` leaves the key out."""
    makes = "stripe.webhookEndpoints.create({ url, enabled_events: ['*'] })"

    assert found(look({"make.js": makes})).value is None


def test_what_is_no_type_of_stripes_is_left_out(look: Look) -> None:
    """A word with a dot is not yet an event."""
    guess = found(look({"app.py": HANDLER % ("", 'return kind == "charge.refunded" or kind == "order.shipped"')}))

    assert guess.value == ("charge.refunded",)
