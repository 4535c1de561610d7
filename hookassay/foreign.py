"""Exceptions of other people's code, told in one line: what was raised, and where in their code."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from pathlib import Path

from .redaction import scrubbed

LONGEST = 240

_INSTALLED = tuple(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
_OURS = Path(__file__).parent
# Installed beside us, and somebody's application all the same.
_REFERENCE = _OURS / "server"


def told(error: BaseException) -> str:
    """What `error` says, and the innermost line of the user's own code that it came through: `KeyError: 'a' (b.py:3)`.

    It is fit to print: on one line, and without what looks like a secret.
    """
    text = scrubbed(" ".join(traceback.format_exception_only(error)[-1].split()), limit=LONGEST)
    place = _place(error)
    return f"{text} ({place})" if place else text


def _place(error: BaseException) -> str:
    """File and line, empty where no line of other people's code is known."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{_shown(Path(error.filename))}:{error.lineno}"
    places = [
        (Path(frame.filename), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<") and not _is_ours(Path(frame.filename))
    ]
    own = [place for place in places if not any(map(place[0].is_relative_to, _INSTALLED))]
    if not places:
        return ""
    path, line = (own or places)[-1]
    return f"{_shown(path)}:{line}"


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(_OURS) and not path.is_relative_to(_REFERENCE)


def _shown(path: Path) -> str:
    """The path from the working folder where it is below it, of what is installed the last two parts, else all."""
    if path.is_relative_to(Path.cwd()) and not path.is_relative_to(sys.prefix):
        return str(path.relative_to(Path.cwd()))
    return "/".join(path.parts[-2:]) if any(map(path.is_relative_to, _INSTALLED)) else str(path)
