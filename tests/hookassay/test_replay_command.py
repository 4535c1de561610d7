"""`hookassay replay` and the scripts that call it, from a judged failure to the same failure seen again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import defective
import judged
import pytest
from judged import SECRET, Judged

from hookassay.report.paper import TIMES

FOUND = "Now:      one order (status=paid refund_status=none dispute_status=none"


@dataclass(frozen=True)
class Failure:
    """A server that loses early refunds, judged by that clause; `folder` is where certify ran."""

    url: str
    folder: Path
    done: Judged

    @property
    def environment(self) -> dict[str, str]:
        programs = Path(sys.executable).parent
        return {**os.environ, "STRIPE_WEBHOOK_SECRET": SECRET, "PATH": f"{programs}:{os.environ['PATH']}"}

    def replay(self, *arguments: str) -> Judged:
        return judged.run(["replay", *arguments], self.folder, self.environment)


@pytest.fixture(scope="module")
def failure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failure]:
    """A clause that failed, its server still there."""
    folder = tmp_path_factory.mktemp("failure")
    with defective.serving(defective.DEFECTS["early_refund_lost"], folder) as url:
        done = judged.certify(folder, url, "--orders", "sqlite:///orders.db", "--only", "OO-01")
        yield Failure(url, folder, done)


def test_the_report_names_the_script(failure: Failure) -> None:
    """Whoever reads of a failure is told which script shows it again."""
    assert failure.done.exit_code == 1, failure.done.output
    assert "  Replay:   sh hookassay-report/repro/OO-01.sh\n" in failure.done.output
    page = (failure.folder / "hookassay-report" / "report.html").read_text(encoding="utf-8")
    assert ">sh hookassay-report/repro/OO-01.sh</pre>" in page


def test_the_script_shows_it_again(failure: Failure) -> None:
    """The script alone, with the secret in the environment, shows the same order as the run saw."""
    done = subprocess.run(
        [str(failure.folder / "hookassay-report" / "repro" / "OO-01.sh")],
        cwd=failure.folder,
        env={**failure.environment, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert FOUND in done.stdout
    assert "Expected: refunded: an order with refund_status refunded" in done.stdout


def test_the_endpoint_that_was_judged(failure: Failure) -> None:
    """Without a URL it goes where it was recorded; without --orders the answers are all there is."""
    done = failure.replay("hookassay-report/repro/OO-01/1.json", "--times", "2")

    assert done.exit_code == 0, done.output
    assert failure.url in done.output
    assert f"2 {TIMES} no order reader was given (--orders): look at the answers" in done.output


def test_what_was_given_is_given_again(failure: Failure) -> None:
    """The script reads orders where certify did; what is about the run alone is not repeated."""
    script = (failure.folder / "hookassay-report" / "repro" / "OO-01.sh").read_text()

    assert script.endswith('"${HOOKASSAY_URL:-$url}" --orders sqlite:///orders.db "$@"\n')


def test_what_held_a_secret_is_not_written(tmp_path: Path) -> None:
    """Where deliveries do not show it, the command is repeated without its secrets, and the reader is told."""
    with defective.serving(defective.DEFECTS["api_key_told"], tmp_path) as url:
        done = judged.certify(
            tmp_path, url, "--header", "X-Bypass: t0ken-of-the-gateway", "--only", "EX-01", "--quiet", "--strict"
        )

    script = (tmp_path / "hookassay-report" / "repro" / "EX-01.sh").read_text()
    assert done.exit_code == 1, done.output
    assert f'exec hookassay certify {url} --strict --only EX-01 --report "$(mktemp -d)" "$@"' in script
    assert "Give it again: --header." in script
    assert "t0ken" not in script


def test_nothing_secret_is_kept(failure: Failure) -> None:
    """The secret is in no file of the report."""
    written = "".join(
        path.read_text() for path in (failure.folder / "hookassay-report").rglob("*") if path.is_file()
    )  # fmt: skip

    assert SECRET not in written
    assert SECRET.removeprefix("whsec_") not in written


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("nowhere",), 2, "nowhere cannot be read (No such file or directory). Name a folder"),
        (("hookassay-report/repro/OO-01", "ftp://localhost/"), 2, "The URL must be the whole webhook URL"),
        (("hookassay-report/repro/OO-01", "http://shop.example.invalid/x"), 2, "Add --yes to consent."),
        (("hookassay-report/repro/OO-01", "--orders", "sqlite:///none.db"), 2, "none.db does not exist"),
        (("hookassay-report/repro/OO-01", "http://127.0.0.1:1/x", "--settle", "0.01"), 3, "connection refused"),
    ],
)
def test_wrong_words(failure: Failure, arguments: tuple[str, ...], code: int, told: str) -> None:
    """Each wrong word is told, and nothing is sent."""
    done = failure.replay(*arguments)

    assert done.exit_code == code, done.output
    assert told in " ".join(done.output.split())
    assert "Traceback" not in done.output
