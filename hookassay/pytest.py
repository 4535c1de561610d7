"""The pytest plugin for a team's own tests: a purchase, a courier and an order reader for their application.

It is loaded by `-p hookassay.pytest`, or by `pytest_plugins = ["hookassay.pytest"]` in the topmost conftest.py, and
never by itself. A test that uses none of its fixtures pays nothing for it. Whoever overrides the fixture
`hookassay_endpoint` says what is tested; docs/pytest.md shows it.

PYTEST_DONT_REWRITE: a conftest.py that imports `UnderTest` may do so before pytest loads the plugin.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .config import Settings
    from .endpoint import Endpoint
    from .judging.bench import Bench
    from .judging.run import Run
    from .judging.verdict import Result
    from .orders.book import Orders
    from .report.terminal import TerminalReport
    from .sender.event import Bundle, Event
    from .sender.purchase import Purchase
    from .sender.story import Story
    from .stripe_api.client import StripeApi
    from .wire.connection import Answer

    StandIns = Callable[[Settings], StripeApi | None]

CONFIG = "hookassay_config"
FORGED = "the signature of another secret"


@dataclass(frozen=True)
class UnderTest:
    """What is tested: the fixture `hookassay_endpoint` gives one.

    What is left out holds as hookassay.toml and the environment say.

    Attributes:
        app: A WSGI or ASGI application, the `MODULE:CALLABLE` of one, or the URL of an endpoint that runs.
        secret: Its signing secret; by default $STRIPE_WEBHOOK_SECRET.
        path: Where the application takes webhooks.
        orders: Where orders are read back, as `--orders` has it, or a function that is given a Checkout Session's id
            and gives its orders: a list of mappings with the keys `status`, `refund_status`, `dispute_status` and
            `total_amount`, one such mapping, or None.
    """

    app: Any = None
    secret: str | None = field(default=None, repr=False)
    path: str | None = None
    orders: str | Callable[[str], Any] | None = field(default=None, repr=False)


class StripeCourier:
    """Delivers what happened to a purchase, as Stripe does: the fixture `hookassay_courier`.

    A fact has a name: `the payment`, `a full refund`, `a refund of 300`, `a dispute`, `the dispute's closing as won`.
    The same name of the same purchase is the same fact: told again, it is delivered again, with the same events.
    """

    def __init__(self, bench: Bench) -> None:
        """Deliver with the instruments of `bench`."""
        self._bench = bench
        self._courier = bench.courier()
        self._stories: dict[str, Story] = {}

    def deliver(
        self, purchase: Purchase, fact: str | Event | Bundle = "the payment", *, signing: str = "honest"
    ) -> list[Answer]:
        """Deliver each event of a fact once, and what was not acknowledged before again; the answers.

        Args:
            purchase: What it happened to.
            fact: A fact's name, or events.
            signing: How the deliveries are signed, as the contract's features name it (`a v0 after the v1`).

        Raises:
            LookupError: there is no fact, or no signing, of that name.
        """
        _known(signing)
        return self._courier.deliver(purchase.session_id, self.events(purchase, fact), signing=signing)

    def forge(
        self, purchase: Purchase, fact: str | Event | Bundle = "the payment", forgery: str = FORGED
    ) -> list[Answer]:
        """Make one attempt for each event of a fact, forged in a named way and never made again; the answers.

        Args:
            purchase: What it pretends to be about.
            fact: A fact's name, or events.
            forgery: How it is forged, as the contract's features name it (`a body changed after signing`).

        Raises:
            LookupError: there is no fact, or no forgery, of that name.
        """
        _known(forgery)
        dispatch = self._bench.dispatch
        return [
            dispatch.send(dispatch.parcel(purchase.session_id, event, signing=forgery))
            for event in self.events(purchase, fact)
        ]

    def events(self, purchase: Purchase, fact: str | Event | Bundle) -> list[Event]:
        """The events that report a fact, as far as the endpoint is subscribed to them."""
        from .sender.event import Event
        from .sender.story import Story

        if isinstance(fact, str):
            story = self._stories.setdefault(purchase.session_id, Story(purchase))
            fact = story.tell(fact)
        events = [fact] if isinstance(fact, Event) else list(fact)
        return [event for event in events if self._courier.subscribed(event)]

    def until(self, look: Callable[[], Orders], holds: Callable[[Orders], bool]) -> tuple[bool, Orders]:
        """Go on retrying until it holds, or the settling time is over; whether it held, and what was seen last."""
        return self._bench.settling.eventually(look, holds, self._courier, overhead=self._bench.book.overhead)


class ShopOrders:
    """Reads orders back, in the contract's words: the fixture `hookassay_orders`."""

    def __init__(self, bench: Bench, courier: StripeCourier) -> None:
        """Read with the instruments of `bench`, and let `courier` retry while an effect is waited for."""
        self._bench = bench
        self._courier = courier

    def of(self, purchase: Purchase) -> Orders:
        """The orders of a purchase as they read now."""
        return self._bench.book.of(purchase.session_id)

    def eventually(self, purchase: Purchase, words: str) -> Orders:
        """Wait until the purchase's order is in a state, and give it.

        Args:
            purchase: Whose order it is.
            words: `paid`, `refunded`, `partially refunded`, `disputed`, `lost`, and others that the contract names.

        Raises:
            ContractViolation: it is not, within the settling time: half a second, or more where effects take longer.
            LookupError: there is no state of that name.
        """
        from .errors import ContractViolation
        from .judging.condition import condition
        from .orders.book import describe

        state = condition(words)
        shown, seen = self._courier.until(lambda: self.of(purchase), state.holds)
        if not shown:
            values = self._bench.settings.orders.values
            raise ContractViolation(
                f"{state.expected(values)}, within {self._bench.settling.window():.2g} s", describe(seen)
            )
        return seen

    def stays(self, purchase: Purchase, words: str) -> Orders:
        """See that the purchase's order is in a state and that nothing sent so far changes it any more.

        Three genuine purchases are delivered, and waited for: what was sent before them has had its effect by then.

        Args:
            purchase: Whose order it is; it may have none.
            words: `not paid`, `not refunded`, `neither disputed nor lost`, or any other.

        Raises:
            ContractViolation: it is not in that state.
            LookupError: there is no state of that name.
        """
        import time

        from .errors import ContractViolation
        from .judging.condition import condition
        from .orders.book import describe

        state = condition(words)
        self._bench.barrier(time.monotonic())
        seen = self.of(purchase)
        if not state.holds(seen):
            raise ContractViolation(state.expected(self._bench.settings.orders.values), describe(seen))
        return seen


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know where the configuration is."""
    parser.addini(CONFIG, "hookassay's configuration; by default hookassay.toml beside pytest's own.", default="")


@pytest.fixture
def hookassay_endpoint(pytestconfig: pytest.Config) -> UnderTest:
    """What is tested. Override it, and give an `UnderTest`; by default hookassay.toml says it."""
    if _config(pytestconfig) is None:
        pytest.fail(
            "Nothing says what is to be tested. Override the fixture hookassay_endpoint in conftest.py, so that it "
            "gives an UnderTest(app, secret=…, orders=…), or write a hookassay.toml with [endpoint] app.",
            pytrace=False,
        )
    return UnderTest()


@pytest.fixture
def hookassay_purchase(_hookassay_bench: Bench) -> Callable[..., Purchase]:
    """Makes purchases that nothing was sent about yet: `hookassay_purchase(amount=1999, currency="eur")`.

    Its arguments are those of `hookassay.sender.purchase.PurchaseBook.new`; amounts are in minor units.
    """

    def new(**options: Any) -> Purchase:
        purchase = _hookassay_bench.shop.new(**options)
        _hookassay_bench.introduce(purchase)
        return purchase

    return new


@pytest.fixture
def hookassay_courier(_hookassay_bench: Bench) -> StripeCourier:
    """Delivers what happened to a purchase, as Stripe does."""
    return StripeCourier(_hookassay_bench)


@pytest.fixture
def hookassay_orders(_hookassay_bench: Bench, hookassay_courier: StripeCourier) -> ShopOrders:
    """Reads orders back."""
    return ShopOrders(_hookassay_bench, hookassay_courier)


@pytest.fixture
def hookassay_certify(
    hookassay_endpoint: UnderTest, pytestconfig: pytest.Config, _hookassay_stand_ins: StandIns
) -> Callable[..., Result]:
    """Judges the endpoint by the contract, or by some clauses: `hookassay_certify(only=["signed", "OR-01"])`.

    The test fails with the report where a clause does; else the result is given. `strict` makes it fail where a SHOULD
    does.
    """

    def certify(only: str | Sequence[str] = (), *, strict: bool = False) -> Result:
        from .judging.run import plan

        names = tuple(only.split(",")) if isinstance(only, str) else tuple(only)
        judging = _run(hookassay_endpoint, pytestconfig, _hookassay_stand_ins, only=names, strict=strict)
        with judging as (run, report, text):
            run.contract.select(names)
            result = run.execute(plan(run.contract, run.settings))
            report.closing(result)
        if result.exit_code:
            pytest.fail(text(), pytrace=False)
        return result

    return certify


@pytest.fixture
def _hookassay_bench(
    hookassay_endpoint: UnderTest, pytestconfig: pytest.Config, _hookassay_stand_ins: StandIns
) -> Iterator[Bench]:
    """The instruments that the other fixtures share in one test."""
    judging = _run(hookassay_endpoint, pytestconfig, _hookassay_stand_ins)
    with judging as (run, *_), run.instruments() as bench:
        yield bench


@pytest.fixture(scope="session")
def _hookassay_stand_ins() -> Iterator[StandIns]:
    """Gives the stand-in for Stripe's API that settings name, or None; one that was started ends with the session."""
    with ExitStack() as stack:
        running: dict[str, StripeApi] = {}

        def stand_in(settings: Settings) -> StripeApi | None:
            address = settings.stripe_api.address
            if address is None:
                return None
            if address not in running:
                from .stripe_api import process
                from .stripe_api.address import Address

                api = process.running(Address.parse(address), settings.stripe_api.token)
                running[address] = stack.enter_context(api)
            return running[address]

        yield stand_in


