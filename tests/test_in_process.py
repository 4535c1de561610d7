"""Applications judged in the process of the run: right ones pass, wrong ones fail by name, broken ones end in time."""

from __future__ import annotations

import time
from pathlib import Path

import judged
import pytest

pytestmark = pytest.mark.slow

TOKEN = "token-of-the-orders"
ON_THE_WIRE = {"SG-11", "RP-05", "FG-14", "DL-10", "DL-11", "CV-04", "CV-05", "CV-06"}

SHOP = """
import hashlib, hmac, json, os, sqlite3, time

SECRET = os.environ["STRIPE_WEBHOOK_SECRET"].encode()
ORDERS = {}

def verified(header, body):
    items = [item.partition("=")[::2] for item in header.split(",")]
    at = next((value for name, value in items if name == "t"), "")
    if not at.isdigit() or abs(time.time() - int(at)) > 300:
        return False
    expected = hmac.new(SECRET, at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, value) for name, value in items if name == "v1")

def apply(body):
    event = json.loads(body)
    if event["type"] == "checkout.session.completed" and event["data"]["object"]["payment_status"] == "paid":
        session = event["data"]["object"]
        ORDERS[session["id"]] = {
            "status": "paid",
            "refund_status": None,
            "dispute_status": None,
            "total_amount": session["amount_total"] / 100,
        }

def order(path):
    return json.dumps(ORDERS.get(path.rpartition("/")[2])).encode()
"""

WSGI = (
    SHOP
    + """
def app(environ, start_response):
    body = environ["wsgi.input"].read()
    status = "200 OK"
    answer = b""
    if environ["REQUEST_METHOD"] == "GET":
        answer = order(environ["PATH_INFO"])
    elif verified(environ.get("HTTP_STRIPE_SIGNATURE", ""), body):
        apply(body)
    else:
        status = "400 Bad Request"
    start_response(status, [("Content-Type", "application/json")])
    return [answer]
"""
)

ASGI = (
    SHOP
    + """
import asyncio

STARTED = []

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                scope["state"]["tasks"] = set()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = (await receive())["body"]
    headers = {name: value.decode() for name, value in scope["headers"]}
    status, answer = 200, b""
    if scope["method"] == "GET":
        answer = order(scope["path"])
    elif not verified(headers.get(b"stripe-signature", b""), body):
        status = 400
    else:
        await take(scope, body)
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": answer})

async def take(scope, body):
    apply(body)
"""
)

LATER = (
    ASGI
    + """
async def take(scope, body):
    async def later():
        await asyncio.sleep(0.05)
        apply(body)
    task = asyncio.create_task(later())
    scope["state"]["tasks"].add(task)
    task.add_done_callback(scope["state"]["tasks"].discard)
"""
)

IN_MEMORY = ("--orders", "/orders/{session_id}")
ONLY = ("--only", "signed,forged,RP-01,OR-01,DL-01")


def certify(folder: Path, source: str, *arguments: str, app: str = "shop:app", **options: object) -> judged.Judged:
    """Judge an application written to `folder`, by some of the clauses."""
    (folder / "shop.py").write_text(source)
    return judged.certify(folder, "--app", app, *arguments, **options)  # type: ignore[arg-type]


def reference_environment(folder: Path) -> dict[str, str]:
    return {
        "STRIPE_SECRET_KEY": "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
        "DATABASE_URL": f"sqlite:///{folder / 'orders.db'}",
        "ORDERS_TOKEN": TOKEN,
    }


