from __future__ import annotations

import os
import socket
from pathlib import Path

import judged
import pytest

from hookassay.reference import free_port


@pytest.mark.slow
def test_a_run_starts_the_stand_in_and_stops_it(tmp_path: Path) -> None:
    """The reference server is judged beside a stand-in, and nothing listens there afterwards."""
    port = free_port()
    found = judged.certify(tmp_path, "--stripe-api", f"127.0.0.1:{port}", "--only", "OR-01", secret=None)

    assert found.exit_code == 0, found.output
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("12111", "Did you mean 127.0.0.1:12111?"),
        ("http://localhost:12111/", "Did you mean localhost:12111?"),
        ("localhost:0", "must be HOST:PORT"),
    ],
)
def test_a_wrong_address_is_wrong_usage(tmp_path: Path, address: str, says: str) -> None:
    """What is no HOST:PORT is refused before anything starts, with the nearest that is one."""
    found = judged.certify(tmp_path, "--stripe-api", address)

    assert found.exit_code == 2
    assert says in found.output


def test_another_server_at_the_address_is_wrong_usage(tmp_path: Path) -> None:
    """What listens there and is no stand-in is neither used nor replaced."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        if os.fork() == 0:
            server.accept()[0].sendall(b"HTTP/1.0 200 OK\r\n\r\nHello")
            os._exit(0)
        found = judged.certify(tmp_path, "--stripe-api", address)
        os.wait()

    assert found.exit_code == 2
    assert f"What listens at {address} is not the stand-in" in found.output


def test_a_wrong_host_is_wrong_usage(tmp_path: Path) -> None:
    """What is no host name is refused by `hookassay stripe-api`."""
    found = judged.run(["stripe-api", "--host", "not a host"], tmp_path, dict(os.environ))

    assert found.exit_code == 2
    assert "--host must be a host name" in found.output
