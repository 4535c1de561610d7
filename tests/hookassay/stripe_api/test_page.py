from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookassay.stripe_api.errors import ApiError
from hookassay.stripe_api.page import page

ITEMS = [{"id": f"ch_{number}"} for number in range(25)]


def cut(**parameters: str) -> dict[str, Any]:
    return page(ITEMS, parameters, "/v1/charges", "charge")


def test_ten_are_a_page() -> None:
    """Without a limit a page has ten items, and says that there are more."""
    envelope = cut()

    assert (len(envelope["data"]), envelope["has_more"], envelope["object"]) == (10, True, "list")
    assert envelope["url"] == "/v1/charges"


def test_the_last_page_says_so() -> None:
    """has_more is false where nothing follows."""
    assert cut(starting_after="ch_14")["has_more"] is False


def test_before_an_item_come_those_next_to_it() -> None:
    """ending_before gives the items just before it, in the same order."""
    envelope = cut(ending_before="ch_20", limit="3")

    assert [item["id"] for item in envelope["data"]] == ["ch_17", "ch_18", "ch_19"]
    assert envelope["has_more"]


@given(limit=st.integers(1, 100))
def test_following_pages_meets_each_item_once(limit: int) -> None:
    """Whatever the limit, following has_more meets each item once, in order."""
    met: list[str] = []
    parameters = {"limit": str(limit)}
    while True:
        envelope = page(ITEMS, parameters, "/v1/charges", "charge")
        met += [item["id"] for item in envelope["data"]]
        if not envelope["has_more"]:
            break
        parameters["starting_after"] = met[-1]

    assert met == [item["id"] for item in ITEMS]


@pytest.mark.parametrize("limit", ["0", "-1", "101", "", "ten", "1.5", "9" * 400])
def test_a_wrong_limit_is_refused(limit: str) -> None:
    """A limit that is no number from 1 to 100 is an error about limit."""
    with pytest.raises(ApiError) as raised:
        cut(limit=limit)

    assert (raised.value.status, raised.value.param) == (400, "limit")


def test_an_unknown_cursor_is_refused() -> None:
    """A cursor that names no item is resource_missing, about that parameter."""
    with pytest.raises(ApiError) as raised:
        cut(starting_after="ch_x")

    assert (raised.value.status, raised.value.code, raised.value.param) == (400, "resource_missing", "starting_after")


def test_two_cursors_are_refused() -> None:
    """Only one direction can be asked for."""
    with pytest.raises(ApiError):
        cut(starting_after="ch_1", ending_before="ch_5")
