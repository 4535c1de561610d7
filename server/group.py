"""Group commit: events that arrive while others are being stored share the next transaction.

A commit waits for the disk, and the disk takes as long for sixteen events as for one. So nobody commits beside another:
who comes puts its event with those that have gathered, gives way to those that take turns with it, and then, if nobody
has stored its event meanwhile, stores all that have gathered. A lone event waits for nobody. There is no thread and no
timer that could die: who writes is one of those that wait for their answer, and none is answered before the commit that
holds its event.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence

import peewee

from .facts import Fact
from .ledger import Entry, Ledger, NotStoredError, RefusedError
from .turns import give_way


class _Place:
    """An event in the queue, and what became of it."""

    __slots__ = ("entry", "error", "new")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.new: bool | None = None
        self.error: Exception | None = None

    @property
    def settled(self) -> bool:
        """Whether the event is stored or refused."""
        return self.new is not None or self.error is not None

    def outcome(self) -> bool:
        """Whether the event was new. Raises what it was refused with."""
        if self.error is not None:
            raise self.error
        if self.new is None:
            raise NotStoredError("the thread that was storing it ended")
        return self.new


class Group(Ledger):
    """A ledger whose events share transactions, in a process that serves several requests at a time."""

    def __init__(self, database: peewee.Database) -> None:
        super().__init__(database)
        self._gathered: deque[_Place] = deque()
        self._writing = threading.Lock()

    def record(self, event_id: str, event_type: str, facts: Iterable[Fact]) -> bool:
        """As Ledger.record: committed when this returns, nothing changed when it raises."""
        place = _Place(Entry(event_id, event_type, tuple(facts)))
        self._gathered.append(place)
        give_way()
        if not place.settled:
            with self._writing:
                if not place.settled:
                    self._store([self._gathered.popleft() for _ in range(len(self._gathered))])
        return place.outcome()

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
