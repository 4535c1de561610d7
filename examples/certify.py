"""Certify one of the examples: install it, start it, judge it, stop it.

    python examples/certify.py express

It is installed into a temporary folder, and started on a free port with a signing secret made for this run. What
follows the name is given to `hookassay certify`. The exit code is that of `hookassay certify`.
"""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
START_TIMEOUT = 30.0
STOP_TIMEOUT = 10.0

NOT_STARTED = 3
"""The exit code where the shop could not be installed or started: nothing was judged."""

VENV = "{python} -m venv --without-pip .venv"
REQUIREMENTS = "{python} -m pip --python .venv install --quiet --disable-pip-version-check -r requirements.txt"


@dataclass(frozen=True)
class Example:
    """How an example is run.

    Attributes:
        install: The commands that install it, one after the other, in its folder.
        start: The command that serves it; it may hold {port}.
        orders: Where its orders are read back, if hookassay.toml names a port there.
    """

    install: tuple[str, ...]
    start: str
    orders: str | None = None


SHOPS: Mapping[str, Example] = {
    "express": Example(install=("npm ci --silent",), start="node src/server.js"),
    "django": Example(
        install=(VENV, REQUIREMENTS, ".venv/bin/python manage.py migrate"),
        start=".venv/bin/gunicorn shop.wsgi --bind 127.0.0.1:{port} --workers 2 --threads 4",
    ),
    "fastapi": Example(
        install=(VENV, REQUIREMENTS),
        start=".venv/bin/uvicorn shop.main:app --port {port} --no-access-log",
        orders="http://127.0.0.1:{port}/orders?checkout_session={session_id}",
    ),
    # Known to be wrong, and judged to be so: docs/origin.md.
    "origin": Example(install=("npm ci --silent",), start="node_modules/.bin/tsx server.ts"),
}


def main(arguments: list[str]) -> int:
    """Certify the example that the first argument names; the exit code of `hookassay certify`."""
    if not arguments or arguments[0] not in SHOPS:
        print(
            f"usage: python examples/certify.py {{{','.join(SHOPS)}}} [OPTIONS OF hookassay certify]", file=sys.stderr
        )
        return 2
    name, *options = arguments
    with tempfile.TemporaryDirectory(prefix=f"hookassay-{name}-") as temporary:
        folder = Path(temporary, name)
        shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("node_modules", ".venv", "*.db*"))
        port = free_port()
        environment = {
            **os.environ,
            "PORT": str(port),
            "STRIPE_WEBHOOK_SECRET": f"whsec_{secrets.token_urlsafe(24)}",
            "STRIPE_SECRET_KEY": "sk_test_never_used",
            "ORDERS_TOKEN": secrets.token_urlsafe(24),
        }
        try:
            install(SHOPS[name], folder, environment)
            with serving(SHOPS[name], folder, port, environment):
                return certify(SHOPS[name], folder, port, environment, options)
        except NotStartedError as error:
            print(error, file=sys.stderr)
            return NOT_STARTED


class NotStartedError(Exception):
    """The example could not be installed or started; the message says why."""


def install(example: Example, folder: Path, environment: Mapping[str, str]) -> None:
    """Install the example in its folder."""
    for command in example.install:
        words = [word.replace("{python}", sys.executable) for word in command.split()]
        try:
            done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise NotStartedError(f"{words[0]} is needed for this example, and is not on the PATH.") from None
        if done.returncode:
            raise NotStartedError(f"`{command}` failed:\n{done.stdout}{done.stderr}")


@contextmanager
def serving(example: Example, folder: Path, port: int, environment: Mapping[str, str]) -> Iterator[None]:
    """Serve the example on `port` as long as the context lasts."""
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            example.start.replace("{port}", str(port)).split(),
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_it_listens(server, port, log)
        yield
    finally:
        server.terminate()
        try:
            server.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def certify(example: Example, folder: Path, port: int, environment: Mapping[str, str], options: list[str]) -> int:
    """Run `hookassay certify` with the example's own hookassay.toml, but for the port; its exit code."""
    command = ["hookassay", "certify", f"http://127.0.0.1:{port}/stripe/webhook"]
    command += ["--config", str(folder / "hookassay.toml")]
    if example.orders:
        command += ["--orders", example.orders.replace("{port}", str(port))]
    # The one that is installed beside this Python comes first, whether its environment is activated or not.
    path = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    program = shutil.which(command[0], path=path)
    if program is None:
        raise NotStartedError("hookassay is not installed. Install it with: pip install -e . in the repository's root")
    return subprocess.run([program, *command[1:], *options], env=environment, check=False).returncode


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_it_listens(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the server answers anything; raise NotStartedError where it ends, or takes too long."""
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise NotStartedError(f"The server ended with {server.returncode}:\n{log.read_text(errors='replace')}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    raise NotStartedError(f"The server did not answer within {START_TIMEOUT:.0f} s:\n{log.read_text(errors='replace')}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
