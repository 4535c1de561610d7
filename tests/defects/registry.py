"""Defects: deliberately wrong variants of the reference server, each with the clauses that must see it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from hookassay.server.settings import Settings

WSGIApp = Callable[..., Any]
Make = Callable[[Settings], WSGIApp]

CATALOGUE = tomllib.loads((Path(__file__).parent / "catalogue.toml").read_text(encoding="utf-8"))
"""Number of a kind of bug, such as `D32` → what it is (`title`) and where it can be read of in public (`seen`)."""

NOT_SUBJECTS = frozenset(["registry", "variant", "wsgi"])


@dataclass(frozen=True)
class Defect:
    """One thing done wrong, everything else right.

    Attributes:
        name: The name of the function that makes it.
        description: What it does wrong, in plain words: its docstring.
        source: Where this has been seen: numbers such as `D32` of the catalogue of defects found in public code, or a
            word for what has not been seen there.
        known_as: What it is called in a report, after "behaves like": a few words, such as `event id recorded before
            the work commits`.
        fix: How it is mended, a sentence or two for whoever has it in a language of their own.
        fails: Ids of the clauses that must be failed (warned, for a SHOULD clause).
        may_fail: Ids of clauses that may be failed, since the defect is not always visible there.
        make: The wrong server as a WSGI application.
        config: A hookassay.toml that the judging needs; empty for none.
        without_secret: Whether what is wrong shows on an instance whose signing secret is unset, which is then started
            beside the other one and declared as `[endpoint] url_without_secret`. `config` then has no `[endpoint]`.
        orders: Where its orders are read, `${SHOP}` for the server's address; empty for its database.
        arguments: What the command line needs besides, such as the API version in which it shows; between spaces.
    """

    name: str
    description: str
    source: str
    fails: frozenset[str]
    may_fail: frozenset[str]
    make: Make
    known_as: str
    fix: str
    config: str = ""
    without_secret: bool = False
    orders: str = ""
    arguments: tuple[str, ...] = ()

    @property
    def seen(self) -> list[str]:
        """Where bugs of its kinds can be read of in public."""
        kinds = re.findall(r"D\d\d", self.source)
        named = re.findall(r"[\w.-]+/[\w.-]+#\d+", self.source)
        return list(dict.fromkeys([*named, *(place for kind in kinds for place in CATALOGUE[kind]["seen"])]))


DEFECTS: dict[str, Defect] = {}
"""Every defect by its name, once `load` was called."""


def defect(
    *,
    source: str,
    fails: str,
    may: str = "",
    known_as: str,
    fix: str,
    config: str = "",
    without_secret: bool = False,
    orders: str = "",
    arguments: str = "",
) -> Callable[[Make], Make]:
    """Register the function that makes a defect, under its name; `fails` and `may` are clause ids between spaces.

    Raises:
        ValueError: it has no docstring, or its name is taken.
    """

    def register(make: Make) -> Make:
        name = make.__name__
        if name in DEFECTS:
            raise ValueError(f"there are two defects called {name}")
        if not make.__doc__:
            raise ValueError(f"the defect {name} has no docstring that says what it does wrong")
        DEFECTS[name] = Defect(
            name=name,
            description=" ".join(make.__doc__.split()),
            source=source,
            fails=frozenset(fails.split()),
            may_fail=frozenset(may.split()),
            make=make,
            known_as=known_as,
            fix=fix,
            config=config,
            without_secret=without_secret,
            orders=orders,
            arguments=tuple(arguments.split()),
        )
        return make

    return register


def load() -> dict[str, Defect]:
    """Every defect of every subject in this folder, by its name."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in NOT_SUBJECTS:
            import_module(f".{path.stem}", __package__)
    return DEFECTS
