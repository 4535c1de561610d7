"""Outages of the stand-in: what is answered meanwhile, and who may begin one."""

from __future__ import annotations

import falcon.testing
import pytest

from hookassay.stripe_api.address import CONTROL
from hookassay.stripe_api.app import create_app

KEY = {"Authorization": "Bearer sk_test_x"}


@pytest.fixture
def client() -> falcon.testing.TestClient:
    return falcon.testing.TestClient(create_app())


def turned(client: falcon.testing.TestClient, lasting: object) -> int:
    """How many requests the latest outage has refused, once it was begun or ended."""
    done = client.simulate_post(CONTROL, json={"outage": lasting})
    assert done.status_code == 200
    return int(done.json["refused"])


def test_everything_fails_while_it_lasts(client: falcon.testing.TestClient) -> None:
    """Each question is answered as Stripe answers when its servers fail, and is counted."""
    turned(client, True)
    done = client.simulate_get("/v1/account", headers=KEY)

    assert done.status_code == 500
    assert done.json["error"]["type"] == "api_error"
    assert turned(client, False) == 1


def test_it_ends(client: falcon.testing.TestClient) -> None:
    """Afterwards questions are answered again."""
    turned(client, True)
    turned(client, False)

    assert client.simulate_get("/v1/account", headers=KEY).status_code == 200


def test_each_counts_anew(client: falcon.testing.TestClient) -> None:
    """What an earlier outage refused is not counted with the next one."""
    turned(client, True)
    client.simulate_get("/v1/account", headers=KEY)
    turned(client, False)

    assert turned(client, True) == 0


def test_purchases_are_told_meanwhile(client: falcon.testing.TestClient) -> None:
    """The run's own route goes on working."""
    turned(client, True)

    assert client.simulate_get(CONTROL).status_code == 200


def test_a_stranger_begins_none() -> None:
    """Who may not tell of purchases may not begin an outage."""
    client = falcon.testing.TestClient(create_app(token="token"))

    assert client.simulate_post(CONTROL, json={"outage": True}).status_code == 403


@pytest.mark.parametrize("body", ["", "[]", "{}", "nonsense"])
def test_what_is_no_order(client: falcon.testing.TestClient, body: str) -> None:
    """Something else is refused, with what it must be."""
    done = client.simulate_post(CONTROL, body=body)

    assert done.status_code == 400
    assert '{"outage": true}' in done.json["error"]["message"]
