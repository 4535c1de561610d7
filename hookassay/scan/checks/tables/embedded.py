"""SQL in the strings of programs: migrations of TypeORM's, `cursor.execute("CREATE TABLE …")`, `db.Exec(…)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from ast_grep_py import Config

from ...code.node import start
from ...finding import Place
from ...source import Source
from . import sql
from .history import Change
from .migration import undoes

MARKS = sql.MARKS

_STRINGS = {
    "python": ("string", "concatenated_string"),
    "javascript": ("string", "template_string"),
    "ruby": ("string", "heredoc_body"),
    "php": ("string", "encapsed_string", "heredoc", "nowdoc"),
    "go": ("raw_string_literal", "interpreted_string_literal"),
}
_DEFINES = (
    r"(?is)^[^a-z]*(\w{0,3}[\"'`]+|<<<\S+)?\s*(--[^\n]*\n\s*)*(pragma[^;]*;\s*)*"
    r"(create\s+(unlogged\s+)?table|alter\s+table|create\s+unique\s+index|drop\s+(table|index))\b"
)
_INTERPOLATED = re.compile(r"\$\{[^{}]*\}|#\{[^{}]*\}|\{\$[^{}]*\}")

# The quote that a string begins and ends with, or the label of PHP's heredocs.
_OPENING = re.compile(r"[A-Za-z]{0,2}(?P<quote>\"\"\"|\'\'\'|[\"'`])|<<<\s*[\"']?(?P<label>\w+)[\"']?\n")
# Where one string of Python's ends and the next one, which continues it, begins.
_JOINT = re.compile(r"[\"']\s*(?:#[^\n]*\n\s*)*\w?[\"']")


def read(source: Source) -> Iterator[Change]:
    """What the SQL in the strings of a program does to tables."""
    rule = {
        "rule": {
            "any": [{"kind": kind} for kind in _STRINGS[source.family]],
            "regex": _DEFINES,
        }
    }
    for node in source.root.find_all(cast(Config, rule)):
        if undoes(node):
            continue
        text = node.text()
        opened = _OPENING.match(text)
        body = text.removesuffix(opened["quote"] or "") if opened else text
        if opened and opened["label"]:
            body = body.removesuffix(opened["label"])
        elif node.kind() == "heredoc_body":
            body = body.rpartition("\n")[0]  # its last line is the label that ends it
        skipped = opened.end() if opened else 0
        # What a program puts in must not keep the rest from being parsed, and every character must keep its place.
        body = _INTERPOLATED.sub(lambda found: "x" * len(found[0]), body[skipped:])
        if node.kind() == "concatenated_string":
            body = _JOINT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), body)
        body = body.replace("\\n", "  ").replace('\\"', ' "').replace("\\`", " `")
        begin = start(node) + skipped

        def at(first: int, last: int, begin: int = begin) -> Place:
            return source.place_of(begin + first, begin + last)

        for change in sql.changes(body, source.path, at, begin, f"SQL in {source.family}"):
            if change is not None:
                yield change
