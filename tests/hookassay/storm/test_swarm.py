"""The swarm: Locust's master and two workers on this machine, and the proof of what they left."""

from __future__ import annotations

import importlib.util
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import deployed
import pytest
from judged import SECRET
from needed import needed
from scripted import free_port
from storming import storm

from hookassay.config import Settings
from hookassay.endpoint import Endpoint, Secret
from hookassay.errors import NotJudged, UsageError
from hookassay.storm import swarm as module
from hookassay.storm.commission import Commission
from hookassay.storm.forecast import Forecast
from hookassay.storm.swarm import Swarm

FORECAST = Forecast("abcd1234", 1_700_000_000, 8, 0.2, 7, "compact", (), "http://127.0.0.1:1/hook")


@pytest.fixture
def _locust() -> None:
    """Skips where Locust is not installed; it is not imported, which would change this process."""
    needed(importlib.util.find_spec("locust"), "Locust is not installed (pip install locust)")


@pytest.mark.slow
@pytest.mark.siege
@pytest.mark.usefixtures("_locust")
def test_two_workers_deliver_what_one_process_would(tmp_path: Path) -> None:
    """Locust's two workers share the purchases, each is delivered once, and all orders converge."""
    with deployed.running(tmp_path) as shop:
        told = ("--orders", shop.orders, "--purchases", "60")
        one = storm(tmp_path, shop.url, *told)
        two = storm(tmp_path, shop.url, *told, "--locust", "--start", "--locust-workers", "2", "--connections", "8")

    assert (one.exit_code, two.exit_code) == (0, 0), two.output
    assert two.report["by"] == "Locust with 2 workers"
    for what in ("deliveries", "claimed", "answers"):
        assert two.report[what] == one.report[what]
    assert two.report["of_them"]["duplicates"] == one.report["of_them"]["duplicates"]
    folder = tmp_path / "hookassay-report"
    assert not any(SECRET in path.read_text(errors="replace") for path in folder.iterdir())


@pytest.mark.slow
@pytest.mark.siege
@pytest.mark.usefixtures("_locust")
def test_the_printed_commands_make_the_load(tmp_path: Path) -> None:
    """Master and workers started by hand as printed leave what --returns proves."""
    folder = tmp_path / "hookassay-report"
    env = {**os.environ, "STRIPE_WEBHOOK_SECRET": SECRET}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    with deployed.running(tmp_path) as shop:
        told = ("--orders", shop.orders, "--purchases", "30")
        printed = storm(tmp_path, shop.url, *told, "--locust", env={"COLUMNS": "400"})
        assert printed.exit_code == 0, printed.output
        master, worker = (line.strip() for line in printed.output.splitlines() if "-m locust" in line)
        port = str(free_port())
        here = f"--master-bind-host 127.0.0.1 --master-bind-port {port}"
        commands = [master.replace("--master ", f"--master {here} ")]
        commands += [worker.replace("MASTER", f"127.0.0.1 --master-port {port}")] * 2
        processes = [
            subprocess.Popen(
                command,
                shell=True,
                cwd=folder,
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            for command in commands
        ]
        try:
            assert [process.wait(120) for process in processes] == [0, 0, 0]
        finally:
            for process in processes:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        proved = storm(tmp_path, shop.url, "--orders", shop.orders, "--returns", str(folder / "storm-returns.json"))

    assert proved.exit_code == 0, proved.output
    assert proved.report["claimed"] == 30


def test_commands_name_file_and_number_of_workers(tmp_path: Path) -> None:
    """What is printed can be pasted: the commission's file, how many are waited for, and no secret."""
    made = Swarm(Commission.of(Settings(), FORECAST, 16, 3), tmp_path)
    (_, master), (_, worker) = made.commands()

    assert f"HOOKASSAY_STORM={tmp_path}/storm-commission.json" in master
    assert "--expect-workers 3" in master
    assert "--users 16" in master
    assert "--master-host MASTER" in worker
    assert all('"$(python -m hookassay.storm)"' in command for command in (master, worker))
    assert shlex.split(master)
    assert Commission.read(made.file).workers == 3


def test_the_locustfile_is_where_it_is_printed_to_be() -> None:
    """`python -m hookassay.storm` tells where Locust finds its users."""
    said = subprocess.run(
        [sys.executable, "-m", "hookassay.storm"], check=True, capture_output=True, text=True
    ).stdout.strip()

    assert Path(said) == module.LOCUSTFILE
    assert module.LOCUSTFILE.exists()


def test_without_locust_it_is_said_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Locust is not there, the command that brings it is named."""
    monkeypatch.setattr("hookassay.storm.swarm.importlib.util.find_spec", lambda _: None)

    with pytest.raises(UsageError, match=r"pip install 'hookassay\[locust\]'"):
        module.require()


@pytest.mark.parametrize("who", ["--master", "--worker"])
def test_a_process_that_ends_too_soon_ends_the_storm(who: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said last is told, and no other process is left."""
    script = f"import sys, time; '{who}' in sys.argv and sys.exit('it broke'); time.sleep(60)"
    monkeypatch.setattr(module, "require", lambda: None)
    monkeypatch.setattr(module, "_locust", lambda python: [python, "-c", script])
    monkeypatch.setattr(module, "LINGER", 0.2)
    started: list[subprocess.Popen[bytes]] = []
    start = module.child.start
    monkeypatch.setattr(
        module.child, "start", lambda *words, **names: started.append(start(*words, **names)) or started[-1]
    )
    endpoint = Endpoint(FORECAST.url, Secret("whsec_x"))

    with pytest.raises(NotJudged, match="it broke"):
        Swarm(Commission.of(Settings(), FORECAST, 4, 2), tmp_path).start(endpoint)
    assert [process.poll() is None for process in started] == [False] * 3
