"""Group commit: events that arrive while others are being stored share the next transaction.

A commit waits for the disk, and the disk takes as long for sixteen events as for one. So nobody commits beside another:
the first to come writes, those that come meanwhile gather, and when the commit is over one of them writes for all. A
lone event waits for nobody. There is no thread and no timer that could die: who writes is one of those that wait for
their answer, and none is answered before the commit that holds its event.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import peewee

from .facts import Fact
from .ledger import Entry, Ledger, NotStoredError, RefusedError


class _Place:
    """An event in the queue, and what became of it; made by the thread that waits for it."""

    __slots__ = ("_asleep", "entry", "error", "new", "writes")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.new: bool | None = None
        self.error: Exception | None = None
        self.writes = False
        """Whether it is for this thread to store what has gathered."""
        self._asleep = threading.Lock()
        self._asleep.acquire()

    def wait(self) -> None:
        """Sleep until the event is stored or refused, or it is for this thread to write."""
        self._asleep.acquire()

    def wake(self) -> None:
        """End `wait`."""
        self._asleep.release()

    def outcome(self) -> bool:
        """Whether the event was new. Raises what it was refused with."""
        if self.error is not None:
            raise self.error
        if self.new is None:
            raise NotStoredError("the thread that was storing it ended")
        return self.new


class Group(Ledger):
    """A ledger whose events share transactions, in a process that serves several threads."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        self._guard = threading.Lock()
        self._gathered: list[_Place] = []
        self._writing = False

    def record(self, event_id: str, event_type: str, facts: Iterable[Fact]) -> bool:
        """As Ledger.record: committed when this returns, nothing changed when it raises."""
        place = _Place(Entry(event_id, event_type, tuple(facts)))
        with self._guard:
            self._gathered.append(place)
            place.writes = not self._writing
            self._writing = True
        if not place.writes:
            place.wait()
        if place.writes:
            self._write()
        return place.outcome()

    def _write(self) -> None:
        """Store what has gathered, this thread's own event with it, and let one of those that came meanwhile follow.

        Whatever happens here, all whose events were taken are woken, and the next one writes.
        """
        with self._guard:
            batch, self._gathered = self._gathered, []
        try:
            self._store(batch)
        finally:
            with self._guard:
                following = self._gathered[0] if self._gathered else None
                self._writing = following is not None
            for place in batch:
                place.wake()
            if following is not None:
                following.writes = True
                following.wake()

    def _store(self, batch: Sequence[_Place]) -> None:
        """Store all in one transaction; each in its own where one of them may be why that is not possible."""
        try:
            new = self.record_together([place.entry for place in batch])
        except Exception as error:
            database_fails = isinstance(error, NotStoredError) and not isinstance(error, RefusedError)
            if len(batch) > 1 and not database_fails:
                for place in batch:
                    self._store([place])
            else:
                for place in batch:
                    place.error = error
        else:
            for place, is_new in zip(batch, new, strict=True):
                place.new = is_new
