"""The handler: the code that a delivery of Stripe's runs through, and the rest of the shop's code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..scan.checks.handlers.entry import Entry
from ..scan.language import GRAMMARS
from ..scan.survey import Survey

# Where a shop lets a customer begin to pay.
_CHECKOUT = re.compile(r"sessions\.create\(|Session\.create\(|sessions->create\(|session\.New\(|sessions/create")


@dataclass(frozen=True)
class Handler:
    """The code that handles events.

    Attributes:
        place: Where requests enter; None where nothing was found.
        text: The code that a delivery reaches, as far as calls can be followed.
        files: The whole text of each file that holds some of it.
        checkout: The text of each file where a checkout begins, without what a delivery reaches.
        beside: The paths of what else speaks of a dispute, where calls could not be followed to the end.
    """

    place: Entry | None
    text: str = field(repr=False)
    files: dict[str, str] = field(repr=False)
    checkout: dict[str, str] = field(repr=False)
    beside: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Where it begins, for a comment."""
        return f"{self.place.place.path}:{self.place.place.line}" if self.place else ""

    @property
    def whole(self) -> str:
        """The text of all its files."""
        return "\n".join(self.files.values())


def find(survey: Survey) -> Handler:
    """The handler of a codebase; of several places the one that verifies and looks at the most types."""
    code = {source.path: source.text for source in survey.sources if source.language in GRAMMARS}
    place = survey.places[0] if survey.places else None
    if place is None:
        return Handler(None, "", {}, {path: text for path, text in code.items() if _CHECKOUT.search(text)})
    spans: dict[str, list[tuple[int, int]]] = {}
    for function in place.reached.functions:
        spans.setdefault(function.path, []).append(function.span)
    for sheet in survey.sheets:
        for route in sheet.routes:
            if sheet.path == place.place.path and route.line == place.place.line:
                spans.setdefault(sheet.path, []).append(route.span)
    told = place.reached.compared | place.verifies
    paths = dict.fromkeys((place.place.path, *spans, *sorted(path for path, _ in told)))
    files = {path: code[path] for path in paths if path in code}
    reached = "\n".join(code[path][slice(*span)] for path, found in spans.items() for span in found if path in code)
    checkout = {path: _without(text, spans.get(path, [])) for path, text in code.items() if _CHECKOUT.search(text)}
    checkout = {path: text for path, text in checkout.items() if _CHECKOUT.search(text)}
    beside = tuple(path for path, text in code.items() if path not in files and "dispute" in text.lower())
    return Handler(place, reached, files, checkout, beside)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """What is left of a text; positions are those of the whole, so the last is cut first."""
    for begin, end in sorted(spans, reverse=True):
        text = text[:begin] + text[end:]
    return text
