"""Polite first deliveries: can the endpoint be judged at all, in which manner, and how long does an effect take?

Nothing here fails a clause. It finds the easiest manner of delivery that works, so that an endpoint with one fault
(it refuses indented bodies, say) fails the clause about that fault and not every clause; and it ends the run with a
message where a wrong path, secret or order source would make every clause fail.
"""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ..endpoint import Endpoint
from ..errors import HarnessError, NotJudged, UsageError
from ..orders.book import Orders, same
from ..sender import money
from ..sender.courier import Courier
from ..sender.dispatch import PLAIN_HEADERS, STRIPE_HEADERS, Manner
from ..sender.purchase import Purchase
from ..sender.signature import PARTIAL_KEYS
from ..wire.connection import Answer, Connection, in_words, unanswered
from .bench import Bench

EFFECT_PATIENCE = 30.0
# How long the easiest manner is waited for alone before the others are tried beside it.
FIRST_PATIENCE = 3.0
# A delivery that was refused will hardly have an effect; an endpoint may still answer 500 after its work.
REFUSED_PATIENCE = 1.0
CLOCK_SKEW = 30.0
MEASURED_PURCHASES = 10

MANNERS = (
    Manner(),
    Manner("compact body, Stripe's headers", "compact", STRIPE_HEADERS),
    Manner("indented body, plain headers", "indented", PLAIN_HEADERS),
    Manner("indented body, Stripe's headers", "indented", STRIPE_HEADERS),
    Manner("body spaced as Python's json.dumps writes it, plain headers", "spaced", PLAIN_HEADERS),
)


@dataclass
class _Attempt:
    """One genuine purchase, delivered in one manner."""

    manner: Manner
    purchase: Purchase
    before: Orders
    courier: Courier

    @property
    def answers(self) -> list[Answer]:
        return self.courier.answers

    @property
    def acknowledged(self) -> bool:
        return self.courier.acknowledgements > 0

    @property
    def promising(self) -> bool:
        """Whether an effect may still come: it was acknowledged, or we are asked to come again soon (`Retry-After`)."""
        wait = self.courier.asked_until - time.monotonic()
        return self.acknowledged or -REFUSED_PATIENCE < wait < EFFECT_PATIENCE


