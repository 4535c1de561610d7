"""What the stand-in was told: the objects and events of every purchase, until newer ones need the room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..sender.event import Event, ThinEvent, snapshot_id

MOST_PURCHASES = 5000
"""A run of the whole contract has about a thousand; the oldest are forgotten beyond this."""

Object = Mapping[str, Any]


@dataclass
class _Kept:
    """One purchase.

    Attributes:
        account: The connected account it belongs to, or None.
        api_version: The version that its events are in.
        objects: Its objects by id, in the latest version.
        events: Its snapshot events by id, as delivered.
        thin: Its thin events by id, complete.
    """

    account: str | None = None
    api_version: str = ""
    objects: dict[str, Object] = field(default_factory=dict)
    events: dict[str, Object] = field(default_factory=dict)
    thin: dict[str, Object] = field(default_factory=dict)


class Store:
    """Keeps the present state of every purchase; safe to share between threads."""

    def __init__(self, most: int = MOST_PURCHASES) -> None:
        """Keep at `most` so many purchases."""
        self._most = most
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._where: dict[str, str] = {}
        self._updates: dict[str, dict[str, Any]] = {}
        self._lock = threading.RLock()

    def put(
        self, purchase: str, objects: list[Object], events: list[Object], *, account: str | None, api_version: str
    ) -> None:
        """Replace the objects of `purchase` by these, and add events to those it has."""
        with self._lock:
            kept = self._kept.setdefault(purchase, _Kept())
            kept.account, kept.api_version = account, api_version
            for gone in kept.objects:
                self._where.pop(gone, None)
            kept.objects = {str(thing["id"]): thing for thing in objects}
            for event in events:
                if event["object"] == "v2.core.event":
                    kept.thin[str(event["id"])] = ThinEvent(event).complete()
                else:
                    kept.events[str(event["id"])] = event
            for own in (*kept.objects, *kept.events, *kept.thin):
                self._where[own] = purchase
            while len(self._kept) > self._most:
                name, oldest = self._kept.popitem(last=False)
                for own in (*oldest.objects, *oldest.events, *oldest.thin):
                    if self._where.get(own) == name:  # several purchases may have one customer
                        del self._where[own]
                        self._updates.pop(own, None)

    def accounts(self) -> set[str]:
        """The connected accounts that purchases belong to."""
        with self._lock:
            return {kept.account for kept in self._kept.values() if kept.account is not None}

    def api_version(self, object_id: str) -> str:
        """The version in which the events of this object's purchase are; empty where there is none."""
        with self._lock:
            kept = self._kept.get(self._where.get(object_id, ""))
            return kept.api_version if kept else ""

    def find(self, kind: str, object_id: str, account: str | None) -> Object | None:
        """The object of this kind (`*`: of any) and id that `account` has, in the latest version; or None."""
        with self._lock:
            kept = self._kept.get(self._where.get(object_id, ""))
            if kept is None or kept.account != account:
                return None
            if kind == "event":
                return kept.events.get(object_id)
            thing = kept.objects.get(object_id)
            if thing is None or kind not in ("*", thing["object"]):
                return None
            return self._updated(thing)

    def every(self, kind: str, account: str | None, beside: str | None = None) -> list[Object]:
        """All objects of one kind that `account` has, newest first; or those of the purchase that `beside` is of."""
        with self._lock:
            found: list[Object] = []
            one = self._kept.get(self._where.get(beside or "", ""))
            for kept in self._kept.values() if beside is None else filter(None, [one]):
                if kept.account == account:
                    things = kept.events if kind == "event" else kept.objects
                    found += [self._updated(thing) for thing in things.values() if thing["object"] == kind]
        found.reverse()  # of those made in one second, too, the newest first
        return sorted(found, key=lambda thing: -int(thing["created"]))

    def find_thin(self, event_id: str, account: str | None) -> Object | None:
        """The thin event of this id, or the thin twin of a snapshot event; complete, or None."""
        with self._lock:
            kept = self._kept.get(self._where.get(event_id, ""))
            if kept is not None and kept.account == account:
                return kept.thin.get(event_id)
            snapshot = self.find("event", snapshot_id(event_id) or "", account)
        if snapshot is None:
            return None
        twin = Event(snapshot).thin()
        return twin.complete() if twin.id == event_id else None

    def every_thin(self, account: str | None) -> list[Object]:
        """All thin events, those delivered and the twins of snapshot events, newest first."""
        twins = {twin.id: twin.complete() for twin in (Event(event).thin() for event in self.every("event", account))}
        with self._lock:
            delivered = [thin for kept in self._kept.values() if kept.account == account for thin in kept.thin.items()]
        return sorted((twins | dict(delivered)).values(), key=lambda event: str(event["created"]), reverse=True)

    def update(self, object_id: str, metadata: Mapping[str, str | None], fields: Mapping[str, Any]) -> None:
        """Change an object's metadata (None takes a key away) and other fields; it stays so whatever is told later."""
        with self._lock:
            known = self._updates.setdefault(object_id, {"metadata": {}, "fields": {}})
            known["metadata"].update(metadata)
            known["fields"].update(fields)

    def _updated(self, thing: Object) -> Object:
        update = self._updates.get(str(thing["id"]))
        if update is None:
            return thing
        merged = {**(thing.get("metadata") or {}), **update["metadata"]}
        metadata = {name: value for name, value in merged.items() if value is not None}
        return {**thing, **update["fields"], "metadata": metadata}
