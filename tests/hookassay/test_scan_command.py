"""`hookassay scan` as a user meets it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import judged
import pytest
from click.testing import CliRunner, Result
from scanned import SECRETS

from hookassay.cli import main

WRONG = "event = stripe.Webhook.construct_event(payload, signature, secret, tolerance=0)\n"
RIGHT = "event = stripe.Webhook.construct_event(payload, signature, secret)\n"
PASSWORD = "tr0ub4dor"

Scan = Callable[..., Result]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file that breaks SC-16, and the folder that the command is run in, beside it."""
    (tmp_path / "here").mkdir()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "web.py").write_text(WRONG)
    monkeypatch.chdir(tmp_path / "here")
    for name in ("STRIPE_WEBHOOK_SECRET", "HOOKASSAY_ORDERS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "shop"


@pytest.fixture
def scan(shop: Path) -> Scan:
    """Runs the command on the shop with these options."""

    def run(*options: str, path: Path = shop) -> Result:
        return CliRunner().invoke(main, ["scan", str(path), *options], catch_exceptions=False)

    return run


class TestExitCode:
    def test_of_a_clean_tree_is_0(self, shop: Path, scan: Scan) -> None:
        """A tree without findings ends with 0."""
        (shop / "web.py").write_text(RIGHT)

        assert scan("--only", "SC-16").exit_code == 0

    def test_of_an_error_is_1(self, scan: Scan) -> None:
        """A finding that is an error ends with 1."""
        assert scan("--only", "SC-16").exit_code == 1

    def test_never_fails(self, scan: Scan) -> None:
        """With --fail-on never findings are shown, and the scan ends with 0."""
        done = scan("--only", "SC-16", "--fail-on", "never")

        assert "SC-16" in done.stdout
        assert done.exit_code == 0


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--only", "SC-2"], "Did you mean SC-02?"),
            (["--only", "sc-16"], "Did you mean SC-16?"),
            (["--only", "tolerance-disabled"], "Did you mean SC-16?"),
            (["--fail-on", "warnings"], "Did you mean warning?"),
            (["--config", "none.toml"], "none.toml cannot be read"),
            (["--database", "postgress://localhost/shop"], "did you mean postgres"),
            (["--database", "https://localhost/shop"], "must be the URL of a database"),
            (["--database", "sqlite:///none.db"], "none.db does not exist"),
            (["--json", "-", "--sarif", "-"], "Only one of"),
            (["--json", "/dev/null/a.json"], "Name a file that can be written: --json FILE"),
        ],
    )
    def test_is_said_with_what_is_right(self, scan: Scan, options: list[str], said: str) -> None:
        """Wrong usage ends with 2 and a message that leads on."""
        done = scan(*options)

        assert done.exit_code == 2
        assert said in " ".join(done.stderr.split())

    def test_a_misspelt_path_is_no_clean_scan(self, shop: Path, scan: Scan) -> None:
        """A path that is not there ends with 2, and the nearest one is named."""
        done = scan(path=shop.with_name("shp"))

        assert done.exit_code == 2
        assert f"Did you mean {shop}?" in "".join(done.stderr.splitlines())

    @pytest.mark.parametrize("secret", [SECRETS["live key"], f"postgres//shop:{PASSWORD}@db/shop"])
    def test_never_shows_a_secret(self, scan: Scan, secret: str) -> None:
        """What was given by mistake is not repeated where it is a secret."""
        for option in ("--only", "--fail-on", "--database"):
            assert secret.rpartition("_")[2].partition("@")[0] not in scan(option, secret).stderr

    @pytest.mark.parametrize(
        "url",
        [
            f"postgresql://shop:{PASSWORD}@127.0.0.1:1/shop",
            f"mysql://shop:{PASSWORD}@127.0.0.1:1/shop",
            f"postgress://shop:{PASSWORD}@127.0.0.1:1/shop",
            f"https://shop:{PASSWORD}@127.0.0.1:1/shop",
            f"postgresql://127.0.0.1:1/shop?user=shop&password={PASSWORD}",
        ],
    )
    def test_never_shows_a_databases_password(self, scan: Scan, url: str) -> None:
        """A database that cannot be opened is named without its password."""
        done = scan("--database", url)

        assert done.exit_code == 2
        assert PASSWORD not in done.stderr + done.stdout


