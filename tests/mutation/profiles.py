"""In which settings the contract judges a mutant: one after the other, until it is killed.

What one setting cannot show, another can: an endpoint that is subscribed to fewer events has no second source for what
it must know, one whose orders are read by its own route answers for that route, and only over HTTP do two deliveries
overlap.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from hookassay.config import (
    DEFAULT_COLUMNS,
    EndpointSettings,
    FaultsSettings,
    OrdersSettings,
    PurchaseSettings,
    RunSettings,
    Settings,
)
from hookassay.endpoint import Secret

SECRET = "whsec_c2VjcmV0IG9mIHRoZSBtdXRhbnRz"
TOKEN = "token-of-the-mutants"
ACCOUNT = "acct_1MutantsOfTheServer"
PATH = "/stripe/webhook"

EXACT = {
    **DEFAULT_COLUMNS,
    "total_amount": "amount_total",
    "amount_refunded": "amount_refunded",
    "currency": "currency",
}
"""The integer columns of the reference server, in minor units, and those that widen what can be judged."""

ALL_MODES = ("payment", "subscription", "setup")

AT_ONCE = 0.05
"""Seconds that an effect is waited for in-process, where it is there when the answer is."""

HIDE = (
    "import sys; from sqlalchemy import create_engine, text; "
    "engine = create_engine(sys.argv[1]); connection = engine.connect(); "
    "connection.execute(text(f'ALTER TABLE {sys.argv[2]} RENAME TO {sys.argv[3]}')); connection.commit()"
)
"""Takes a table away from the server, so that the event is recorded and its effect cannot be."""


@dataclass(frozen=True)
class Profile:
    """One way to judge.

    Attributes:
        name: What it is called in results.
        what: What it can show that those before it cannot.
        database: `sqlite` or `postgresql`.
        workers: In how many processes gunicorn runs the server; 0 where it is called in this process.
        env: The server's environment besides its secrets and its database.
        settings: What the run is told, given the database's URL.
    """

    name: str
    what: str
    settings: Callable[[str], Settings]
    database: str = "sqlite"
    workers: int = 0
    env: Mapping[str, str] = field(default_factory=dict)


def _endpoint(events: tuple[str, ...] | None = None, **more: object) -> EndpointSettings:
    return EndpointSettings(url=PATH, app="hookassay.server.wsgi:app", secret=Secret(SECRET), events=events, **more)  # type: ignore[arg-type]


def _rows(url: str) -> Settings:
    return Settings(
        endpoint=_endpoint(),
        purchase=PurchaseSettings(modes=ALL_MODES),
        orders=OrdersSettings(source=url),
        run=RunSettings(settle=AT_ONCE, timeout=3),
    )


def _exact(url: str) -> Settings:
    command = [sys.executable, "-c", HIDE, url.replace("postgresql:", "postgresql+psycopg:")]
    down, up = (_line([*command, *names]) for names in (("orders", "hidden"), ("hidden", "orders")))
    return Settings(
        endpoint=_endpoint(),
        purchase=PurchaseSettings(modes=ALL_MODES),
        orders=OrdersSettings(source=url, money="minor", columns=EXACT),
        run=RunSettings(settle=AT_ONCE, timeout=8),
        faults=FaultsSettings(store_down=down, store_up=up),
    )


def _route(url: str) -> Settings:
    return Settings(
        endpoint=_endpoint(livemode=True, account=ACCOUNT),
        orders=OrdersSettings(
            source="/orders/{session_id}",
            headers=(("Authorization", Secret(f"Bearer {TOKEN}")),),
        ),
        run=RunSettings(settle=AT_ONCE, timeout=3),
    )


def _subscribed(*events: str) -> Callable[[str], Settings]:
    return lambda url: Settings(
        endpoint=_endpoint(events=events),
        orders=OrdersSettings(source=url, money="minor", columns=EXACT),
        run=RunSettings(settle=AT_ONCE, timeout=3),
    )


def _over_http(url: str) -> Settings:
    return Settings(
        endpoint=EndpointSettings(secret=Secret(SECRET)),
        orders=OrdersSettings(source=url, money="minor", columns=EXACT),
    )


def _told_once(url: str) -> Settings:
    settings = _over_http(url)
    return replace(settings, endpoint=replace(settings.endpoint, events=TOLD_ONCE))


def _line(words: list[str]) -> str:
    import shlex

    return shlex.join(words)


CHECKOUT = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)

TOLD_ONCE = ("checkout.session.completed", "charge.refunded", "charge.dispute.created", "charge.dispute.closed")
"""One event for each fact: a second one about a refund would mend what two at the same instant have lost."""

IN_PROCESS = (
    Profile("rows", "all clauses that need no socket, orders read as rows of the table", _rows),
    Profile(
        "route",
        "orders read by the server's own route, its mode and its account declared",
        _route,
        env={"ORDERS_TOKEN": TOKEN, "STRIPE_LIVEMODE": "true", "STRIPE_ACCOUNT": ACCOUNT},
    ),
    Profile("exact", "the exact columns, subscriptions, and a table that is taken away for a time", _exact),
    Profile(
        "refunds",
        "a subscription to the refunds themselves, not to the charge",
        _subscribed(
            *CHECKOUT,
            "refund.created",
            "refund.updated",
            "refund.failed",
            "charge.dispute.created",
            "charge.dispute.closed",
            "payment_intent.succeeded",
        ),
    ),
    Profile(
        "charges",
        "a subscription to the charge, not to its refunds",
        _subscribed(
            *CHECKOUT,
            "payment_intent.succeeded",
            "charge.failed",
            "charge.refunded",
            "charge.dispute.created",
            "charge.dispute.updated",
        ),
    ),
    Profile(
        "updates",
        "a subscription to what is left of the events about refunds and disputes",
        _subscribed(
            *CHECKOUT,
            "charge.succeeded",
            "charge.refund.updated",
            "charge.dispute.updated",
            "charge.dispute.funds_withdrawn",
            "charge.dispute.funds_reinstated",
        ),
    ),
    Profile("postgresql", "the statements and transactions of the other database", _exact, database="postgresql"),
)
HTTP = (
    Profile("http", "races, and what the wire shows", _over_http, workers=2),
    Profile(
        "http postgresql",
        "races on the other database, each fact told by one event only",
        _told_once,
        database="postgresql",
        workers=2,
    ),
    Profile("http together", "one process, where events that come at once share a transaction", _told_once, workers=1),
)
PROFILES = (*IN_PROCESS, *HTTP)


@contextmanager
def environment(profile: Profile, database: str) -> Iterator[dict[str, str]]:
    """The server's environment."""
    yield {
        "STRIPE_SECRET_KEY": "sk_test_51OfAServerThatWasChanged",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "DATABASE_URL": database,
        **profile.env,
    }


def sqlite(folder: Path) -> str:
    """The URL of a database in a folder."""
    return f"sqlite:///{folder / 'orders.db'}"
