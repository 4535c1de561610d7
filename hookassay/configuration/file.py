"""hookassay.toml as it is read: TOML, with `${VAR}` from the environment in any of its texts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError

DEFAULT_NAME = "hookassay.toml"

_PROBLEM = re.compile(r"(?P<what>.*) \(at (line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.S)

_ADVICE = {
    "Invalid value": 'a value must be "text" in quotes, a number, true, false, or a [list] of these',
    "Expected '='": "a line must be key = value or [table]",
    "Invalid statement": "a line must be key = value or [table]",
    "Expected newline": "a line must hold one key = value; text must stand in quotes",
    "Cannot overwrite": "a key must be given once",
    "Cannot declare": "a table must be opened once, with all its keys below it",
    "Unescaped": "a backslash must be doubled, or the text must stand in 'single quotes'",
    "Unterminated": "a text must end in the quote it began with",
    "Illegal character": 'a text must stay on one line; one of several lines stands in """three quotes"""',
    "Unclosed": "a list must end in ] and an inline table in }",
}


def read(path: Path) -> dict[str, Any]:
    """The tables of the file, as written.

    Raises:
        UsageError: the file cannot be read, or is not TOML (file, line and column are named; its text is not shown,
            for it may hold a secret).
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"The configuration {path} cannot be read ({error.strerror}). Name a file with --config FILE, "
            f"or leave the option out to use {DEFAULT_NAME} where it exists."
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} must be a text file in UTF-8; save it in that encoding.") from None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(_syntax(path, text, str(error))) from None


def _syntax(path: Path, text: str, problem: str) -> str:
    found = _PROBLEM.fullmatch(problem)
    if not found:
        return f"{path} is not valid TOML: it holds a number too long or lists too deep to read."
    lines = text.split("\n")
    line, column = found["line"] or len(lines), found["column"] or len(lines[-1]) + 1
    advice = next(
        (advice for start, advice in _ADVICE.items() if found["what"].startswith(start)), "see https://toml.io"
    )
    return f"{path}, line {line}, column {column}: {found['what']}: {advice}."


def expand(value: Any, environ: Mapping[str, str], place: str) -> Any:
    """`value` with every `${VAR}` replaced, in lists and tables too; `$${` is a literal `${`.

    Raises:
        UsageError: a variable is not set, or a `${` is not closed.
    """
    if isinstance(value, list):
        return [expand(item, environ, place) for item in value]
    if isinstance(value, dict):
        return {name: expand(item, environ, f"{place}.{name}") for name, item in value.items()}
    if not isinstance(value, str):
        return value

    literally = "write $${ for a literal ${."

    def variable(found: re.Match[str]) -> str:
        if found[0] == "$${":
            return "${"
        name = found["name"]
        if not name:
            raise UsageError(f"{place}: ${{ must be followed by a variable's name and }}; {literally}")
        if name not in environ:
            raise UsageError(f"{place}: the environment variable {name} is not set; set it. {literally.capitalize()}")
        return environ[name]

    return re.sub(r"\$\$\{|\$\{(?:(?P<name>[A-Za-z_]\w*)\})?", variable, value)
