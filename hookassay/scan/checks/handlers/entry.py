"""Entry points, and which of them are one place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...code.outline import Function, bare
from ...finding import Place
from .routes.route import ANY

# Folders that show how it is done: what stands in them is deployed by nobody, unless there is nothing else.
_SHOWN = re.compile(
    r"(?:^|/)(?:examples?|samples?|docs?|templates?|demos?|stubs?|snippets?)/(?P<program>[^/]+/)?", re.I
)

Fact = tuple[str, int]
"""A file, and a position in it."""


@dataclass
class Reached:
    """What the code of an entry point reaches by calls.

    Attributes:
        verified: Where it verifies a delivery.
        by_hand: Where it may do so without Stripe's library.
        compared: Where it looks at the type of an event.
        functions: Functions on the way, nearest first.
    """

    verified: set[Fact] = field(default_factory=set)
    by_hand: set[Fact] = field(default_factory=set)
    compared: set[Fact] = field(default_factory=set)
    functions: list[Function] = field(default_factory=list)


@dataclass
class Entry:
    """One entry point."""

    reached: Reached
    place: Place
    routes: tuple[tuple[str, str], ...] = ()

    @property
    def verifies(self) -> set[Fact]:
        """Where it verifies, in whatever manner."""
        return self.reached.verified | self.reached.by_hand


def merged(entries: Sequence[Entry]) -> list[Entry]:
    """Entry points that share their handling are one place, whatever leads there."""
    places: list[Entry] = []
    for entry in sorted(entries, key=lambda one: (not one.routes, one.place)):
        same = [place for place in places if _same(place, entry)]
        for place in same[1:]:
            _absorb(same[0], place)
            places.remove(place)
        if same:
            _absorb(same[0], entry)
        else:
            places.append(entry)
    return sorted(places, key=lambda one: one.place)


def _same(one: Entry, other: Entry) -> bool:
    # index.cjs beside index.js: one source, built twice.
    if one.place == other.place or (
        one.place.path != other.place.path and bare(one.place.path) == bare(other.place.path)
    ):
        return True
    if one.place.path == other.place.path and set(one.routes) & set(other.routes):
        return True
    if one.reached.compared and other.reached.compared:
        shared = len(one.reached.compared & other.reached.compared)
        return 2 * shared >= min(len(one.reached.compared), len(other.reached.compared))
    return bool(one.verifies & other.verifies)


def _absorb(place: Entry, entry: Entry) -> None:
    place.reached.compared |= entry.reached.compared
    # A route that only takes up stored events again (an administrator's replay) is none of Stripe's.
    if entry.verifies or not place.verifies:
        place.routes = tuple(dict.fromkeys((*place.routes, *entry.routes)))
    if entry.verifies and not place.verifies:
        place.routes, place.place = entry.routes or place.routes, entry.place
    place.reached.verified |= entry.reached.verified
    place.reached.by_hand |= entry.reached.by_hand


def deployed(places: list[Entry]) -> list[Entry]:
    """The places that somebody deploys together: those of examples only where there is nothing else."""
    real = [place for place in places if not _SHOWN.search(place.place.path)]
    if real:
        return real
    groups: dict[str, list[Entry]] = {}
    for place in places:
        found = _SHOWN.search(place.place.path)
        groups.setdefault(place.place.path[: found.end()] if found else "", []).append(place)
    return max(groups.values(), key=len, default=[])


def said(entry: Entry) -> str:
    """An entry point in words: its routes, its file and its line."""
    where = f"{entry.place.path}:{entry.place.line}"
    named = " and ".join(f"{'POST' if method == ANY else method} {url}" for method, url in entry.routes)
    return f"{named or 'path unknown'} ({where})"
