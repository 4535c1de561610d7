"""`hookassay storm`: what is refused before anything is sent, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from scripted import free_port

from hookassay.cli import main

SECRET = {"STRIPE_WEBHOOK_SECRET": "whsec_canaryOfTheCommand"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No hookassay.toml of anybody's is read, and reports go nowhere else."""
    monkeypatch.chdir(tmp_path)


def storm(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["storm", *arguments], env=SECRET)


URL = "http://127.0.0.1:1/hook"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((URL, "--purchases", "5", "--deliveries", "5"), "must not be given together"),
        ((URL, "--duplicates", "95%"), "between 0% and 90%"),
        ((URL, "--duplicates", "many"), "between 0% and 90%"),
        ((URL, "--connections", "0"), "0 is not in the range"),
        ((URL, "--start"), "needs --locust"),
        ((URL, "--store", "postgresql"), "--store is for the reference server"),
        ((URL, "--locust", "--returns", "x"), "keep one"),
        (("--locust",), "Name the URL"),
        (("--returns", "x"), "Name the URL"),
        (("--orders", "sqlite:///x.db"), "without a URL"),
        ((URL, "--returns", "nowhere/storm-returns.json"), "storm-commission.json that"),
        ((URL, "--rate", "0"), "--rate must be"),
        (("http://far.invalid/hook",), "is another machine. It will receive about"),
        ((URL, "--events", "customer.created"), "holds none of the events"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_it_must_be(arguments: tuple[str, ...], said: str) -> None:
    """Each mistake is told before anything is sent."""
    found = storm(*arguments)

    assert said in " ".join(found.output.split())
    assert found.exit_code == 2


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('[endpoint]\napp = "shop:app"\n', "needs connections"),
        (f'[endpoint]\nurl = "{URL}"\n[stripe_api]\naddress = "127.0.0.1:1"\n', "no stand-in for Stripe's API"),
    ],
)
def test_what_no_storm_can_do_is_refused(config: str, said: str) -> None:
    """An application in this process, and a stand-in, are told to be none of its business."""
    Path("hookassay.toml").write_text(config)
    found = storm()

    assert said in " ".join(found.output.split())
    assert found.exit_code == 2


def test_consent_says_how_much_is_to_come() -> None:
    """Another machine is sent nothing without consent, which is asked for with the amount and the pace."""
    said = " ".join(storm("http://far.invalid/hook", "--purchases", "1000").output.split())

    assert "about 1,000 purchases, as fast as it answers" in said
    assert "--yes" in said
    assert "--rate N" in said


def test_where_nobody_listens_nothing_is_judged() -> None:
    """An endpoint that is not there ends with 3 and what to do."""
    found = storm(f"http://127.0.0.1:{free_port()}/hook", "--purchases", "5")

    assert found.exit_code == 3
    assert "Start the endpoint" in found.output
    assert "canary" not in found.output


@pytest.mark.parametrize(("text", "purchases"), [("20%", 0.2), ("0", 0.0), ("0.35", 0.35), ("90 %", 0.9)])
def test_shares_are_understood(text: str, purchases: float) -> None:
    """A share is written with or without a percent sign."""
    from hookassay.cli.storm import Share

    assert Share().convert(text, None, None) == pytest.approx(purchases)
