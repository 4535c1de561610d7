"""Defects of disputes: what a dispute ends as, what it is about, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hookassay.server import facts
from hookassay.server.event import Event, amount, word
from hookassay.server.facts import DISPUTE_RANK, INQUIRY, READERS, Fact, Order
from hookassay.server.ledger import Ledger
from hookassay.server.settings import Settings
from hookassay.server.webhook import Webhook

from .registry import WSGIApp, defect
from .state import DISPUTE_EVENTS, reading
from .variant import SingleLedger, execute, variant

Told = Callable[[Event, str | None], str | None]
"""From an event and the status of its dispute to the status that is believed; None for one that is not believed."""

# How more than two of the defects below are mended.
UNKNOWN_STATUS = (
    "Record a win or a loss only for the statuses won and lost. Acknowledge a status that you do not know and keep "
    "what is recorded: Stripe adds statuses."
)
EACH_DISPUTE = (
    "Store each dispute under its own id, and compute the state of the order from all of them: one that is open keeps "
    "the order disputed."
)


def telling(told: Told, *event_types: str) -> None:
    """Let the status of a dispute be what `told` makes of it, in events of these types."""

    def misreading(read: Callable[[Event], tuple[Fact, ...]]) -> Callable[[Event], tuple[Fact, ...]]:
        def misread(event: Event) -> tuple[Fact, ...]:
            dispute, *others = read(event)
            status = told(event, word(event.object, "status"))
            rank = DISPUTE_RANK.get(status or "", 0)
            return (dispute._replace(status=status if rank else None, rank=rank), *others)

        return misread

    for event_type in event_types:
        READERS[event_type] = misreading(READERS[event_type])


# --- how it ended -----------------------------------------------------------------------------------------------------


@defect(
    source="D50",
    fails="DP-03 DP-06 CV-01 CV-02 CV-03",
    known_as="every closed dispute taken for lost",
    fix=(
        "Read the outcome from the dispute's status: won, lost or warning_closed. charge.dispute.closed is sent for "
        "all three."
    ),
)
def closed_means_lost(settings: Settings) -> WSGIApp:
    """Every closed dispute is a lost one, the ones that were won too."""
    rank = DISPUTE_RANK["lost"]
    DISPUTE_RANK["lost"] = DISPUTE_RANK["won"]
    DISPUTE_RANK["won"] = rank
    telling(lambda event, status: "lost", "charge.dispute.closed")
    return variant(settings)


@defect(
    source="D50",
    fails="DP-03 CV-01 CV-02 CV-03",
    known_as="won dispute left open",
    fix=(
        "Handle the dispute status won: take the dispute off the order and return the order to the state that it had "
        "before."
    ),
)
def won_dispute_stays_open(settings: Settings) -> WSGIApp:
    """A dispute that was won is news for nobody: the order stays disputed for ever."""
    del DISPUTE_RANK["won"]
    return variant(settings)


@defect(
    source="D50",
    fails="DP-04 CV-01 CV-02",
    known_as="every closed dispute taken for won",
    fix=(
        "Read the outcome from the dispute's status: won, lost or warning_closed. charge.dispute.closed is sent for "
        "all three."
    ),
)
def closed_means_cleared(settings: Settings) -> WSGIApp:
    """Every closed dispute is cleared from the order, the ones that were lost too."""
    del DISPUTE_RANK["lost"]
    telling(lambda event, status: "won", "charge.dispute.closed")
    return variant(settings)


@defect(
    source="naive",
    fails="DP-06 CV-01",
    known_as="closed inquiry taken for a lost dispute",
    fix="Record a loss only for the status lost. warning_closed ends an inquiry that moved no money.",
)
def what_is_not_won_is_lost(settings: Settings) -> WSGIApp:
    """A closed dispute that was not won is lost, and so is an inquiry that came to nothing."""
    telling(lambda event, status: "won" if status == "won" else "lost", "charge.dispute.closed")
    return variant(settings)


@defect(
    source="naive",
    fails="DP-06 CV-01",
    known_as="closed inquiry left open",
    fix=(
        "Handle the dispute status warning_closed: the inquiry ended without a dispute, so that the order is no longer "
        "disputed."
    ),
)
def closed_inquiry_stays_open(settings: Settings) -> WSGIApp:
    """An inquiry shows as a dispute, and goes on showing when it is closed: warning_closed is not known."""
    rightly = facts.dispute_status
    facts.dispute_status = lambda known: "disputed" if rightly(known) == "inquiry" else rightly(known)
    del DISPUTE_RANK["warning_closed"]
    return variant(settings)


@defect(
    source="naive",
    fails="DP-07",
    known_as="reinstated funds taken for a won dispute",
    fix=(
        "Read the outcome from the dispute's status. charge.dispute.funds_reinstated only reports that money moved, "
        "and is sent for some lost disputes too."
    ),
)
def reinstated_funds_taken_for_won(settings: Settings) -> WSGIApp:
    """funds_reinstated means that the dispute was won, whatever its status says."""
    telling(lambda event, status: "won", "charge.dispute.funds_reinstated")
    return variant(settings)


@defect(
    source="naive",
    fails="DP-07 OO-07 CV-02",
    known_as="withdrawn funds recorded as a refund",
    fix=(
        "Record refunds only from charge.refunded and the refund events. On charge.dispute.funds_withdrawn record the "
        "dispute's status instead."
    ),
)
def withdrawn_funds_taken_for_refund(settings: Settings) -> WSGIApp:
    """funds_withdrawn makes the order refunded, although the dispute is open."""

    class Refunding(Webhook):
        def take(self, event: Event) -> None:
            super().take(event)
            if event.type == "charge.dispute.funds_withdrawn":
                sql = "UPDATE orders SET refund_status = 'refunded' WHERE stripe_payment_intent = ?"
                execute(self._ledger, sql, event.object["payment_intent"])

    return variant(settings, webhook=Refunding)


@defect(
    source="mutation",
    fails="DP-07 CV-01",
    may="CV-02 CV-03",
    known_as="disputes under review taken for settled",
    fix="Keep the order disputed until charge.dispute.closed says won or lost: sending evidence ends nothing.",
)
def review_clears_the_dispute(settings: Settings) -> WSGIApp:
    """Only what needs a response is disputed: the evidence is sent, and the order is shown as if all were well."""
    facts.DISPUTED -= {"under_review"}  # type: ignore[misc]
    return variant(settings)


@defect(
    source="naive",
    fails="DP-08",
    known_as="dispute lost from the start ignored",
    fix=(
        "Store every dispute with the status that charge.dispute.created reports, lost included: some disputes cannot "
        "be contested."
    ),
)
def born_lost_ignored(settings: Settings) -> WSGIApp:
    """A dispute that is over when it is created is not kept, and its closing is then that of an unknown one."""

    class Ignoring(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._ignored: set[object] = set()

        def take(self, event: Event) -> None:
            if event.type == "charge.dispute.created" and word(event.object, "status") == "lost":
                self._ignored.add(event.object["id"])
            if event.object["id"] not in self._ignored:
                super().take(event)

    return variant(settings, webhook=Ignoring)


@defect(
    source="naive",
    fails="DP-09",
    known_as="lost dispute that can never be won",
    fix="Let won replace lost: in rare cases the bank decides late, and the status of a lost dispute changes to won.",
)
def lost_is_final(settings: Settings) -> WSGIApp:
    """A dispute that was lost stays lost, although the bank may give it back later."""
    DISPUTE_RANK["lost"] = DISPUTE_RANK["won"] + 1
    return variant(settings)


# --- what it is -------------------------------------------------------------------------------------------------------


@defect(
    source="naive",
    fails="DP-05",
    known_as="inquiry taken for a lost dispute",
    fix=(
        "Treat warning_needs_response and warning_under_review as an open inquiry, which moves no money. Record a loss "
        "only for the status lost."
    ),
)
def inquiry_taken_for_loss(settings: Settings) -> WSGIApp:
    """An inquiry shows as a dispute that was lost, before anybody asked for the money."""
    rightly = facts.dispute_status
    facts.dispute_status = lambda known: "lost" if rightly(known) == "inquiry" else rightly(known)
    return variant(settings)


@defect(
    source="naive",
    fails="DP-05",
    known_as="inquiry under review taken for a loss",
    fix=(
        "Treat warning_needs_response and warning_under_review as an open inquiry, which moves no money. Record a loss "
        "only for the status lost."
    ),
)
def reviewed_inquiry_taken_for_loss(settings: Settings) -> WSGIApp:
    """An inquiry that is under review is taken for one that is beyond saving."""
    telling(lambda event, status: "lost" if status == "warning_under_review" else status, "charge.dispute.updated")
    return variant(settings)


@defect(
    source="naive",
    fails="DP-10",
    known_as="dispute ignored between its creation and closing",
    fix=(
        "Handle charge.dispute.updated and charge.dispute.funds_withdrawn as well, and store the status that they "
        "carry: an inquiry can become a dispute."
    ),
)
def dispute_updates_ignored(settings: Settings) -> WSGIApp:
    """Only the creation and the closing of a dispute are handled, so that an inquiry never becomes a dispute."""
    for event_type in set(DISPUTE_EVENTS) - {"charge.dispute.created", "charge.dispute.closed"}:
        del READERS[event_type]
    return variant(settings)


@defect(
    source="naive",
    fails="DP-10 CV-01 CV-02",
    known_as="escalated inquiry whose outcome is ignored",
    fix=(
        "Go by the dispute's present status, not by how it began. An inquiry that became a dispute can be won or lost "
        "like any other."
    ),
)
def escalated_inquiry_never_closes(settings: Settings) -> WSGIApp:
    """What began as an inquiry ends as one: the closing of the dispute that it became changes nothing."""

    class Remembering(Webhook):
        def __init__(self, settings: Settings, ledger: Ledger) -> None:
            super().__init__(settings, ledger)
            self._inquiries: set[object] = set()

        def take(self, event: Event) -> None:
            status = word(event.object, "status")
            if event.type in DISPUTE_EVENTS and status in INQUIRY:
                self._inquiries.add(event.object["id"])
            if event.object["id"] not in self._inquiries or status not in ("won", "lost"):
                super().take(event)

    return variant(settings, webhook=Remembering)


def demanding_amounts(demand: Callable[[int, int], bool]) -> Callable[[Settings], WSGIApp]:
    """A server that takes a dispute only if `demand` holds for its amount and for the amount of its order."""

    class Demanding(Webhook):
        def take(self, event: Event) -> None:
            if event.type in DISPUTE_EVENTS:
                total = "SELECT amount_total FROM orders WHERE stripe_payment_intent = ?"
                order = execute(self._ledger, total, event.object["payment_intent"]).fetchone()
                if order and not demand(amount(event.object, "amount") or 0, *order):
                    raise ArithmeticError("the dispute is over another amount than the order's")
            super().take(event)

    return lambda settings: variant(settings, webhook=Demanding)


@defect(
    source="naive",
    fails="DP-11",
    known_as="dispute above the order's total refused",
    fix=(
        "Accept a dispute of any amount. It can be higher or lower than the charge, for example through exchange rates "
        "or where only a part is disputed."
    ),
)
def larger_dispute_refused(settings: Settings) -> WSGIApp:
    """A dispute over more than the order's total is a 500 for ever."""
    return demanding_amounts(lambda disputed, total: disputed <= total)(settings)


