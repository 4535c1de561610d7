"""Stripe's objects, as code names them: by a type, by a variable's name, by the event that carries one, by a call."""

from __future__ import annotations

import re

# "Checkout::Session", "Checkout.Session", "CheckoutSession" in a type; "checkout->sessions", "charge.Get" in a call.
_TYPES = {
    "session": r"Checkout\W{0,2}Session",
    "charge": "Charge",
    "refund": "Refund",
    "dispute": "Dispute",
    "payment_intent": "PaymentIntent",
    "invoice": "Invoice",
    "subscription": "Subscription",
    "price": "Price",
    "line_item": "LineItem",
    "event": "Event",
}
_TYPE = {kind: re.compile(rf"\bstripe\W{{1,2}}{name}\b(?!\w*(Params|Type))", re.I) for kind, name in _TYPES.items()}

_OWNERS = {
    "session": r"(checkout\W{1,2}sessions?|\bcheckoutsession|\bsession)",
    "charge": r"\bcharges?",
    "refund": r"\brefunds?",
    "dispute": r"\bdisputes?",
    "payment_intent": r"\bpayment_?intents?",
    "invoice": r"\binvoices?",
    "subscription": r"\bsubscriptions?",
    "price": r"\bprices?",
    "event": r"\bevents?",
}
_OWNER = {kind: re.compile(rf"{name}\W?$", re.I) for kind, name in _OWNERS.items()}
_PACKAGES_OF_GO = {
    **{name: name for name in ("session", "charge", "refund", "dispute", "price", "invoice")},
    "paymentintent": "payment_intent",
    "sub": "subscription",
}

_WHOLE = r"(_?(object|obj|data))?$"
_NAMED = (
    ("dispute", re.compile(r"disputed?(_?(charge|object|obj|data))?$", re.I)),
    ("refund", re.compile(rf"refund{_WHOLE}", re.I)),
    ("charge", re.compile(rf"charge{_WHOLE}", re.I)),
    ("payment_intent", re.compile(rf"(payment_?intent|^intent|^pi){_WHOLE}", re.I)),
    ("session", re.compile(rf"(^session|checkout_?session|stripe_?session|^checkout){_WHOLE}", re.I)),
    ("invoice", re.compile(rf"invoice{_WHOLE}", re.I)),
    ("price", re.compile(r"^(stripe_?)?price$", re.I)),
    ("line_item", re.compile(r"^(line_?item|item)$", re.I)),
)

_KINDS_OF_EVENTS = (
    ("checkout.session.", "session"),
    ("charge.dispute.", "dispute"),
    ("charge.refund.", "refund"),
    ("refund.", "refund"),
    ("charge.", "charge"),
    ("payment_intent.", "payment_intent"),
    ("invoice.", "invoice"),
    ("customer.subscription.", "subscription"),
    ("price.", "price"),
)


def kind_of_type(written: str) -> str | None:
    """The kind of object that a type annotation names; None for no type of Stripe's."""
    if "tripe" not in written:
        return None
    return next((kind for kind, pattern in _TYPE.items() if pattern.search(written)), None)


def kind_of_name(name: str) -> str | None:
    """The kind of object that a variable's name promises; None where it promises none."""
    plain = name.lstrip("$@")
    return next((kind for kind, pattern in _NAMED if pattern.search(plain)), None)


def kind_of_event(name: str) -> str | None:
    """The kind of object that events of a type carry; None for a kind that is of no interest here."""
    return next((kind for prefix, kind in _KINDS_OF_EVENTS if name.removeprefix("v1.").startswith(prefix)), None)


def kind_of_owner(written: str, family: str) -> str | None:
    """The kind of object that what a method of the API is called on gives back: `stripe.checkout.Session`."""
    owner = " ".join(written.split())
    if family == "go":
        return _PACKAGES_OF_GO.get(owner)
    if "stripe" not in owner.lower():
        return None
    return next((kind for kind, pattern in _OWNER.items() if pattern.search(owner)), None)
