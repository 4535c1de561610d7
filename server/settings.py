"""Settings, read once from the environment at start; whatever is missing or malformed refuses to start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

DEFAULT_DATABASE_URL = "sqlite:///hookassay.db"
DATABASE_SCHEMES = ("sqlite", "postgresql", "postgres")


class SettingsError(ValueError):
    """A setting is missing or malformed. The message names the variable and what it must be, and repeats no value."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server is told. Secrets stay out of `repr`."""

    stripe_secret_key: str = field(repr=False)
    """STRIPE_SECRET_KEY: calls Stripe's API; sk_… or, better, a restricted rk_… key."""
    stripe_webhook_secret: str = field(repr=False)
    """STRIPE_WEBHOOK_SECRET: the endpoint's signing secret, with its whsec_ (https://docs.stripe.com/webhooks)."""
    database_url: str = field(default=DEFAULT_DATABASE_URL, repr=False)
    """DATABASE_URL: sqlite:///relative, sqlite:////absolute or postgresql://…; default: a SQLite file here."""
    orders_token: str | None = field(default=None, repr=False)
    """ORDERS_TOKEN: the bearer token of GET /orders/…; that route stays closed without it."""
    stripe_api_base: str | None = None
    """STRIPE_API_BASE: where Stripe's API is, for a stand-in; default: api.stripe.com."""
    livemode: bool | None = None
    """STRIPE_LIVEMODE: true or false; events of the other mode have no effect. Default: both modes."""
    account: str | None = None
    """STRIPE_ACCOUNT: acct_…; events of other connected accounts have no effect. Default: all accounts."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """The settings that `environment` (usually os.environ) holds.

        Raises SettingsError, naming every variable that is wrong. Optional variables may be set and empty, except
        DATABASE_URL: an empty one is a mistake that would send orders to a file.
        """
        problems: list[str] = []

        def value(name: str, must_be: str, pattern: str, *, default: str | None = "") -> str | None:
            given = environment.get(name)
            if not given and default != "":
                return default
            if given is None or not re.fullmatch(pattern, given):
                problems.append(f"{name} {_fault(given)}: it must be {must_be}")
                return None
            return given

        secret_key = value(
            "STRIPE_SECRET_KEY",
            "your Stripe secret key, sk_… or rk_… (Dashboard, Developers, API keys)",
            r"(sk|rk)_[A-Za-z0-9_]+",
        )
        webhook_secret = value(
            "STRIPE_WEBHOOK_SECRET",
            "the endpoint's signing secret, whsec_… (Dashboard, Webhooks, or `stripe listen`)",
            r"whsec_[A-Za-z0-9_+/=-]+",
        )
        database_url = environment.get("DATABASE_URL", DEFAULT_DATABASE_URL)
        problem = _database_problem(database_url)
        if problem:
            problems.append(f"DATABASE_URL {problem}")
        orders_token = value(
            "ORDERS_TOKEN", "a token without spaces, or unset to keep orders closed", r"[!-~]+", default=None
        )
        api_base = value(
            "STRIPE_API_BASE", "an http(s) URL without a path, or unset", r"https?://[A-Za-z0-9.\[\]:-]+", default=None
        )
        livemode = value("STRIPE_LIVEMODE", "true or false, or unset", r"true|false", default=None)
        account = value("STRIPE_ACCOUNT", "an account id, acct_…, or unset", r"acct_[A-Za-z0-9_]+", default=None)
        if problems or secret_key is None or webhook_secret is None:
            raise SettingsError("; ".join(problems))
        return cls(
            stripe_secret_key=secret_key,
            stripe_webhook_secret=webhook_secret,
            database_url=database_url,
            orders_token=orders_token,
            stripe_api_base=api_base,
            livemode=None if livemode is None else livemode == "true",
            account=account,
        )


def _fault(given: str | None) -> str:
    """What is wrong with a value, without showing any of it."""
    if given is None:
        return "is not set"
    if not given.strip():
        return "is empty"
    if given != given.strip():
        return "has spaces or line breaks around it"
    if given.startswith("whsec_"):
        return "holds a webhook signing secret or a placeholder"
    if given.startswith(("sk_", "rk_", "pk_")):
        return "holds an API key or a placeholder"
    return "is not of the right form"


def _database_problem(url: str) -> str | None:
    """Why `url` cannot name the database, or None. The URL may hold a password and is never repeated."""
    forms = "it must be sqlite:///relative/path, sqlite:////absolute/path or postgresql://user:password@host/name"
    if not url.strip() or url != url.strip():
        return f"{_fault(url)}: {forms}, or unset for {DEFAULT_DATABASE_URL}"
    try:
        parts = urlsplit(url)
        port_readable = parts.port is None or parts.port > 0
    except ValueError:
        return f"is not a URL: {forms} (percent-encode special characters in the password)"
    if parts.scheme not in DATABASE_SCHEMES:
        return f"names a database that this server does not speak: {forms}"
    if parts.scheme == "sqlite" and (parts.query or parts.fragment):
        return f"has options, and a SQLite file has none: {forms} (write ? and # in its name as %3F and %23)"
    if parts.scheme == "sqlite" and (parts.netloc or len(parts.path) < 2 or parts.path == "/:memory:"):
        return f"names no file: {forms} (worker processes share the file, so it cannot be in memory)"
    if parts.scheme != "sqlite" and not (port_readable and len(parts.path) > 1):
        return f"names no database: {forms}"
    return None
