"""What must never be printed or written."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hookassay.endpoint import Secret
from hookassay.redaction import SHORTEST, Redactor, redacted, scrubbed

SECRET = "whsec_p4/ss+wörd \"&'x"


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        SECRET.removeprefix("whsec_"),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        html.escape(SECRET),
    ],
)
def test_a_known_secret_is_hidden_in_every_spelling(spelling: str) -> None:
    """A secret is hidden as it is, without its prefix, and as URLs, JSON and HTML write it."""
    assert Redactor([Secret(SECRET)]).clean(f"before{spelling}after") == "before***after"


def test_a_percent_encoded_password_is_hidden_decoded_too() -> None:
    """Drivers name the password that they decoded, not the one in the URL."""
    assert Redactor(["p%40ss%2Fword"]).clean("no such user with p@ss/word") == "no such user with ***"


def test_the_token_of_an_authorization_header_is_hidden_alone() -> None:
    """`Bearer abc` is a secret because of `abc`."""
    assert Redactor(["Bearer tok3n-of-orders"]).clean("got tok3n-of-orders") == "got ***"


def test_the_longer_of_two_secrets_goes_first() -> None:
    """A secret that begins with another one leaves no tail behind."""
    assert Redactor(["hunter", "hunter-and-more"]).clean("hunter-and-more hunter") == "*** ***"


@pytest.mark.parametrize("blank", ["", "   ", "\n", "abc", "whs"])
def test_blank_and_very_short_secrets_are_ignored(blank: str) -> None:
    """Hiding an empty secret would put asterisks between all letters."""
    assert Redactor([blank, Secret(blank)]).clean("abc is a word, \n  and whs too") == "abc is a word, \n  and whs too"


def test_a_secret_of_the_prefix_alone_hides_nothing_else() -> None:
    """What is left of `whsec_ab` without its prefix is too short to look for."""
    assert Redactor(["whsec_ab"]).clean("about whsec_ab") == "about ***"


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("key whsec_5aXq9Lw+/= was refused", "key *** was refused"),
        ("sk_live_51Hq and sk_test_4eC39HqLyjWDarjtT1zdp7dc", "*** and ***"),
        ("rk_live_a1, rk_test_b2", "***, ***"),
        ("Invalid API key: risk_live_test", "Invalid API key: risk_live_test"),
        ('"\\nsk_test_4eC39HqLyjWDarjtT1zdp7dc"', '"\\n***"'),
        ("--secret whsec_…", "--secret whsec_…"),
        ("a secret begins with whsec_ and more", "a secret begins with whsec_ and more"),
    ],
)
def test_what_looks_like_a_stripe_secret_is_hidden(text: str, cleaned: str) -> None:
    """An endpoint may show secrets that the run was never told."""
    assert Redactor().clean(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("postgresql://shop:hunter2@localhost:5432/shop", "postgresql://shop:***@localhost:5432/shop"),
        ("mysql://:hunter2@db", "mysql://:***@db"),
        ("postgresql://shop:p@ss/w#rd@db/shop", "postgresql://shop:***@db/shop"),
        ("postgres://shop:1234@db", "postgres://shop:***@db"),
        (r"https:\/\/bob:hunter2@example.com\/x", r"https:\/\/bob:***@example.com\/x"),
        (
            "postgresql://db/shop?user=shop&password=hunter2&sslmode=require",
            "postgresql://db/shop?user=shop&password=***&sslmode=require",
        ),
        ("https://shop.example/hook?TOKEN=abcd", "https://shop.example/hook?TOKEN=***"),
        ("https://t0ken@shop.example/orders", "https://***@shop.example/orders"),
        ("postgresql://shop@localhost/shop", "postgresql://shop@localhost/shop"),
        ("http://localhost:4242/hook?mail=a@b.example", "http://localhost:4242/hook?mail=a@b.example"),
        ("http://[::1]:4242/hook?mail=a@b.example", "http://[::1]:4242/hook?mail=a@b.example"),
        ("sqlite:////tmp/shop.db", "sqlite:////tmp/shop.db"),
        ("http://localhost:4242 answered; ask a@b.example", "http://localhost:4242 answered; ask a@b.example"),
    ],
)
def test_a_password_in_a_url_is_hidden(text: str, cleaned: str) -> None:
    """A URL keeps everything but its password."""
    assert Redactor().clean(text) == cleaned


@given(st.text(st.characters(exclude_characters="*"), min_size=SHORTEST), st.text(), st.text())
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    """Whatever surrounds it, a secret is gone."""
    assume(len(secret.strip()) >= SHORTEST)
    assert secret.strip() not in Redactor([secret]).clean(before + secret + after)


def test_a_redactor_does_not_show_what_it_knows() -> None:
    """A redactor in a traceback or a log gives nothing away."""
    assert "hunter2" not in repr(Redactor(["hunter2"]))


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