@defect(
    source="naive",
    fails="DP-11",
    known_as="dispute below the order's total refused",
    fix=(
        "Accept a dispute of any amount. It can be higher or lower than the charge, for example through exchange rates "
        "or where only a part is disputed."
    ),
)
def smaller_dispute_refused(settings: Settings) -> WSGIApp:
    """A dispute over less than the order's total is a 500 for ever."""
    return demanding_amounts(lambda disputed, total: disputed >= total)(settings)


@defect(
    source="naive",
    fails="DP-12",
    known_as="unknown dispute status answered with an error",
    fix=UNKNOWN_STATUS,
)
def dispute_statuses_enumerated(settings: Settings) -> WSGIApp:
    """A status that the list of known ones does not hold is a 500 for ever."""
    reading(lambda event: DISPUTE_RANK[event.object["status"]], *DISPUTE_EVENTS)
    return variant(settings)


@defect(
    source="naive",
    fails="DP-12",
    known_as="unknown dispute status taken for a loss",
    fix=UNKNOWN_STATUS,
)
def unknown_dispute_is_lost(settings: Settings) -> WSGIApp:
    """A status that the list of known ones does not hold is a loss."""
    telling(lambda event, status: status if status in DISPUTE_RANK else "lost", *DISPUTE_EVENTS)
    return variant(settings)


