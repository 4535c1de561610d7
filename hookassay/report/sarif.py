"""A scan as SARIF 2.1.0, which GitHub's code scanning and many editors show.

Standard: docs.oasis-open.org/sarif/sarif/v2.1.0 (errata 01). Paths are relative to the repository's top, where there
is one, as code scanning wants them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from ..scan.engine import Scan
from ..scan.finding import Finding, Place
from ..scan.rule import Rule
from ..scan.suppression import Suppression
from .excerpt import Curtain

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "hookassayLine/v1"
"""Not primaryLocationLineHash: GitHub's upload computes that one itself, and complains about any other."""

_ROOT = "%SRCROOT%"
_WEB_PAGE = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,}/[^\s,;:\"”“()]*)", re.IGNORECASE)
# In a message `[text](target)` is a link: what the source says must not become one.
_LINK = re.compile(r"\[(?=[^\]\n]*\]\()")


def text(scan: Scan, curtain: Curtain) -> str:
    """`scan` as the text of a SARIF file."""
    return json.dumps(log(scan, curtain), ensure_ascii=False, indent=1) + "\n"


def log(scan: Scan, curtain: Curtain) -> dict[str, Any]:
    """`scan` as a SARIF log of one run."""
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [_Run(scan, curtain).run()]}


class _Run:
    def __init__(self, scan: Scan, curtain: Curtain) -> None:
        self._scan = scan
        self._curtain = curtain
        self._rules = sorted(scan.rules, key=lambda rule: rule.id)
        self._index = {rule.id: place for place, rule in enumerate(self._rules)}
        self._alike: Counter[str] = Counter()

    def run(self) -> dict[str, Any]:
        scan = self._scan
        found: list[tuple[Finding, Suppression | None]] = [(one, None) for one in scan.findings]
        results = [self._result(finding, comment) for finding, comment in [*found, *scan.suppressed]]
        notes = [self._notification("note", self._curtain.text(note)) for note in scan.notes]
        notes += [
            self._notification("note", f"Skipped: {self._curtain.text(one.reason)}.", one.path) for one in scan.skipped
        ]
        return {
            "tool": {
                "driver": {
                    "name": "hookassay",
                    "semanticVersion": version("hookassay"),
                    "version": version("hookassay"),
                    "rules": [_rule(rule) for rule in self._rules],
                }
            },
            "automationDetails": {"id": "hookassay/scan/"},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {
                _ROOT: {"description": {"text": "The repository's top, or the folder that was scanned."}}
            },
            "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
            "results": results,
        }

    def _result(self, finding: Finding, comment: Suppression | None) -> dict[str, Any]:
        bare = self._curtain.bare(finding)
        result: dict[str, Any] = {
            "ruleId": bare.rule.id,
            "ruleIndex": self._index[bare.rule.id],
            "level": bare.rule.severity,
            "message": {"text": _plain(bare.message)},
            "locations": [self._location(bare.place)],
            "partialFingerprints": {FINGERPRINT: self._fingerprint(bare)},
        }
        if bare.hit.also:
            result["relatedLocations"] = [
                {"id": number, **self._location(place), "message": {"text": "This belongs to it."}}
                for number, place in enumerate(bare.hit.also, 1)
            ]
        if comment is not None:
            artifact = {"artifactLocation": self._artifact(comment.path), "region": {"startLine": comment.written}}
            result["suppressions"] = [
                {
                    "kind": "inSource",
                    "justification": self._curtain.text(comment.reason),
                    "location": {"physicalLocation": artifact},
                }
            ]
        return result

    def _location(self, place: Place) -> dict[str, Any]:
        region = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.line,
            "endColumn": place.end_column,
        }
        # The whole line as context: cut by its columns, a line without its secrets would show something else.
        context = {"startLine": place.line, "endLine": place.line, "snippet": {"text": place.text}}
        return {
            "physicalLocation": {
                "artifactLocation": self._artifact(place.path),
                "region": region,
                "contextRegion": context,
            }
        }

    def _artifact(self, path: str) -> dict[str, str]:
        within = "" if path.startswith("../") else self._scan.within
        return {"uri": quote(self._curtain.path(within + path), safe="/*"), "uriBaseId": _ROOT}

    def _fingerprint(self, bare: Finding) -> str:
        """The rule and what the line says, wherever it stands; the second of two such lines in a file is told apart."""
        said = "\0".join((bare.rule.id, bare.place.path, " ".join(bare.place.text.split())))
        digest = sha256(said.encode()).hexdigest()[:32]
        self._alike[digest] += 1
        return f"{digest}:{self._alike[digest]}"

    def _notification(self, level: str, message: str, path: str = "") -> dict[str, Any]:
        told: dict[str, Any] = {"level": level, "message": {"text": _plain(message)}}
        if path:
            told["locations"] = [{"physicalLocation": {"artifactLocation": self._artifact(path)}}]
        return told


def _rule(rule: Rule) -> dict[str, Any]:
    paragraphs = (("Why", rule.reason), ("Fix", rule.fix), ("Source", rule.source), ("Clauses", _ids(rule.endangers)))
    shown = [(name, words) for name, words in paragraphs if words]
    described = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.reason},
        "help": {
            "text": "\n\n".join(f"{name}: {words}" for name, words in shown),
            "markdown": "\n\n".join(f"**{name}:** {words}" for name, words in shown),
        },
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": ["stripe", "webhook", *rule.endangers], "aborts": rule.aborts},
    }
    page = _WEB_PAGE.search(rule.source)
    if page:
        described["helpUri"] = f"https://{page[1].rstrip('.')}"
    return described


def _ids(ids: Sequence[str]) -> str:
    return f"endangers {', '.join(ids)}" if ids else ""


def _plain(text: str) -> str:
    return _LINK.sub(r"\\[", text)