class TestTheReferenceServer:
    def test_it_passes(self, tmp_path: Path) -> None:
        """The reference server passes in-process: partially, which is said first, with the wire alone left out."""
        done = judged.certify(
            tmp_path,
            "--app",
            "hookassay.server.wsgi:app",
            "--orders",
            f"sqlite:///{tmp_path / 'orders.db'}",
            env=reference_environment(tmp_path),
        )

        assert (done.exit_code, done.verdict) == (0, "passed (partial)"), done.output
        assert done.having("failed", "warned", "error", "not_testable") == set()
        assert done.having("not_applicable") >= ON_THE_WIRE
        assert done.report["left_out"][0].startswith("It ran in-process (--app)")
        assert done.report["target"]["app"] == "hookassay.server.wsgi:app"
        assert "Endpoint: hookassay.server.wsgi:app, in-process, at /stripe/webhook" in done.output

    def test_its_orders_are_read_from_itself(self, tmp_path: Path) -> None:
        """Orders are read back from the application's own route, with the headers that it asks for."""
        done = judged.certify(
            tmp_path,
            "--app",
            "hookassay.server.wsgi:app",
            "--orders",
            "/orders/{session_id}",
            "--orders-header",
            f"Authorization: Bearer {TOKEN}",
            "--only",
            "OR-01,RF-01,EX-05",
            env=reference_environment(tmp_path),
        )

        assert (done.exit_code, done.verdict) == (0, "passed (partial)"), done.output
        assert done.having("passed") >= {"OR-01", "RF-01", "EX-05"}
        assert TOKEN not in done.output

    def test_its_orders_are_closed(self, tmp_path: Path) -> None:
        """Without the header the order route refuses, and the run ends with what to do."""
        done = judged.certify(
            tmp_path,
            "--app",
            "hookassay.server.wsgi:app",
            "--orders",
            "/orders/{session_id}",
            env=reference_environment(tmp_path),
        )

        assert done.exit_code == 3
        assert "answered 401: it refuses us" in " ".join(done.output.split())
        assert "--orders-header" in done.output

    def test_what_it_says_when_it_does_not_start(self, tmp_path: Path) -> None:
        """An application that ends the process while it is imported is told with its own words, and no traceback."""
        done = judged.certify(tmp_path, "--app", "hookassay.server.wsgi:app", env={"STRIPE_SECRET_KEY": ""})

        assert done.exit_code == 2
        assert "it ends the process (exit status 4). It said:" in done.output
        assert "STRIPE_SECRET_KEY is empty" in done.output
        assert "Traceback" not in done.output


class TestRightOnes:
    @pytest.mark.parametrize(
        "source", [WSGI, ASGI, LATER], ids=["wsgi", "asgi with a lifespan", "asgi that applies late"]
    )
    def test_they_pass(self, tmp_path: Path, source: str) -> None:
        """Small right applications pass, those that apply an event after they answered included."""
        done = certify(tmp_path, source, *IN_MEMORY, *ONLY)

        assert (done.exit_code, done.verdict) == (0, "passed (partial)"), done.output
        assert done.having("failed", "warned", "error", "not_testable") == set()

    def test_a_database_in_memory(self, tmp_path: Path) -> None:
        """A connection that is bound to the thread of the import works, as under a server of one thread."""
        source = WSGI + (
            "\nDATABASE = sqlite3.connect(':memory:')\n"
            "inner = app\n"
            "def app(environ, start_response):\n"
            "    DATABASE.execute('SELECT 1')\n"
            "    return inner(environ, start_response)\n"
        )
        assert certify(tmp_path, source, *IN_MEMORY, "--only", "SG-01").exit_code == 0

    def test_a_factory(self, tmp_path: Path) -> None:
        """A factory is called with literal arguments, and the path is the URL's place."""
        source = WSGI + (
            "\ndef create(path, *, debug):\n"
            "    def application(environ, start_response):\n"
            "        if environ['REQUEST_METHOD'] == 'POST' and environ['PATH_INFO'] != path:\n"
            "            start_response('404 Not Found', [])\n"
            "            return []\n"
            "        return app(environ, start_response)\n"
            "    return application\n"
        )
        done = certify(
            tmp_path, source, "/hooks", *IN_MEMORY, "--only", "SG-01", app="shop:create('/hooks', debug=False)"
        )

        assert done.exit_code == 0, done.output

    def test_what_it_prints_and_warns(self, tmp_path: Path) -> None:
        """What an application prints, logs and warns of is kept in a file, redacted, and fails nothing."""
        source = (
            "import logging, sys, threading, warnings\n"
            "logging.basicConfig(level=logging.INFO)\n"
            "print('imported')\n"
            + WSGI
            + "\ninner = app\nsaid = []\n"
            + "def app(environ, start_response):\n"
            + "    if not said:\n"  # once, for only the last of what is printed is kept
            + "        said.append(True)\n"
            + "        print('printed')\n"
            + "        logging.info('logged %s', SECRET.decode())\n"
            + "        logging.info('%d', 'badly logged')\n"
            + "        warnings.warn('warned', UserWarning, stacklevel=1)\n"
            + "        threading.Thread(target=lambda: 1 / 0).start()\n"
            + "    return inner(environ, start_response)\n"
        )
        done = certify(tmp_path, source, *IN_MEMORY, *ONLY)
        log = (tmp_path / "hookassay-report" / "application.log").read_text()

        assert (done.exit_code, done.verdict) == (0, "passed (partial)"), done.output
        for word in ("imported", "printed", "logged", "warned", "ZeroDivisionError"):
            assert word in log
            assert word not in done.output
        assert judged.SECRET not in log
        assert "application.log" in done.output


