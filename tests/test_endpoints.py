"""The certification of right servers that differ: the suite must give none of them a false alarm.

Nothing tells the suite how long an effect takes (`--settle`): it has to find out.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import gunicorn_process
import judged
import pytest
import uvicorn_process
from defective import ALL_ELSE
from endpoints.shop import WORDS
from pool import Judgements

from hookassay.judging.contract import Contract
from hookassay.reference import free_port

CONTRACT = Contract.load()
TESTS = Path(__file__).parent
TOKEN = "token-of-the-endpoints"

REFERENCE = "hookassay.server.wsgi:app"
SQL = '[orders]\nsource = "sqlite:///orders.db"\n'
HTTP = (
    '[orders]\nsource = "${SHOP}/orders/{session_id}"\n[orders.headers]\nAuthorization = "Bearer ${ORDERS_TOKEN}"\n\n'
)
SALES = (
    """
[purchase]
created_by = "shop"
client_reference_id = "sale-{run}-{n}"

[orders]
source = "sqlite:///orders.db"
table = "sales"
money = "minor"
%s

"""
    + WORDS
)
ONE_COLUMN = """
[orders]
source = "sqlite:///orders.db"

[orders.columns]
refund_status = "status"
dispute_status = "status"

[orders.values]
paid = ["paid"]
refunded = ["refunded"]
partially_refunded = ["partially_refunded"]
disputed = ["disputed"]
dispute_won = ["won"]
dispute_lost = ["lost"]
"""
A_FEW = (
    "SG-01,SG-03,FG-01,FG-02,FG-12,RP-01,RP-03,RP-05,RP-06,OO-01,OO-02,OO-05,OO-06,OR-09,RF-06,DP-02,FL-02,DL-01,CV-03"
)
DJANGO = """
[purchase]
modes = ["payment", "setup", "subscription"]

[orders]
source = "sqlite:///orders.db"
table = "django_shop_order"

[orders.columns]
user_id = false
stripe_session_id = "checkout_session"
status = "is_paid"
refund_status = "refunded"
dispute_status = "complaint"
total_amount = "price"
amount_refunded = "returned"
currency = "currency"
created_at = "placed_at"

[orders.values]
paid = [true]
refunded = ["E"]
partially_refunded = ["P"]
disputed = ["O"]
dispute_won = ["W"]
dispute_lost = ["L"]
"""
STARLETTE = """
[purchase]
modes = ["payment", "setup", "subscription"]

[orders]
source = "${SHOP}/api/orders/{session_id}"
rows = "orders"
money = "minor"

[orders.headers]
Authorization = "Bearer ${ORDERS_TOKEN}"

[orders.columns]
id = "number"
user_id = false
stripe_session_id = "checkout"
status = "state"
refund_status = "refund"
dispute_status = "dispute"
total_amount = "money.paid"
amount_refunded = "money.returned"
currency = "money.currency"
created_at = false

[orders.values]
paid = ["fulfilled"]
refunded = ["all"]
partially_refunded = ["some"]
disputed = ["contested"]
dispute_won = ["won"]
dispute_lost = ["lost"]
"""
FLASK = """
[purchase]
modes = ["payment", "setup", "subscription"]

[orders]
source = "sqlite:///orders.db"
table = "sales"
money = "minor"

[orders.columns]
id = false
user_id = false
stripe_session_id = "checkout"
status = "tags"
refund_status = "tags"
dispute_status = "tags"
total_amount = "cents"
amount_refunded = "cents_returned"
currency = "currency"
created_at = false

[orders.values]
paid = ["settled"]
refunded = ["refunded-whole"]
partially_refunded = ["refunded-part"]
disputed = ["chargeback-open"]
dispute_won = ["chargeback-won"]
dispute_lost = ["chargeback-lost"]

