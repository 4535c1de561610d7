"""The types of Stripe's events."""

from __future__ import annotations

import re
from importlib.metadata import version
from importlib.resources import files

import pytest
from packaging.version import Version

from hookassay.scan.event_types import distinctive, known, nearest, sections

MADE_FROM = Version("16.1.0")


def test_every_type_of_the_library_is_known() -> None:
    """The list holds what the installed library of Stripe's lists; a later one may have more."""
    if Version(version("stripe")) > MADE_FROM:
        pytest.skip("the list was made from an earlier version")
    text = (files("stripe") / "_event.py").read_text(encoding="utf-8")
    listed = re.search(r"^    type: Literal\[(.*?)\]", text, re.DOTALL | re.MULTILINE)
    assert listed is not None
    assert set(re.findall(r'"([^"]+)"', listed[1])) <= known()


def test_no_type_is_listed_twice() -> None:
    """Each type stands in one section, once."""
    names = [name for section in sections().values() for name in section]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "name", ["v1.charge.refunded", "sku.created", "order.created", "*", "charge.dispute.funds_withdrawn"]
)
def test_what_stripe_has_or_had_is_known(name: str) -> None:
    """Thin and retired types are types too."""
    assert name in known()


@pytest.mark.parametrize("name", ["payment_intent.failed", "charge.disputed", "checkout.completed", "dispute.created"])
def test_what_stripe_never_had_is_not_known(name: str) -> None:
    """What people invent is not in the list."""
    assert name not in known()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("payment_intent.failed", "payment_intent.payment_failed"),
        ("charge.disputed", "charge.dispute.created"),
        ("checkout.completed", "checkout.session.completed"),
        ("dispute.created", "charge.dispute.created"),
        ("invoice.payment_success", "invoice.payment_succeeded"),
        ("checkout.session.complete", "checkout.session.completed"),
        ("customer.subscription.cancelled", "customer.subscription.deleted"),
        ("payment_intent.completed", "payment_intent.succeeded"),
        ("charge_refunded", "charge.refunded"),
        ("foo.bar", None),
    ],
)
def test_the_nearest_type_is_the_one_that_was_meant(name: str, meant: str | None) -> None:
    """A wrong type is answered with the right one, and with nothing where there is none."""
    assert nearest(name) == meant


def test_a_type_that_others_have_too_is_not_distinctive() -> None:
    """`customer.created` may be another provider's, `charge.refunded` may not."""
    assert distinctive("charge.refunded")
    assert not distinctive("customer.created")
