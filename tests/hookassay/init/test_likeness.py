"""Which column is like which standard one."""

from __future__ import annotations

import pytest

from hookassay.init.likeness import likeness, minor
from hookassay.scan.checks.tables.table import BOOLEAN, DECIMAL, INTEGER, TEXT, TIME, Column
from hookassay.scan.finding import Place


def column(name: str, kind: str) -> Column:
    return Column(name, kind, Place("schema.sql", 1, 1, 2, ""))


@pytest.mark.parametrize(
    ("standard", "name", "kind"),
    [
        ("stripe_session_id", "stripeCheckoutSessionId", TEXT),
        ("stripe_session_id", "checkout", TEXT),
        ("status", "order_state", TEXT),
        ("status", "is_paid", BOOLEAN),
        ("refund_status", "refunded_at", TIME),
        ("dispute_status", "chargeback", BOOLEAN),
        ("total_amount", "price_cents", INTEGER),
        ("amount_refunded", "refunded_amount", DECIMAL),
        ("currency", "currency_code", TEXT),
    ],
)
def test_a_column_is_like_a_standard_one(standard: str, name: str, kind: str) -> None:
    """By its name and its kind."""
    assert likeness(standard, column(name, kind))


@pytest.mark.parametrize(
    ("standard", "name", "kind"),
    [
        ("stripe_session_id", "session_count", INTEGER),
        ("refund_status", "refunded", INTEGER),
        ("refund_status", "refund_id", TEXT),
        ("dispute_status", "dispute_id", TEXT),
        ("total_amount", "amount_refunded", INTEGER),
        ("total_amount", "total", TEXT),
        ("status", "refund_status", TEXT),
    ],
)
def test_a_column_is_not_like_it(standard: str, name: str, kind: str) -> None:
    """An id, a count or an amount is no state, and what went back is no price."""
    assert not likeness(standard, column(name, kind))


def test_the_very_name_is_the_likest() -> None:
    """Of two candidates the one that is called so is taken."""
    assert likeness("status", column("status", TEXT)) > likeness("status", column("paid", BOOLEAN))


@pytest.mark.parametrize(
    ("name", "kind", "is_minor"),
    [("total", INTEGER, True), ("total", DECIMAL, False), ("total_cents", DECIMAL, True), ("total", "", None)],
)
def test_the_unit_shows(name: str, kind: str, is_minor: bool | None) -> None:
    """Whole numbers are cents, decimals are not, and a name may say it."""
    assert minor(column(name, kind)) is is_minor
