"""Certifying with `--workers`: the same findings as without, sooner where one has to wait, and nobody left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import judged
import pytest
from defective import ALL_ELSE, DEFECTS
from distance import far_away
from gunicorn_process import running

from hookassay.judging import feature

SHARED = Path(__file__).parent / "shared"
# Seen at once, seen late, seen in a race, what most clauses rest on, and harm that lasts.
BLAMED = ("header_optional", "worker_dies_unseen")


@contextmanager
def _serving(app: str, folder: Path, **env: str) -> Iterator[str]:
    """The webhook URL of `app`, whose orders are kept in `folder`."""
    known = {
        "STRIPE_SECRET_KEY": "sk_test_of_the_workers",
        "STRIPE_WEBHOOK_SECRET": judged.SECRET,
        "DATABASE_URL": _orders(folder),
        **env,
    }
    with running(app, env=known, args=["--pythonpath", str(SHARED)], log=folder / "gunicorn.log") as url:
        yield f"{url}/stripe/webhook"


def _orders(folder: Path) -> str:
    return f"sqlite:///{folder / 'orders.db'}"


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> judged.Judged:
    """What the whole contract says about the reference server, with four workers."""
    return judged.certify(tmp_path_factory.mktemp("together"), "--workers", "4")


@pytest.mark.slow
def test_the_same_is_found_as_by_one_worker(together: judged.Judged, tmp_path: Path) -> None:
    """Four workers find of every clause what one finds."""
    alone = judged.certify(tmp_path, "--workers", "1")

    assert together.statuses == alone.statuses, together.output
    assert (together.verdict, together.exit_code) == (alone.verdict, alone.exit_code)


@pytest.mark.slow
def test_every_example_runs_once(together: judged.Judged) -> None:
    """No example is lost between the workers, and none runs twice."""
    ran = {clause["id"]: Counter(one["name"] for one in clause["scenarios"]) for clause in together.report["clauses"]}
    examples = {clause_id: Counter(titles) for clause_id, titles in feature.examples().items()}

    assert {clause: names for clause, names in ran.items() if names} == {
        clause: names for clause, names in examples.items() if ran[clause]
    }


@pytest.mark.slow
def test_no_two_workers_create_the_same(together: judged.Judged) -> None:
    """Every id of the run is told for clean-up, and each is of one purchase."""
    created = together.report["created"]

    assert len(created) > len(feature.examples())
    assert len(set(created)) == len(created)


@pytest.mark.slow
@pytest.mark.parametrize("name", BLAMED)
def test_a_defect_is_blamed_on_its_clauses(name: str, tmp_path: Path) -> None:
    """What is wrong is seen by four workers as well, and blamed on the clauses that it breaks and on no others."""
    defect = DEFECTS[name]
    with _serving("defects.wsgi:app", tmp_path, HOOKASSAY_DEFECT=name) as url:
        chosen = ("--orders", _orders(tmp_path), "--workers", "4", "--only", ALL_ELSE)
        found = judged.certify(tmp_path, url, *chosen, config=defect.config)
    blamed = found.having("failed", "warned", "error")

    assert (found.verdict, found.exit_code) == ("not certified", 1), found.output
    assert defect.fails <= blamed <= defect.fails | defect.may_fail, found.output


@pytest.mark.slow
def test_who_waits_gains_by_workers(tmp_path: Path) -> None:
    """An endpoint that is slow and far away gives no alarm, and many scenarios wait at the same time."""
    with _serving("endpoints.late:after_400_ms()", tmp_path) as near, far_away(near, 0.04) as url:
        found = judged.certify(
            tmp_path, url, "--orders", _orders(tmp_path), "--workers", "8", "--only", "signed,forged,orders"
        )
    waited = sum(scenario["seconds"] for clause in found.report["clauses"] for scenario in clause["scenarios"])

    assert found.having("failed", "warned", "error") == set(), found.output
    assert found.report["seconds"] < waited / 2


# --- processes that end -----------------------------------------------------------------------------------------------


def _children(process: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


@contextmanager
def _under_way(folder: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A run with three workers, as a process, when its workers are there; and their ids."""
    with _serving("endpoints.late:after_400_ms()", folder) as url:
        words = ["certify", url, "--orders", _orders(folder), "--workers", "3", "--only", "signed,forged"]
        run = subprocess.Popen(
            [sys.executable, "-c", "from hookassay.cli import main; main()", *words],
            cwd=folder,
            env={**os.environ, "STRIPE_WEBHOOK_SECRET": judged.SECRET, "COLUMNS": "100"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            deadline = time.monotonic() + 60
            while len(workers := _children(run.pid)) < 3 and run.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            assert len(workers) == 3
            yield run, workers
        finally:
            if run.poll() is None:
                run.kill()
            run.communicate()


def _gone(processes: list[int], seconds: float = 10.0) -> bool:
    """Whether none of these processes is there any more, at the latest after so long."""
    deadline = time.monotonic() + seconds
    while any(Path(f"/proc/{process}").exists() for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_worker_ends_in_errors(tmp_path: Path) -> None:
    """A worker that was killed makes no pass: the run ends without a verdict, says why, and leaves nobody behind."""
    with _under_way(tmp_path) as (run, workers):
        time.sleep(1.0)  # whatever it does then
        os.kill(workers[0], signal.SIGKILL)
        output = run.communicate(timeout=120)[0]
        report = json.loads((tmp_path / "hookassay-report" / "report.json").read_text())
        statuses = {clause["status"] for clause in report["clauses"]}

        assert run.returncode == 3, output
        assert "a worker process ended before the run did (Killed)" in " ".join(output.split())
        assert "error" in statuses
        assert "failed" not in statuses
        assert _gone(workers)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_run_takes_its_workers_with_it(tmp_path: Path) -> None:
    """Workers end with the process that made them, even where it had no time to end them."""
    with _under_way(tmp_path) as (run, workers):
        run.kill()
        run.wait()

        assert _gone(workers)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_an_interrupted_run_ends_soon(tmp_path: Path) -> None:
    """Ctrl-C ends every worker at once; the report has what was judged until then."""
    with _under_way(tmp_path) as (run, workers):
        run.send_signal(signal.SIGINT)
        output = run.communicate(timeout=20)[0]

        assert run.returncode == 3, output
        assert "The run was interrupted." in output
        assert "Traceback" not in output
        assert _gone(workers)