[effects]
count = "SELECT count(*) FROM licences WHERE checkout = :session_id"
"""
FOUR_ALONE = '''
[purchase]
modes = ["payment", "setup", "subscription"]

[orders]
source = "sqlite:///orders.db"
money = "minor"
query = """
SELECT payment AS id, session AS stripe_session_id, amount AS total_amount, currency, refunded AS amount_refunded,
  CASE WHEN paid THEN 'paid' ELSE 'unpaid' END AS status, dispute AS dispute_status,
  CASE WHEN refunded = 0 THEN 'no' WHEN refunded < amount THEN 'partially_refunded' ELSE 'refunded' END AS refund_status
FROM bookings WHERE session = :session_id
"""

[orders.columns]
user_id = false
created_at = false
amount_refunded = "amount_refunded"
currency = "currency"

[orders.values]
disputed = ["open"]
'''
FETCHING = """
[stripe_api]
address = "${STRIPE_API}"

[orders]
source = "sqlite:///orders.db"
money = "minor"

[orders.columns]
amount_refunded = "amount_refunded"
currency = "currency"
"""
FOUR_EVENTS = "checkout.session.completed,charge.refunded,charge.dispute.created,payment_intent.payment_failed"


HAS_NO_SUCH_THING = (
    "orders are not read over HTTP",
    "no early event is refused",
    "the shop created the order at its own price",
)
"""How the reason begins where a clause is about a thing that a right server need not have."""

Serve = Callable[[str, Mapping[str, str], Path], AbstractContextManager[str]]
"""Serves a factory with these variables and this log, and gives the address."""


def on_gunicorn(app: str, env: Mapping[str, str], log: Path) -> AbstractContextManager[str]:
    """One process, eight threads."""
    return gunicorn_process.running(app, env=env, args=["--pythonpath", str(TESTS / "shared")], log=log)


def on_two_workers(app: str, env: Mapping[str, str], log: Path) -> AbstractContextManager[str]:
    """Two processes of four threads, the application loaded before they are forked."""
    args = ["--pythonpath", str(TESTS / "shared"), "--preload"]
    return gunicorn_process.running(app, workers=2, threads=4, env=env, args=args, log=log)


def on_uvicorn(app: str, env: Mapping[str, str], log: Path) -> AbstractContextManager[str]:
    """One process and one event loop."""
    return uvicorn_process.running(app, env=env, folder=TESTS / "shared", log=log)


@dataclass(frozen=True)
class Right:
    """A right server, and how it is judged.

    Attributes:
        app: Its factory, or the reference server.
        config: Its hookassay.toml. ${SHOP} is its address, ${PYTHON} and ${ENDPOINTS} are there to write commands with.
        arguments: Words of the command line.
        once: Whether a second order or effect would be seen.
        serve: What it runs on.
    """

    app: str
    config: str = SQL
    arguments: tuple[str, ...] = ()
    once: bool = True
    serve: Serve = on_gunicorn


RIGHT: Mapping[str, Right] = {
    # One after another their waits alone take minutes.
    "late, in one thread": Right("endpoints.late:in_one_thread()", arguments=("--workers", "4")),
    "late, in four threads": Right("endpoints.late:in_four_threads()", arguments=("--workers", "4")),
    # A second for each event: the whole contract takes minutes and shows no more.
    "503 and Retry-After at first": Right("endpoints.answers:asks_to_retry()", arguments=("--only", A_FEW)),
    "429 and Retry-After when it gets too much": Right("endpoints.answers:rate_limited()"),
    "401 and 204": Right("endpoints.answers:unauthorized()"),
    "409 to early refunds": Right("endpoints.answers:conflict()"),
    "409 to early refunds, with Retry-After": Right("endpoints.answers:conflict_with_retry_after()"),
    "500 to the loser of a race": Right("endpoints.answers:locked()"),
    "409 to the loser of a race": Right("endpoints.answers:locked_in_conflict()"),
    "hangs up on forgeries": Right("endpoints.answers:hangs_up()"),
    "refuses the future": Right("endpoints.clock:strict_clock()"),
    "the shop creates, by SQL": Right(
        "endpoints.shop:shop()",
        SALES % "create = 'INSERT INTO sales (reference, checkout, cents, money) "
        "VALUES (:client_reference_id, :session_id, :amount, :currency)'",
    ),
    "the shop creates, by POST": Right(
        "endpoints.shop:shop()",
        SALES % 'create = "${SHOP}/sales"\nheaders = { Authorization = "Bearer ${SHOP_TOKEN}" }',
    ),
    "the shop creates, by a command": Right(
        "endpoints.shop:shop()",
        SALES % 'create = "cmd:${PYTHON} -S ${ENDPOINTS}/sell.py orders.db '
        '{client_reference_id} {session_id} {amount} {currency}"',
    ),
    "read over HTTP": Right(
        REFERENCE,
        '[orders]\nsource = "${SHOP}/orders/{session_id}"\n',
        ("--orders-header", "Authorization: env:ORDERS_AUTHORIZATION"),
        once=False,
    ),
    # A process for each reading: the whole contract takes a minute of the machine and shows no more.
    "read by a command": Right(
        REFERENCE,
        '[orders]\nsource = "cmd:${PYTHON} -S ${ENDPOINTS}/show.py orders.db {session_id}"\n',
        arguments=("--only", A_FEW),
    ),
    "read over HTTP, effects by a command": Right(
        "endpoints.effects:mailing()",
        HTTP + '[effects]\ncount = "cmd:${PYTHON} -S ${ENDPOINTS}/show.py --mails orders.db {session_id}"\n',
    ),
    "read over HTTP, effects by a URL": Right(
        "endpoints.effects:mailing()",
        HTTP + '[effects]\ncount = "${SHOP}/mails/{session_id}"\nvalue = "mails.sent"\n',
    ),
    "read as single rows, effects by SQL": Right(
        "endpoints.effects:mailing()",
        SQL + 'many = false\n[effects]\ncount = "SELECT count(*) FROM mails WHERE session = :session_id"\n',
    ),
    "four event types": Right("endpoints.selection:four_types()", arguments=("--events", FOUR_EVENTS)),
    "paid by the payment's events": Right("endpoints.selection:paid_by_payment()"),
    "refunds by charge events": Right("endpoints.selection:charges_only()"),
    "refunds by refund events": Right("endpoints.selection:refunds_only()"),
    "one status column": Right("endpoints.column:one_column()", ONE_COLUMN),
    "Django": Right("endpoints.django_shop.wsgi:application()", DJANGO, serve=on_two_workers),
    "Starlette": Right("endpoints.starlette_shop:app()", STARLETTE, serve=on_uvicorn),
    "Flask with a queue": Right("endpoints.flask_queue:create_app()", FLASK),
    "four event types, and no others known": Right(
        "endpoints.four_events:create_app()", FOUR_ALONE, ("--events", FOUR_EVENTS)
    ),
    "fetching from Stripe's API": Right("endpoints.fetching:fetching()", FETCHING),
}


def environment(folder: Path) -> dict[str, str]:
    """What a server needs to know, its orders being kept in `folder`."""
    # Fixed before the server starts; the run that judges it starts the stand-in for Stripe's API there.
    stripe_api = f"127.0.0.1:{free_port()}"
    return {
        "STRIPE_API": stripe_api,
        "STRIPE_API_BASE": f"http://{stripe_api}",
        "STRIPE_SECRET_KEY": "sk_test_of_an_endpoint",
        "STRIPE_WEBHOOK_SECRET": judged.SECRET,
        "DATABASE_URL": f"sqlite:///{folder / 'orders.db'}",
        "ORDERS_TOKEN": TOKEN,
        "SHOP_TOKEN": TOKEN,
    }


WHOLE = bool(os.environ.get("HOOKASSAY_WHOLE"))
LIKE_THE_REFERENCE = {
    "401 and 204",
    "409 to early refunds, with Retry-After",
    "500 to the loser of a race",
    "409 to the loser of a race",
    "refuses the future",
    "the shop creates, by POST",
    "the shop creates, by a command",
    "read over HTTP, effects by a command",
    "read over HTTP, effects by a URL",
    "read as single rows, effects by SQL",
}
"""The reference server but for some of its answers, or for how its orders are read: a few clauses show that, and with
HOOKASSAY_WHOLE=1 in the environment the whole contract."""


IN_PROCESS = ", in-process"
"""What is judged without a server is called so behind its name."""

IN_EVERY_ORDER = {
    "409 to early refunds",
    "the shop creates, by SQL",
    "Django",
    "Starlette",
    "Flask with a queue",
    "four event types, and no others known",
    "fetching from Stripe's API",
}
"""Those that work orders out in ways of their own: they are sent every order of arrival, the others with
HOOKASSAY_WHOLE=1 only, for that takes longer than all else."""


def judge(name: str, folder: Path) -> judged.Judged:
    """What the contract says about a right server, whose files are kept in `folder`."""
    right = RIGHT[name.removesuffix(IN_PROCESS)]
    env = environment(folder)
    if name.endswith(IN_PROCESS):
        env = {**env, "SHOP": "", "PYTHONPATH": str(TESTS / "shared")}
        return judged.certify(folder, "--app", right.app, "--only", ALL_ELSE, config=right.config, env=env)
    with right.serve(right.app, env, folder / "server.log") as url:
        known = {
            "SHOP": url,
            "PYTHON": sys.executable,
            "ENDPOINTS": str(TESTS / "endpoints"),
            "ORDERS_AUTHORIZATION": f"Bearer {TOKEN}",
            **env,
        }
        arguments = [f"{url}/stripe/webhook", *right.arguments]
        if not WHOLE:
            if name in LIKE_THE_REFERENCE:
                arguments += ["--only", A_FEW]
            elif name not in IN_EVERY_ORDER and "--only" not in arguments:
                arguments += ["--only", ALL_ELSE]
        return judged.certify(folder, *arguments, config=right.config, env=known)


@pytest.fixture
def found(name: str, judgements: Judgements) -> judged.Judged:
    """The judgement of the right server called `name`."""
    return judgements[name].result()


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_server_gives_no_alarm(name: str, found: judged.Judged) -> None:
    """No clause is failed, warned of or in error, and the run ends well."""
    alarms = {clause: found.clause(clause)["reason"] for clause in found.having("failed", "warned", "error")}
    assert alarms == {}, found.output
    assert found.exit_code == 0, found.output


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_a_right_server_is_judged_by_all_that_can_be_seen(name: str, found: judged.Judged) -> None:
    """Nothing is left out but uniqueness, and that only where a second order or effect would not be seen."""
    unseen = {clause.id for clause in CONTRACT if "unique" in clause.needs and not RIGHT[name].once}
    assert found.having("not_testable") <= unseen, found.output
    assert unseen.isdisjoint(found.having("passed"))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, right in RIGHT.items() if not right.once])
def test_single_rows_without_a_count_of_effects_pass_in_part(name: str, found: judged.Judged) -> None:
    """Where uniqueness cannot be seen, the verdict says that something was left out."""
    assert found.verdict == "passed (partial)"
    assert "a second order would not be seen" in " ".join(found.report["left_out"])


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_no_secret_is_told(name: str, found: judged.Judged) -> None:
    """Neither the signing secret nor the shop's tokens are in the output or in the report."""
    told = found.output + json.dumps(found.report)
    assert judged.SECRET not in told
    assert TOKEN not in told


