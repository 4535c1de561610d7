"""Faults that commands make: the endpoint is killed and started, its store taken away and given back."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hookassay import faults
from hookassay.config import FaultsSettings, Settings
from hookassay.endpoint import Endpoint, Secret
from hookassay.errors import HarnessError, UsageError
from hookassay.faults import Faults, can_die, can_lose_its_store, declared, listens
from hookassay.reference import free_port

LISTEN = """\
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    server.accept()[0].close()
"""


@pytest.fixture
def endpoint() -> Endpoint:
    """One that nobody listens for yet."""
    return Endpoint(f"http://127.0.0.1:{free_port()}/hook", Secret("whsec_x"))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where commands run; what they left running is ended."""
    (tmp_path / "listen.py").write_text(LISTEN)
    yield tmp_path
    for process in faults._left_running:
        process.kill()
        process.wait()


def made(folder: Path, endpoint: Endpoint, **commands: str) -> Faults:
    return declared(Settings(folder=folder, faults=FaultsSettings(**commands)), endpoint)


def test_none_is_declared(folder: Path, endpoint: Endpoint) -> None:
    """Without commands there is no fault; half of a pair makes none either."""
    assert made(folder, endpoint) == Faults()
    assert made(folder, endpoint, kill="true", store_down="true") == Faults()


@pytest.mark.parametrize(
    ("commands", "dies", "loses"),
    [
        ({}, False, False),
        ({"kill": "x"}, False, False),
        ({"kill": "x", "start": "y"}, True, False),
        ({"store_down": "x"}, False, False),
        ({"store_down": "x", "store_up": "y"}, False, True),
    ],
)
def test_what_can_be_done(commands: dict[str, str], dies: bool, loses: bool) -> None:
    """Each needs both of its commands."""
    settings = FaultsSettings(**commands)

    assert (can_die(settings), can_lose_its_store(settings)) == (dies, loses)


def test_store(folder: Path, endpoint: Endpoint) -> None:
    """The store is taken away and given back by the commands, in the folder."""
    (outage,) = made(folder, endpoint, store_down="touch down", store_up="rm down").outages
    outage.strike()
    there = (folder / "down").exists()
    outage.mend()

    assert there
    assert not (folder / "down").exists()


def test_a_command_that_fails(folder: Path, endpoint: Endpoint) -> None:
    """A command that fails is ours to tell, and blames nobody."""
    (death,) = made(folder, endpoint, kill="false", start="true").deaths

    with pytest.raises(HarnessError, match="false exited with 1"):
        death.strike()


def test_a_server_in_the_foreground(folder: Path, endpoint: Endpoint) -> None:
    """A start that stays is waited for until something listens, and left running."""
    (death,) = made(folder, endpoint, kill="true", start=f"{sys.executable} listen.py {endpoint.port}").deaths
    death.mend()

    assert listens(endpoint)


def test_a_start_that_ends(folder: Path, endpoint: Endpoint) -> None:
    """A start that ends well is enough where something listens."""
    with socket.create_server(("127.0.0.1", endpoint.port)):
        (death,) = made(folder, endpoint, kill="true", start="true").deaths
        death.mend()


def test_a_start_that_fails(folder: Path, endpoint: Endpoint) -> None:
    """A start that fails is told with what it said, and that the endpoint is down."""
    command = f"{sys.executable} -c \"raise SystemExit('port taken')\""
    (death,) = made(folder, endpoint, kill="true", start=command).deaths

    with pytest.raises(HarnessError, match=r"ended with 1; it said: port taken\. The endpoint is down now"):
        death.mend()


def test_a_start_after_which_nothing_listens(folder: Path, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that brings nothing back is told, with where it was looked for."""
    monkeypatch.setattr(faults, "BACK", 0.05)
    (death,) = made(folder, endpoint, kill="true", start="true").deaths

    with pytest.raises(HarnessError, match=f"nothing listens at 127.0.0.1:{endpoint.port} within 0.05 s"):
        death.mend()


def test_no_such_program(folder: Path, endpoint: Endpoint) -> None:
    """A start that names no program is a wrong configuration."""
    (death,) = made(folder, endpoint, kill="true", start="no-such-program").deaths

    with pytest.raises(UsageError, match="must be on the PATH"):
        death.mend()
