"""Every table and key of hookassay.toml as a page.

`python tests/shared/configuration_page.py` writes docs/configuration.md anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hookassay.config import Settings
from hookassay.configuration.keys import TABLES, Key, Table

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"

HEAD = """\
# Configuration reference

`hookassay certify` reads `hookassay.toml` in the working folder where there is one, or the file that `--config` names.
A variable overrides the file, and an option overrides both. Nothing needs to be there: `hookassay certify URL --orders
SOURCE` with `$STRIPE_WEBHOOK_SECRET` judges a shop whose table is as hookassay expects it.

* A text may hold `${VAR}` anywhere: the variable's value takes its place. A variable that is not set is an error.
* Relative paths, and commands, start from the file's folder.
* A key or a table that does not exist is an error, which says what it may have been meant to be.
* A value that may hold a password or a token is shown in no message and in no report.

[Point it at your stack](stacks.md) shows whole files for common frameworks.

This page is written by `python tests/shared/configuration_page.py` from the code that reads the file; a test compares
them.
"""

WORDS: Mapping[str, str] = {
    "orders.columns": "standard name = your name, or `false` where you have no such column.",
    "orders.values": "each state = your words for it. What is in none of the lists is another state.",
}
"""What a table of names says; of the others, the settings themselves say what they are."""


def page() -> str:
    """The whole page, as Markdown."""
    lines = [HEAD]
    for table in TABLES.values():
        lines += [f"## `[{table.name}]`", "", f"{_sentence(_meaning(table))}", "", *_keys(table), ""]
    return "\n".join(lines)


def _meaning(table: Table) -> str:
    """What the table is for: the first line of its settings' docstring, after its name."""
    documented = getattr(Settings(), table.section).__doc__ or ""
    return WORDS.get(table.name) or documented.splitlines()[0].partition(": ")[2]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _keys(table: Table) -> Iterator[str]:
    yield "| key | what it says | default |"
    yield "|---|---|---|"
    for key in table.keys:
        says = f"{_plain(key.meaning)} Must be {_plain(key.kind.must)}.{_overridden(key)}"
        cells = (f"`{key.name}`", says, _default(table, key))
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _plain(words: str) -> str:
    """`words` as Markdown that shows just that; what would stand in the file or on a command line as code."""
    parts = re.split(r"(\$\{\w+\}|(?<!\S)--[a-z-]+|(?<!\S)https?://[^\s,]+)", words)
    return "".join(f"`{part}`" if odd % 2 else re.sub(r"([*_])", r"\\\1", part) for odd, part in enumerate(parts))


def _overridden(key: Key) -> str:
    names = [f"`{name}`" for name in (key.variable and f"${key.variable}", key.option) if name]
    return f" Overridden by {' and '.join(names)}." if names else ""


def _default(table: Table, key: Key) -> str:
    """What holds where the key is not given, as the file would say it; nothing where nothing holds."""
    value = table.default(key)
    if value is None or value == () or value == {}:
        return ""
    return f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return _toml(value[0]) if len(value) == 1 else f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, (bool, int, str)):
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else json.dumps(str(value))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