@contextmanager
def _run(
    told: UnderTest, config: pytest.Config, stand_ins: StandIns, **settings: Any
) -> Iterator[tuple[Run, TerminalReport, Callable[[], str]]]:
    """A run against what is under test, its report, and what that says so far."""
    from rich.console import Console

    from .errors import HookassayError
    from .judging.contract import Contract
    from .judging.run import Run
    from .orders.function import FunctionReader
    from .redaction import Redactor
    from .report.terminal import TerminalReport

    output = StringIO()
    with ExitStack() as stack:
        try:
            all_settings = _settings(told, config)
            all_settings = replace(all_settings, run=replace(all_settings.run, workers=1, **settings))
            stripe_api = stand_ins(all_settings)
            endpoint = stack.enter_context(_endpoint(told, all_settings))
            contract = Contract.load().at(all_settings.run.contract)
            redactor = Redactor([endpoint.secret, *(value for _, value in all_settings.orders.headers)])
            report = TerminalReport(Console(file=output, width=100), contract, redactor, command="hookassay certify …")
            reader = FunctionReader(all_settings.orders, told.orders) if callable(told.orders) else None
            run = Run(all_settings, endpoint, contract, redactor, report, reader, stripe_api)
            yield run, report, output.getvalue
        except HookassayError as error:
            pytest.fail(f"hookassay: {error}", pytrace=False)


