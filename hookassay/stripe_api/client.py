"""How a run tells the stand-in of its purchases."""

from __future__ import annotations

import http.client
import json
import os
import threading
from dataclasses import dataclass, field
from typing import Any

from .. import __version__
from ..endpoint import Secret
from ..errors import HarnessError, UsageError
from ..sender.dispatch import Parcel
from ..sender.purchase import Purchase
from ..sender.signature import FORGERIES
from .address import CONTROL, Address
from .portrait import portrait

PATIENCE = 10.0
"""Seconds for one answer of the stand-in, which needs milliseconds."""


@dataclass
class _Known:
    """What was told of one purchase.

    Attributes:
        introduced: Whether the shop made its Checkout Session; a payment can be made without one.
        forged: Ids of the events that forged attempts carried.
        delivered: Ids of the events that were delivered honestly.
        events: Ids of the events told.
        state: What `state_of` said when it was told last.
    """

    introduced: bool = False
    forged: set[str] = field(default_factory=set)
    delivered: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)
    state: tuple[int, frozenset[tuple[str, str]]] | None = None

    def without(self, purchase: Purchase) -> frozenset[tuple[str, str]]:
        """The facts that were only forged."""
        facts = {report.event.id: report.fact for report in purchase.reported}
        delivered = {facts.get(event_id) for event_id in self.delivered}
        return frozenset(facts[one] for one in self.forged if one in facts and facts[one] not in delivered)

    def state_of(self, purchase: Purchase) -> tuple[int, frozenset[tuple[str, str]]]:
        """What tells two states of a purchase apart."""
        return len(purchase.reported), self.without(purchase)


class StripeApi:
    """A stand-in that runs, told of a purchase before each honest delivery about it.

    What Stripe does not know of stays untold: a fact that was only forged is left out until it is delivered honestly,
    and a purchase that was never introduced has no Checkout Session. A process that is forked goes on with a copy and
    a connection of its own.
    """

    def __init__(self, address: Address, token: Secret | None = None) -> None:
        """Talk to the stand-in at `address`; nothing is opened yet."""
        self.address = address
        self._token = token
        self._connection: http.client.HTTPConnection | None = None
        self._process = 0
        self._lock = threading.RLock()
        self._known: dict[str, _Known] = {}

    def identify(self) -> bool:
        """Whether a stand-in listens there; False where nothing does.

        Raises:
            UsageError: something else listens there, or a stand-in that cannot be told of purchases.
        """
        other = f"What listens at {self.address} is not the stand-in for Stripe's API. Choose another port."
        try:
            status, body = self._exchange("GET", b"")
        except ConnectionRefusedError:
            return False
        except (http.client.HTTPException, ConnectionResetError):
            raise UsageError(other) from None
        except OSError as error:
            raise UsageError(
                f"The stand-in for Stripe's API cannot be reached at {self.address}: {error}. It must be HOST:PORT of "
                "this machine, or of one where it runs (hookassay stripe-api)."
            ) from None
        try:
            said = json.loads(body) if status == 200 else {}
            version = said["version"] if said["hookassay"] == "stripe-api" else None
        except (ValueError, KeyError, TypeError):
            version = None
        if version is None:
            raise UsageError(other)
        if version != __version__:
            raise UsageError(
                f"The stand-in at {self.address} is of hookassay {version}, and this is {__version__}. "
                "Start it again with this version: hookassay stripe-api."
            )
        if not said.get("open"):
            raise UsageError(
                f"The stand-in at {self.address} takes no purchases from here. Where it was started with "
                "$HOOKASSAY_STRIPE_API_TOKEN, the same token must be set here; without one only its own machine may "
                "tell it of purchases."
            )
        return True

    def introduce(self, purchase: Purchase) -> None:
        """Tell of the open Checkout Session that nobody has paid yet."""
        with self._lock:
            self._known.setdefault(purchase.session_id, _Known()).introduced = True
            self._tell(purchase, self._known[purchase.session_id])

    def announce(self, purchase: Purchase, parcel: Parcel) -> None:
        """Tell what an attempt that is about to leave lets Stripe know of `purchase`; a forged one, nothing.

        Raises:
            HarnessError: the stand-in cannot be told.
        """
        if not parcel.event_id:
            return
        with self._lock:
            known = self._known.setdefault(purchase.session_id, _Known())
            if parcel.signing in FORGERIES or parcel.method != "POST":
                known.forged.add(parcel.event_id)
                return
            known.delivered.add(parcel.event_id)
            told = parcel.event_id in known.events
            if not told or known.state != known.state_of(purchase):
                self._tell(purchase, known, parcel)

    def fail(self, lasting: bool) -> int:
        """Begin an outage of the API, or end it; how many requests the latest one has refused.

        Raises:
            HarnessError: the stand-in cannot be told.
        """
        try:
            status, answer = self._exchange("POST", json.dumps({"outage": lasting}).encode())
        except (OSError, http.client.HTTPException) as error:
            raise HarnessError(f"the stand-in for Stripe's API at {self.address} cannot be told: {error}") from None
        if status != 200:
            raise HarnessError(f"the stand-in for Stripe's API at {self.address} refuses: {_reason(answer) or status}")
        return int(json.loads(answer)["refused"])

    def close(self) -> None:
        """Close this process's connection."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None

    def _tell(self, purchase: Purchase, known: _Known, parcel: Parcel | None = None) -> None:
        """Tell the state of a purchase, and those events that were not told yet."""
        without = known.without(purchase)
        events = {
            report.event.id: report.event.body()
            for report in purchase.reported
            if report.fact not in without and report.event.id not in known.events
        }
        if parcel is not None and parcel.event_id not in known.events:
            events.setdefault(parcel.event_id, parcel.body)
        told = {
            "purchase": purchase.session_id,
            "account": purchase.account,
            "api_version": purchase.api_version,
            "objects": portrait(purchase, without, announced=known.introduced),
        }
        # The events are JSON already.
        body = json.dumps(told).encode()[:-1] + b', "events": [' + b",".join(events.values()) + b"]}"
        try:
            status, answer = self._exchange("PUT", body)
        except (OSError, http.client.HTTPException) as error:
            raise HarnessError(f"the stand-in for Stripe's API at {self.address} cannot be told: {error}") from None
        if status != 204:
            raise HarnessError(f"the stand-in for Stripe's API at {self.address} refuses: {_reason(answer) or status}")
        known.events.update(events)
        known.state = known.state_of(purchase)

    def _exchange(self, method: str, body: bytes) -> tuple[int, bytes]:
        """One request on this process's kept connection, opened anew once where the other side had closed it."""
        headers = {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.reveal()}"
        with self._lock:
            for kept in (self._kept(), None):
                connection = kept or self._opened()
                try:
                    connection.request(method, CONTROL, body or None, headers)
                    answer = connection.getresponse()
                    return answer.status, answer.read()
                except (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected):
                    connection.close()
                    self._connection = None
                    if kept is None:
                        raise
                except (OSError, http.client.HTTPException):
                    connection.close()
                    self._connection = None
                    raise
        raise AssertionError("the second attempt answers or raises")

    def _kept(self) -> http.client.HTTPConnection | None:
        # A connection made before a fork belongs to the parent: it is dropped, not closed.
        return self._connection if self._process == os.getpid() else None

    def _opened(self) -> http.client.HTTPConnection:
        reached = self.address.reached
        self._connection = http.client.HTTPConnection(reached.host, reached.port, timeout=PATIENCE)
        self._process = os.getpid()
        return self._connection


def _reason(body: bytes) -> Any:
    try:
        return json.loads(body)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return None
