"""The rules of the scan as a table in docs/scan.md, which `python tests/shared/scan_page.py` writes anew."""

from __future__ import annotations

import re
from pathlib import Path

from hookassay.scan.rule import rules

PAGE = Path(__file__).parents[2] / "docs" / "scan.md"

_TABLE = re.compile(r"(?<=<!-- rules: written by `python tests/shared/scan_page.py` -->\n).*?(?=<!-- end)", re.DOTALL)


def page(text: str) -> str:
    """The page with the rules as they are now in place of those that stand in `text`."""
    rows = ["", "| rule | severity | what is wrong | clauses |", "|---|---|---|---|"]
    for rule in rules():
        severity = f"{rule.severity}, aborts" if rule.aborts else rule.severity
        title = rule.title.replace("|", "\\|")
        rows.append(f"| {rule.id} `{rule.name}` | {severity} | {title} | {', '.join(rule.endangers)} |")
    table = "\n".join([*rows, "", ""])
    return _TABLE.sub(lambda _: table, text)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
