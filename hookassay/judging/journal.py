"""Evidence as it happens: every delivery, every reading, and how each scenario ended.

The results of a run come from here and not from pytest's output, because a scenario's last word may come after pytest
reported it: what must have had no effect is read once more at the end of the run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ..sender.dispatch import Parcel

PASSED = "passed"
FAILED = "failed"
NOT_APPLICABLE = "not_applicable"
NOT_TESTABLE = "not_testable"
ERROR = "error"

# A burst makes many deliveries; a person reads a few, and a report must stay small.
KEPT_DELIVERIES = 60


@dataclass(frozen=True)
class DeliveryRecord:
    """One POST attempt.

    Attributes:
        at: Seconds since the run began, when the last byte left.
        purchase: The Checkout Session id that the event is about.
        event_id: The Event's id, empty for a body that has none.
        event_type: The Event's type, or what the body is (`empty body`).
        signing: `honest`, or the name of the signing variant or forgery.
        attempt: 1 for the first delivery of this event by the courier, 2 for its first retry.
        status: The HTTP status; None when no answer came.
        problem: Why no answer came, empty otherwise.
        seconds: From the last byte sent to the answer.
        answer: The beginning of the answer's body, redacted.
        parcel: What was delivered, to deliver it again; None where nobody can.
    """

    at: float
    purchase: str
    event_id: str
    event_type: str
    signing: str
    attempt: int
    status: int | None
    problem: str
    seconds: float
    answer: str
    parcel: Parcel | None = field(default=None, repr=False, compare=False)


@dataclass
class ScenarioRecord:
    """One scenario: what was sent, and how it ended.

    Attributes:
        clause_id: The clause it judges.
        name: The scenario's title, with the example's values.
        status: One of the words above; `error` until something better is known.
        message: What went wrong, in a sentence; empty when it passed.
        expected: What a failed scenario expected.
        seen: What a failed scenario saw instead.
        seconds: How long it took.
        sent: How many deliveries it made.
        deliveries: The first of them, as many as a report keeps.
        notes: What is worth saying although it passed.
        story: The scenario's Gherkin steps, in order.
        rests_on: The clause that promises what the scenario took as given and did not get, empty otherwise.
        api_version: The API version of what it sent.
        purchases: The purchases that it brought in, by their placeholders.
        known: Why its failure is accepted for now, as the baseline says; empty for what the baseline does not excuse.
    """

    clause_id: str
    name: str
    status: str = ERROR
    message: str = "the scenario did not end"
    expected: str = ""
    seen: str = ""
    seconds: float = 0.0
    sent: int = 0
    deliveries: list[DeliveryRecord] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    rests_on: str = ""
    api_version: str = ""
    purchases: list[Mapping[str, Any]] = field(default_factory=list, repr=False)
    known: str = ""

    def end(self, status: str, message: str = "", *, expected: str = "", seen: str = "") -> None:
        """Give the scenario its status; a failure once found is never taken back."""
        if self.status == FAILED:
            return
        self.status, self.message, self.expected, self.seen = status, message, expected, seen

    def note(self, text: str) -> None:
        """Keep a remark, once."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(frozen=True)
class Extract:
    """What a journal holds besides its scenarios, taken out of it for another journal.

    Attributes:
        outside: The deliveries that belong to no scenario.
        created: The Checkout Session ids of everything created.
        sent: How many deliveries were made.
    """

    outside: tuple[DeliveryRecord, ...]
    created: tuple[str, ...]
    sent: int


class Journal:
    """Keeps the scenarios of a run in the order they ran, and the ids of everything created.

    Attributes:
        api_version: The API version of what is sent now; every scenario that is opened keeps it.
    """

    def __init__(self) -> None:
        """Begin an empty journal now."""
        self.began = time.monotonic()
        self.scenarios: list[ScenarioRecord] = []
        self.outside: list[DeliveryRecord] = []
        self.created: list[str] = []
        self.sent = 0
        self.phases: dict[str, float] = {}
        self.api_version = ""
        self._current: ScenarioRecord | None = None
        self._lock = threading.Lock()

    def open(self, clause_id: str, name: str) -> ScenarioRecord:
        """Begin a scenario; deliveries are written to it until the next one begins or `close` is called."""
        record = ScenarioRecord(clause_id, name, api_version=self.api_version)
        self.scenarios.append(record)
        self._current = record
        return record

    def close(self) -> None:
        """End the current scenario; what is delivered from now on belongs to none."""
        self._current = None

    def introduced(self, placeholders: Mapping[str, Any]) -> None:
        """Write down a purchase, for clean-up and to make one like it."""
        with self._lock:
            self.created.append(str(placeholders["session_id"]))
            if self._current is not None:
                self._current.purchases.append(placeholders)

    def delivered(self, record: DeliveryRecord) -> None:
        """Write down one POST attempt."""
        with self._lock:
            self.sent += 1
            if self._current is None:
                self.outside.append(record)
                return
            self._current.sent += 1
            if len(self._current.deliveries) < KEPT_DELIVERIES:
                self._current.deliveries.append(record)

    def hand_over(self) -> Extract:
        """Take out what stands here besides the scenarios: another journal keeps it from now on."""
        with self._lock:
            extract = Extract(tuple(self.outside), tuple(self.created), self.sent)
            self.outside.clear()
            self.created.clear()
            self.sent = 0
        return extract

    def take(self, extract: Extract) -> None:
        """Keep what another journal handed over."""
        with self._lock:
            self.outside += extract.outside
            self.created += extract.created
            self.sent += extract.sent

    def of(self, api_version: str) -> tuple[ScenarioRecord, ...]:
        """The scenarios that ran in an API version, in the order they ran."""
        return tuple(record for record in self.scenarios if record.api_version == api_version)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time spent inside to the phase called `name`."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.monotonic() - began
