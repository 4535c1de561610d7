"""The reference server with one of its modules changed, for imports that follow in this process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

PACKAGE = "hookassay.server"


class Mutated(MetaPathFinder, InspectLoader):
    """Finds the changed module in place of the one on the disk."""

    def __init__(self, module: str, text: str) -> None:
        self._name = f"{PACKAGE}.{module}"
        self._text = text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_loader(fullname, self) if fullname == self._name else None

    def get_source(self, fullname: str) -> str:
        return self._text


def install(module: str, text: str) -> None:
    """Let `text` be the source of a module of the server; nothing of the server was imported before.

    Raises:
        RuntimeError: something was: it would go on as it is.
    """
    if any(name == PACKAGE or name.startswith(f"{PACKAGE}.") for name in sys.modules):
        raise RuntimeError("the server was imported before it could be changed")
    sys.meta_path.insert(0, Mutated(module, text))
