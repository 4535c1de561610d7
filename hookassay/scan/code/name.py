"""Names in code: the words that they are made of."""

from __future__ import annotations

import re

# Where a word ends and the next begins: totalAmount, HTTPServer, session_id.
_BETWEEN = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def words(name: str) -> list[str]:
    """The words that a name is made of, in lower case: `totalAmount` → total, amount."""
    return _BETWEEN.sub(" ", name).lower().split()


def snake(name: str) -> str:
    """A name as columns and Stripe's fields are spelled: `PaymentIntentID` → payment_intent_id."""
    return "_".join(words(name))
