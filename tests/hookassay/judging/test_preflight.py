"""The preflight: whether and how an endpoint can be judged, and what is said where it cannot."""

from __future__ import annotations

import email.utils
import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
import scripted
from scripted import OK, answering, serving
from toy_shop import ToyShop, answer, bench

from hookassay.config import EndpointSettings, OrdersSettings, PurchaseSettings, Settings
from hookassay.endpoint import Endpoint
from hookassay.errors import HarnessError, NotJudged, UsageError
from hookassay.judging import preflight as module
from hookassay.judging.preflight import MANNERS, MEASURED_PURCHASES, Preflight, turned_away
from hookassay.wire.connection import Answer, Request

Preparing = Callable[..., Preflight]


@pytest.fixture
def shop() -> ToyShop:
    return ToyShop()


@pytest.fixture
def prepare(shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> Preparing:
    """Makes the preflight of a run against the shop, one that loses its patience in a tenth of a second."""
    for name in ("FIRST_PATIENCE", "REFUSED_PATIENCE", "EFFECT_PATIENCE"):
        monkeypatch.setattr(module, name, 0.1)
    monkeypatch.setattr(Preflight, "_reach", lambda self: None)

    def make(settings: Settings | None = None, **options: Any) -> Preflight:
        return Preflight(bench(shop, monkeypatch, settings, **{"settle": None, **options}), lambda line: None)

    return make


def head(request: Request) -> str:
    return " ".join(f"{name}: {value}" for name, value in request.headers)


def run(preflight: Preflight) -> str:
    """What the run is told by a preflight that lets it go on, all in one."""
    preflight.run()
    return "\n".join(preflight.findings)


# --- it works ---------------------------------------------------------------------------------------------------------


def test_easiest_manner(prepare: Preparing, shop: ToyShop) -> None:
    """An honest endpoint is judged in the easiest manner, and how long its effects take is known."""
    preflight = prepare()

    assert "a genuine purchase takes effect (compact body, plain headers)" in run(preflight)
    assert "an effect takes up to" in preflight.findings[-1]
    assert preflight.bench.dispatch.manner is MANNERS[0]
    assert len(shop.orders) == 1 + MEASURED_PURCHASES
    assert len(preflight.bench.journal.created) == 1 + MEASURED_PURCHASES


def test_told_at_once(prepare: Preparing) -> None:
    """Each finding is told when it is found."""
    preflight = prepare()
    told: list[str] = []
    preflight.tell = told.append
    preflight.run()

    assert told == preflight.findings


@pytest.mark.parametrize(
    ("accepts", "manner"),
    [
        (lambda request: "User-Agent: Stripe" in head(request), "compact body, Stripe's headers"),
        (lambda request: b'\n  "' in request.body, "indented body, plain headers"),
        (
            lambda request: b'\n  "' in request.body and "User-Agent: Stripe" in head(request),
            "indented body, Stripe's headers",
        ),
        (lambda request: b'", "' in request.body, "body spaced as Python's json.dumps writes it, plain headers"),
    ],
)
def test_another_manner(prepare: Preparing, shop: ToyShop, accepts: Callable[[Request], bool], manner: str) -> None:
    """The first manner that works is the run's, and what did not is told."""
    shop.instead = lambda request: None if accepts(request) else answer(400)
    preflight = prepare()

    assert f"a genuine purchase takes effect ({manner})" in run(preflight)
    assert preflight.findings[0].startswith("compact body, plain headers: no effect (400")
    assert preflight.bench.dispatch.manner.name == manner


def test_trailing_slash(prepare: Preparing, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that redirects to the URL with a slash is judged there, so that only the redirect fails."""
    usual = shop.exchange

    def exchange(endpoint: Endpoint, request: Request) -> Answer:
        if endpoint.url.endswith("/"):
            return usual(endpoint, request)
        return answer(308, (("Location", endpoint.url + "/"),))

    preflight = prepare()
    monkeypatch.setattr("hookassay.sender.dispatch.exchange", exchange)

    assert "with a trailing slash" in run(preflight)
    assert "no effect (308 to http://127.0.0.1:9/webhook/ (6 times))" in preflight.findings[0]
    assert preflight.bench.dispatch.manner.url == "http://127.0.0.1:9/webhook/"


def test_wire_only(prepare: Preparing, shop: ToyShop) -> None:
    """Without an order reader an acknowledgement is all that is asked for, and nothing is measured."""
    preflight = prepare(readable=False)
    preflight.run()

    assert len(preflight.findings) == 1
    assert len(shop.orders) == 1


def test_accepted_on_a_retry(prepare: Preparing, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that is busy at first, and takes the retry, can be judged."""
    monkeypatch.setattr(module, "FIRST_PATIENCE", 20.0)
    shop.instead = lambda _: answer(503, (("Retry-After", "0.05"),)) if len(shop.received) <= 3 else None

    assert "a genuine purchase takes effect (compact body, plain headers)" in run(prepare())


# --- judged nevertheless ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "finding"),
    [
        (answer(307, (("Location", "https://elsewhere.invalid/"),)), "redirects deliveries"),
        (answer(401, (("WWW-Authenticate", "Basic"),)), "asks deliveries for a login or a CSRF token"),
        (answer(403, body=b"CSRF verification failed."), "asks deliveries for a login or a CSRF token"),
    ],
)
def test_answers_that_are_violations(prepare: Preparing, shop: ToyShop, refusal: Answer, finding: str) -> None:
    """Answers that are a violation themselves are judged, so that the clause concerned fails by name."""
    shop.instead = lambda _: refusal

    assert finding in run(prepare())


def test_honest_and_forged_differ(prepare: Preparing, shop: ToyShop) -> None:
    """An endpoint that refuses forgeries and answers genuine deliveries with a 500 has the right secret: judged."""
    shop.afterwards = lambda _: answer(500)
    shop.handle = lambda event_type, subject: None  # type: ignore[method-assign]

    assert "the secret is right: judged" in run(prepare())


def test_part_of_the_secret(prepare: Preparing, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint keyed by the secret without its prefix is judged, so that the clause about the key fails by name."""
    usual = shop.exchange

    def exchange(endpoint: Endpoint, request: Request) -> Answer:
        key = scripted.Secret(endpoint.secret.reveal().removeprefix("whsec_"))
        return usual(Endpoint(endpoint.url, key), request)

    preflight = prepare()
    monkeypatch.setattr("hookassay.sender.dispatch.exchange", exchange)

    assert "what a key without whsec_ signed is accepted" in run(preflight)


# --- not judged -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, "the secret is not this endpoint's"),
        (404, "the path of the URL is not the webhook's"),
        (405, "the path of the URL is not the webhook's"),
    ],
)
def test_refused_alike(prepare: Preparing, shop: ToyShop, status: int, reason: str) -> None:
    """Where genuine deliveries are refused just as forged ones are, nothing is judged; the likeliest reason leads."""
    shop.instead = lambda _: answer(status)

    with pytest.raises(NotJudged, match=f"exactly as it refuses forged ones: {status}") as refused:
        prepare().run()
    assert f"Likely reasons, in order: {reason}" in str(refused.value)
    assert "indented body, plain headers: no effect" in str(refused.value)


def test_refused_alike_with_a_request_id(prepare: Preparing, shop: ToyShop) -> None:
    """That every refusal carries an id of its own does not make forged ones differ from genuine ones."""
    numbers = itertools.count()
    shop.instead = lambda _: answer(404, body=f"not found, request {next(numbers)}".encode())

    with pytest.raises(NotJudged, match="exactly as it refuses forged ones"):
        prepare().run()


def test_no_answer(prepare: Preparing, shop: ToyShop) -> None:
    """An endpoint that answers nothing cannot be judged."""
    shop.instead = lambda _: answer(None, problem="no answer within 10 s")

    with pytest.raises(NotJudged, match="no answer within 10 s"):
        prepare().run()


def test_acknowledged_and_never_seen(prepare: Preparing, shop: ToyShop) -> None:
    """Where orders never show although deliveries are acknowledged, it may be the reader: nothing is judged."""
    shop.instead = lambda _: answer(200)

    with pytest.raises(NotJudged, match="--orders reads another database or table"):
        prepare().run()


def test_later_purchases_are_lost(prepare: Preparing, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that takes the first purchase and loses later ones cannot be judged."""
    usual = shop.sell
    monkeypatch.setattr(shop, "sell", lambda session: None if len(shop.orders) >= 4 else usual(session))

    with pytest.raises(NotJudged, match=f"7 of {MEASURED_PURCHASES} genuine purchases"):
        prepare().run()


def test_reader_fails(prepare: Preparing, shop: ToyShop) -> None:
    """A reader that fails ends the run before judging."""
    shop.failing = HarnessError("HTTP 500")

    with pytest.raises(NotJudged, match="The orders cannot be read back: HTTP 500"):
        prepare().run()


@pytest.mark.parametrize(("ahead", "apart"), [(0, False), (29, False), (-29, False), (60, True), (-3600, True)])
def test_clocks(prepare: Preparing, shop: ToyShop, ahead: int, apart: bool) -> None:
    """Clocks more than half a minute apart end the run, and both are shown."""
    date = email.utils.formatdate(time.time() + ahead, usegmt=True)
    shop.afterwards = lambda _: answer(200, (("Date", date),))

    if apart:
        with pytest.raises(NotJudged, match=f"the endpoint's Date header says {date}"):
            prepare().run()
    else:
        prepare().run()


def test_date_that_is_none(prepare: Preparing, shop: ToyShop) -> None:
    """A Date header that is no date is passed over."""
    shop.afterwards = lambda _: answer(200, (("Date", "yesterday"),))

    assert "a genuine purchase takes effect" in run(prepare())


def test_minor_units(prepare: Preparing, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that reads exactly the minor units, where major ones are declared, asks for the setting."""
    usual = shop.row
    monkeypatch.setattr(shop, "row", lambda session: {**usual(session), "total_amount": session["amount_total"]})

    with pytest.raises(UsageError, match=r'Set money = "minor" under \[orders\]'):
        prepare().run()


def test_minor_units_declared(prepare: Preparing, shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Minor units that are declared are what is expected."""
    usual = shop.row
    monkeypatch.setattr(shop, "row", lambda session: {**usual(session), "total_amount": session["amount_total"]})
    prepare(Settings(orders=OrdersSettings(money="minor"))).run()


def test_no_paying_event(prepare: Preparing) -> None:
    """A subscription that reports no payment can make no order."""
    with pytest.raises(UsageError, match="holds none of the events that report a payment"):
        prepare(Settings(endpoint=EndpointSettings(events=("charge.refunded",)))).run()


def test_shop_that_creates_nothing(prepare: Preparing) -> None:
    """Where the shop makes the order, and the reader does not see it, they use different databases."""
    preflight = prepare(Settings(purchase=PurchaseSettings(created_by="shop")))
    preflight.bench.create = lambda values: None

    with pytest.raises(NotJudged, match="the order reader sees no order for its session id"):
        preflight.run()


def test_shop_that_cannot_create(prepare: Preparing) -> None:
    """Where the shop's own order cannot be made, it is said that it is the creating."""
    preflight = prepare()

    def create(_: object) -> None:
        raise HarnessError("no such table")

    preflight.bench.create = create

    with pytest.raises(NotJudged, match=r"\(\[orders\] create\): no such table"):
        preflight.run()


def test_unreachable(shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that does not listen ends the run with what to look at."""
    the_bench = bench(shop, monkeypatch)
    the_bench.endpoint = Endpoint(f"http://127.0.0.1:{scripted.free_port()}/webhook", scripted.SECRET)

    with pytest.raises(NotJudged, match=r"cannot be reached: connection refused\.\nStart the endpoint"):
        Preflight(the_bench, lambda line: None).run()
    assert shop.received == []


def test_reached_without_a_delivery(shop: ToyShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reaching the endpoint sends nothing."""
    the_bench = bench(shop, monkeypatch)
    with serving(answering(OK)) as server:
        the_bench.endpoint = server.endpoint()
        Preflight(the_bench, lambda line: None).run()

    assert server.arrivals == []


# --- a login, or a token ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (answer(401, (("www-authenticate", "Bearer"),)), "a login (WWW-Authenticate)"),
        (answer(401), ""),
        (answer(403, body=b"<h1>CSRF verification failed</h1>"), "a CSRF token"),
        (answer(422, body=b"Can't verify CSRF token authenticity"), "a CSRF token"),
        (answer(400, body=b"missing X-XSRF-TOKEN"), "a CSRF token"),
        (answer(403, body=b"forbidden"), ""),
        (answer(419), "a CSRF token (419)"),
        (answer(302, (("Location", "/accounts/login?next=/webhook"),)), "a login (redirect)"),
        (answer(302, (("Location", "/webhook/"),)), ""),
        (answer(200, body=b"csrf"), ""),
        (answer(None), ""),
    ],
)
def test_turned_away(refusal: Answer, reason: str) -> None:
    """A login or a CSRF token is asked for by what frameworks answer then, and by nothing else."""
    assert turned_away(refusal) == reason