@pytest.mark.slow
@pytest.mark.parametrize("name", RIGHT)
def test_a_clause_applies_to_a_right_server_unless_it_is_not_subscribed(name: str, found: judged.Judged) -> None:
    """What needs no declaration of its own applies, but for events that the endpoint does not get."""
    for clause in found.having("not_applicable"):
        reason = found.clause(clause)["reason"]
        if set(CONTRACT[clause].needs) <= {"orders", "unique", "amounts"} and not reason.startswith(HAS_NO_SUCH_THING):
            assert "--events" in RIGHT[name].arguments, clause
            assert reason.startswith("not subscribed to"), clause


@pytest.mark.slow
@pytest.mark.parametrize("name", ["409 to early refunds", "409 to early refunds, with Retry-After", "Django"])
def test_a_refusal_of_early_events_shows_that_they_are_not_forgotten(name: str, found: judged.Judged) -> None:
    """What is refused for coming early is judged when it is delivered again (FL-02)."""
    assert found.clause("FL-02")["status"] == "passed"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Starlette"])
def test_orders_behind_a_token_are_not_exposed(name: str, found: judged.Judged) -> None:
    """An order URL that wants a header is asked without it, and shows nothing (EX-05)."""
    assert found.clause("EX-05")["status"] == "passed"


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in RIGHT if name.startswith("four event types")])
def test_four_event_types_are_enough_to_be_judged(name: str, found: judged.Judged) -> None:
    """The least subscription lets orders, refunds and disputes be judged, early ones and late ones, and races."""
    assert {"OR-01", "OR-10", "RF-01", "RF-06", "DP-01", "DP-02"} <= found.having("passed")
    assert {"OO-01", "OO-02", "OO-04", "OO-05", "OO-06", "OO-10", "OO-11", "RP-05"} <= found.having("passed")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, right in RIGHT.items() if "amount_refunded" in right.config])
