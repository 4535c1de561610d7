"""Every object of one purchase as Stripe's API shows it now: what its events reported last, and what belongs to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..sender.purchase import Purchase
from ..sender.refund import FAILED
from ..sender.template import template

Object = dict[str, Any]


def portrait(purchase: Purchase, without: Collection[tuple[str, str]] = (), *, announced: bool = True) -> list[Object]:
    """The objects of `purchase` in the latest API version, each complete.

    A Checkout Session carries its `line_items` and a Charge its `refunds`, as where they are expanded.

    Args:
        purchase: Whose objects; they show everything told about it.
        without: The facts that Stripe does not know of: those that were only forged.
        announced: Whether Stripe has the Checkout Session; a payment can be made without one.
    """
    found: dict[str, Object] = {purchase.session_id: purchase.open_session()}
    for report in purchase.reported:
        thing = report.object
        if report.fact in without or thing["object"] not in _KNOWN:
            continue
        before = found.get(thing["id"])
        if before is None or _progress(before) <= _progress(thing):
            found[str(thing["id"])] = dict(thing)
    session = found[purchase.session_id]
    if session["status"] == "open" and purchase.payment_intent in found:
        session["payment_intent"] = purchase.payment_intent
    for charge in _of(found, "charge"):
        _settle(charge, purchase, found)
    belonging = _belonging(purchase, found)
    if not announced:
        del found[purchase.session_id]
    return [*found.values(), *belonging]


_KNOWN = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "setup_intent")


def _progress(thing: Mapping[str, Any]) -> int:
    """How far an object has come: Stripe never takes back that a session is complete or paid, or a charge succeeded.

    Source: docs.stripe.com/api, `status` of these objects: a session's open, complete and expired exclude one another.
    """
    if thing["object"] == "checkout.session":
        ended = thing["status"] == "complete"
        return 2 if ended and thing["payment_status"] != "unpaid" else int(ended)
    return int(thing["object"] in ("charge", "payment_intent") and thing["status"] == "succeeded")


def _of(found: Mapping[str, Object], kind: str) -> list[Object]:
    return [thing for thing in found.values() if thing["object"] == kind]


def _settle(charge: Object, purchase: Purchase, found: dict[str, Object]) -> None:
    """Let a Charge agree with its refunds and disputes, and list its refunds.

    The amount given back is the larger of the refunds that did not fail and of what the Charge's own events said
    less those that failed. Where events said more than their refunds explain, a Refund makes up for it.
    """
    refunds = [refund for refund in _of(found, "refund") if refund["charge"] == charge["id"]]
    failed = sum(refund["amount"] for refund in refunds if refund["status"] in FAILED)
    given = sum(refund["amount"] for refund in refunds) - failed
    unexplained = charge["amount_refunded"] - failed - given
    if unexplained > 0:
        refund_id = f"re_{charge['id'].removeprefix('ch_')}"
        fields = {"balance_transaction": f"txn_{refund_id.removeprefix('re_')}r", "created": charge["created"]}
        refund = purchase.refund_object(refund_id, unexplained, **fields)
        found[refund_id] = refund
        refunds.append(refund)
        given += unexplained
    charge["amount_refunded"] = given
    charge["refunded"] = given >= charge["amount"]
    charge["disputed"] = any(dispute["charge"] == charge["id"] for dispute in _of(found, "dispute"))
    charge["refunds"] = _list(refunds[::-1], f"/v1/charges/{charge['id']}/refunds")


def _belonging(purchase: Purchase, found: Mapping[str, Object]) -> list[Object]:
    """What no event reports, and the objects refer to."""
    session = found[purchase.session_id]
    things = list(found.values())
    made = [*_goods(purchase, session), *_balance(found)]
    if any(thing.get("customer") == purchase.customer for thing in things):
        made.append(_customer(purchase))
    for method in dict.fromkeys(thing["payment_method"] for thing in things if thing.get("payment_method")):
        made.append(_payment_method(method, purchase, things))
    if session["subscription"]:
        made.append(_subscription(purchase, session))
    if session["invoice"]:
        made.append(_invoice(purchase, session))
    return made


def _goods(purchase: Purchase, session: Object) -> Iterator[Object]:
    """The price and the product of what was bought; the session gets its line items."""
    url = f"/v1/checkout/sessions/{purchase.session_id}/line_items"
    if session["amount_subtotal"] is None:
        session["line_items"] = _list([], url)
        return
    own = _own(purchase)
    made = {"created": purchase.created, "livemode": purchase.livemode}
    price = {
        **template("price"),
        **made,
        "id": f"price_1{own}",
        "currency": session["currency"],
        "product": f"prod_{own}",
        "unit_amount": session["amount_subtotal"],
        "unit_amount_decimal": str(session["amount_subtotal"]),
    }
    if session["mode"] == "subscription":
        price |= {"recurring": template("subscription")["items"]["data"][0]["price"]["recurring"], "type": "recurring"}
    item = {
        **template("line_item"),
        "id": f"li_1{own}",
        "amount_discount": (session["total_details"] or {}).get("amount_discount", 0),
        "amount_subtotal": session["amount_subtotal"],
        "amount_total": session["amount_total"],
        "currency": session["currency"],
        "discounts": [],
        "price": price,
        "taxes": [],
    }
    session["line_items"] = _list([item], url)
    if session["total_details"] is not None:
        session["total_details"] = {**session["total_details"], "breakdown": {"discounts": [], "taxes": []}}
    yield price
    yield {
        **template("product"),
        **made,
        "id": price["product"],
        "default_price": price["id"],
        "updated": purchase.created,
    }


def _balance(found: Mapping[str, Object]) -> Iterator[Object]:
    """How each movement of money shows on the balance (docs.stripe.com/api/balance_transactions/object)."""
    for charge in _of(found, "charge"):
        if charge["balance_transaction"]:
            pending = {"status": "pending"} if charge["status"] == "pending" else {}
            yield _movement(charge, "balance_transaction", "charge", charge["amount"], **pending)
    for refund in _of(found, "refund"):
        if refund["balance_transaction"]:
            yield _movement(refund, "balance_transaction", "refund", -refund["amount"])
        if refund.get("failure_balance_transaction"):
            yield _movement(refund, "failure_balance_transaction", "refund_failure", refund["amount"])
    for dispute in _of(found, "dispute"):
        yield from dispute["balance_transactions"]


def _movement(source: Object, field: str, kind: str, amount: int, **fields: Any) -> Object:
    # Stripe's fee for a card, of the charge alone; what a refund gives back of it is nothing.
    fee = int(Decimal(amount) * 29 / 1000) if kind == "charge" else 0
    described = {
        "amount": fee,
        "application": None,
        "currency": source["currency"],
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    return {
        **template("balance_transaction"),
        "id": source[field],
        "amount": amount,
        "available_on": source["created"],
        "created": source["created"],
        "currency": source["currency"],
        "description": None,
        "fee": fee,
        "fee_details": [described] if fee else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": source["id"],
        "type": kind,
        **fields,
    }


def _customer(purchase: Purchase) -> Object:
    return {
        **template("customer"),
        "id": purchase.customer,
        "created": purchase.created,
        "email": purchase.email,
        "invoice_prefix": purchase.customer.removeprefix("cus_").upper()[:12],
        "livemode": purchase.livemode,
        "name": purchase.name,
    }


def _payment_method(method: str, purchase: Purchase, things: Collection[Object]) -> Object:
    """The card or account that was paid with, as the charge made with it tells."""
    shape = template("payment_method")
    made = {
        **shape,
        "id": method,
        "billing_details": {**shape["billing_details"], "email": purchase.email, "name": purchase.name},
        "created": purchase.created,
        "livemode": purchase.livemode,
    }
    paid = [thing["payment_method_details"] for thing in things if thing["object"] == "charge"]
    if paid and paid[-1]["type"] == "us_bank_account":
        del made["card"]
        account = paid[-1]["us_bank_account"]
        kept = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
        added = {"financial_connections_account": None, "networks": None, "status_details": None}
        made |= {"type": "us_bank_account", "us_bank_account": {name: account[name] for name in kept} | added}
    elif paid:
        card = paid[-1]["card"]
        made["card"] = {**shape["card"], "fingerprint": card["fingerprint"], "last4": card["last4"]}
    return made


def _subscription(purchase: Purchase, session: Object) -> Object:
    shape = template("subscription")
    began, own = purchase.created, _own(purchase)
    (item,) = shape["items"]["data"]
    price = session["line_items"]["data"][0]["price"]
    plan = {**item["plan"], "id": price["id"], "amount": price["unit_amount"], "product": price["product"]}
    plan |= {"amount_decimal": price["unit_amount_decimal"], "created": began, "currency": session["currency"]}
    month = {"current_period_start": began, "current_period_end": began + 30 * 24 * 3600}
    bought = {
        **item,
        **month,
        "id": f"si_{own}",
        "created": began,
        "plan": {**plan, "livemode": purchase.livemode},
        "price": price,
        "subscription": session["subscription"],
    }
    return {
        **shape,
        "id": session["subscription"],
        "billing_cycle_anchor": began,
        "created": began,
        "currency": session["currency"],
        "customer": session["customer"],
        "default_payment_method": None,
        "items": _list([bought], f"/v1/subscription_items?subscription={session['subscription']}"),
        "latest_invoice": session["invoice"],
        "livemode": purchase.livemode,
        "start_date": began,
    }


def _invoice(purchase: Purchase, session: Object) -> Object:
    shape = template("invoice")
    at = purchase.created
    amounts = ("amount_due", "amount_paid", "subtotal", "subtotal_excluding_tax", "total", "total_excluding_tax")
    details = {**shape["parent"]["subscription_details"], "subscription": session["subscription"]}
    return {
        **shape,
        **dict.fromkeys(amounts, session["amount_total"]),
        **dict.fromkeys(("created", "effective_at", "period_end", "period_start", "webhooks_delivered_at"), at),
        "id": session["invoice"],
        "currency": session["currency"],
        "customer": session["customer"],
        "customer_email": purchase.email,
        "customer_name": purchase.name,
        "hosted_invoice_url": f"https://invoice.example.invalid/{session['invoice']}",
        "invoice_pdf": f"https://invoice.example.invalid/{session['invoice']}/pdf",
        "lines": _list([], f"/v1/invoices/{session['invoice']}/lines"),
        "livemode": purchase.livemode,
        "number": f"{purchase.run.upper()}-{purchase.n:04d}",
        "parent": {**shape["parent"], "subscription_details": details} if session["subscription"] else None,
        "status_transitions": {**shape["status_transitions"], "finalized_at": at, "paid_at": at},
    }


def _own(purchase: Purchase) -> str:
    return purchase.session_id.rpartition("_")[2]


def _list(data: list[Object], url: str) -> Object:
    return {"object": "list", "data": data, "has_more": False, "url": url}
