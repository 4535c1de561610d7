"""GET /orders/{stripe_session_id} and GET /healthz."""

from __future__ import annotations

import pytest
import reference_shop
from reference_shop import TOKEN, Purchase, Shop


def read(shop: Shop, purchase: Purchase, authorization: str | None) -> tuple[int, object]:
    headers = {} if authorization is None else {"Authorization": authorization}
    result = shop.client.simulate_get(f"/orders/{purchase.session_id}", headers=headers)
    return result.status_code, result.json


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Bearer  {TOKEN} "])
def test_token(shop: Shop, purchase: Purchase, authorization: str) -> None:
    """The token opens the order."""
    shop.deliver(purchase.completed())

    assert read(shop, purchase, authorization)[0] == 200


@pytest.mark.parametrize(
    "authorization", [None, "", TOKEN, "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"]
)
def test_wrong_token(shop: Shop, purchase: Purchase, authorization: str | None) -> None:
    """Without the token an order is not shown, nor whether there is one."""
    before = read(shop, purchase, authorization)
    shop.deliver(purchase.completed())

    assert before == read(shop, purchase, authorization) == (401, {"title": "A valid bearer token is needed"})


def test_closed(sqlite_database: str, purchase: Purchase) -> None:
    """While no token is set, orders are closed to everyone."""
    with reference_shop.opened(reference_shop.settings_for(sqlite_database, orders_token=None)) as shop:
        shop.deliver(purchase.completed())

        for authorization in (None, "Bearer", "Bearer None"):
            status, answer = read(shop, purchase, authorization)
            assert status == 403
            assert "ORDERS_TOKEN" in str(answer)


def test_no_order(shop: Shop, purchase: Purchase) -> None:
    """An order that does not exist is 404."""
    assert read(shop, purchase, f"Bearer {TOKEN}") == (404, {"title": "There is no such order"})


@pytest.mark.parametrize("session_id", ["cs_%00", "cs_%ED%A0%80", "cs_%FF", "%27%20OR%201=1"])
def test_odd_ids(open_shop: Shop, session_id: str) -> None:
    """An id that no order can have is 404 as well."""
    result = open_shop.client.simulate_get(f"/orders/{session_id}", headers={"Authorization": f"Bearer {TOKEN}"})

    assert result.status_code == 404


def test_health(any_shop: Shop) -> None:
    """The server is well when its database answers."""
    result = any_shop.client.simulate_get("/healthz")

    assert (result.status_code, result.json) == (200, {"status": "ok"})


def test_database_gone(postgres_database: str, purchase: Purchase) -> None:
    """When the database does not answer, health and orders say so."""
    settings = reference_shop.settings_for(postgres_database)
    with reference_shop.opened(settings) as shop:
        shop.database._url = "postgresql://u:canarypw@127.0.0.1:1/nothing"

        answer = (503, {"title": "The database does not answer"})
        result = shop.client.simulate_get("/healthz")
        assert answer == (result.status_code, result.json)
        assert answer == read(shop, purchase, f"Bearer {TOKEN}")