@defect(
    source="naive",
    fails="DP-12",
    known_as="unknown dispute status taken for a win",
    fix=UNKNOWN_STATUS,
)
def unknown_dispute_is_won(settings: Settings) -> WSGIApp:
    """What neither waits for a response nor was lost is a dispute that was won."""
    telling(lambda event, status: status if status in DISPUTE_RANK else "won", *DISPUTE_EVENTS)
    return variant(settings)


# --- which of them, and what was before -------------------------------------------------------------------------------


@defect(
    source="naive",
    fails="DP-13",
    known_as="dispute status overwritten by another dispute's",
    fix=EACH_DISPUTE,
)
def one_dispute_an_order(settings: Settings) -> WSGIApp:
    """An order has one dispute, whose status the closing of any other overwrites."""

    class Single(SingleLedger):
        def learn(self, fact: Fact) -> str | None:
            if fact.kind == "dispute" and fact.payment_intent:
                fact = fact._replace(stripe_id=fact.payment_intent)
            return super().learn(fact)

    return variant(settings, ledger=Single)


@defect(
    source="naive",
    fails="DP-13",
    known_as="second dispute taken for a duplicate",
    fix=EACH_DISPUTE,
)
def second_dispute_ignored(settings: Settings) -> WSGIApp:
    """An order has one dispute, and a second one is taken for a duplicate: the first one's end clears the order."""

    class First(Ledger):
        def apply(self, facts: tuple[Fact, ...]) -> None:
            kept = "SELECT stripe_id FROM facts WHERE kind = 'dispute' AND payment_intent = ? AND stripe_id <> ?"
            told = next((fact for fact in facts if fact.kind == "dispute"), None)
            if not told or not execute(self, kept, told.payment_intent, told.stripe_id).fetchone():
                super().apply(facts)

    return variant(settings, ledger=First)


@defect(
    source="naive",
    fails="DP-13",
    known_as="open dispute cleared by another that was won",
    fix=EACH_DISPUTE,
)
def one_win_clears_the_order(settings: Settings) -> WSGIApp:
    """A dispute that was won clears the order, whatever other dispute is open."""
    rightly = facts.dispute_status

    def cleared(known: Iterable[Fact]) -> str:
        known = tuple(known)
        won = any(fact.kind == "dispute" and fact.status == "won" for fact in known)
        return "won" if won else rightly(known)

    facts.dispute_status = cleared
    return variant(settings)


@defect(
    source="naive",
    fails="DP-14 CV-01 CV-02",
    known_as="earlier refunds erased by a won dispute",
    fix=(
        "Keep refunds and disputes apart. A dispute that is won takes only itself off the order: what was refunded "
        "before stays refunded."
    ),
)
def won_dispute_restores_everything(settings: Settings) -> WSGIApp:
    """A dispute that was won sets the order back to paid and not refunded, although a part was refunded before."""

    class Restoring(SingleLedger):
        def write(self, order: Order) -> None:
            restored = order._replace(refund_status="none", amount_refunded=0)
            super().write(restored if order.dispute_status == "won" else order)

    return variant(settings, ledger=Restoring)
