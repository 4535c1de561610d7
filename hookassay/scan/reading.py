"""What each file shows by itself: read once, by as many processes as there are cores where files are many."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from ast_grep_py import Config, SgNode

from ..errors import HookassayError, NotJudged
from .check import Check
from .finding import Hit
from .language import GRAMMARS
from .rule import Pattern, Rule, rules
from .source import Source, TooDeep, read
from .suppression import Suppression, suppressions
from .tree import Skipped, Tree

# What a file must hold before its syntax tree is searched: that costs more than all else, and most files are others.
_ABOUT_STRIPE = re.compile(
    rb"stripe(?![ds]\b)|whsec_|checkout[._]session|charge\.(refund|dispute)|payment_intent"
    rb"|construct_?event|verify_?header|validatepayload"
)


# Fewer files than this are read sooner than processes are started.
MANY = 400
_AT_A_TIME = 50

_Paths = Sequence[tuple[Path, str]]


@dataclass
class Seen:
    """What files show.

    Attributes:
        facts: What each check took from them, in the order of the checks.
        hits: What patterns found.
        skipped: Files that were not read, or not wholly.
        comments: Comments about findings.
        files: How many were read.
    """

    facts: list[list[Any]]
    hits: list[Hit] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    comments: list[Suppression] = field(default_factory=list)
    files: int = 0

    def add(self, more: Seen) -> None:
        """Take in what further files show."""
        for own, others in zip(self.facts, more.facts, strict=True):
            own.extend(others)
        self.hits += more.hits
        self.skipped += more.skipped
        self.comments += more.comments
        self.files += more.files


def read_all(tree: Tree, checks: Sequence[Check]) -> Seen:
    """What all files of `tree` show, in the order of their paths.

    Raises:
        NotJudged: one of several processes ended before its time.
    """
    seen = Seen([[] for _ in checks])
    paths: list[tuple[Path, str]] = []
    for path, name in tree.paths():
        if isinstance(path, Skipped):
            seen.skipped.append(path)
        else:
            paths.append((path, name))
    reader = _Reader(tree, checks)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # A copy of a process with threads may wait for ever for a lock that a thread held.
    if len(paths) < MANY or cores == 1 or threading.active_count() > 1:
        seen.add(reader.read(paths))
        return seen
    parts = [paths[start : start + _AT_A_TIME] for start in range(0, len(paths), _AT_A_TIME)]
    context = multiprocessing.get_context("fork")
    try:
        with ProcessPoolExecutor(cores, context, initializer=_take, initargs=(reader,)) as crowd:
            for more in crowd.map(_read, parts):
                seen.add(more)
    except BrokenProcessPool:
        raise NotJudged(
            "A process that read files ended before its time: is there memory enough? Scan fewer files at once, or "
            "leave out what nobody wrote ([scan] exclude)."
        ) from None
    return seen


class _Reader:
    """Reads files and looks at each: with the patterns of all rules, and with checks."""

    def __init__(self, tree: Tree, checks: Sequence[Check]) -> None:
        self._tree = tree
        self._checks = checks

    def read(self, paths: _Paths) -> Seen:
        seen = Seen([[] for _ in self._checks])
        for path, name in paths:
            file = self._tree.read(path, name)
            if isinstance(file, Skipped):
                seen.skipped.append(file)
            elif file is not None:
                seen.files += 1
                sources = read(file.path, file.text)
                seen.comments.extend(suppressions(sources[0]))
                for source in sources:
                    self._look(source, seen)
        return seen

    def _look(self, source: Source, seen: Seen) -> None:
        with _noted(source, seen.skipped):
            relevant = _relevant(source, rules())
            if relevant and source.root.find(kind="ERROR"):
                seen.skipped.append(Skipped(source.path, "does not parse everywhere; what parses was read"))
            for rule, pattern in relevant:
                seen.hits.extend(_matches(rule, pattern, source))
        for check, facts in zip(self._checks, seen.facts, strict=True):
            if not check.words or any(word in source.lowered for word in check.words):
                with _noted(source, seen.skipped):
                    facts.extend(check.look(source))


_reader: _Reader | None = None


def _take(reader: _Reader) -> None:
    """Begin as one process of several: what is inherited need not be told with each part."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the first process that a person interrupts
    global _reader
    _reader = reader


def _read(paths: _Paths) -> Seen:
    assert _reader is not None
    return _reader.read(paths)


@contextmanager
def _noted(source: Source, skipped: list[Skipped]) -> Iterator[None]:
    """Keep what goes wrong with one file from ending the scan of the others."""
    try:
        yield
    except TooDeep:
        skipped.append(Skipped(source.path, "nested too deeply; read as text alone"))
    except (HookassayError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # the parser's panics are no Exception
        skipped.append(Skipped(source.path, f"not wholly read ({type(error).__name__}, a fault of hookassay's)"))


def _relevant(source: Source, applied: Iterable[Rule]) -> list[tuple[Rule, Pattern]]:
    """The patterns of this source's language of which a word occurs in it, where it speaks of Stripe at all."""
    if source.language not in GRAMMARS or not _ABOUT_STRIPE.search(source.lowered):
        return []
    return [
        (rule, pattern)
        for rule in applied
        for pattern in rule.patterns
        if source.family in pattern.languages
        and (pattern.tests or not source.is_test)
        and any(word in source.lowered for word in pattern.words)
    ]


def _matches(rule: Rule, pattern: Pattern, source: Source) -> Iterator[Hit]:
    for match in source.root.find_all(cast(Config, pattern.config)):
        node = (match.get_match(pattern.at) if pattern.at else None) or match
        hidden = match.get_match(pattern.secret) if pattern.secret else None
        secrets = (hidden.text().strip("\"'`"),) if hidden is not None else ()
        yield Hit(rule.id, source.place(node), _message(pattern, match), secrets=secrets)


def _message(pattern: Pattern, match: SgNode) -> str:
    """The pattern's message, its metavariables filled in with the source, on one line."""

    def written(name: re.Match[str]) -> str:
        node = match if name[1] == "MATCH" else match.get_match(name[1])
        return " ".join(node.text().split()) if node is not None else "…"

    return re.sub(r"\{([A-Z_]+)\}", written, pattern.message)
