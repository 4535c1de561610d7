"""A scan as JSON, for programs. All keys are promised to them but `seconds`; new ones may come.

`path` is relative to `root`, with forward slashes; lines and columns count from 1 and characters, and `end_column` is
behind the last one. `text` is the line without secrets.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

from ..scan.engine import Scan
from ..scan.finding import Finding, Place
from ..scan.rule import Rule
from .excerpt import Curtain
from .findings import counted


def document(scan: Scan, curtain: Curtain) -> dict[str, Any]:
    """`scan` as plain values."""
    told = {finding.rule.id: finding.rule for finding in [*scan.findings, *(one for one, _ in scan.suppressed)]}
    return {
        "hookassay": version("hookassay"),
        "root": curtain.path(str(scan.root)),
        "files": scan.files,
        "seconds": round(scan.seconds, 3),
        "counts": {**counted(scan), "suppressed": len(scan.suppressed)},
        "aborts": bool(scan.aborting),
        "rules": [_rule(told[rule_id]) for rule_id in sorted(told)],
        "findings": [finding(one, curtain) for one in scan.findings],
        "suppressed": [
            {**finding(one, curtain), "reason": curtain.text(comment.reason), "comment_line": comment.written}
            for one, comment in scan.suppressed
        ],
        "skipped": [{"path": curtain.path(one.path), "reason": curtain.text(one.reason)} for one in scan.skipped],
        "notes": [curtain.text(note) for note in scan.notes],
    }


def text(scan: Scan, curtain: Curtain) -> str:
    """`scan` as the text of a JSON file."""
    return json.dumps(document(scan, curtain), ensure_ascii=False, indent=1) + "\n"


def finding(found: Finding, curtain: Curtain) -> dict[str, Any]:
    """One finding as plain values."""
    bare = curtain.bare(found)
    return {
        "rule": bare.rule.id,
        "severity": bare.rule.severity,
        **_place(bare.place),
        "message": bare.message,
        "also": [_place(place) for place in bare.hit.also],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_column": place.end_column,
        "text": place.text,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "severity": rule.severity,
        "title": rule.title,
        "reason": rule.reason,
        "fix": rule.fix,
        "source": rule.source,
        "endangers": list(rule.endangers),
        "aborts": rule.aborts,
    }