class TestWrongOnes:
    @pytest.mark.parametrize("source", [WSGI, ASGI], ids=["wsgi", "asgi"])
    def test_no_verification(self, tmp_path: Path, source: str) -> None:
        """One that verifies nothing fails the forged clauses by name."""
        source = source.replace("def verified(header, body):", "def verified(header, body):\n    return True\n")

        done = certify(tmp_path, source, *IN_MEMORY, *ONLY)

        assert (done.exit_code, done.verdict) == (1, "not certified")
        assert {"FG-01", "FG-03"} <= done.having("failed")
        assert done.clause("SG-01")["status"] == "passed"
        assert "--app shop:app" in done.output

    @pytest.mark.parametrize("source", [WSGI, ASGI], ids=["wsgi", "asgi"])
    def test_what_it_raises(self, tmp_path: Path, source: str) -> None:
        """One that raises at genuine events fails SG-01; what was raised, and where, is in the report."""
        source = source.replace("    event = json.loads(body)\n", "    raise LookupError('no such price')\n")

        done = certify(tmp_path, source, *IN_MEMORY, "--only", "SG-01")
        line = source[: source.index("raise LookupError")].count("\n") + 1

        assert (done.exit_code, done.verdict) == (1, "not certified")
        assert done.having("failed") == {"SG-01"}
        assert f"500 (LookupError: no such price (shop.py:{line})" in " ".join(done.output.split())
        assert {evidence["answer_status"] for evidence in done.clause("SG-01")["scenarios"][0]["evidence"]} == {500}
        assert "Traceback" not in done.output
        assert "Traceback" in (tmp_path / "hookassay-report" / "application.log").read_text()

    def test_one_that_always_raises(self, tmp_path: Path) -> None:
        """One that raises at everything is not judged; what it raises is said, and a missing setting comes first."""
        done = certify(tmp_path, "def app(environ, start_response):\n    return environ['SHOP_DATABASE']\n")

        assert (done.exit_code, done.verdict) == (3, "not judged")
        told = " ".join(done.output.split())
        assert "exactly as it refuses forged ones: 500 (KeyError: 'SHOP_DATABASE' (shop.py:2))" in told
        assert "Likely reasons, in order: it lacks a setting or a table" in told

    def test_another_path(self, tmp_path: Path) -> None:
        """One that takes webhooks elsewhere is not judged; the path comes first among the reasons."""
        source = "def app(environ, start_response):\n    start_response('404 Not Found', [])\n    return []\n"
        done = certify(tmp_path, source)

        assert done.exit_code == 3
        assert "in order: the application takes webhooks at another path" in " ".join(done.output.split())

    @pytest.mark.parametrize("source", [WSGI, ASGI], ids=["wsgi", "asgi"])
    def test_one_that_hangs(self, tmp_path: Path, source: str) -> None:
        """One that never answers is given up after the timeout, and the run ends."""
        pause = "await asyncio.sleep(60)" if source is ASGI else "time.sleep(60)"
        source = source.replace("    status", f"    {pause}\n    status", 1)
        began = time.monotonic()

        done = certify(tmp_path, source, "--timeout", "0.2")

        assert (done.exit_code, done.verdict) == (3, "not judged")
        assert "no answer within 0.2 s" in done.output
        assert time.monotonic() - began < 30

    def test_a_start_up_that_fails(self, tmp_path: Path) -> None:
        """An ASGI application whose start-up fails is not judged, with its last words."""
        failed = 'await send({"type": "lifespan.startup.failed", "message": "OSError: no database"})'
        source = ASGI.replace('scope["state"]["tasks"] = set()', f"{failed}\n                return")
        done = certify(tmp_path, source)

        assert done.exit_code == 3
        assert "lifespan.startup): OSError: no database" in " ".join(done.output.split())
