"""The feature files as the contract's examples, read without running anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from gherkin.parser import Parser

SYSTEM_SCAN = "system_scan.feature"
"""Describes the rules of the scan, and no clause: it is run by this project's tests, and is no part of the contract."""

_CLAUSE_TAG = re.compile(r"@([A-Z]{2}-[0-9]{2})")


def contract_features(folder: Traversable | None = None) -> list[Traversable]:
    """The feature files that the contract is judged by, of `folder` (default: those installed with this package)."""
    found = sorted((folder or files("hookassay.features")).iterdir(), key=lambda path: path.name)
    return [path for path in found if path.name.endswith(".feature") and path.name != SYSTEM_SCAN]


@cache
def examples(folder: Traversable | None = None) -> dict[str, tuple[str, ...]]:
    """Clause id → the titles of its scenarios, an outline's once for each row of its Examples.

    A clause is judged by the Rules that are tagged with its id in the .feature files of `folder` (default: those
    installed with this package). A clause that is not there is judged by nothing yet.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in contract_features(folder):
        for clause_id, rule in _rules(path.read_text(encoding="utf-8")):
            titles = [
                title for child in rule["children"] if "scenario" in child for title in _titles(child["scenario"])
            ]
            found[clause_id] = (*found.get(clause_id, ()), *titles)
    return found


def _rules(source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each Rule of a feature file with the clause that it is tagged with."""
    # The parser's own types leave out what a child holds, so the tree is read as the plain dicts that it is.
    document: dict[str, Any] = {**Parser().parse(source)}
    feature = document.get("feature")
    for child in feature["children"] if feature else ():
        for tag in child["rule"]["tags"] if "rule" in child else ():
            match = _CLAUSE_TAG.fullmatch(tag["name"])
            if match:
                yield match[1], child["rule"]


def _titles(scenario: dict[str, Any]) -> Iterator[str]:
    """The scenario's title; an outline's for each row, with the values that its title does not name in brackets."""
    if not scenario["examples"]:
        yield scenario["name"]
    for block in scenario["examples"]:
        columns = [cell["value"] for cell in block["tableHeader"]["cells"]]
        for row in block["tableBody"]:
            values = [cell["value"] for cell in row["cells"]]
            yield title(scenario["name"], dict(zip(columns, values, strict=True)))


def title(name: str, example: dict[str, str]) -> str:
    """A scenario's title with its example's values, those that it does not name in brackets."""
    unnamed = []
    for column, value in example.items():
        if f"<{column}>" in name:
            name = name.replace(f"<{column}>", value)
        else:
            unnamed.append(f"{column}: {value}")
    return f"{name} ({', '.join(unnamed)})" if unnamed else name
