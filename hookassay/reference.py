"""The reference server as a process: `hookassay serve`, and what `hookassay certify` judges when no URL is given."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import child
from .config import DEFAULT_COLUMNS, OrdersSettings, Settings
from .endpoint import Secret
from .errors import UsageError
from .faults import Faults
from .server_process import ServerProcess, command

if TYPE_CHECKING:
    from .postgres import Postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BUILT_IN = "built in"

EXACT_COLUMNS = {**DEFAULT_COLUMNS, "total_amount": "amount_total", "amount_refunded": "amount_refunded"}


@dataclass(frozen=True)
class Reference:
    """A reference server that is running.

    Attributes:
        url: Its webhook URL.
        secret: Its signing secret, made for this run.
        orders: How its orders are read back: by its exact columns, which are integers in minor units.
        refuses_to_start: Whether it was seen to refuse to start without its secret.
        without_secret: The webhook URL of the instance that was started without its secret.
        faults: How it is killed, and its store taken away; none where it was not started for that.
    """

    url: str
    secret: Secret
    orders: OrdersSettings
    refuses_to_start: bool
    without_secret: str
    faults: Faults = field(default_factory=Faults)


PLANNED = Reference(
    url="http://127.0.0.1/stripe/webhook",
    secret=Secret("whsec_"),
    orders=OrdersSettings(source="sqlite:///orders.db", money="minor", columns=EXACT_COLUMNS),
    refuses_to_start=True,
    without_secret="http://127.0.0.1/stripe/webhook",  # noqa: S106 - a URL
)
"""One that does not run, to plan with."""


def judged_by(settings: Settings, server: Reference = PLANNED) -> Settings:
    """The settings with which `server` is judged, whatever they say of an endpoint and its orders."""
    endpoint = replace(
        settings.endpoint,
        url=server.url,
        secret=server.secret,
        url_without_secret=server.without_secret,
        refuses_to_start=server.refuses_to_start,
    )
    # The commands of an endpoint of the user's are none of this one's, whose faults are functions of ours.
    made = BUILT_IN if settings.faults.built_in else None
    faults = replace(settings.faults, kill=made, start=made, store_down=made, store_up=made)
    return replace(settings, endpoint=endpoint, orders=server.orders, faults=faults)


@contextmanager
def starting(
    stripe_api: str | None = None, *, faults: bool = False, store: str = SQLITE
) -> Iterator[Callable[[], Reference]]:
    """Start the reference server in a temporary folder and on a free port; stop it at the end.

    Args:
        stripe_api: The base URL of a stand-in for Stripe's API.
        faults: Whether it is started to be killed: with two workers, as it is deployed.
        store: `sqlite`, or `postgresql` for a throw-away server of that.

    Yields:
        A function that waits until the server is there, so that its start costs nothing while something else is done.
        It raises NotJudged, with what the server printed, when it did not start.

    Raises:
        UsageError: no PostgreSQL is installed.
        HarnessError: PostgreSQL does not start.
    """
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="hookassay-")))
        postgresql = None
        orders = f"sqlite:///{folder / 'orders.db'}"
        if store == POSTGRESQL:
            postgresql = running.enter_context(_postgres())
            orders = postgresql.url
        secret = f"whsec_{secrets.token_urlsafe(24)}"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("STRIPE_", "GUNICORN_"))},
            "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(12)}",
            "STRIPE_WEBHOOK_SECRET": secret,
            "DATABASE_URL": orders,
            **({"STRIPE_API_BASE": stripe_api} if stripe_api else {}),
        }
        # Started first, beside the server itself: what it does while the secret is unset is a clause of its own.
        blank = ServerProcess(free_port(), {**environment, "STRIPE_WEBHOOK_SECRET": ""}, folder, "without-secret.log")
        running.callback(blank.stop)
        server = ServerProcess(free_port(), environment, folder, "server.log", workers=2 if faults else 1)
        running.callback(server.stop)

        def ready() -> Reference:
            from .built_in_faults import faults_of  # which not every platform can import

            server.wait_until_open()
            return Reference(
                url=server.url,
                secret=Secret(secret),
                orders=OrdersSettings(source=orders, money="minor", columns=EXACT_COLUMNS),
                refuses_to_start=blank.ended(),
                without_secret=blank.url,
                faults=faults_of(server, postgresql) if faults else Faults(),
            )

        yield ready


def _postgres() -> AbstractContextManager[Postgres]:
    from . import postgres  # a driver takes its time to load, and SQLite needs none

    programs = postgres.binaries()
    if programs is None:
        raise UsageError("--store postgresql: no PostgreSQL server is installed here (apt-get install postgresql).")
    return postgres.running(programs, free_port())


def serve(host: str, port: int, workers: int | None, environment: Mapping[str, str]) -> None:
    """Become the reference server: this process is replaced by gunicorn's.

    Raises:
        OSError: the interpreter could not be started again.
    """
    child.become(command(host, port, workers), environment)


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
