"""Deliveries that are processed although nothing says that Stripe sent them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...check import Circumstances
from ...code.call import callee, calls
from ...code.grammar import grammatical
from ...code.verification import verifications
from ...finding import Hit
from ...source import Source
from .bypass import around, middleware
from .instead import Trusting, instead

_WITHOUT = re.compile(r"without_?verif\w*$|unverified_?event$", re.IGNORECASE)


@dataclass(frozen=True)
class _Verifying:
    """A file that verifies."""

    path: str


class UnverifiedDeliveries:
    """Finds SC-15: beside the verification, behind its failure, or instead of it."""

    words = (b"stripe",)

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def look(self, source: Source) -> Iterator[Hit | Trusting | _Verifying]:
        """The ways around the verification in one file."""
        if not grammatical(source):
            return
        found = verifications(source)
        if found:
            yield _Verifying(source.path)
        for call in found:
            yield from around(source, call)
        for call in calls(source, source.root):
            if _WITHOUT.search(callee(call)):
                yield Hit("SC-15", source.place(call), "This makes an event without looking at its signature.")
        yield from instead(source, bool(found))
        if source.family == "php":
            yield from middleware(source)

    def conclude(self, facts: list[Hit | Trusting | _Verifying]) -> Iterable[Hit]:
        """What was seen; where another file verifies, a function that is no route may be given what it verified."""
        elsewhere = any(isinstance(fact, _Verifying) for fact in facts)
        for fact in facts:
            if isinstance(fact, Hit):
                yield fact
            elif isinstance(fact, Trusting) and (fact.route or not elsewhere):
                yield fact.hit
