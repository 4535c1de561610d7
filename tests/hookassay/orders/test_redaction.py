"""Redaction: nothing secret is left of what is printed."""

from __future__ import annotations

import pytest

from hookassay.orders.redaction import redacted, scrubbed


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("sqlite:///shop.db", "sqlite:///shop.db"),
        ("./shop.db", "./shop.db"),
        ("postgresql://shop@localhost/shop", "postgresql://shop@localhost/shop"),
        ("postgresql://shop:canary@localhost:5432/shop", "postgresql://shop:***@localhost:5432/shop"),
        ("postgresql+psycopg://shop:can%40ary@localhost/shop", "postgresql+psycopg://shop:***@localhost/shop"),
        ("postgres://shop:can@ary@localhost/shop", "postgres://shop:***@localhost/shop"),
        ("postgres://shop:can/ary@localhost/shop", "postgres://shop:***@localhost/shop"),
        ("postgres://shop:can?ary@localhost/shop", "postgres://shop:***@localhost/shop"),
        ("postgres://shop:1?canary@localhost/shop", "postgres://shop:***@localhost/shop"),
        ("postgres://shop:1#canary@localhost/shop", "postgres://shop:***@localhost/shop"),
        ("jdbc:mysql://db/shop?user=shop&password=canary", "jdbc:mysql://db/shop?user=shop&password=***"),
        (
            "postgresql://db/shop?sslpassword=canary&sslmode=require",
            "postgresql://db/shop?sslpassword=***&sslmode=require",
        ),
        ("https://canary@shop.example/{session_id}", "https://***@shop.example/{session_id}"),
        ("https://shop:canary@shop.example/{session_id}", "https://***@shop.example/{session_id}"),
        ("https://shop.example/{session_id}?api_key=canary", "https://shop.example/{session_id}?api_key=***"),
        ("https://shop.example:8080/@orders/{session_id}", "https://shop.example:8080/@orders/{session_id}"),
        ("cmd:./read --password canary {session_id}", "cmd:./read …"),
        ("cmd:./read", "cmd:./read"),
        ("cmd:", "cmd:"),
    ],
)
def test_redacted_source(source: str, shown: str) -> None:
    """A source is shown without password, token or arguments, and otherwise as it was written."""
    assert redacted(source) == shown


@pytest.mark.parametrize(
    "text",
    [
        "could not connect to postgresql://shop:canary@localhost/shop",
        "wrong key whsec_canary given",
        "sk_test_canary is no live key",
        "Authorization: Bearer canary.canary",
        "password=canary is wrong",
        "{'password': 'canary'}",
        "DB_PASSWORD: canary",
        "given as canary",
    ],
)
def test_scrubbed_text(text: str) -> None:
    """Whatever a foreign message quotes of a secret is masked."""
    assert "canary" not in scrubbed(text, ["canary"] if text.startswith("given") else ())


def test_scrubbed_text_is_one_short_line() -> None:
    """Foreign text comes on one line, without control characters, cut at the limit."""
    assert scrubbed("a\n\tb \x1b[31mc" + "d" * 100, limit=12) == "a b [31mcdd…"
