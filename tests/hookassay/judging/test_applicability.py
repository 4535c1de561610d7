"""Which clauses can be judged at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from results import clause

from hookassay.config import (
    EffectsSettings,
    EndpointSettings,
    FaultsSettings,
    PurchaseSettings,
    Settings,
    StripeApiSettings,
)
from hookassay.endpoint import Secret
from hookassay.judging.applicability import outside
from hookassay.judging.contract import NEEDS, Clause
from hookassay.judging.journal import NOT_APPLICABLE, NOT_TESTABLE

PAID = "checkout.session.completed"
REFUNDED = "charge.refunded"


def needing(*needs: str, events: tuple[tuple[str, ...], ...] = ()) -> Clause:
    return replace(clause("RP-03"), needs=needs, events=events)


def endpoint(**options: Any) -> Settings:
    return Settings(endpoint=EndpointSettings(**options))


def test_no_needs() -> None:
    """A clause that needs nothing can always be judged."""
    assert outside(needing(), Settings(), readable=False) is None


@pytest.mark.parametrize("need", ["orders", "unique", "amounts"])
def test_needs_a_reader(need: str) -> None:
    """What shows only in orders is not testable without a reader, and the reason says what to give."""
    assert outside(needing(need), Settings(), readable=True) is None
    assert outside(needing(need), Settings(), readable=False) == (NOT_TESTABLE, f"needs {NEEDS[need]}")


def test_effects_show_uniqueness() -> None:
    """A counter of effects shows a second effect where no order can be read."""
    settings = Settings(effects=EffectsSettings(count="cmd:count"))

    assert outside(needing("unique"), settings, readable=False) is None


@pytest.mark.parametrize(
    ("need", "settings"),
    [
        ("shop", Settings(purchase=PurchaseSettings(created_by="shop"))),
        ("secret prefix", endpoint(secret=Secret("whsec_x"))),
        ("url_without_secret", endpoint(url_without_secret="http://localhost:1/")),
        ("livemode", endpoint(livemode=False)),
        ("account", endpoint(account="acct_1")),
        ("kill", Settings(faults=FaultsSettings(kill="systemctl kill shop", start="systemctl start shop"))),
        ("store", Settings(faults=FaultsSettings(store_down="systemctl stop db", store_up="systemctl start db"))),
        ("stripe_api", Settings(stripe_api=StripeApiSettings(address="127.0.0.1:12111"))),
    ],
)
def test_declared(need: str, settings: Settings) -> None:
    """What must be declared makes a clause applicable where it is, and not applicable where it is not."""
    assert outside(needing(need), settings, readable=True) is None
    assert outside(needing(need), Settings(), readable=True) == (NOT_APPLICABLE, f"needs {NEEDS[need]}")


def test_secret_of_another_form() -> None:
    """A secret without its prefix cannot be stripped of it."""
    settings = endpoint(secret=Secret("my-own-secret"))

    assert outside(needing("secret prefix"), settings, readable=True) == (
        NOT_APPLICABLE,
        f"needs {NEEDS['secret prefix']}",
    )


def test_all_events() -> None:
    """A clause about any event type does not apply to an endpoint that takes a few."""
    assert outside(needing("all events"), Settings(), readable=True) is None
    assert outside(needing("all events"), endpoint(events=(PAID,)), readable=True) is not None


@pytest.mark.parametrize(
    ("subscription", "reason"),
    [
        (None, None),
        ((PAID, REFUNDED), None),
        (("charge.succeeded", REFUNDED), None),
        ((REFUNDED,), f"not subscribed to {PAID} or charge.succeeded"),
        ((PAID,), f"not subscribed to {REFUNDED}"),
        ((), f"not subscribed to {PAID} or charge.succeeded"),
    ],
)
def test_subscription(subscription: tuple[str, ...] | None, reason: str | None) -> None:
    """Of each list of alternatives one type must be subscribed to."""
    found = outside(
        needing(events=((PAID, "charge.succeeded"), (REFUNDED,))), endpoint(events=subscription), readable=True
    )

    assert found == (None if reason is None else (NOT_APPLICABLE, reason))


def test_needs_a_socket() -> None:
    """What only a network shows does not apply to an application in this process."""
    assert outside(needing("socket"), endpoint(url="http://localhost/"), readable=True) is None
    assert outside(needing("socket"), endpoint(app="shop:app"), readable=True) == (
        NOT_APPLICABLE,
        "needs an endpoint reached over HTTP (a URL in place of --app)",
    )


def test_declaration_comes_first() -> None:
    """What does not apply is not called untestable, which would make the verdict partial."""
    unseen = needing("orders", events=((PAID,),))

    assert outside(unseen, endpoint(events=(REFUNDED,)), readable=False) == (
        NOT_APPLICABLE,
        f"not subscribed to {PAID}",
    )


@pytest.mark.parametrize("need", NEEDS)
def test_every_need_is_known(need: str) -> None:
    """Every need that a clause may have is decided, one way or the other."""
    missing = outside(needing(need), Settings(), readable=True)

    assert missing is None or NEEDS[need] in missing[1]


def test_unknown_need() -> None:
    """A need that nobody knows is a mistake, and is not passed over."""
    with pytest.raises(LookupError, match="'luck' is not in NEEDS"):
        outside(needing("luck"), Settings(), readable=True)
