"""What a scenario delivered, kept so that it can be delivered again: under fresh signatures, about fresh purchases.

A recorded signature is dead after five minutes, and an endpoint that handles each event once would swallow what it has
seen. So neither signatures nor the secret are kept, but how each delivery was signed; and every id of the purchases,
which all hold the run's id, becomes one that no endpoint knows yet.
"""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from ..errors import UsageError
from ..nearest import hint
from ..sender import money
from ..sender.dispatch import Manner, Parcel
from ..sender.signature import ALL
from ..wire.connection import Headers
from .contract import Clause
from .journal import KEPT_DELIVERIES, ScenarioRecord
from .verdict import Result

FORMAT = 1

SHORTEST_PAUSE = 0.05
"""Seconds: shorter ones are not waits, but the time that reading an order took."""

LONGEST_PAUSE = 5.0

_WHICH = "Name a folder that `hookassay certify` wrote for a failed clause: hookassay-report/repro/OO-01."

# What Stripe's objects say of time, in Unix seconds.
_MOMENT = re.compile(rb'("(?:created|expires_at|due_by)"\s*:\s*)(\d{10})\b')

# A reference that the contract made up, which says nothing to the shop.
_OWN_REFERENCE = re.compile(r"order-[0-9a-f]{16}")


@dataclass(frozen=True)
class Delivery:
    """One delivery of a recording.

    Attributes:
        parcel: What was delivered, and how it was signed.
        status: What it was answered then; None for no answer.
        pause: Seconds between the answer before it and this one.
    """

    parcel: Parcel
    status: int | None
    pause: float = 0.0

    @property
    def acknowledged(self) -> bool:
        """Whether it was answered with a 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Recording:
    """The deliveries of one scenario that failed.

    Attributes:
        clause: The clause that it failed: id, level and title.
        scenario: The scenario's title.
        url: Where it was delivered to, redacted.
        run: The id of the run that it belongs to, which every id holds.
        at: When it was recorded, in Unix seconds.
        expected: What the scenario expected.
        seen: What it saw.
        settle: Seconds within which an effect had to show.
        manner: How deliveries looked.
        purchases: The purchases that it brought in, by their placeholders.
        deliveries: Everything that it delivered, in order.
    """

    clause: tuple[str, str, str]
    scenario: str
    url: str
    run: str
    at: int
    expected: str
    seen: str
    settle: float
    manner: Manner
    purchases: tuple[Mapping[str, Any], ...]
    deliveries: tuple[Delivery, ...]

    @classmethod
    def of(cls, clause: Clause, scenario: ScenarioRecord, result: Result) -> Self | None:
        """The recording of a scenario; None where not all that it delivered was kept."""
        sent = [record for record in scenario.deliveries if record.parcel is not None]
        if not sent or len(sent) < len(scenario.deliveries) or len(sent) >= KEPT_DELIVERIES:
            return None
        deliveries = []
        free = sent[0].at
        company = ""
        for record in sorted(sent, key=lambda record: record.at):
            assert record.parcel is not None
            pause = record.at - free
            together = bool(company) and record.parcel.together == company
            waited = pause >= SHORTEST_PAUSE and not together
            deliveries.append(
                Delivery(record.parcel, record.status, round(min(pause, LONGEST_PAUSE), 3) if waited else 0.0)
            )
            free, company = max(free, record.at + record.seconds), record.parcel.together
        about = {record.purchase for record in sent}
        return cls(
            (clause.id, clause.level, clause.title),
            scenario.name,
            result.target.url,
            result.run,
            int(time.time()),
            scenario.expected,
            scenario.seen or scenario.message,
            result.settle,
            result.manner,
            tuple(purchase for purchase in scenario.purchases if purchase["session_id"] in about),
            tuple(deliveries),
        )

    @property
    def races(self) -> bool:
        """Whether deliveries left at the same instant, so that what they show may not show every time."""
        return any(delivery.parcel.together.startswith("volley") for delivery in self.deliveries)

    @property
    def about(self) -> tuple[str, ...]:
        """The Checkout Session ids of the purchases, in the order in which something was delivered about them."""
        return tuple(dict.fromkeys(delivery.parcel.about for delivery in self.deliveries))

    # --- about other purchases ----------------------------------------------------------------------------------------

    def afresh(self, run: str, now: int) -> Recording:
        """The same about purchases that no endpoint knows yet, as if it had been recorded `now` (Unix seconds).

        Args:
            run: Another run's id, of the same length: it takes the place of the recorded one in every id.
            now: What the recording's moment becomes; whatever an event says of time moves with it.
        """
        own = re.compile(re.escape(self.run).encode(), re.IGNORECASE)
        uuids = {
            str(purchase["uuid"]).encode(): str(uuid.uuid4()).encode() for purchase in self.purchases
        } | {
            found.encode(): f"order-{uuid.uuid4().hex[:16]}".encode()
            for purchase in self.purchases
            for found in _OWN_REFERENCE.findall(str(purchase["client_reference_id"]))
        }  # fmt: skip

        def other(match: re.Match[bytes]) -> bytes:
            # One clause has ids that differ in the case of their letters only.
            return run.upper().encode() if match[0] != self.run.encode() else run.encode()

        def fresh(text: bytes) -> bytes:
            for old, new in uuids.items():
                text = text.replace(old, new)
            return own.sub(other, text)

        def later(match: re.Match[bytes]) -> bytes:
            return match[1] + str(int(match[2]) + now - self.at).encode()

        def word(text: str) -> str:
            return fresh(text.encode()).decode()

        deliveries = tuple(
            replace(
                delivery,
                parcel=replace(
                    delivery.parcel,
                    about=word(delivery.parcel.about),
                    event_id=word(delivery.parcel.event_id),
                    body=_MOMENT.sub(later, fresh(delivery.parcel.body)),
                ),
            )
            for delivery in self.deliveries
        )
        purchases = tuple(
            {name: word(value) if isinstance(value, str) else value for name, value in purchase.items()}
            for purchase in self.purchases
        )
        return replace(self, run=run, at=now, purchases=purchases, deliveries=deliveries)

    # --- as a file ----------------------------------------------------------------------------------------------------

    def text(self) -> str:
        """The recording as JSON, a line for each delivery."""
        head = {
            "format": FORMAT,
            "clause": self.clause[0],
            "level": self.clause[1],
            "title": self.clause[2],
            "scenario": self.scenario,
            "url": self.url,
            "run": self.run,
            "recorded": self.at,
            "expected": self.expected,
            "seen": self.seen,
            "settle": self.settle,
            "headers": [list(pair) for pair in self.manner.headers],
            "other_url": self.manner.url,
        }
        lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in head.items()]
        lines.append(f'  "purchases": {_list(map(_purchase, self.purchases))}')
        lines.append(f'  "deliveries": {_list(map(_delivery, self.deliveries))}')
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def parse(cls, text: str, place: str) -> Self:
        """The recording that a file holds; `place` names the file in messages.

        Raises:
            UsageError: it is no recording of ours.
        """
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise ValueError
            return cls(
                (data["clause"], data["level"], data["title"]),
                data["scenario"],
                data["url"],
                data["run"],
                data["recorded"],
                data["expected"],
                data["seen"],
                data["settle"],
                Manner("as recorded", headers=_headers(data["headers"]), url=data["other_url"]),
                tuple(map(_read_purchase, data["purchases"])),
                tuple(_read_delivery(one, place) for one in data["deliveries"]),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UsageError(f"{place} is no recording of this version's. {_WHICH}") from None


def _list(items: Iterable[Mapping[str, Any]]) -> str:
    return "[" + ",".join(f"\n    {json.dumps(item, ensure_ascii=False)}" for item in items) + "\n  ]"


def _purchase(placeholders: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in placeholders.items() if name != "amount_major"}


def _read_purchase(data: Mapping[str, Any]) -> dict[str, Any]:
    amount = data["amount"]
    return {**data, "amount_major": None if amount is None else money.major(amount, data["currency"])}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    parcel = delivery.parcel
    try:
        body = {"body": parcel.body.decode()}
    except UnicodeDecodeError:
        body = {"body_base64": base64.b64encode(parcel.body).decode()}
    told = {
        "event_type": parcel.event_type,
        "event_id": parcel.event_id,
        "about": parcel.about,
        "signing": parcel.signing,
        "attempt": parcel.attempt,
        "answered": delivery.status,
    }
    # What is usual is not said.
    unusual = {
        "pause": delivery.pause or None,
        "together": parcel.together or None,
        "method": parcel.method if parcel.method != "POST" else None,
        "headers": None if parcel.headers is None else [list(pair) for pair in parcel.headers],
        "configured_url": parcel.configured or None,
    }
    return {**told, **{name: value for name, value in unusual.items() if value is not None}, **body}


def _read_delivery(data: Mapping[str, Any], place: str) -> Delivery:
    body = data["body"].encode() if "body" in data else base64.b64decode(data["body_base64"])
    signing = data["signing"]
    if signing not in ALL:
        raise UsageError(f"{place}: no way of signing is called {signing!r}.{hint(signing, ALL)}")
    parcel = Parcel(
        about=data["about"],
        event_id=data["event_id"],
        event_type=data["event_type"],
        body=body,
        signing=signing,
        attempt=data["attempt"],
        headers=_headers(data["headers"]) if "headers" in data else None,
        method=data.get("method", "POST"),
        configured=data.get("configured_url", False),
        together=data.get("together", ""),
    )
    return Delivery(parcel, data["answered"], data.get("pause", 0.0))


def _headers(pairs: Sequence[Sequence[str]]) -> Headers:
    return tuple((name, value) for name, value in pairs)


def recorded(path: Path) -> list[Recording]:
    """The recordings at `path`: one file, or all those of a folder in the order of their names.

    Raises:
        UsageError: there are none, or one cannot be read.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise UsageError(f"{path} holds no recording (*.json). {_WHICH}")
    found = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{file} cannot be read ({error.strerror or error}). {_WHICH}") from None
        except UnicodeDecodeError:
            text = ""
        found.append(Recording.parse(text, str(file)))
    return found
