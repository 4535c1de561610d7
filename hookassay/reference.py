"""The reference server as a process: `hookassay serve`, and what `hookassay certify` judges when no URL is given."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from . import child
from .config import DEFAULT_COLUMNS, OrdersSettings, Settings
from .endpoint import Secret
from .errors import NotJudged

APPLICATION = "hookassay.server.wsgi:app"
GUNICORN_SETTINGS = "python:hookassay.server.gunicorn_conf"
START_PATIENCE = 20.0
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
    """

    url: str
    secret: Secret
    orders: OrdersSettings
    refuses_to_start: bool
    without_secret: str


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
    return replace(settings, endpoint=endpoint, orders=server.orders)


def command(host: str, port: int, workers: int | None = None) -> list[str]:
    """The gunicorn command line that serves the reference server."""
    line = [sys.executable, "-m", "gunicorn", "-c", GUNICORN_SETTINGS, "--bind", f"{host}:{port}"]
    if workers is not None:
        line += ["--workers", str(workers)]
    return [*line, APPLICATION]


@contextmanager
def starting(stripe_api: str | None = None) -> Iterator[Callable[[], Reference]]:
    """Start the reference server on SQLite in a temporary folder and a free port; stop it at the end.

    `stripe_api` is the base URL of a stand-in for Stripe's API.

    Yields:
        A function that waits until the server is there, so that its start costs nothing while something else is done.
        It raises NotJudged, with what the server printed, when it did not start.
    """
    with tempfile.TemporaryDirectory(prefix="hookassay-") as folder:
        secret = f"whsec_{secrets.token_urlsafe(24)}"
        database = Path(folder) / "orders.db"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("STRIPE_", "GUNICORN_"))},
            "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(12)}",
            "STRIPE_WEBHOOK_SECRET": secret,
            "DATABASE_URL": f"sqlite:///{database}",
            **({"STRIPE_API_BASE": stripe_api} if stripe_api else {}),
        }
        # Started first, beside the server itself: what it does while the secret is unset is a clause of its own.
        port_without = free_port()
        blank = _start(port_without, {**environment, "STRIPE_WEBHOOK_SECRET": ""}, folder, "without-secret.log")
        port = free_port()
        server = _start(port, environment, folder, "server.log")

        def ready() -> Reference:
            _wait_until_open(port, server, Path(folder) / "server.log")
            return Reference(
                url=f"http://127.0.0.1:{port}/stripe/webhook",
                secret=Secret(secret),
                orders=OrdersSettings(source=f"sqlite:///{database}", money="minor", columns=EXACT_COLUMNS),
                refuses_to_start=_ended(blank),
                without_secret=f"http://127.0.0.1:{port_without}/stripe/webhook",
            )

        try:
            yield ready
        finally:
            child.stop(server)
            child.stop(blank)


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


def _start(port: int, environment: Mapping[str, str], folder: str, log: str) -> subprocess.Popen[bytes]:
    line = command("127.0.0.1", port, 1)
    return child.start(
        [*line[:-1], "--no-control-socket", line[-1]], folder=folder, environment=environment, log=Path(folder) / log
    )


def _wait_until_open(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise NotJudged(f"The reference server did not start. It said:\n{log.read_text(errors='replace')[-2000:]}")


def _ended(server: subprocess.Popen[bytes]) -> bool:
    """Whether the process ends by itself."""
    try:
        return server.wait(START_PATIENCE) != 0
    except subprocess.TimeoutExpired:
        return False