class TestReports:
    def test_files_stand_beside_the_terminals(self, tmp_path: Path, scan: Scan) -> None:
        """One run writes JSON and SARIF into files and tells a person on standard output."""
        done = scan("--json", "out/scan.json", "--sarif", "out/scan.sarif")

        out = tmp_path / "here" / "out"
        assert json.loads((out / "scan.json").read_text())["findings"][0]["rule"] == "SC-16"
        assert json.loads((out / "scan.sarif").read_text())["version"] == "2.1.0"
        assert "Report: out/scan.json\nReport: out/scan.sarif" in done.stdout
        assert "^^^^^^^^^^^" in done.stdout

    @pytest.mark.parametrize("option", ["--json", "--sarif"])
    def test_standard_output_is_one_documents(self, scan: Scan, option: str) -> None:
        """With `-` standard output is the document and nothing else."""
        assert json.loads(scan(option, "-").stdout)

    def test_github_is_annotated(self, scan: Scan) -> None:
        """With --github a command a finding follows what a person reads."""
        *_, last = scan("--only", "SC-16", "--github").stdout.splitlines()

        assert last.startswith("::error file=web.py,line=1,col=68,endColumn=79,title=SC-16 tolerance-disabled::")


class TestConfiguration:
    def test_of_the_tree_holds(self, shop: Path, scan: Scan) -> None:
        """The hookassay.toml of the folder that is scanned is read, without what only a run needs."""
        (shop / "hookassay.toml").write_text(
            '[endpoint]\nurl = "nonsense"\nsecret = "${UNSET}"\n[orders]\nsource = "${UNSET}"\n'
            '[scan]\nignore = ["SC-16"]\n'
        )

        assert scan().exit_code == 0

    def test_that_is_named_wins(self, shop: Path, scan: Scan) -> None:
        """--config names the file that is read in place of the folder's own."""
        (shop / "hookassay.toml").write_text('[scan]\nfail_on = "never"\n')
        Path("other.toml").write_text('[scan]\nfail_on = "note"\n')

        assert scan().exit_code == 0
        assert scan("--config", "other.toml").exit_code == 1

    def test_of_the_working_folder_is_the_last(self, scan: Scan) -> None:
        """Where the folder has none, the working folder's is read."""
        Path("hookassay.toml").write_text('[scan]\nexclude = ["web.py"]\n')

        assert scan().exit_code == 0

    def test_is_overridden_by_options(self, shop: Path, scan: Scan) -> None:
        """The command line is over the file: what it asks for is looked for although the file ignores it."""
        (shop / "hookassay.toml").write_text('[scan]\nfail_on = "never"\nignore = ["SC-16"]\n')

        assert scan("--fail-on", "error", "--only", "SC-16").exit_code == 1

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("exlude = ['a']", "[scan] exlude is unknown. Did you mean exclude?"),
            ("exclude = 'a'", '[scan] exclude must be patterns as in .gitignore, at least one, not "a". Did you mean'),
            ("ignore = ['SC-1']", "[scan] ignore must be ids of the scan's rules"),
            ("fail_on = 'errors'", 'Did you mean "error"?'),
            ("database = '${UNSET_URL}'", "the environment variable UNSET_URL is not set"),
            (f"database = 'postgress://a:{PASSWORD}@b/c'", "[scan] database has the scheme 'postgress'"),
        ],
    )
    def test_is_checked(self, shop: Path, scan: Scan, text: str, said: str) -> None:
        """A wrong key or value in [scan] is said with what is right, and without secrets."""
        (shop / "hookassay.toml").write_text(f"[scan]\n{text}\n")
        done = scan()

        assert done.exit_code == 2
        assert said in " ".join(done.stderr.split())
        assert PASSWORD not in done.stderr

    def test_finds_a_database_beside_the_file(self, shop: Path, scan: Scan) -> None:
        """A relative path of a database starts from the file that names it."""
        sqlite3.connect(shop / "shop.db").close()
        (shop / "hookassay.toml").write_text('[scan]\ndatabase = "sqlite:///shop.db"\n')

        assert scan("--only", "SC-16").exit_code == 1


