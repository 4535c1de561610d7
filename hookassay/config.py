"""What a run is told: small frozen values, their defaults in one place.

A `repr` leaves out every field that may hold a password or a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .endpoint import Secret

LATEST_API_VERSION = "2026-10-28.endive"

ALL_API_VERSIONS = "all"
"""What `[endpoint] api_version` says for every supported version, one after the other."""

DEFAULT_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        name: name
        for name in (
            "id",
            "user_id",
            "stripe_session_id",
            "status",
            "refund_status",
            "dispute_status",
            "total_amount",
            "created_at",
        )
    }
)

OPTIONAL_COLUMNS = ("amount_refunded", "currency")
"""Columns that are read only where `[orders.columns]` names them: they widen what can be judged."""

DEFAULT_VALUES: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "paid": ("paid", "complete"),
        "refunded": ("refunded",),
        "partially_refunded": ("partially_refunded",),
        "disputed": ("disputed",),
        "dispute_won": ("won",),
        "dispute_lost": ("lost",),
    }
)


@dataclass(frozen=True)
class EndpointSettings:
    """`[endpoint]`: the endpoint, its subscription, and what it declares itself capable of.

    Attributes:
        url: The webhook URL, or beside `app` the path at which the application takes webhooks; where neither is given,
            the reference server is certified.
        app: An application in this process, `MODULE:CALLABLE`, in place of a URL.
        secret: The signing secret; None until one was given.
        events: The event types subscribed to; None means all.
        api_version: The API version whose payloads are sent, or `all`.
        livemode: The mode the endpoint declares; None declares nothing and sends `livemode: false`.
        tolerance: Seconds of age after which a timestamp is refused; None declares nothing (Stripe's default is 300).
        max_body: The largest body in bytes the endpoint declares to accept; None declares nothing.
        response_limit: Seconds within which an answer must come (DL-03).
        account: The connected account whose events it handles; None means that events carry no `account`.
        url_without_secret: An instance started with the secret unset (FG-14).
        refuses_to_start: Whether nothing listening at `url_without_secret` is what the user intends.
        headers: Extra headers sent with every delivery.
    """

    url: str | None = None
    app: str | None = None
    secret: Secret | None = None
    events: tuple[str, ...] | None = None
    api_version: str = LATEST_API_VERSION
    livemode: bool | None = None
    tolerance: int | None = None
    max_body: int | None = None
    response_limit: float = 10.0
    account: str | None = None
    url_without_secret: str | None = None
    refuses_to_start: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class PurchaseSettings:
    """`[purchase]`: what this shop needs to recognise a purchase, and what it sells.

    Attributes:
        metadata: Put on every Checkout Session; values may hold `{n}`, `{run}` and `{uuid}`.
        client_reference_id: Put on every Checkout Session, the same placeholders; None sends null.
        created_by: Who creates the order: `webhook` or `shop`.
        currencies: Lower-case ISO codes the shop sells in; None means any.
        modes: Checkout Session modes the shop uses; None means any.
        max_amount: The largest amount in minor units; None means any.
    """

    metadata: Mapping[str, str] = field(default_factory=dict)
    client_reference_id: str | None = None
    created_by: str = "webhook"
    currencies: tuple[str, ...] | None = None
    modes: tuple[str, ...] | None = None
    max_amount: int | None = None


@dataclass(frozen=True)
class OrdersSettings:
    """`[orders]`: where orders are read back, and the implementation's own words.

    Attributes:
        source: `sqlite:///PATH`, `postgresql://…`, `mysql://…`, `https://…{session_id}…` or `cmd:PROGRAM {session_id}`.
        table: The table that `columns` are read from when no `query` is given.
        query: A whole SQL query with `:session_id`, in place of `table`.
        rows: A JMESPath expression that finds the rows in a JSON answer.
        many: Whether the source yields every row of a session; None takes the adapter's default.
        money: Whether `total_amount` is in `major` or `minor` units.
        columns: Standard column name → the implementation's name; `""` is not exposed.
        values: State → the implementation's values for it.
        headers: Sent to the order URL only.
        open: Whether a read-back over HTTP is open to anyone on purpose, as in a test mode (EX-05).
        create: How the shop creates an order before paying (`cmd:…`, SQL, or a URL to POST to).
        refund: How the shop starts a refund itself, the same forms.
    """

    source: str | None = field(default=None, repr=False)
    table: str = "orders"
    query: str | None = None
    rows: str | None = None
    many: bool | None = None
    money: str = "major"
    columns: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_COLUMNS))
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=lambda: dict(DEFAULT_VALUES))
    headers: tuple[tuple[str, Secret], ...] = ()
    open: bool = False
    create: str | None = field(default=None, repr=False)
    refund: str | None = field(default=None, repr=False)

    @property
    def one_column(self) -> bool:
        """Whether one column shows both refunds and disputes."""
        return self.columns.get("refund_status") == self.columns.get("dispute_status")


@dataclass(frozen=True)
class EffectsSettings:
    """`[effects]`: how often the business effect of a purchase happened.

    Attributes:
        count: An SQL query giving one number, an HTTP URL, or `cmd:…` that prints an integer; the placeholders of
            `[orders] create`.
        value: A JMESPath expression that finds the number in an HTTP answer.
    """

    count: str | None = field(default=None, repr=False)
    value: str | None = None


@dataclass(frozen=True)
class RunSettings:
    """`[run]`: how the run is done.

    Attributes:
        settle: The longest wait for an effect, in seconds; None measures it.
        timeout: Seconds for one delivery.
        rate: Deliveries per second at most; None is unbounded.
        workers: How many processes run scenarios at the same time.
        cacert: A PEM file for the endpoint's TLS certificate.
        report: The folder that reports are written to.
        strict: Whether a failing SHOULD fails the run.
        only: Clause ids or groups to judge; empty means all.
        seed: What is drawn is drawn from it; None draws the same ever again.
        contract: The version of the contract to judge by; None means the newest.
        baseline: A file of known failures, for which a run is not red; None knows of none.
        sign: A private key to sign the certificate with; None leaves it unsigned.
        yes: Whether sending to another machine was consented to.
        verbose: Whether to print the time per phase.
        quiet: Whether to print the failures and the verdict only.
    """

    settle: float | None = None
    timeout: float = 10.0
    rate: float | None = None
    workers: int = 1
    cacert: Path | None = None
    report: Path = Path("hookassay-report")
    strict: bool = False
    only: tuple[str, ...] = ()
    seed: int | None = None
    contract: str | None = None
    baseline: Path | None = None
    sign: Path | None = None
    yes: bool = False
    verbose: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class StripeApiSettings:
    """`[stripe_api]`: the stand-in for api.stripe.com that the endpoint calls back to.

    Attributes:
        address: HOST:PORT it listens on; None has none.
        token: What one that runs there already asks for; None where it asks for none.
    """

    address: str | None = None
    token: Secret | None = None


@dataclass(frozen=True)
class FaultsSettings:
    """`[faults]`: commands that break the endpoint and mend it; a clause whose command is None is not applicable.

    Attributes:
        kill: Kills the endpoint.
        start: Starts it again.
        store_down: Takes its database away.
        store_up: Gives it back.
        times: How often it is killed, or its database taken away, for each example.
        recovery: Seconds from its being back within which what was under way must show, where that is longer than the
            settling time: queues hand out a dead worker's job again only after a while.
        built_in: Whether the faults are those that are built in for the reference server.
        store: What the reference server keeps its orders in, where it is what is judged: `sqlite` or `postgresql`.
    """

    kill: str | None = field(default=None, repr=False)
    start: str | None = field(default=None, repr=False)
    store_down: str | None = field(default=None, repr=False)
    store_up: str | None = field(default=None, repr=False)
    times: int = 6
    recovery: float = 0.0
    built_in: bool = False
    store: str = "sqlite"


@dataclass(frozen=True)
class ScanSettings:
    """`[scan]`: the system scan of a codebase.

    Attributes:
        source: The source that `certify` scans before it sends anything; None scans nothing.
        exclude: Patterns as in .gitignore, relative to the folder scanned, of what is not read.
        ignore: Ids of rules that do not apply to this codebase.
        fail_on: The weakest severity that fails a scan: `error`, `warning` or `note`; `never` fails none.
        database: The URL of a live database whose table of orders is looked at too.
    """

    source: Path | None = None
    exclude: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str = "error"
    database: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """Everything a run is told; `folder` is where relative paths and commands start."""

    endpoint: EndpointSettings = EndpointSettings()
    purchase: PurchaseSettings = PurchaseSettings()
    orders: OrdersSettings = field(default_factory=OrdersSettings)
    effects: EffectsSettings = EffectsSettings()
    run: RunSettings = RunSettings()
    stripe_api: StripeApiSettings = StripeApiSettings()
    faults: FaultsSettings = FaultsSettings()
    scan: ScanSettings = ScanSettings()
    folder: Path = field(default_factory=Path.cwd)
