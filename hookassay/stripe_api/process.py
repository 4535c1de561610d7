"""The stand-in as a process: `hookassay stripe-api`, and what `certify --stripe-api` starts where none runs yet."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .. import child
from ..endpoint import Secret
from ..errors import UsageError
from .address import Address
from .client import StripeApi

APPLICATION = "hookassay.stripe_api.wsgi:app"
TOKEN_VARIABLE = "HOOKASSAY_STRIPE_API_TOKEN"  # noqa: S105 - a variable's name
START_PATIENCE = 20.0


def command(address: Address) -> list[str]:
    """The gunicorn command line: one worker, whose memory holds what is known, and threads for those who ask."""
    options = {
        "--bind": str(address),
        "--workers": "1",
        "--worker-class": "gthread",
        "--threads": "16",
        "--keep-alive": "75",
        "--graceful-timeout": "1",
        "--log-level": "warning",
    }
    line = [sys.executable, "-m", "gunicorn", "--no-control-socket"]
    return [*line, *(word for option in options.items() for word in option), APPLICATION]


def serve(address: Address, environment: Mapping[str, str]) -> None:
    """Become the stand-in: this process is replaced by gunicorn's.

    Raises:
        OSError: the interpreter could not be started again.
    """
    child.become(command(address), environment)


@contextmanager
def running(address: Address, token: Secret | None) -> Iterator[StripeApi]:
    """The stand-in at `address`: the one that runs there, or else one started for as long as this lasts.

    Args:
        address: Where it listens.
        token: What one that runs already asks for, or None where it asks for none.

    Raises:
        UsageError: something else listens there, or nothing can.
    """
    api = StripeApi(address, token)
    try:
        if api.identify():
            yield api
            return
    finally:
        api.close()
    with _started(address) as started:
        yield started


@contextmanager
def _started(address: Address) -> Iterator[StripeApi]:
    token = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(prefix="hookassay-") as folder:
        log = Path(folder) / "stripe-api.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GUNICORN_")}
        process = child.start(
            command(address), folder=folder, environment={**environment, TOKEN_VARIABLE: token}, log=log
        )
        api = StripeApi(address, Secret(token))
        try:
            _wait_until_ready(api, process, log)
            yield api
        finally:
            api.close()
            child.stop(process)


def _wait_until_ready(api: StripeApi, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if api.identify():
            return
        time.sleep(0.02)
    said = log.read_text(errors="replace")[-1000:].strip()
    raise UsageError(
        f"The stand-in for Stripe's API could not be started at {api.address}. It must be an address of this machine "
        f"with a free port; one that runs elsewhere must be started first (hookassay stripe-api). It said:\n{said}"
    )
