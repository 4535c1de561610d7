"""Words of names."""

from __future__ import annotations

import pytest

from hookassay.scan.code.name import snake, words


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("PaymentIntent", "payment_intent"),
        ("ID", "id"),
        ("AmountTotal", "amount_total"),
        ("StripeSessionID", "stripe_session_id"),
        ("HTTPServer", "http_server"),
        ("session_id", "session_id"),
    ],
)
def test_names_of_all_languages_are_spelled_alike(name: str, spelled: str) -> None:
    """A capital begins a word, and several of them are one."""
    assert snake(name) == spelled


def test_punctuation_separates_words() -> None:
    """Hyphens and dots are no part of a word."""
    assert words("order-items.totalAmount") == ["order", "items", "total", "amount"]