def test_a_run_needs_nothing_of_the_scans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`certify` does not need the variables of [scan] while it scans nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hookassay.toml").write_text('[scan]\ndatabase = "${UNSET_URL}"\n')

    assert CliRunner().invoke(main, ["certify", "--list", "--only", "SG-01"]).exit_code == 0


SHOP = """\
import os
import sqlite3

import stripe

TABLE = "CREATE TABLE orders (stripe_session_id TEXT UNIQUE, status TEXT, refund_status, dispute_status, total_amount)"
ORDER = "INSERT OR IGNORE INTO orders VALUES (?, 'paid', 'none', 'none', ?)"
shop = sqlite3.connect("shop.db", isolation_level=None, check_same_thread=False)
shop.execute(TABLE)


def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    signature, secret = environ.get("HTTP_STRIPE_SIGNATURE", ""), os.environ["STRIPE_WEBHOOK_SECRET"]
    try:
        event = stripe.Webhook.construct_event(body, signature, secret, tolerance=0)
    except Exception:
        start_response("400 Bad Request", [])
        return [b""]
    if event["type"] == "checkout.session.completed":
        session = event["data"]["object"]
        shop.execute(ORDER, (session["id"], session["amount_total"]))
    start_response("200 OK", [])
    return [b""]
"""
CONFIG = """\
[orders]
source = "sqlite:///shop.db"
money = "minor"
"""

HANDLER = """\
from flask import Flask, request
import stripe

app = Flask(__name__)


@app.post("/stripe/webhook")
def webhook():
    event = stripe.Webhook.construct_event(request.data, request.headers["Stripe-Signature"], SECRET)
    if event.type == "checkout.session.completed":
        fulfil(event.data.object)
    return "", 200
"""


class TestCertifyWithSource:
    def test_findings_stand_beside_what_they_explain(self, tmp_path: Path) -> None:
        """A clause that fails has below it the line of the source that makes it fail."""
        (tmp_path / "shop.py").write_text(SHOP)
        done = judged.certify(tmp_path, "--app", "shop:app", "--source", ".", "--only", "RP-01", config=CONFIG)

        assert done.exit_code == 1
        assert "  In source:\n    shop.py:16 SC-16: `tolerance=0` turns the check of the age off.\n" in done.output
        assert [(one["rule"], one["line"]) for one in done.clause("RP-01")["in_source"]] == [("SC-16", 16)]
        assert done.report["scan"]["files"] == 2

    def test_what_aborts_ends_the_run_before_anything_is_sent(self, tmp_path: Path) -> None:
        """With events handled in two places nothing is started or sent: all places are listed, and what to do."""
        for name in ("shop.py", "old/payments.py"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(HANDLER)
        older = tmp_path / "hookassay-report" / "certificate.json"
        older.parent.mkdir()
        older.write_text("{}")
        done = judged.certify(tmp_path, "http://127.0.0.1:1/stripe/webhook", "--source", ".")

        assert done.exit_code == 1
        assert not older.exists()
        assert "SC-01" in done.output
        assert "shop.py" in done.output
        assert "old/payments.py" in done.output
        assert "Nothing was sent" in done.output
        assert done.report == {}

    def test_the_source_may_stand_in_the_file(self, tmp_path: Path) -> None:
        """[scan] source names the source from the file's folder, and [scan] holds for it."""
        (tmp_path / "shop.py").write_text(SHOP)
        config = f'{CONFIG}[scan]\nsource = "."\nignore = ["SC-16"]\n'
        done = judged.certify(tmp_path, "--app", "shop:app", "--only", "RP-01", config=config)

        assert "Source:   " in done.output
        assert done.clause("RP-01")["in_source"] == []

    def test_a_source_that_is_not_there_is_wrong_usage(self, tmp_path: Path) -> None:
        """A misspelt source ends with 2 before anything is sent."""
        assert judged.certify(tmp_path, "--source", "none").exit_code == 2
