"""What the command line prints, from the first line to the exit code: every verdict, and every bad input.

The files in snapshots/ are the best documentation of it; `snapshot` says how they are written anew. What differs from
run to run is masked: ports, folders, ids, times, and what a busy machine changes.
"""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import clock_of_2024
import defective
import judged
import pytest
from deployed import Deployed, running
from judged import SECRET
from snapshot import matches

SNAPSHOTS = Path(__file__).parent / "snapshots"

MASKS = (
    (r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:PORT"),
    (r"cs_test_\w+", "cs_test_ID"),
    (r"\b(ch|cus|evt|pi|pm|re|txn)_\w{12,}", r"\1_ID"),
    (r"cus-\w+@", "cus-ID@"),
    (r"…\d{3}K\d\d", "…ID"),
    (r"\bt=\d{10},v1=\w{64}", "t=NOW,v1=SIGNATURE"),
    (r"(\"(?:created|expires_at|due_by)\": )\d{10}", r"\1NOW"),
    (r"Content-Length: \d{3,}", "Content-Length: N"),
    (r"(<1|\d+(\.\d+)?)( to \d+)? ms\b", "N ms"),
    (r"\d+(\.\d+)? s\b(?! from)", "N s"),
    (r"\d+ deliveries in", "N deliveries in"),
    (r"about \d+ deliveries about \d+ purchases", "about N deliveries about N purchases"),
    (r"\(\d+ times\)", "(N times)"),
    (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "DATE"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "DATE"),
    # Progress, and what is said of a run that took long.
    (r"\n(judged \d+ of \d+ scenarios in N s, now [A-Z]{2}-\d\d\n)+", ""),
    (r"  Most of this time was waiting .*\n", ""),
    # Rounds and answers are counted there, which a busy machine changes.
    # Columns are filled with blanks.
    (r" +\n", "\n"),
    (r"(Passed, with a note:\n)(  .*\n)+", r"\1  …\n"),
)

Told = Callable[..., str]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """Runs hookassay with these arguments; the command line, the exit code and the output, masked."""

    def run(*arguments: str, secret: str | None = SECRET, **env: str) -> str:
        hidden = ("STRIPE_", "HOOKASSAY_", "GITHUB_", "CI", "NO_COLOR", "FORCE_COLOR")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
        environment |= {"COLUMNS": "100", **env}
        if secret is not None:
            environment["STRIPE_WEBHOOK_SECRET"] = secret
        done = judged.run(arguments, tmp_path, environment, timeout=600)
        text = f"$ hookassay {shlex.join(arguments)}\n{done.output}\nexit code {done.exit_code}\n"
        for folder in {str(tmp_path), str(tmp_path.resolve())}:
            text = text.replace(folder, "FOLDER")
        for pattern, mask in MASKS:
            text = re.sub(pattern, mask, text)
        assert "Traceback" not in text
        assert SECRET.removeprefix("whsec_") not in text
        return text

    return run


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The reference server under gunicorn on a SQLite file."""
    with running(tmp_path_factory.mktemp("deployed")) as reference:
        yield reference


@pytest.fixture
def shop(deployed: Deployed, tmp_path: Path) -> str:
    """The deployed server's URL, its orders readable as shop.db in the folder of the test."""
    (tmp_path / "shop.db").symlink_to(deployed.database)
    return deployed.url


def same(text: str, name: str) -> bool:
    """Whether the text is what the snapshot of this name holds."""
    return matches(text, SNAPSHOTS / f"{name}.txt")


class TestVerdicts:
    @pytest.mark.slow
    def test_certified(self, told: Told, shop: str) -> None:
        """Success: every clause that applies was judged and holds."""
        assert same(told("certify", shop, "--orders", "sqlite:///shop.db"), "certified")

    def test_partial(self, told: Told, shop: str) -> None:
        """A choice of clauses is partial, and says so first."""
        assert same(told("certify", shop, "--orders", "sqlite:///shop.db", "--only", "RP-03"), "partial")

    def test_quiet(self, told: Told, shop: str) -> None:
        """With --quiet the verdict alone is left."""
        assert same(told("certify", shop, "--orders", "sqlite:///shop.db", "--only", "SG-01", "--quiet"), "quiet")

    def test_failure(self, told: Told, tmp_path: Path) -> None:
        """Failure: what was sent, expected and seen, what it behaves like, and how to see it again."""
        with defective.serving(defective.DEFECTS["early_refund_lost"], tmp_path) as url:
            text = told("certify", url, "--orders", "sqlite:///orders.db", "--only", "OO-01", "--settle", "0.5")

        assert same(text, "not_certified")

    def test_not_judged(self, told: Told) -> None:
        """Not judged: nothing listens."""
        assert same(told("certify", "http://127.0.0.1:1/stripe/webhook"), "unreachable")

    def test_wrong_path(self, told: Told, shop: str) -> None:
        """Not judged: everything is answered 404."""
        url = shop.replace("/stripe/webhook", "/elsewhere")

        assert same(told("certify", url, "--orders", "sqlite:///shop.db"), "wrong_path")

    def test_wrong_secret(self, told: Told, shop: str) -> None:
        """Not judged: genuine deliveries are refused."""
        text = told("certify", shop, "--orders", "sqlite:///shop.db", secret="whsec_of_something_else")

        assert same(text, "wrong_secret")

    def test_clocks_apart(self, told: Told) -> None:
        """Not judged: the clocks are too far apart."""
        with clock_of_2024.serving() as url:
            text = told("certify", url)

        assert same(re.sub(r"\d+( days?|h| h| minutes?| min)\b", r"N\1", text), "clocks_apart")

    def test_orders_refused(self, told: Told, shop: str) -> None:
        """Not judged: the order URL asks for a token."""
        source = shop.replace("/stripe/webhook", "/orders/{session_id}")

        assert same(told("certify", shop, "--orders", source), "orders_refused")


URL = "http://127.0.0.1:1/stripe/webhook"

BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no_secret": (("certify", URL), ""),
    "blank_secret": (("certify", URL, "--secret", ""), ""),
    "two_secrets": (("certify", URL, "--secret", "whsec_a", "--secret-file", "secret.txt"), ""),
    "secret_file": (("certify", URL, "--secret-file", "none.txt"), ""),
    "url_without_scheme": (("certify", "localhost:4242/stripe/webhook"), ""),
    "url_of_another_scheme": (("certify", "ftp://localhost/stripe/webhook"), ""),
    "url_with_password": (("certify", "http://shop:pa55w0rd@localhost/hook"), ""),
    "url_with_a_space": (("certify", "http://localhost/a hook"), ""),
    "url_with_a_fragment": (("certify", "http://localhost/hook#top"), ""),
    "url_with_a_wrong_port": (("certify", "http://localhost:99999/hook"), ""),
    "path_alone": (("certify", "/stripe/webhook"), ""),
    "another_machine": (("certify", "http://shop.example.invalid/stripe/webhook"), ""),
    "unknown_clause": (("certify", URL, "--only", "RP-5"), ""),
    "unknown_group": (("certify", URL, "--only", "replay"), ""),
    "unknown_event": (("certify", URL, "--events", "charge.refundd"), ""),
    "api_version": (("certify", URL, "--api-version", "soon"), ""),
    "settle": (("certify", URL, "--settle", "soon"), ""),
    "timeout": (("certify", URL, "--timeout", "0"), ""),
    "rate": (("certify", URL, "--rate", "-1"), ""),
    "workers": (("certify", URL, "--workers", "many"), ""),
    "seed": (("certify", URL, "--seed", "x"), ""),
    "header": (("certify", URL, "--header", "no colon"), ""),
    "orders_header": (("certify", URL, "--orders-header", "Authorization: env:NOT_SET"), ""),
    "cacert": (("certify", URL, "--cacert", "none.pem"), ""),
    "orders_missing": (("certify", URL, "--orders", "sqlite:///none.db"), ""),
    "orders_unknown_scheme": (("certify", URL, "--orders", "mongodb://localhost/shop"), ""),
    "orders_unreachable": (("certify", URL, "--orders", "postgresql://shop:pa55w0rd@127.0.0.1:1/shop"), ""),
    "orders_other_table": (("certify", URL, "--orders", "sqlite:///other.db"), ""),
    "orders_other_columns": (("certify", URL, "--orders", "sqlite:///columns.db"), ""),
    "orders_without_session": (("certify", URL, "--orders", "http://localhost/orders"), ""),
    "orders_without_url": (("certify", "--orders", "sqlite:///shop.db"), ""),
    "report_taken": (("certify", URL, "--report", "taken"), ""),
    "quiet_and_verbose": (("certify", URL, "--quiet", "--verbose"), ""),
    "config_missing": (("certify", URL, "--config", "none.toml"), ""),
    "config_no_toml": (("certify", URL), "[endpoint\n"),
    "config_unknown_table": (("certify", URL), "[order]\n"),
    "config_unknown_key": (("certify", URL), '[orders]\nsorce = "sqlite:///shop.db"\n'),
    "config_wrong_home": (("certify", URL), '[endpoint]\ntable = "shop_orders"\n'),
    "config_wrong_type": (("certify", URL), '[run]\nstrict = "yes"\n'),
    "config_variable": (("certify", URL), '[orders]\nsource = "postgresql://shop:${DB_PASSWORD}@localhost/shop"\n'),
    "config_create_missing": (("certify", URL), '[purchase]\ncreated_by = "shop"\n'),
    "config_placeholder": (("certify", URL), '[purchase]\nclient_reference_id = "cart-{number}"\n'),
    "send_nothing": (("send",), ""),
    "send_unknown_type": (("send", "charge.refundd", URL), ""),
    "send_unknown_forgery": (("send", "charge.refunded", URL, "--forge", "half"), ""),
    "send_unknown_path": (("send", "charge.refunded", URL, "--set", "data.objct.amount=1"), ""),
    "replay_nothing": (("replay", "none"), ""),
    "clauses_unknown": (("clauses", "RP-99"), ""),
}
"""What is wrong → the words of the command line, and hookassay.toml."""


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str, told: Told, tmp_path: Path) -> None:
    """Each wrong word ends before anything is sent: what is wrong, what it must be, what to do."""
    arguments, config = BAD[name]
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE shop_orders (id)")
    with sqlite3.connect(tmp_path / "columns.db") as columns:
        columns.execute("CREATE TABLE orders (id, session_id, status, refund_status, dispute_status, total_amount)")
    (tmp_path / "taken").write_text("a file where a folder should be")
    if config:
        (tmp_path / "hookassay.toml").write_text(config)
    text = told(*arguments, secret=None if "secret" in name else SECRET)
    if config:
        text = f"hookassay.toml:\n{config}\n{text}"

    assert "pa55w0rd" not in text.partition("\n")[2]
    assert text.endswith("exit code 2\n")
    assert same(text, f"bad/{name}")


class TestDeliveries:
    def test_send(self, told: Told, shop: str) -> None:
        """One delivery: the request, the answer and the timing."""
        assert same(told("send", "checkout.session.completed", shop, "--purchase", "snapshot"), "send")

    def test_send_forged(self, told: Told, shop: str) -> None:
        """A forgery that is refused, as the very bytes."""
        text = told("send", "charge.refunded", shop, "--forge", "no-signature-header", "--raw", "--style", "compact")

        assert same(re.sub(r"\n\{.*\}\n", "\n{BODY}\n", text), "send_raw")

    def test_replay(self, told: Told, tmp_path: Path) -> None:
        """A failure seen again."""
        with defective.serving(defective.DEFECTS["early_refund_lost"], tmp_path) as url:
            told("certify", url, "--orders", "sqlite:///orders.db", "--only", "OO-01", "--settle", "0.5")
            text = told("replay", "hookassay-report/repro/OO-01/1.json", "--orders", "sqlite:///orders.db")

        assert same(text, "replay")


def test_clause(told: Told) -> None:
    """One clause with all that is known about it."""
    assert same(told("clauses", "DL-04"), "clause")
