"""The commission: what another process or machine must know to make its part; it holds no secret but the URL's."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..config import EndpointSettings, PurchaseSettings, Settings
from ..endpoint import Endpoint, Secret
from ..errors import UsageError
from .forecast import Forecast

FILE = "storm-commission.json"

VARIABLE = "HOOKASSAY_STORM"
"""Names the file."""

HEADERS = "HOOKASSAY_STORM_HEADERS"
"""The endpoint's own request headers as a JSON list of pairs: they may be secrets, and stand in no file."""


@dataclass(frozen=True)
class Commission:
    """One storm, made by several.

    Attributes:
        forecast: What is to come.
        events: The subscription; None means all.
        api_version: The API version that events carry.
        livemode: The mode that the endpoint declares, or None.
        account: The connected account in every event, or None.
        metadata: Put on every Checkout Session.
        client_reference_id: Put on every Checkout Session, or None.
        currencies: What the shop sells in, or None.
        max_amount: The largest amount, or None.
        timeout: Seconds for one delivery.
        cacert: The certificate authorities, or None.
        connections: How many deliveries may be under way at the same time, all processes together.
        rate: The most deliveries per second, all processes together, or None.
        workers: In how many parts it is made.
    """

    forecast: Forecast
    events: tuple[str, ...] | None
    api_version: str
    livemode: bool | None
    account: str | None
    metadata: dict[str, str]
    client_reference_id: str | None
    currencies: tuple[str, ...] | None
    max_amount: int | None
    timeout: float
    cacert: str | None
    connections: int
    rate: float | None
    workers: int

    @classmethod
    def of(cls, settings: Settings, forecast: Forecast, connections: int, workers: int) -> Commission:
        """The commission for a storm with these settings."""
        endpoint, purchase = settings.endpoint, settings.purchase
        return cls(
            forecast=forecast,
            events=endpoint.events,
            api_version=endpoint.api_version,
            livemode=endpoint.livemode,
            account=endpoint.account,
            metadata=dict(purchase.metadata),
            client_reference_id=purchase.client_reference_id,
            currencies=purchase.currencies,
            max_amount=purchase.max_amount,
            timeout=settings.run.timeout,
            cacert=str(settings.run.cacert) if settings.run.cacert else None,
            connections=connections,
            rate=settings.run.rate,
            workers=workers,
        )

    def settings(self) -> Settings:
        """What purchases and their events are made by."""
        endpoint = EndpointSettings(
            events=self.events, api_version=self.api_version, livemode=self.livemode, account=self.account
        )
        purchase = PurchaseSettings(
            metadata=self.metadata,
            client_reference_id=self.client_reference_id,
            currencies=self.currencies,
            max_amount=self.max_amount,
        )
        return Settings(endpoint=endpoint, purchase=purchase)

    def endpoint(self, secret: str, headers: str) -> Endpoint:
        """Where deliveries go, with what is not written down.

        Args:
            secret: The signing secret.
            headers: The endpoint's own headers as `HEADERS` has them; may be empty.
        """
        pairs = tuple((str(name), str(value)) for name, value in json.loads(headers or "[]"))
        cacert = Path(self.cacert) if self.cacert else None
        return Endpoint(self.forecast.url, Secret(secret), pairs, self.timeout, cacert)

    def to_json(self) -> str:
        """The commission as text."""
        return json.dumps({**asdict(self), "forecast": json.loads(self.forecast.to_json())}, indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> Commission:
        """The commission that stands in a file.

        Raises:
            UsageError: there is none.
        """
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            told["forecast"] = Forecast.from_json(json.dumps(told["forecast"]))
            for name in ("events", "currencies"):
                told[name] = None if told[name] is None else tuple(told[name])
            return cls(**told)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path} must be the {FILE} that `hookassay storm --locust` wrote; it cannot be read as one ({error})."
            ) from None
