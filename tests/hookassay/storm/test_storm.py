"""Whole storms: a right server converges whatever happens to it, and a wrong one is seen to be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gunicorn_process
import pytest
from defective import DEFECTS, serving
from judged import SECRET
from storming import killing, storm

pytestmark = [pytest.mark.slow, pytest.mark.siege]

SHARED = ["--pythonpath", str(Path(__file__).parents[2] / "shared")]
REFERENCE = "hookassay.server.wsgi:app"


def environment(database: str) -> Mapping[str, str]:
    return {
        "STRIPE_SECRET_KEY": "sk_test_of_a_storm",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "DATABASE_URL": database,
    }


def test_without_a_url_the_reference_server_converges(tmp_path: Path) -> None:
    """The reference server is started, stormed and proved, and both reports are written."""
    found = storm(tmp_path, "--purchases", "60")

    assert found.exit_code == 0, found.output
    assert found.report["verdict"] == "converged"
    assert set(found.report["answers"]) == {"200"}
    assert found.report["of_them"]["duplicates"] == pytest.approx(0.2 * found.report["deliveries"], rel=0.3)
    assert (tmp_path / "hookassay-report" / "storm.html").exists()


def test_workers_that_are_killed_lose_nothing_and_double_nothing(tmp_path: Path, postgres_database: str) -> None:
    """While one of three workers is killed every half second, all that is acknowledged gets into its order, once."""
    arguments = ["--pid", str(tmp_path / "pid")]
    env = environment(postgres_database)
    with (
        gunicorn_process.running(REFERENCE, workers=3, env=env, args=arguments, log=tmp_path / "log") as url,
        killing(tmp_path / "pid", 0.5) as killed,
    ):
        told = ("--orders", postgres_database, "--deliveries", "900", "--rate", "150")
        found = storm(tmp_path, f"{url}/stripe/webhook", *told)

    assert found.exit_code == 0, found.output
    assert killed.count >= 5
    assert found.report["of_them"]["sent_anew"] > 0, "a kill was felt"
    assert found.report["unclaimed"] == 0


def test_what_is_applied_later_is_waited_for(tmp_path: Path, sqlite_database: str) -> None:
    """An endpoint that acknowledges first and applies each event 400 ms later converges."""
    env = environment(sqlite_database)
    with gunicorn_process.running("endpoints.late:after_400_ms()", env=env, args=SHARED, log=tmp_path / "log") as url:
        found = storm(tmp_path, f"{url}/stripe/webhook", "--orders", sqlite_database, "--purchases", "40")

    assert found.exit_code == 0, found.output


def test_what_is_acknowledged_and_forgotten_is_missed(tmp_path: Path, sqlite_database: str) -> None:
    """An endpoint that acknowledges events under load without keeping them is not believed."""
    env = environment(sqlite_database)
    with gunicorn_process.running("forgetful:under_load()", env=env, args=SHARED, log=tmp_path / "log") as url:
        found = storm(tmp_path, f"{url}/stripe/webhook", "--orders", sqlite_database, "--purchases", "80")

    assert found.exit_code == 1, found.output
    assert any(one["seen"] == "no order" or "none" in one["seen"] for one in found.report["wrong"])
    assert all(step["acknowledged"] for one in found.report["wrong"] for step in one["deliveries"])


@pytest.mark.parametrize(
    "name",
    ["two_reports_at_once_make_two_orders", "select_then_insert_with_a_window", "repeated_refund_counted_again"],
)
def test_what_doubles_is_seen(name: str, tmp_path: Path) -> None:
    """A server that makes two orders of two deliveries at once, or counts a refund twice, does not converge."""
    with serving(DEFECTS[name], tmp_path) as url:
        orders = f"sqlite:///{tmp_path / 'orders.db'}"
        found = storm(tmp_path, url, "--orders", orders, "--purchases", "120", "--duplicates", "40%")

    assert found.exit_code == 1, found.output
    assert found.report["wrong_count"] >= 1
    assert "did not end as their acknowledged events determine" in " ".join(found.output.split())


def test_without_an_order_reader_nothing_is_proved(tmp_path: Path, sqlite_database: str) -> None:
    """The load is made and told, and the exit code says that nothing is proved."""
    env = environment(sqlite_database)
    with gunicorn_process.running(REFERENCE, env=env, log=tmp_path / "log") as url:
        found = storm(tmp_path, f"{url}/stripe/webhook", "--purchases", "10")

    assert (found.exit_code, found.report["verdict"]) == (3, "not judged")
    assert "--orders" in found.report["problem"]
    assert found.report["deliveries"] > 0


def test_no_secret_is_told(tmp_path: Path, sqlite_database: str) -> None:
    """Neither the signing secret nor a header's value stands in a report or on the terminal."""
    env = environment(sqlite_database)
    with gunicorn_process.running(REFERENCE, env=env, log=tmp_path / "log") as url:
        told = ("--orders", sqlite_database, "--purchases", "10", "--header", "X-Bypass: canary-of-a-storm")
        found = storm(tmp_path, f"{url}/stripe/webhook?token=canary-in-the-url", *told)

    assert found.exit_code == 0, found.output
    written = [path.read_text() for path in (tmp_path / "hookassay-report").iterdir()]
    for text in (found.output, *written):
        assert SECRET not in text
        assert "canary" not in text
