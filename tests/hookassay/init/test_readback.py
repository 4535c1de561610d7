"""A route of the shop's that shows an order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hookassay.init import readback, variables, words
from hookassay.scan.survey import Survey

Look = Callable[[dict[str, str]], Survey]

APP = """
const stripe = require("stripe");
app.get("%s", async (req, res) => {
  const row = await find(req.params);
  res.json({ session_id: row.cs, status: row.open ? "open" : "paid", refund_status: "refunded", total: row.cents });
});
"""


def found(survey: Survey) -> dict[tuple[str, str], Any] | None:
    answer = readback.find(survey, variables.read(survey), "http://localhost:4000/hook", words.dictionary(survey))
    return {(table, key): guess for table, key, guess in answer.keys} if answer else None


def test_a_route_is_the_source(look: Look) -> None:
    """Its keys are the columns, the words in them the states."""
    keys = found(look({"app.js": APP % "/orders/:sessionId"}))

    assert keys is not None
    assert keys["orders", "source"].value == "http://localhost:4000/orders/{session_id}"
    assert keys["orders.columns", "total_amount"].value == "total"
    assert keys["orders.values", "paid"].value == ("paid",)
    assert keys["orders.columns", "dispute_status"].value is False


def test_a_parameter_of_another_name_is_doubted(look: Look) -> None:
    """It may be the order's own number."""
    keys = found(look({"app.js": APP % "/orders/:id"}))

    assert keys is not None
    assert not keys["orders", "source"].sure


@pytest.mark.parametrize("route", ["/products/:sessionId", "/orders"])
def test_another_route_is_none(route: str, look: Look) -> None:
    """It shows no order, or not one."""
    assert found(look({"app.js": APP % route})) is None
