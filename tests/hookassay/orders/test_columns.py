"""Columns: where each standard column is found."""

from __future__ import annotations

from typing import Any

import pytest

from hookassay.config import OrdersSettings
from hookassay.errors import UsageError
from hookassay.orders.columns import Columns


def columns(**mapping: Any) -> Columns:
    return Columns(OrdersSettings(columns=mapping))


def test_a_mapping_leaves_the_other_defaults() -> None:
    """What is not mapped keeps its standard name."""
    names = columns(status="state").names

    assert (names["status"], names["refund_status"]) == ("state", "refund_status")


@pytest.mark.parametrize("nothing", ["", False])
def test_not_shown(nothing: object) -> None:
    """A column can be declared as not shown."""
    assert "total_amount" not in columns(total_amount=nothing).names


@pytest.mark.parametrize(
    ("standard", "needed"),
    [("status", True), ("refund_status", True), ("total_amount", True), ("user_id", False), ("created_at", False)],
)
def test_what_must_be_there(standard: str, needed: bool) -> None:
    """Only what clauses look at must be there."""
    assert columns().must_have(standard) is needed


def test_a_declared_column_must_be_there() -> None:
    """A column that was mapped on purpose must be there."""
    assert columns(amount_refunded="refunded_total").must_have("amount_refunded")


def test_unknown_standard_name() -> None:
    """A standard name that does not exist is refused, with the nearest one."""
    with pytest.raises(UsageError, match=r"no name 'total' \(did you mean total_amount\?\)"):
        columns(total="x")


def test_status_is_always_shown() -> None:
    """An order without a status can be judged in nothing."""
    with pytest.raises(UsageError, match="status must name a column"):
        columns(status="")
