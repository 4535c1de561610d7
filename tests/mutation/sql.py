"""Changes to a statement of SQL that stands in the source as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

Change = tuple[str, int, int, str]
"""What kind it is, where the replaced text begins and ends, and what replaces it."""

_STATEMENT = re.compile(r"\b(SELECT|INSERT INTO|UPDATE) ")
_PATTERNS = (
    # Which of two values is kept.
    ("SQL value", r"COALESCE\(([\w.]+), ([\w.]+)\)", (r"COALESCE(\2, \1)", r"\1", r"\2")),
    ("SQL value", r"CASE WHEN (.+?)\s+THEN ([\w.]+) ELSE ([\w.]+) END", (r"CASE WHEN \1 THEN \3 ELSE \2 END", r"\2")),
    ("SQL value", r"CASE WHEN (.+?)\s+THEN ([\w.]+) ELSE ([\w.]+) END", (r"\3",)),
    ("SQL value", r"RETURNING \w+", ("RETURNING NULL",)),
    # Which rows are meant.
    ("SQL condition", r"(?<= )>(?= )", (">=", "<")),
    ("SQL condition", r"IS NULL", ("IS NOT NULL",)),
    ("SQL condition", r"[\w.]+ IS NULL", ("TRUE", "FALSE")),
    ("SQL condition", r" AND ", (" OR ",)),
    ("SQL condition", r" OR ", (" AND ",)),
    ("SQL condition", r"\w+ = '\w+'", ("TRUE",)),
    ("SQL condition", r"\w+ = \?", ("? IS NOT NULL",)),
    ("SQL condition", r"\w+ IN(?=\s*\()", (r"TRUE OR \g<0>",)),
    ("SQL condition", r"WHERE ", ("WHERE FALSE AND ",)),
    ("SQL condition", r"excluded\.(?=\w+ >)", ("facts.",)),
    ("SQL text", r"'(\w+)'", (r"'XX\1'",)),
    # What happens where the row is there already.
    ("SQL conflict", r"ON CONFLICT \([\w, ]+\) DO NOTHING", ("",)),
    ("SQL conflict", r"DO UPDATE SET\s.*?(?=RETURNING|$|\"\"\")", ("DO NOTHING ",)),
    ("SQL conflict", r"ON CONFLICT \([\w, ]+\) DO UPDATE SET\s.*?(?=RETURNING|$|\"\"\")", ("",)),
)


def is_sql(text: str) -> bool:
    """Whether a text is a statement."""
    return _STATEMENT.search(text) is not None


def changes(text: str) -> Iterator[Change]:
    """Every change to a statement."""
    for operator, pattern, replacements in _PATTERNS:
        for match in re.finditer(pattern, text, re.DOTALL):
            for replacement in replacements:
                yield operator, match.start(), match.end(), match.expand(replacement)
    yield from _assignments(text)
    yield from _columns(text)


def _assignments(text: str) -> Iterator[Change]:
    """Each column that is not updated."""
    match = re.search(r"DO UPDATE SET\s(.*?)(?=RETURNING|$|\"\"\")", text, re.DOTALL)
    if match is None:
        return
    parts = list(_listed(match[1]))
    for number, (start, end) in enumerate(parts):
        last = number + 1 == len(parts)
        # Its comma goes with it: the one behind it, or before the last.
        begin = parts[number - 1][1] if last else start
        yield "SQL assignment", match.start(1) + begin, match.start(1) + (end if last else parts[number + 1][0]), ""


def _columns(text: str) -> Iterator[Change]:
    """Each two neighbouring columns, one taken for the other."""
    for match in re.finditer(r"INSERT INTO \w+ \(([\w,\s]+)\)|SELECT ([\w,\s]+?)\s+FROM", text):
        group = 1 if match[1] else 2
        parts = list(_listed(match[group]))
        for (start, end), (next_start, next_end) in pairwise(parts):
            columns = match[group]
            swapped = columns[next_start:next_end] + columns[end:next_start] + columns[start:end]
            yield "SQL columns", match.start(group) + start, match.start(group) + next_end, swapped


def _listed(text: str) -> Iterator[tuple[int, int]]:
    """Where each item of a list begins and ends, without spaces around it; commas in brackets are its own."""
    depth = begin = 0
    for place, letter in enumerate(f"{text},"):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            item = text[begin:place]
            yield begin + len(item) - len(item.lstrip()), place - len(item) + len(item.rstrip())
            begin = place + 1
