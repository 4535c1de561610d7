"""MODULE:CALLABLE, as gunicorn spells it: an application that is imported into this process, and what it prints."""

from __future__ import annotations

import ast
import importlib
import io
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from .errors import UsageError
from .foreign import told

KEPT_TEXT = 1024 * 1024
SAID_LINES = 5


def load(name: str, said: Callable[[], str] = str) -> object:
    """The application that `name` stands for: `shop.wsgi:app`, or `shop:create_app("test")`, which is called.

    Args:
        name: A module, a colon, and an attribute of it or a call with literal arguments.
        said: What the application has printed so far, for the message where it ends the process.

    Raises:
        UsageError: it cannot be imported, is not there, or its factory fails; the message says where.
    """
    module_name, _, expression = name.partition(":")
    path, call = _parsed(name, expression)
    module = _guarded(lambda: _imported(module_name, name), f"{module_name} cannot be imported", said)
    found: Any = module
    for place, word in enumerate(path):
        if not hasattr(found, word):
            where = ".".join([module_name, *path[:place]])
            known = [other for other in vars(found) if not other.startswith("_")] if hasattr(found, "__dict__") else []
            raise UsageError(f"--app {name}: {where} has no {word}.{_nearest(word, known)}")
        found = getattr(found, word)
    if call is None:
        return found
    if not callable(found):
        raise UsageError(f"--app {name}: {'.'.join(path)} cannot be called; leave out the parentheses.")
    positional, named = call
    return _guarded(lambda: found(*positional, **named), f"{expression} failed", said)


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Look for modules in `folder` first, as gunicorn does with the folder that it is started from."""
    entry = str(folder)
    sys.path.insert(0, entry)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if entry in sys.path:
            sys.path.remove(entry)


class Transcript:
    """What an application prints and logs, so that it does not mingle with our own output; the last MiB of it."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept = _Kept()
        # A whole text stream: applications ask theirs for its buffer, its encoding and its descriptor.
        self.stream = io.TextIOWrapper(
            io.BufferedWriter(self._kept), encoding="utf-8", errors="backslashreplace", write_through=True
        )

    def text(self) -> str:
        """All that is kept."""
        with suppress(ValueError):  # an application may have closed what it took for its standard output
            self.stream.flush()
        return self._kept.text()

    def tail(self) -> str:
        """The last lines of it."""
        return "\n".join(self.text().rstrip().splitlines()[-SAID_LINES:])

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Take all that is printed meanwhile."""
        with redirect_stdout(self.stream), redirect_stderr(self.stream):
            yield


class _Kept(io.RawIOBase):
    """Keeps the end of what is written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        with self._lock:
            self._data += data
            if len(self._data) > 2 * KEPT_TEXT:
                # At the end of a line: half a secret would not be recognised.
                end = self._data.find(b"\n", len(self._data) - KEPT_TEXT)
                del self._data[: end + 1 if end >= 0 else len(self._data)]
        return len(data)

    def fileno(self) -> int:
        """The real standard error's, for those that insist on a descriptor (faulthandler does)."""
        if sys.__stderr__ is None:
            raise io.UnsupportedOperation("fileno")
        return sys.__stderr__.fileno()

    def text(self) -> str:
        """All that is kept."""
        with self._lock:
            return self._data.decode("utf-8", "replace")


def _parsed(name: str, expression: str) -> tuple[list[str], tuple[list[Any], dict[str, Any]] | None]:
    """The attribute's path, and the arguments where it is called."""
    try:
        node: ast.expr = ast.parse(expression.strip(), mode="eval").body
        call = None
        if isinstance(node, ast.Call):
            positional = [ast.literal_eval(argument) for argument in node.args]
            named = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
            if len(named) < len(node.keywords):
                raise ValueError
            call = positional, named
            node = node.func
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise ValueError
    except (SyntaxError, ValueError):
        raise UsageError(
            f"--app {name}: after the colon there must be a name, or a call of one with literal arguments, as in "
            'shop:app or shop:create_app("test").'
        ) from None
    return [node.id, *path], call


def _imported(module_name: str, name: str) -> object:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        # A module that the application itself lacks is another matter, and is told with its line.
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        parent = error.name.rpartition(".")[0]
        if parent:
            raise UsageError(f"--app {name}: there is no module {error.name} in {parent}.") from None
        raise UsageError(
            f"--app {name}: there is no module {error.name} in {sys.path[0]}, nor is it installed."
            f"{_elsewhere(error.name)} Start hookassay in the folder that the application is started from."
        ) from None


def _elsewhere(module_name: str) -> str:
    """Whether the module is in `src`, where many projects keep theirs."""
    folder = Path(sys.path[0]) / "src"
    found = folder.is_dir() and PathFinder.find_spec(module_name, [str(folder)])
    return f" It is in {folder}: set PYTHONPATH=src, or install the project." if found else ""


def _guarded(work: Callable[[], object], what: str, said: Callable[[], str]) -> object:
    try:
        return work()
    except UsageError:
        raise
    except SystemExit as error:
        words = said()
        status = f"exit status {error.code}" if isinstance(error.code, int) else error.code or "exit status 0"
        raise UsageError(
            f"--app: {what}: it ends the process ({status})"
            + (f". It said:\n{words}" if words else ", and says nothing of why.")
        ) from None
    except Exception as error:
        raise UsageError(f"--app: {what}: {told(error)}") from None


def _nearest(word: str, known: list[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""
