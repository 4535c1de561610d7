"""Purchases in many currencies, of which each order must show what was paid."""

from __future__ import annotations

import pytest
from toy_shop import Staging, ToyShop

from hookassay.config import PurchaseSettings, Settings
from hookassay.errors import ContractViolation, NotApplicable
from hookassay.judging.currencies import Currencies
from hookassay.judging.scene import Scene
from hookassay.sender import money


def judge(scene: Scene, currencies: str, amount: int = 500) -> None:
    bought = Currencies(scene, amount, currencies)
    bought.pay()
    bought.each_shows_its_amount()


def sold(scene: Scene) -> set[str]:
    return {purchase.currency for purchase in scene.bench.shop.in_play.values()}


@pytest.fixture
def showing(shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> ToyShop:
    """A shop that counts as Stripe does."""
    usual = shop.row
    monkeypatch.setattr(
        shop,
        "row",
        lambda session: {
            **usual(session),
            "total_amount": money.major(session["amount_total"], session["currency"]),
        },
    )
    return shop


def test_right(showing: ToyShop, staging: Staging) -> None:
    """Each currency is bought in, and an order that shows what was paid is right."""
    scene = staging()
    judge(scene, "jpy, xof, clp")

    assert sold(scene) == {"jpy", "xof", "clp"}


def test_one_is_wrong(staging: Staging) -> None:
    """The currency whose amount is wrong is named."""
    with pytest.raises(ContractViolation, match=r"total_amount 500 \(major units of xof\)"):
        judge(staging(), "usd, xof")


def test_what_is_not_sold(showing: ToyShop, staging: Staging) -> None:
    """A currency that the shop does not declare is left out, and the others are judged."""
    scene = staging(Settings(purchase=PurchaseSettings(currencies=("usd", "jpy"))))
    judge(scene, "jpy, xof")

    assert sold(scene) == {"jpy"}


def test_nothing_is_sold(staging: Staging) -> None:
    """Where the shop declares none of them, nothing is judged."""
    with pytest.raises(NotApplicable, match="currencies without xof"):
        Currencies(staging(Settings(purchase=PurchaseSettings(currencies=("usd",)))), 500, "clp, xof")


def test_nothing_costs_so_much(staging: Staging) -> None:
    """Where the shop declares a smaller largest amount, nothing is judged."""
    with pytest.raises(NotApplicable, match="max_amount = 400"):
        Currencies(staging(Settings(purchase=PurchaseSettings(max_amount=400))), 500, "jpy")
