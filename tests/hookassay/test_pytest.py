"""The pytest plugin, as a team's own tests use it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from hookassay.reference import free_port

DOCUMENT = (Path(__file__).parents[2] / "docs" / "pytest.md").read_text(encoding="utf-8")
EXAMPLE = dict(re.findall(r"<!-- (\S+) -->\n```python\n(.*?)```", DOCUMENT, re.DOTALL))


def run(folder: Path, *arguments: str, **files: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in `folder` with these files over those of the document's example."""
    for name, text in {**EXAMPLE, **{f"{name}.py": text for name, text in files.items()}}.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_the_example(tmp_path: Path) -> None:
    """The document's example passes, with all warnings made errors."""
    done = run(tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def test_a_clause_that_fails(tmp_path: Path) -> None:
    """A clause that fails is told with its name, what was expected and what was seen; the other tests go on."""
    shop = EXAMPLE["shop.py"].replace('return "", 400\n', "pass\n")

    done = run(tmp_path, shop=shop)

    assert "2 failed, 2 passed" in done.stdout
    assert "FG-01 MUST" in done.stdout
    assert "Expected:" in done.stdout
    assert "not certified" in done.stdout


def test_what_is_raised_is_shown(tmp_path: Path) -> None:
    """What leaves the application is shown where an order is waited for in vain, by the courier's answers."""
    shop = EXAMPLE["shop.py"].replace(
        "event = json.loads(body)\n", 'event = json.loads(body)\n        raise LookupError("x")\n'
    )
    test = """
def test_it(hookassay_purchase, hookassay_courier, hookassay_orders):
    purchase = hookassay_purchase()
    answers = hookassay_courier.deliver(purchase)
    assert answers[0].status == 500
    assert hookassay_orders.of(purchase) == ()
    hookassay_orders.eventually(purchase, "paid")
"""
    done = run(tmp_path, shop=shop, test_webhook=test)

    assert "1 failed" in done.stdout
    assert "expected paid: an order with status paid/complete, within 0.5 s, saw no order" in done.stdout
    assert "LookupError: x" in done.stdout


def test_an_asgi_application(tmp_path: Path) -> None:
    """An ASGI application is tested alike; what it does after its answer is waited for, and it is certified as well."""
    shop = """
import asyncio
import json

ORDERS = {}
TASKS = set()


async def app(scope, receive, send):
    assert scope["type"] == "http"
    body = (await receive())["body"]
    TASKS.add(asyncio.create_task(later(json.loads(body))))
    await send({"type": "http.response.start", "status": 202})
    await send({"type": "http.response.body"})


async def later(event):
    await asyncio.sleep(0.05)
    if event["type"] == "checkout.session.completed":
        session = event["data"]["object"]
        ORDERS[session["id"]] = {
            "status": "paid",
            "refund_status": None,
            "dispute_status": None,
            "total_amount": session["amount_total"] / 100,
        }
"""
    conftest = """
import pytest
from hookassay.pytest import UnderTest
from shop import ORDERS

pytest_plugins = ["hookassay.pytest"]

@pytest.fixture
def hookassay_endpoint():
    return UnderTest("shop:app", secret="whsec_of_the_tests", path="/anywhere", orders=ORDERS.get)
"""
    test = """
def test_it(hookassay_purchase, hookassay_courier, hookassay_orders):
    purchase = hookassay_purchase()
    hookassay_courier.deliver(purchase, "the payment")
    hookassay_orders.eventually(purchase, "paid")

def test_clauses(hookassay_certify):
    result = hookassay_certify("SG-01")
    assert result.verdict == "passed (partial)"
    assert [clause.status for clause in result.clauses] == ["passed"]
"""
    done = run(tmp_path, shop=shop, conftest=conftest, test_webhook=test)

    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_an_application_that_fetches(tmp_path: Path) -> None:
    """An application that asks Stripe's API back finds there what was delivered, in every test of the session."""
    address = f"127.0.0.1:{free_port()}"
    (tmp_path / "hookassay.toml").write_text(f'[stripe_api]\naddress = "{address}"\n')
    shop = f"""
import json

import stripe

ORDERS = {{}}
CLIENT = stripe.StripeClient("sk_test_of_the_shop", base_addresses={{"api": "http://{address}"}})


def app(environ, start_response):
    event = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    if event["type"] == "checkout.session.completed":
        session = CLIENT.v1.checkout.sessions.retrieve(event["data"]["object"]["id"])
        ORDERS[session.id] = {{
            "status": session.payment_status,
            "refund_status": None,
            "dispute_status": None,
            "total_amount": session.amount_total / 100,
        }}
    start_response("204 No Content", [])
    return []
"""
    conftest = """
import pytest
from hookassay.pytest import UnderTest
from shop import ORDERS, app

pytest_plugins = ["hookassay.pytest"]

@pytest.fixture
def hookassay_endpoint():
    return UnderTest(app, secret="whsec_of_the_tests", orders=ORDERS.get)
"""
    test = """
def test_it(hookassay_purchase, hookassay_courier, hookassay_orders):
    purchase = hookassay_purchase()
    hookassay_courier.deliver(purchase, "the payment")
    hookassay_orders.eventually(purchase, "paid")

def test_clauses(hookassay_certify):
    hookassay_certify("OR-01,OR-02")
"""
    done = run(tmp_path, shop=shop, conftest=conftest, test_webhook=test)

    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_what_it_is_told_wrongly(tmp_path: Path) -> None:
    """What is missing or misspelt is told in a sentence, not in a traceback through the plugin."""
    conftest = """
import pytest
from hookassay.pytest import UnderTest
"""
    test = """
import pytest
from hookassay.pytest import UnderTest

def test_nothing(hookassay_purchase): ...

class TestNoSecret:
    @pytest.fixture
    def hookassay_endpoint(self):
        return UnderTest(lambda environ, start_response: [])

    def test_it(self, hookassay_certify):
        hookassay_certify()

class TestOthers:
    @pytest.fixture
    def hookassay_endpoint(self):
        return UnderTest(lambda environ, start_response: [], secret="whsec_x", orders="shop")

    def test_orders(self, hookassay_courier): ...

class TestNames:
    @pytest.fixture
    def hookassay_endpoint(self):
        return UnderTest(lambda environ, start_response: [], secret="whsec_x", orders=lambda session_id: None)

    def test_fact(self, hookassay_purchase, hookassay_courier):
        hookassay_courier.deliver(hookassay_purchase(), "the paiment")

    def test_forgery(self, hookassay_purchase, hookassay_courier):
        hookassay_courier.forge(hookassay_purchase(), forgery="a wrong signature")

    def test_state(self, hookassay_purchase, hookassay_orders):
        hookassay_orders.eventually(hookassay_purchase(), "payed")

    def test_clause(self, hookassay_certify):
        hookassay_certify(only="SG-1")
"""
    done = run(tmp_path, "-p", "hookassay.pytest", conftest=conftest, test_webhook=test)
    told = " ".join(done.stdout.split())

    assert "Override the fixture hookassay_endpoint in conftest.py" in told
    assert "hookassay: No signing secret was given" in told
    assert "hookassay: The orders source has no scheme" in told
    assert "no fact is called 'the paiment'" in told
    assert "no way to sign is called 'a wrong signature'; there are: " in told
    assert "no condition is called 'payed'; there are paid" in told
    assert "hookassay: There is no clause or group 'SG-1'. Did you mean" in told
    assert done.stdout.count("_hookassay_bench") < 3


def test_the_configuration(tmp_path: Path) -> None:
    """The ini option names the configuration, which says all that the fixture leaves out."""
    (tmp_path / "setup.cfg").write_text("[tool:pytest]\nhookassay_config = shops/mine.toml\n")
    (tmp_path / "shops").mkdir()
    (tmp_path / "shops" / "mine.toml").write_text(
        '[endpoint]\nurl = "https://shop.example/elsewhere"\nsecret = "whsec_of_the_file"\n'
        '[orders]\nmoney = "minor"\n[purchase]\nmetadata = { cart = "c-{n}" }\n'
    )
    conftest = """
import pytest
from hookassay.pytest import UnderTest

pytest_plugins = ["hookassay.pytest"]

def app(environ, start_response):
    start_response("200 OK", [])
    return [environ["PATH_INFO"].encode()]

@pytest.fixture
def hookassay_endpoint():
    return UnderTest(app, orders=lambda session_id: None)
"""
    test = """
def test_it(hookassay_purchase, hookassay_courier):
    purchase = hookassay_purchase()
    answers = hookassay_courier.deliver(purchase)
    assert answers[0].body == b"/stripe/webhook"
    assert purchase.open_session()["metadata"] == {"cart": "c-1"}
"""
    done = run(tmp_path, conftest=conftest, test_webhook=test)

    assert "1 passed" in done.stdout, done.stdout


def test_it_is_cheap_and_not_loaded_by_itself(tmp_path: Path) -> None:
    """Without being asked for the plugin is not there; loaded, it brings none of the harness with it."""
    test = """
import sys

def test_it(pytestconfig):
    assert pytestconfig.pluginmanager.hasplugin("hookassay.pytest") == LOADED
    brought = {name for name in sys.modules if name.split(".")[0] in ("hookassay", "pytest_bdd", "sqlalchemy", "rich")}
    assert brought <= {"hookassay", "hookassay.pytest"}
"""
    for arguments, loaded in (((), False), (("-p", "hookassay.pytest"), True)):
        source = test.replace("LOADED", str(loaded))
        done = run(tmp_path, "-p", "no:pytest-bdd", *arguments, conftest="", test_webhook=source)

        assert "1 passed" in done.stdout, done.stdout
