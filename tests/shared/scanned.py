"""Scans built by hand, for the tests of what consumes them, and the secrets that none of these may show."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from hookassay.report import sarif, scan_document
from hookassay.report.annotations import commands
from hookassay.report.excerpt import Curtain
from hookassay.report.findings import FindingsReport
from hookassay.scan.engine import Scan
from hookassay.scan.finding import Finding, Hit, Place
from hookassay.scan.rule import ERROR, NOTE, WARNING, Rule

# In two pieces each, so that no reader of this file takes them for leaked ones.
SECRETS = {
    "live key": "sk_" + "live_51H8f9aKJHG76asdkjhKJHGkjhgKJHg87",
    "restricted key": "rk_" + "live_51H8f9aKJHG76asdkjhKJHGkjhgKJHg99",
    "signing secret": "whsec" + "_J7aQ0Zk3vN8mR2tY5wX1cB4dF6gH9jL0",
    "ordinary words": "my_stripe_webhook_key",
    "database password": "tr0ub4dor&3",
}
SHORT_SECRET = "abc"


def rule(rule_id: str = "SC-90", severity: str = ERROR, **changes: Any) -> Rule:
    """A rule, with `changes`."""
    values: dict[str, Any] = {
        "id": rule_id,
        "name": "money-is-lost",
        "severity": severity,
        "title": "Money is lost here.",
        "reason": "The customer pays, and nobody notices.",
        "fix": "Notice it.",
        "source": 'docs.stripe.com/webhooks, "Verify events"; CWE-347',
        "endangers": ("OR-01", "RP-05"),
    }
    return Rule(**values | changes)


def place(text: str, marked: str = "", path: str = "shop/web.py", line: int = 12) -> Place:
    """The place of `marked` in a line; the whole line where it is empty."""
    start = text.index(marked)
    return Place(path, line, start + 1, start + 1 + len(marked or text), text)


def finding(text: str = "total = 1.5", marked: str = "", **changes: Any) -> Finding:
    """A finding in a line, with `changes` to its rule (`rule`), its place (`path`, `line`) and its hit."""
    broken = changes.pop("rule", None) or rule()
    where = place(text, marked, **{name: changes.pop(name) for name in ("path", "line") if name in changes})
    return Finding(broken, Hit(broken.id, where, **changes))


def scan(*findings: Finding, **changes: Any) -> Scan:
    """A scan with these findings."""
    rules = tuple({one.rule.id: one.rule for one in findings}.values())
    values: dict[str, Any] = {"files": 3, "seconds": 0.25, "rules": rules} | changes
    values.setdefault("secrets", tuple(secret for one in findings for secret in one.hit.secrets))
    return Scan(Path("/src/shop"), findings, **values)


def terminal(found: Scan, curtain: Curtain | None = None, *, width: int = 80, fail_on: str = ERROR) -> str:
    """What a person reads."""
    file = io.StringIO()
    console = Console(file=file, width=width, highlight=False, markup=False)
    FindingsReport(console, curtain or Curtain(found)).whole(found, fail_on)
    return file.getvalue()


def github(found: Scan, curtain: Curtain | None = None) -> str:
    """The annotations."""
    return "\n".join(commands(found, curtain or Curtain(found)))


FORMATS: dict[str, Callable[[Scan, Curtain], str]] = {
    "terminal": terminal,
    "json": scan_document.text,
    "sarif": sarif.text,
    "github": github,
}

__all__ = ["ERROR", "NOTE", "WARNING"]