def _settings(told: UnderTest, config: pytest.Config) -> Settings:
    """What the file, the environment and the fixture say together, each over the one before."""
    from . import configuration

    options: dict[str, Any] = {"secret": told.secret, "url": told.path}
    if isinstance(told.app, str):
        options["url" if "://" in told.app else "app"] = told.app
    elif told.app is not None:
        options["app"] = _named(told.app)
    if told.orders is not None:
        options["orders"] = f"function:{_named(told.orders)}" if callable(told.orders) else told.orders
    return configuration.load(_config(config), os.environ, **options)


@contextmanager
def _endpoint(told: UnderTest, settings: Settings) -> Iterator[Endpoint]:
    """The endpoint that is delivered to."""
    from . import configuration
    from .importing import importable, load
    from .wire.application import hosting

    name = settings.endpoint.app
    if name is None:
        yield configuration.endpoint(settings)
        return

    def application() -> object:
        return load(name) if told.app is None or isinstance(told.app, str) else told.app

    # In the test's own thread, for what is bound to it: a transaction that is rolled back, a connection in memory.
    with importable(settings.folder), hosting(application, apart=False) as hosted:
        yield configuration.endpoint(settings, hosted)


def _config(config: pytest.Config) -> Path | None:
    """The path of our own configuration; None where there is none."""
    folder = config.inipath.parent if config.inipath is not None else config.rootpath
    told = str(config.getini(CONFIG))
    path = folder / (told or "hookassay.toml")
    return path if told or path.exists() else None


def _named(thing: Any) -> str:
    """How an object is called in a report: `shop.wsgi:Application`."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{named.__module__ or 'builtins'}:{named.__qualname__}"


def _known(signing: str) -> None:
    from .sender.signature import ALL

    if signing not in ALL:
        raise LookupError(f"no way to sign is called {signing!r}; there are: {'; '.join(sorted(ALL))}")
