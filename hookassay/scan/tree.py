"""The tree of files that is scanned: which of them are read, and why the others are not.

Nothing in it is executed or imported, and no symbolic link is followed: git's own files are read as data, since asking
git would run whatever the repository's configuration names.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dulwich.ignore import IgnoreFilter, IgnoreFilterManager
from dulwich.repo import Repo

from ..errors import UsageError
from .language import ENV, GRAMMARS, MARKUP, TEXT, language

LARGEST = 1_000_000
"""Bytes of a file that is still read: larger ones are data, or code that a program wrote."""

# By name, wherever they stand below the root: what others wrote, or what a program made of the source.
_FOREIGN = frozenset(
    """
    node_modules bower_components jspm_packages vendor third_party site-packages __pycache__ .git .hg .svn .tox .nox
    .mypy_cache .ruff_cache .pytest_cache .yarn .pnpm-store .next .nuxt .output .svelte-kit .angular .vercel .netlify
    .serverless .terraform .gradle .idea .vscode dist build out coverage htmlcov hookassay-report
    """.split()
)
_FOREIGN_FILE = re.compile(
    r"([.-]min\.(js|css)|\.bundle\.js|\.chunk\.js|\.map|\.lock|-lock\.(json|yaml)|^go\.sum|\.snap|\.svg)$"
)
_NO_TEXT = frozenset(
    """
    .png .jpg .jpeg .gif .webp .ico .bmp .tiff .avif .pdf .zip .gz .tgz .bz2 .xz .zst .7z .tar .jar .war .whl .egg .so
    .dylib .dll .exe .o .a .pyc .pyo .class .wasm .woff .woff2 .ttf .otf .eot .mp3 .mp4 .webm .mov .avi .wav .ogg .db
    .sqlite .sqlite3 .parquet .pickle .pkl .npy .npz .bin .dat .mo .psd .ai .sketch .fig
    """.split()
)
# A line this long is no line that a person wrote.
_LONGEST_LINE = 5_000


@dataclass(frozen=True)
class Skipped:
    """A file that was not read, or not wholly, and why.

    Attributes:
        path: The file, relative to the folder that was scanned.
        reason: Why, a few words that are the same for all files of a kind.
    """

    path: str
    reason: str


@dataclass(frozen=True)
class File:
    """A file that was read: its path, relative to the folder that was scanned, and its text."""

    path: str
    text: str


class Tree:
    """The files below a folder that somebody wrote and that git does not ignore."""

    def __init__(self, root: Path, exclude: Sequence[str] = ()) -> None:
        """Look below `root`.

        Args:
            root: A folder, or a single file.
            exclude: Patterns as in .gitignore, relative to `root`, of what is not to be read.

        Raises:
            UsageError: there is no such folder or file, or it cannot be read.
        """
        _readable(root)
        self.root = root.resolve()
        self._exclude = IgnoreFilter([pattern.encode() for pattern in exclude])

    @property
    def within(self) -> str:
        """The path from the repository's top to what is scanned, ending in a slash; empty at the top or without one."""
        return self._prefix

    def tracked(self, path: str) -> bool | None:
        """Whether git keeps the file at `path` (relative to the root); None where there is no repository to ask."""
        return None if self._index is None else os.fsencode(self._in_repository(path)) in self._index

    def paths(self) -> Iterator[tuple[Path | Skipped, str]]:
        """Every file that is worth a look, in the order of the folders, with its path from the root.

        A folder that cannot be listed stands in the place of its files.
        """
        if self.root.is_file():
            yield self.root, self.root.name
            return
        closed: list[Skipped] = []

        def note(error: OSError) -> None:
            path = os.path.relpath(error.filename, self.root)
            closed.append(Skipped(path, f"cannot be read ({error.strerror or error})"))

        for folder, folders, names in os.walk(self.root, onerror=note):
            here = Path(folder).relative_to(self.root).as_posix()
            prefix = "" if here == "." else f"{here}/"
            folders[:] = sorted(
                name
                for name in folders
                if name not in _FOREIGN
                and not os.path.lexists(os.path.join(folder, name, "pyvenv.cfg"))
                and not self._ignored(f"{prefix}{name}/")
            )
            for name in sorted(names):
                path = f"{prefix}{name}"
                # What a developer's own .env says is looked at although git ignores it: that is where secrets belong.
                if name == ".git" or _FOREIGN_FILE.search(name) or (language(path) != ENV and self._ignored(path)):
                    continue
                if os.path.splitext(name)[1].lower() not in _NO_TEXT:
                    yield Path(folder, name), path
        for folder_not_read in closed:
            yield folder_not_read, folder_not_read.path

    def read(self, path: Path, name: str) -> File | Skipped | None:
        """The file at `path` whose path from the root is `name`; None for what is no source at all."""
        try:
            if path.is_symlink() or not path.is_file():
                return None
            if path.stat().st_size > LARGEST:
                return Skipped(name, f"larger than {LARGEST // 1_000_000} MB")
            content = path.read_bytes()
        except OSError as error:
            return Skipped(name, f"cannot be read ({error.strerror or error})")
        if b"\0" in content[:8192]:
            return Skipped(name, "binary") if language(name) != TEXT else None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return Skipped(name, "not UTF-8")
        if _delivered(name) and len(text) > _LONGEST_LINE and _longest(text) > _LONGEST_LINE:
            return Skipped(name, "minified")
        return File(name, text)

    def _ignored(self, path: str) -> bool:
        # A name that is no UTF-8 has bytes that no pattern can speak of.
        path = path.encode(errors="replace").decode()
        try:
            if path.endswith("/"):
                # A folder whose contents alone are named is entered, for what a later pattern takes out again.
                inside = self._in_repository(path)
                return self._exclude.may_prune_directory(path) or self._rules.may_prune_directory(inside)
            return bool(self._exclude.is_ignored(path) or self._rules.is_ignored(self._in_repository(path)))
        except (OSError, ValueError, re.error):  # a .gitignore that cannot be read, or understood, ignores nothing
            return False

    def _in_repository(self, path: str) -> str:
        return f"{self._prefix}{path}"

    @cached_property
    def _repository(self) -> Repo | None:
        try:
            return Repo.discover(str(self.root if self.root.is_dir() else self.root.parent))
        except Exception:  # what is broken, or newer than what reads it, is no repository to ask
            return None

    @cached_property
    def _top(self) -> Path:
        """The folder that paths in git's files start from."""
        return Path(self._repository.path).resolve() if self._repository is not None else self.root

    @cached_property
    def _prefix(self) -> str:
        base = self.root if self.root.is_dir() else self.root.parent
        inside = base.relative_to(self._top).as_posix() if base.is_relative_to(self._top) else "."
        return "" if inside == "." else f"{inside}/"

    @cached_property
    def _rules(self) -> IgnoreFilterManager:
        """What .gitignore files say, with a repository around them or without."""
        return IgnoreFilterManager(str(self._top), [], False)

    @cached_property
    def _index(self) -> frozenset[bytes] | None:
        if self._repository is None:
            return None
        try:
            return frozenset(self._repository.open_index())
        except Exception:  # a broken index says nothing about what is tracked
            return None


def _readable(root: Path) -> None:
    """Refuse what no file can be read from, so that a misspelt path is never a clean scan."""
    what = "Name the folder (or the file) of the source to scan."
    if not root.exists():
        beside = root.parent
        names = [entry.name for entry in beside.iterdir()] if beside.is_dir() and os.access(beside, os.R_OK) else []
        near = difflib.get_close_matches(root.name, names, n=1)
        hint = f"Did you mean {beside / near[0]}?" if near else what
        raise UsageError(f"There is nothing at {root}. {hint}")
    try:
        if root.is_dir():
            os.listdir(root)
        elif root.is_file():
            root.open("rb").close()
        else:
            raise UsageError(f"{root} is neither a folder nor a file. {what}")
    except OSError as error:
        raise UsageError(f"{root} cannot be read ({error.strerror or error}). {what}") from None


def _delivered(name: str) -> bool:
    """Whether a file is of a kind that programs pack for browsers."""
    return language(name) == MARKUP or GRAMMARS.get(language(name)) == "javascript"


def _longest(text: str) -> int:
    return max(map(len, text.split("\n")))
