"""Settings from the environment."""

from __future__ import annotations

import pytest
from hookassay.server.settings import DEFAULT_DATABASE_URL, Settings, SettingsError

KEY = "sk_test_canarykey"
SECRET = "whsec_canarysecret"
GOOD = {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET}


def test_minimum() -> None:
    """The two secrets are enough: orders are closed, the database is a file, both modes count."""
    settings = Settings.from_environment(GOOD)

    assert Settings(KEY, SECRET, DEFAULT_DATABASE_URL) == settings
    assert (settings.orders_token, settings.livemode, settings.account, settings.stripe_api_base) == (None,) * 4


def test_everything() -> None:
    """Every variable is read."""
    settings = Settings.from_environment(
        {
            "STRIPE_SECRET_KEY": "rk_live_x",
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "DATABASE_URL": "postgres://u:p@h:5432/d",
            "ORDERS_TOKEN": "token",
            "STRIPE_API_BASE": "http://127.0.0.1:12111",
            "STRIPE_LIVEMODE": "true",
            "STRIPE_ACCOUNT": "acct_1",
        }
    )

    assert (
        Settings("rk_live_x", SECRET, "postgres://u:p@h:5432/d", "token", "http://127.0.0.1:12111", True, "acct_1")
        == settings
    )


def test_empty_optional_variables() -> None:
    """An optional variable that is set and empty counts as unset."""
    empty = dict.fromkeys(["ORDERS_TOKEN", "STRIPE_API_BASE", "STRIPE_LIVEMODE", "STRIPE_ACCOUNT"], "")

    assert Settings(KEY, SECRET) == Settings.from_environment({**GOOD, **empty})


@pytest.mark.parametrize(
    ("variable", "value", "fault"),
    [
        ("STRIPE_SECRET_KEY", None, "is not set"),
        ("STRIPE_SECRET_KEY", "", "is empty"),
        ("STRIPE_SECRET_KEY", "  ", "is empty"),
        ("STRIPE_SECRET_KEY", SECRET, "holds a webhook signing secret"),
        ("STRIPE_SECRET_KEY", KEY + "\n", "has spaces or line breaks around it"),
        ("STRIPE_SECRET_KEY", "pk_test_canarykey", "holds an API key"),
        ("STRIPE_SECRET_KEY", "canarykey", "is not of the right form"),
        ("STRIPE_WEBHOOK_SECRET", None, "is not set"),
        ("STRIPE_WEBHOOK_SECRET", "", "is empty"),
        ("STRIPE_WEBHOOK_SECRET", KEY, "holds an API key"),
        ("STRIPE_WEBHOOK_SECRET", SECRET + " ", "has spaces or line breaks around it"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_", "placeholder"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_...", "placeholder"),
        ("STRIPE_WEBHOOK_SECRET", "canarysecret", "is not of the right form"),
        ("DATABASE_URL", "", "is empty"),
        ("DATABASE_URL", "mysql://u:canarypw@h/d", "does not speak"),
        ("DATABASE_URL", "orders.db", "does not speak"),
        ("DATABASE_URL", "sqlite://", "names no file"),
        ("DATABASE_URL", "sqlite:///", "names no file"),
        ("DATABASE_URL", "sqlite:///:memory:", "names no file"),
        ("DATABASE_URL", "sqlite://orders.db", "names no file"),
        ("DATABASE_URL", "sqlite:///orders.db?mode=canary", "has options"),
        ("DATABASE_URL", "postgresql://u:canarypw@h:port/d", "is not a URL"),
        ("DATABASE_URL", "postgresql://u:canary[pw@h/d", "is not a URL"),
        ("DATABASE_URL", "postgresql://u:canarypw@h", "names no database"),
        ("ORDERS_TOKEN", "two words", "is not of the right form"),
        ("STRIPE_API_BASE", "localhost:12111", "is not of the right form"),
        ("STRIPE_LIVEMODE", "yes", "is not of the right form"),
        ("STRIPE_ACCOUNT", "42", "is not of the right form"),
    ],
)
def test_refusal(variable: str, value: str | None, fault: str) -> None:
    """What is missing or malformed is refused in one line, by the variable's name and without its value."""
    environment: dict[str, str] = {name: text for name, text in {**GOOD, variable: value}.items() if text is not None}

    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(environment)

    message = str(refusal.value)
    assert message.startswith(f"{variable} ")
    assert fault in message
    assert "must be" in message
    assert "canary" not in message
    assert "\n" not in message


def test_all_at_once() -> None:
    """All that is wrong is said in one go."""
    with pytest.raises(SettingsError, match=r"STRIPE_SECRET_KEY .*; STRIPE_WEBHOOK_SECRET .*; DATABASE_URL "):
        Settings.from_environment({"DATABASE_URL": ""})


def test_repr_hides_secrets() -> None:
    """Settings can be printed without giving anything away."""
    shown = repr(Settings(KEY, SECRET, "postgresql://u:canary@h/d", "canary"))

    assert "canary" not in shown
