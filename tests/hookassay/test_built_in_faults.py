"""The faults that are built in for the reference server, made to one that runs."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hookassay.built_in_faults import faults_of
from hookassay.reference import free_port
from hookassay.server_process import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The reference server with two workers."""
    folder = tmp_path_factory.mktemp("server")
    environment = {
        **os.environ,
        "STRIPE_SECRET_KEY": "sk_test_of_the_faults",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_the_faults",
        "DATABASE_URL": f"sqlite:///{folder / 'orders.db'}",
    }
    server = ServerProcess(free_port(), environment, folder, "server.log", workers=2)
    server.wait_until_open()
    until(lambda: len(server.workers()) == 2)
    yield server
    server.stop()


def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition, at most 20 seconds."""
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def answers(server: ServerProcess) -> bool:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/healthz", timeout=10) as answer:
        return bool(answer.status < 300)


def test_its_workers_are_replaced(server: ServerProcess) -> None:
    """The workers are killed, gunicorn is not, and new ones answer."""
    before, gunicorn = server.workers(), server.pid
    death, _ = faults_of(server, None).deaths
    death.strike()
    death.mend()

    assert server.pid == gunicorn
    assert not set(before) & set(server.workers())
    assert answers(server)


def test_it_is_killed_as_a_whole(server: ServerProcess) -> None:
    """Gunicorn and its workers are killed, and another one answers at the same address."""
    gunicorn = server.pid
    _, death = faults_of(server, None).deaths
    death.strike()
    with pytest.raises(urllib.error.URLError, match="refused"):
        answers(server)
    death.mend()

    assert server.pid != gunicorn
    assert answers(server)


@pytest.mark.parametrize("place", [0, 1], ids=["read-only disk", "full disk"])
def test_its_disk_takes_nothing_more(server: ServerProcess, place: int) -> None:
    """The limit on what it may write is there while the fault lasts, and gone afterwards."""
    until(lambda: len(server.workers()) == 2)
    outage = faults_of(server, None).outages[place]
    outage.strike()
    limited = [_limit(worker) for worker in (server.pid, *server.workers())]
    outage.mend()

    assert all(limit.isdigit() for limit in limited)
    assert {_limit(worker) for worker in (server.pid, *server.workers())} == {"unlimited"}


def _limit(process: int) -> str:
    """How large a process may make a file, as Linux tells it."""
    lines = Path(f"/proc/{process}/limits").read_text(encoding="ascii").splitlines()
    return next(line.split()[3] for line in lines if line.startswith("Max file size"))
