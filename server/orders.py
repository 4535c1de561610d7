"""GET /orders/{stripe_session_id}: an order read back by its owner."""

from __future__ import annotations

import hmac

import falcon
import peewee

from .models import OrderRow, connected
from .money import major
from .settings import Settings

NO_ORDER = "There is no such order"


class Orders:
    """Orders as JSON, behind the bearer token of ORDERS_TOKEN; closed while none is set."""

    def __init__(self, settings: Settings, database: peewee.Database) -> None:
        self._token = settings.orders_token
        self._database = database

    def on_get(self, req: falcon.Request, resp: falcon.Response, stripe_session_id: str) -> None:
        """Answer with the order of one Checkout Session.

        `amount_total` and `amount_refunded` are integers in the minor unit, `total_amount` is text in the major unit.
        403 while no token is set, 401 for a wrong one, 404 where there is no such order.
        """
        self._authorize(req)
        if not stripe_session_id.isprintable():
            raise falcon.HTTPNotFound(title=NO_ORDER)  # no order can have it, and PostgreSQL takes no NUL
        query = OrderRow.select().where(OrderRow.stripe_session_id == stripe_session_id)
        try:
            with connected(self._database):
                order = next(iter(query.dicts().execute(self._database)), None)
        except (peewee.DatabaseError, peewee.InterfaceError):
            raise falcon.HTTPServiceUnavailable(title="The database does not answer", retry_after=1) from None
        if order is None:
            raise falcon.HTTPNotFound(title=NO_ORDER)
        total = major(order["amount_total"], order["currency"])
        order["total_amount"] = None if total is None else str(total)
        order["created_at"] = order["created_at"].isoformat(timespec="seconds") + "Z"
        resp.media = order

    def _authorize(self, req: falcon.Request) -> None:
        if self._token is None:
            raise falcon.HTTPForbidden(
                title="Orders are closed", description="They open when the server is started with ORDERS_TOKEN."
            )
        scheme, _, token = (req.auth or "").partition(" ")
        # Compared in constant time and as bytes: the time taken tells nothing, and text need not be ASCII.
        given = token.strip().encode("utf-8", "surrogateescape")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given, self._token.encode()):
            raise falcon.HTTPUnauthorized(title="A valid bearer token is needed", challenges=["Bearer"])
