"""`hookassay send` as a user meets it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import judged
import pytest
from deployed import Deployed, running
from judged import SECRET, Judged


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The reference server under gunicorn on a SQLite file."""
    with running(tmp_path_factory.mktemp("deployed")) as reference:
        yield reference


@pytest.fixture
def send(tmp_path: Path):
    """Runs `hookassay send` with these arguments."""

    def run(*arguments: str, secret: str | None = SECRET) -> Judged:
        env = {name: value for name, value in os.environ.items() if name != "STRIPE_WEBHOOK_SECRET"}
        if secret is not None:
            env["STRIPE_WEBHOOK_SECRET"] = secret
        return judged.run(["send", *arguments], tmp_path, env)

    return run


def test_a_genuine_event_is_acknowledged(deployed, send) -> None:
    """Request, answer and timing are shown, and a 2xx ends with 0."""
    done = send("checkout.session.completed", deployed.url)

    assert done.exit_code == 0, done.output
    assert '>   "type": "checkout.session.completed"' in done.output
    assert "< 200" in done.output
    assert "Timing: connected in" in done.output
    assert done.output.endswith("acknowledged\n")


def test_several_events_of_one_purchase(deployed, send) -> None:
    """A refund by the same name reaches the order that was paid by it, its amount as it was set."""
    send("checkout.session.completed", deployed.url, "--purchase", "refunded later")
    done = send(
        *("charge.refunded", deployed.url, "--purchase", "refunded later"),
        *("--set", "data.object.amount_refunded=300", "--set", "data.object.refunded=false"),
    )

    assert done.exit_code == 0, done.output
    with sqlite3.connect(deployed.database) as shop:
        rows = shop.execute("SELECT status, refund_status FROM orders WHERE amount_refunded = 300").fetchall()
    assert rows == [("paid", "partially_refunded")]


def test_a_forgery_is_refused(deployed, send) -> None:
    """A forgery is refused by a right endpoint, which ends with 1."""
    done = send("checkout.session.completed", deployed.url, "--forge", "half-a-signature")

    assert done.exit_code == 1
    assert "Signed: forged, half a signature" in done.output
    assert done.output.endswith("refused, as a forgery must be\n")


def test_raw_is_what_was_sent(deployed, send) -> None:
    """With --raw the request's head and its body stand there as they were sent."""
    done = send("charge.refunded", deployed.url, "--raw", "--style", "compact")

    head, _, rest = done.output.partition("\n\n")
    body, _, answer = rest.partition("\n\n")
    assert head.startswith("POST /stripe/webhook HTTP/1.1\n")
    assert f"Content-Length: {len(body.encode())}" in head
    assert json.loads(body)["type"] == "charge.refunded"
    assert answer.startswith("200\n")


@pytest.mark.parametrize("raw", [(), ("--raw",)])
def test_secrets_are_not_shown(deployed, send, raw) -> None:
    """Neither the secret nor a header's token is in what is printed."""
    done = send("charge.refunded", deployed.url, "--header", "X-Bypass: t0ken-of-the-gateway", *raw)

    assert done.exit_code == 0
    assert "X-Bypass: ***" in done.output
    assert SECRET.removeprefix("whsec_") not in done.output
    assert "t0ken" not in done.output


def test_nothing_listens(send) -> None:
    """Where no answer comes the exit code is 3."""
    done = send("charge.refunded", "http://127.0.0.1:1/hook")

    assert done.exit_code == 3
    assert "no answer: connection refused" in done.output


def test_forgeries_are_listed(send) -> None:
    """--list-forgeries names each with what it is, and needs nothing else."""
    done = send("--list-forgeries", secret=None)

    assert done.exit_code == 0
    assert "half a signature: The first 32 digits of 64.\n" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "No event type was given. It must be one of"),
        (("charge.refundd", "URL"), "Did you mean charge.refunded?"),
        (("charge.refunded",), "No URL was given"),
        (("charge.refunded", "ftp://localhost/"), "The URL must be the whole webhook URL"),
        (("charge.refunded", "URL", "--forge", "half"), "--list-forgeries"),
        (("charge.refunded", "URL", "--set", "data.object.amont=1"), "Did you mean amount?"),
        (("charge.refunded", "URL", "--api-version", "all"), "One event has one API version"),
        (("charge.refunded", "URL", "--timeout", "soon"), "--timeout"),
        (("charge.refunded", "URL", "--config", "none.toml"), "none.toml"),
        (
            ("charge.refunded", "URL", "--forge", "a signature a minute past the declared tolerance"),
            "no tolerance is declared",
        ),
        (("charge.refunded", "http://shop.example.invalid/hook"), "Add --yes to consent."),
    ],
)
def test_usage(send, arguments, told) -> None:
    """Each wrong word ends with 2 before anything is sent, and says what it must be."""
    done = send(*[word.replace("URL", "http://127.0.0.1:1/hook") for word in arguments])

    assert done.exit_code == 2, done.output
    assert told in " ".join(done.output.split())
    assert "Traceback" not in done.output


def test_without_a_secret(send) -> None:
    """The secret is asked for as by certify."""
    done = send("charge.refunded", "http://127.0.0.1:1/hook", secret=None)

    assert done.exit_code == 2
    assert "No signing secret was given" in done.output


def test_what_a_delivery_does_not_need_may_be_missing(send, tmp_path, deployed) -> None:
    """The password of the database is not asked for, nor how orders are created."""
    (tmp_path / "hookassay.toml").write_text(
        f'[endpoint]\nurl = "{deployed.url}"\n[purchase]\ncreated_by = "shop"\nmetadata = {{ user_id = "42" }}\n'
        '[orders]\nsource = "postgresql://shop:${MISSING}@localhost/shop"\ncreate = "cmd:make ${MISSING}"\n'
    )
    done = send("checkout.session.completed")

    assert done.exit_code == 0, done.output
    assert '"user_id": "42"' in done.output
