from __future__ import annotations

from typing import Any

import pytest

from hookassay.stripe_api.errors import ApiError
from hookassay.stripe_api.expansion import expanded, wishes

CUSTOMER = {"id": "cus_1", "object": "customer", "name": "Buyer"}
REFUND = {"id": "re_1", "object": "refund", "charge": "ch_1"}
CHARGE: dict[str, Any] = {
    "id": "ch_1",
    "object": "charge",
    "customer": "cus_1",
    "metadata": {},
    "payment_intent": None,
    "refunds": {"object": "list", "data": [REFUND], "has_more": False, "url": "/v1/charges/ch_1/refunds"},
}
THINGS = {thing["id"]: thing for thing in (CUSTOMER, REFUND, CHARGE)}


def expand(thing: dict[str, Any], *paths: str) -> dict[str, Any]:
    return expanded(thing, wishes(paths), lambda _, object_id: THINGS.get(object_id))


def test_an_id_becomes_the_object() -> None:
    """A field that holds an id holds the object instead, and everything else stays."""
    assert expand(CHARGE, "customer")["customer"] == CUSTOMER
    assert expand(CHARGE, "customer")["metadata"] == {}


def test_what_is_included_shows_on_demand_only() -> None:
    """A charge's refunds are left out unless they are expanded."""
    assert "refunds" not in expand(CHARGE)
    assert expand(CHARGE, "refunds")["refunds"]["data"] == [REFUND]


def test_paths_go_through_lists_and_objects() -> None:
    """A path may lead through an included list into the object that an item names."""
    assert expand(CHARGE, "refunds.data.charge")["refunds"]["data"][0]["charge"]["customer"] == "cus_1"


def test_a_list_is_expanded_through_data() -> None:
    """In a list the path begins with data; Stripe's hint says so."""
    envelope = {"object": "list", "data": [CHARGE], "has_more": False, "url": "/v1/charges"}

    assert expand(envelope, "data.customer")["data"][0]["customer"] == CUSTOMER
    with pytest.raises(ApiError, match=r"expanding 'data\.customer' instead"):
        expand(envelope, "customer")


def test_null_and_unknown_ids_stay() -> None:
    """What is null stays null, and an id that nothing is known of stays an id."""
    assert expand(CHARGE, "payment_intent.latest_charge")["payment_intent"] is None
    assert expand({**CHARGE, "customer": "cus_2"}, "customer")["customer"] == "cus_2"


def test_the_original_is_left_alone() -> None:
    """Expanding makes a copy."""
    before = repr(CHARGE)

    expand(CHARGE, "customer", "refunds.data.charge")

    assert repr(CHARGE) == before


@pytest.mark.parametrize("path", ["metadata", "colour", "", ".", "customer.name", "refunds.charge", "metadata.x"])
def test_what_cannot_be_expanded_is_refused(path: str) -> None:
    """A field that holds no id, or does not exist, is a 400."""
    with pytest.raises(ApiError, match="cannot be expanded") as raised:
        expand(CHARGE, path)

    assert raised.value.status == 400


def test_four_levels_are_the_deepest() -> None:
    """A path of five levels is refused."""
    with pytest.raises(ApiError, match="more than 4 levels"):
        wishes(["data.payment_intent.customer.default_source.customer"])