def test_refunded_amounts_are_judged_where_they_are_shown(name: str, found: judged.Judged) -> None:
    """A column for amount_refunded, in whichever unit, makes the arithmetic of refunds visible."""
    by_amount = [scenario for scenario in found.clause("OO-06")["scenarios"] if "by amount" in scenario["name"]]
    assert [scenario["status"] for scenario in by_amount] == ["passed"]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hangs up on forgeries"])
def test_a_dropped_connection_is_noted_and_no_fault(name: str, found: judged.Judged) -> None:
    """A forgery that gets no answer at all is refused well enough (FG-02), and the report says so."""
    assert found.clause("FG-02")["status"] == "passed"
    assert "a forgery is not answered" in found.output


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fetching from Stripe's API"])
def test_a_thin_event_may_be_followed(name: str, found: judged.Judged) -> None:
    """Who fetches what a thin event is about finds it, sees that it is not paid, and acknowledges (FL-04)."""
    (scenario,) = found.clause("FL-04")["scenarios"]
    assert scenario["status"] == "passed"
    assert "FL-04: a thin event is answered 200" in found.output


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [f"{framework}{IN_PROCESS}" for framework in ("Django", "Flask with a queue", "Starlette")]
)
def test_a_right_application_passes_in_process(name: str, found: judged.Judged) -> None:
    """The same application without a server, WSGI or ASGI, gives no alarm either; only the wire is left out."""
    assert (found.exit_code, found.verdict) == (0, "passed (partial)"), found.output
    assert found.having("failed", "warned", "error", "not_testable") == set()


@pytest.mark.slow
def test_a_server_that_fetches_needs_the_stand_in(tmp_path: Path) -> None:
    """Without the stand-in a server that fetches can fulfil nothing, and is not certified."""
    env = environment(tmp_path)
    config = FETCHING[FETCHING.index("[orders]") :]
    with on_gunicorn("endpoints.fetching:fetching()", env, tmp_path / "server.log") as url:
        found = judged.certify(tmp_path, f"{url}/stripe/webhook", "--only", "SG-01", config=config, env=env)

    assert (found.exit_code, found.having("failed")) == (1, {"SG-01"}), found.output
