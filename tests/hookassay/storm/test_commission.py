"""The commission: what another machine is told, and what it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookassay.config import EndpointSettings, PurchaseSettings, RunSettings, Settings
from hookassay.endpoint import Secret
from hookassay.errors import UsageError
from hookassay.storm.commission import FILE, Commission
from hookassay.storm.forecast import Forecast
from hookassay.storm.script import Repertoire
from hookassay.storm.stream import stream

FORECAST = Forecast("abcd1234", 1_700_000_000, 8, 0.2, 7, "indented", (("A", "b"),), "http://127.0.0.1:1/hook")
SETTINGS = Settings(
    endpoint=EndpointSettings(
        url="http://127.0.0.1:1/hook",
        secret=Secret("whsec_canary"),
        events=("checkout.session.completed", "charge.refunded"),
        account="acct_1",
        headers=(("X-Bypass", "canary-token"),),
    ),
    purchase=PurchaseSettings(metadata={"cart": "{uuid}"}, client_reference_id="cart-{n}", currencies=("jpy",)),
    run=RunSettings(rate=50.0, timeout=3.0),
)


def test_another_machine_delivers_the_same(tmp_path: Path) -> None:
    """What is made from the file is byte by byte what is made from the settings."""
    path = tmp_path / FILE
    path.write_text(Commission.of(SETTINGS, FORECAST, 32, 2).to_json())
    there = Commission.read(path)

    def bodies(settings: Settings, forecast: Forecast) -> list[bytes]:
        repertoire = Repertoire(settings, forecast)
        deliveries = [delivery for group in stream(repertoire) for delivery in group]
        return [one.script.bodies[one.event].fill(forecast.first + one.place) for one in deliveries]

    assert there == Commission.of(SETTINGS, FORECAST, 32, 2)
    assert bodies(there.settings(), there.forecast) == bodies(SETTINGS, FORECAST)


def test_no_secret_is_written_down() -> None:
    """Neither the signing secret nor a header's value stands in the file."""
    assert "canary" not in Commission.of(SETTINGS, FORECAST, 32, 2).to_json()


def test_what_is_not_written_down_is_handed_over() -> None:
    """Secret and headers come from elsewhere, all else from the file."""
    endpoint = Commission.of(SETTINGS, FORECAST, 32, 2).endpoint("whsec_canary", '[["X-Bypass", "canary-token"]]')

    assert (endpoint.secret, endpoint.headers) == (SETTINGS.endpoint.secret, SETTINGS.endpoint.headers)
    assert (endpoint.url, endpoint.timeout) == (FORECAST.url, 3.0)


@pytest.mark.parametrize("text", [None, "", "{}", '{"forecast": {}}', "[]"])
def test_what_is_no_commission_is_refused(tmp_path: Path, text: str | None) -> None:
    """A file that is none, or is not there, is told by its name and by what writes one."""
    path = tmp_path / FILE
    if text is not None:
        path.write_text(text)

    with pytest.raises(UsageError, match="hookassay storm --locust"):
        Commission.read(path)
