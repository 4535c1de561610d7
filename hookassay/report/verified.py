"""What a certificate says, for a person who was given one, once its signature was checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from ..judging.journal import NOT_APPLICABLE, NOT_TESTABLE, PASSED
from ..judging.verdict import CERTIFIED, WARNED
from ..redaction import Redactor
from .paper import Paper
from .terminal import MARKS, VERDICT_STYLES

_WIDTH = 12


def print_verified(told: Mapping[str, Any], key: str, console: Console) -> None:
    """Print what is certified: the target, the contract, the levels, what was not tested, and when.

    Args:
        told: The certificate's own field, checked.
        key: The id of the key that signed it.
        console: Where to print.
    """
    paper = Paper(console, Redactor())

    def paragraph(label: str, text: str) -> None:
        paper.paragraph(label, text, width=_WIDTH)

    paper.line((CERTIFIED, VERDICT_STYLES[CERTIFIED]), f" by hookassay {told['version']}, contract {told['contract']}")
    target = told["target"]
    paragraph("Endpoint:", target["url"])
    orders, source = target["orders"], target["source"]
    paragraph("Orders:", source if source.startswith(f"{orders}:") else f"{orders}, {source}".strip(", "))
    events = target["events"]
    paragraph("Events:", "all" if events == "*" else ", ".join(map(str, events)))
    paragraph("API:", ", ".join(map(str, target["api_versions"])))
    paragraph("Time:", f"{told['time']}, run {told['run']}")
    for place, level in enumerate(told["levels"]):
        paragraph("" if place else "Levels:", f"{level['name']}: {level['title']}")
    if not told["levels"]:
        paragraph("Levels:", "none")
    for place, level in enumerate(told["levels_not_given"]):
        paragraph("" if place else "Not given:", f"{level['name']}: {level['reason']}")
    paragraph("Clauses:", _counts(told["clauses"]))
    reasons: dict[str, list[str]] = {}
    for one in told["not_tested"]:
        reasons.setdefault(one["reason"], []).append(_where(one))
    for place, (reason, what) in enumerate(reasons.items()):
        paragraph("" if place else "Not tested:", f"{', '.join(what)}: {reason}")
    for place, loss in enumerate(told["lost_by_subscription"]):
        paragraph("" if place else "Lost:", str(loss))
    paragraph("Signed by:", f"key {key}")


def _counts(clauses: list[Mapping[str, str]]) -> str:
    """How many clauses ended how, those that hold only in part by name."""
    count = Counter(clause["status"] for clause in clauses if clause.get("counted", True))
    told = []
    for status in (PASSED, WARNED, NOT_TESTABLE, NOT_APPLICABLE):
        if count[status]:
            named = ", ".join(clause["id"] for clause in clauses if clause["status"] == status == WARNED)
            told.append(f"{count[status]} {MARKS[status].words}{f' ({named})' if named else ''}")
    return ", ".join(told)


def _where(one: Mapping[str, str]) -> str:
    """A clause, the example where it is only one of it, and the API version where it is another one."""
    inside = [one[name] for name in ("example", "api_version") if name in one]
    return f"{one['clause']} ({', '.join(inside)})" if inside else one["clause"]