@dataclass
class Preflight:
    """What was found before judging.

    Attributes:
        bench: The instruments; its dispatch gets the manner that worked.
        tell: Is told of each finding at once, since waiting for the next may take long.
        findings: What was found, a line each, for the report.
    """

    bench: Bench
    tell: Callable[[str], None]
    findings: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Find out whether and how the endpoint can be judged.

        Raises:
            NotJudged: it cannot; the message says why, and what to do.
            UsageError: the configuration contradicts what was read.
        """
        self._reach()
        attempts = [self._deliver(MANNERS[0])]
        works = self._first_effect(attempts, FIRST_PATIENCE)
        if works is None:
            attempts += [self._deliver(manner) for manner in self._other_manners()]
            works = self._first_effect(attempts, EFFECT_PATIENCE)
        self._compare_clocks(attempts)
        if works is None:
            self._nothing_works(attempts)
            return
        self.bench.dispatch.manner = works.manner
        if works is not attempts[0]:
            for attempt in attempts[: attempts.index(works)]:
                self._found(f"{attempt.manner.name}: no effect ({in_words(attempt.answers)})")
        self._found(f"a genuine purchase takes effect ({works.manner.name})")
        if self.bench.book.readable:
            self._check_money(works)
            self._measure()

    def _found(self, line: str) -> None:
        self.findings.append(line)
        self.tell(line)

    def _reach(self) -> None:
        reach(self.bench.endpoint)

    def _deliver(self, manner: Manner) -> _Attempt:
        bench = self.bench
        purchase = bench.shop.new()
        try:
            bench.introduce(purchase)
        except HarnessError as error:
            raise NotJudged(f"The shop's own order could not be created ([orders] create): {error}") from None
        try:
            before = bench.book.of(purchase.session_id) if bench.book.readable else ()
        except HarnessError as error:
            raise NotJudged(f"The orders cannot be read back: {error}") from None
        if bench.create is not None and bench.book.readable and not before:
            raise NotJudged(
                "[orders] create ran without an error, but the order reader sees no order for its session id. "
                "Check that both use the same database, and that the statement stores :session_id."
            )
        bench.dispatch.manner = manner
        courier = bench.courier()
        courier.deliver(purchase.session_id, purchase.paid())
        if not courier.answers:
            raise UsageError(
                "The subscription (events) holds none of the events that report a payment: "
                f"{', '.join(purchase.paid().types)}. Without one of them no order can come about."
            )
        return _Attempt(manner, purchase, before, courier)

    def _other_manners(self) -> list[Manner]:
        url = self.bench.endpoint.url
        slashed = url[:-1] if url.endswith("/") else url + "/"
        what = "without the" if url.endswith("/") else "with a"
        others = list(MANNERS[1:])
        if "?" not in url:
            others.append(replace(MANNERS[0], name=f"{MANNERS[0].name}, {what} trailing slash", url=slashed))
        return others

    def _first_effect(self, attempts: list[_Attempt], patience: float) -> _Attempt | None:
        """The first attempt that shows an effect, waiting for as long as one may still come."""
        began = time.monotonic()
        while True:
            for attempt in attempts:
                if self._shows(attempt):
                    elapsed = time.monotonic() - attempt.courier.last_sent
                    self.bench.settling.learn(max(0.0, elapsed - self.bench.book.overhead))
                    return attempt
            hope = any(attempt.promising for attempt in attempts)
            limit = patience if hope else min(patience, REFUSED_PATIENCE)
            if time.monotonic() - began >= limit:
                return None
            for attempt in attempts:
                self.bench.dispatch.manner = attempt.manner
                attempt.courier.pump()
            time.sleep(0.01)

    def _shows(self, attempt: _Attempt) -> bool:
        if not self.bench.book.readable:
            return attempt.acknowledged
        try:
            return not same(attempt.before, self.bench.book.of(attempt.purchase.session_id))
        except HarnessError as error:
            raise NotJudged(f"The orders cannot be read back: {error}") from None

    def _compare_clocks(self, attempts: list[_Attempt]) -> None:
        if self.bench.endpoint.application is not None:
            return  # there is one clock
        for attempt in attempts:
            for answer in attempt.answers:
                text = answer.header("Date")
                if not text:
                    continue
                try:
                    theirs = email.utils.parsedate_to_datetime(text).timestamp()
                except ValueError:
                    continue
                ours = time.time() - (time.monotonic() - answer.answered_at)
                if abs(theirs - ours) > CLOCK_SKEW:
                    raise NotJudged(
                        f"The clocks are {abs(theirs - ours):.0f} s apart: this machine says "
                        f"{email.utils.formatdate(ours, usegmt=True)}, the endpoint's Date header says {text}.\n"
                        "Signatures carry the time, so that nothing could be judged. Synchronise both clocks (NTP)."
                    )
                return

    def _nothing_works(self, attempts: list[_Attempt]) -> None:
        """Decide whether the endpoint is at fault, which is judged, or nobody can say, which is not."""
        self.bench.dispatch.manner = MANNERS[0]
        for attempt in attempts:
            self._found(f"{attempt.manner.name}: no effect ({in_words(attempt.answers)})")
        answers = [answer for attempt in attempts for answer in attempt.answers]
        if any(answer.redirected for answer in answers):
            self._found("the endpoint redirects deliveries, which Stripe does not follow: judged")
            return
        if any(turned_away(answer) for answer in answers):
            self._found("the endpoint asks deliveries for a login or a CSRF token: judged")
            return
        tried = "\n".join(f"  {line}" for line in self.findings)
        if any(attempt.acknowledged for attempt in attempts):
            raise NotJudged(
                "The endpoint acknowledges genuine purchases, but the order reader never sees an order of theirs.\n"
                f"{tried}\n"
                "Likely reasons, in order: --orders reads another database or table than the endpoint writes; the "
                "session id is kept in another column (map stripe_session_id under [orders.columns]); the endpoint "
                "needs metadata or a reference to recognise a purchase ([purchase]); the order must exist before "
                f'it is paid (created_by = "shop" and [orders] create); it takes more than {EFFECT_PATIENCE:g} s.'
            )
        if all(answer.status is None for answer in answers):
            raise NotJudged(
                f"No delivery was answered: {in_words(answers)}.\n"
                "Likely reasons, in order: the port of the URL is another server's, or one of https where the URL says "
                "http; a proxy in front of the endpoint does not reach it; the endpoint breaks off (look at its log)."
            )
        forged = self._forged_answer("the signature of another secret")
        honest = attempts[0].answers[0]
        self._found(f"a forged delivery: {forged.describe()}")
        bodies = {answer.body for answer in attempts[0].answers if answer.status == honest.status}
        # Bodies that differ among genuine deliveries (a request id, the time) say nothing about the signature.
        told_apart = honest.status != forged.status or (len(bodies) == 1 and forged.body not in bodies)
        if told_apart and honest.status is not None:
            self._found("honest and forged deliveries are answered differently, so the secret is right: judged")
            return
        for signing in PARTIAL_KEYS:
            if self._forged_answer(signing).acknowledged:
                self._found(f"what {signing} signed is accepted, so a part of the secret is the key: judged")
                return
        raise NotJudged(
            f"The endpoint refuses genuine deliveries exactly as it refuses forged ones: {honest.describe()}.\n"
            f"{tried}\n" + _likely_reasons(honest, in_process=self.bench.endpoint.application is not None)
        )

    def _forged_answer(self, forgery: str) -> Answer:
        bench = self.bench
        purchase = bench.shop.new()
        bench.journal.created.append(purchase.session_id)
        event = next(event for event in purchase.paid() if bench.courier().subscribed(event))
        parcel = bench.dispatch.parcel(purchase.session_id, event, signing=forgery)
        return bench.dispatch.send(parcel)

    def _check_money(self, works: _Attempt) -> None:
        """Refuse a money unit that the first order contradicts, since every amount would be judged wrong."""
        purchase = works.purchase
        totals = {order.total for order in self.bench.book.of(purchase.session_id)}
        minor = Decimal(purchase.amount)
        major = money.major(purchase.amount, purchase.currency)
        declared = self.bench.settings.orders.money
        if declared == "major" and minor != major and totals == {minor}:
            raise UsageError(
                f"The order of {major} {purchase.currency} reads total_amount = {minor}, which is minor units, while "
                'major units are declared. Set money = "minor" under [orders] in hookassay.toml.'
            )

    def _measure(self) -> None:
        """Learn how long an effect takes, from several genuine purchases at once."""
        bench = self.bench
        waiting: list[_Attempt] = []

        def seen(attempt: _Attempt) -> bool:
            if not self._shows(attempt):
                return False
            bench.settling.learn(time.monotonic() - attempt.courier.last_sent - bench.book.overhead)
            waiting.remove(attempt)
            return True

        for _ in range(MEASURED_PURCHASES):
            waiting.append(self._deliver(bench.dispatch.manner))
            # Where delivering takes its time, what shows meanwhile must not seem to have taken as long.
            while waiting and seen(waiting[0]):
                pass
        deadline = time.monotonic() + EFFECT_PATIENCE
        while waiting and time.monotonic() < deadline:
            for attempt in list(waiting):
                if not seen(attempt):
                    attempt.courier.pump()
            if waiting:
                time.sleep(0.005)
        if waiting:
            raise NotJudged(
                f"{len(waiting)} of {MEASURED_PURCHASES} genuine purchases delivered at once did not show in the "
                f"orders within {EFFECT_PATIENCE:g} s, although the first one did. Nothing can be judged about an "
                "endpoint that loses or delays genuine purchases so long; look at its log, its queue and its workers."
            )
        self._found(f"an effect takes up to {max(bench.settling.slowest, 0.001) * 1000:.0f} ms")


def reach(endpoint: Endpoint) -> None:
    """See that something listens where the endpoint is said to be; nothing is delivered.

    Raises:
        NotJudged: nothing does.
    """
    if endpoint.application is not None:
        return
    connection = Connection(endpoint)
    try:
        connection.open()
    except OSError as error:
        problem = unanswered(error, endpoint.timeout, 0.0).problem
        raise NotJudged(
            f"{endpoint.url} cannot be reached: {problem}.\n"
            "Start the endpoint, or correct the host and port of the URL; "
            "for a certificate of your own pass --cacert FILE."
        ) from None
    finally:
        connection.close()


def turned_away(answer: Answer) -> str:
    """Why an answer says that it is not the signature that is missing: a login or a CSRF token; empty otherwise.

    Source: docs.stripe.com/webhooks, “CSRF protection”: the route must be exempt from it.
    """
    text = answer.body.decode("utf-8", "replace").lower()
    if answer.status == 401 and answer.header("WWW-Authenticate"):
        return "a login (WWW-Authenticate)"
    if answer.status in (400, 403, 419, 422) and ("csrf" in text or "xsrf" in text or "authenticity token" in text):
        return "a CSRF token"
    if answer.status == 419:
        return "a CSRF token (419)"
    if answer.redirected and any(word in (answer.header("Location") or "").lower() for word in ("login", "signin")):
        return "a login (redirect)"
    return ""


def _likely_reasons(answer: Answer, *, in_process: bool) -> str:
    if in_process:
        return _likely_reasons_in_process(answer)
    path = "the path of the URL is not the webhook's"
    wrong = "the secret is not this endpoint's (every endpoint has its own, and test and live differ)"
    proxy = "a proxy, firewall or gateway answers in the endpoint's place (see --header)"
    order = (path, proxy, wrong) if answer.status in (404, 405) else (wrong, path, proxy)
    return "Likely reasons, in order: " + "; ".join(order) + "."


def _likely_reasons_in_process(answer: Answer) -> str:
    path = "the application takes webhooks at another path (give it after --app: /stripe/webhook)"
    wrong = "it verifies with another secret, which it reads from the environment of this process"
    host = "it does not serve the host localhost (give the path as //shop.example/stripe/webhook)"
    raises = "it lacks a setting or a table, which it must find in this process and in this folder"
    order = {404: (path, wrong, raises), 405: (path, wrong, raises), 500: (raises, wrong, path)}
    return "Likely reasons, in order: " + "; ".join(order.get(answer.status or 0, (wrong, host, path))) + "."
