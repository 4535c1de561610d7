"""A survey: what a codebase has, rather than what is wrong with it, for whoever sets up a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .check import Circumstances
from .checks import tables
from .checks.env_files import EnvFile, EnvFiles
from .checks.handlers import SeveralHandlers
from .checks.handlers.codebase import Codebase
from .checks.handlers.entry import Entry, deployed, merged
from .checks.handlers.sheet import Sheet
from .checks.tables.table import Table
from .finding import Hit
from .language import GRAMMARS, PRISMA, SQL, TEXT
from .reading import read_all
from .source import Source
from .tree import Skipped, Tree

# What says how a thing is started, configured or subscribed, beside code.
_TELLING = (".json", ".yml", ".yaml", ".toml", ".md", ".txt", ".cfg", ".ini", ".sh", ".conf", "file")


@dataclass(frozen=True)
class Survey:
    """What a codebase has.

    Attributes:
        root: The folder that was looked at.
        places: Where it handles Stripe's events, those that verify a delivery first.
        tables: Every table that it defines; one may be defined several times.
        env: Its .env files and their templates; the values in them are secrets.
        sources: Its code, schemas and what says how it is started, without tests.
        sheets: What each file of code says of routes.
    """

    root: Path
    places: tuple[Entry, ...]
    tables: tuple[Table, ...]
    env: tuple[EnvFile, ...] = field(repr=False)
    sources: tuple[Source, ...] = field(repr=False)
    sheets: tuple[Sheet, ...] = field(repr=False, default=())

    def text(self, path: str) -> str:
        """The text of a file that was read; empty for one that was not."""
        return next((source.text for source in self.sources if source.path == path), "")


def survey(root: Path, exclude: tuple[str, ...] = ()) -> Survey:
    """Look at what is below `root`; nothing is run or imported.

    Args:
        root: A folder.
        exclude: Patterns as in .gitignore of what is not to be read.

    Raises:
        UsageError: there is nothing at `root`.
    """
    tree = Tree(root, exclude)
    circumstances = Circumstances(tree)
    seen = read_all(
        tree,
        [_Handlers(circumstances), _Tables(circumstances), EnvFiles(circumstances), _Sources(circumstances)],
    )
    sheets, defined, env, sources = seen.facts
    places = deployed(merged(Codebase(sheets).entries()))
    return Survey(
        tree.root,
        tuple(sorted(places, key=lambda one: (not one.verifies, -len(one.reached.compared)))),
        tuple(tables.defined(defined)),
        tuple(one for one in env if isinstance(one, EnvFile)),
        tuple(sources),
        tuple(sheets),
    )


class _Handlers(SeveralHandlers):
    """Routes and handlers, those of files too that name neither Stripe nor a payment."""

    words = (*SeveralHandlers.words, b"hook", b"urlpatterns")


class _Tables:
    """Every table that files define."""

    words: tuple[bytes, ...] = ()

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing."""

    def look(self, source: Source) -> Iterator[tables.Fact]:
        return iter(()) if source.is_test else tables.facts(source)

    def conclude(self, facts: list[Any]) -> Iterable[Hit | Skipped]:  # noqa: ARG002
        return ()


class _Sources:
    """The files themselves."""

    # Most files of a large codebase say nothing of all this, and need not be kept.
    words: tuple[bytes, ...] = tuple(
        b"stripe order database sqlite sql host port listen bind include( enum status state choices env".split()
    )

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing."""

    def look(self, source: Source) -> Iterator[Source]:
        known = source.language in (*GRAMMARS, PRISMA, SQL)
        telling = source.language == TEXT and source.path.lower().endswith(_TELLING)
        if not source.is_test and (known or telling):
            yield source

    def conclude(self, facts: list[Any]) -> Iterable[Hit | Skipped]:  # noqa: ARG002
        return ()
