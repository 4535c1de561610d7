"""The baseline: failures that a team knows of and lives with for now, each with the reason why.

It is two-sided. A run is green while exactly what is listed fails; it is red when something else fails, and when
something listed passes, so that the list only ever grows shorter.
"""

from __future__ import annotations

import os.path
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Any, Self

import tomlkit

from ..errors import UsageError
from ..sender import version
from .contract import Contract
from .feature import examples

DEFAULT_NAME = "hookassay-baseline.toml"

PLACEHOLDER = "TODO: say why this failure is accepted for now, and until when"
"""The reason that a written baseline gives: nobody has thought about it yet."""

HEADER = """\
# Failures that are known and accepted for now: hookassay certify --baseline FILE
#
# While exactly these fail, the verdict is `passed (partial)`. It is `not certified` when another example fails, and
# when one of these passes: then remove it. Say in each reason why the failure is accepted, and until when.
#
# `--write-baseline` writes this file anew. It keeps the reasons, and no other text of yours.
"""

_KEYS = ("clause", "example", "api_version", "reason")
_REQUIRED = ("clause", "example", "reason")


@dataclass(frozen=True)
class Entry:
    """One known failure.

    Attributes:
        clause: The clause's id, such as `RP-05`.
        example: The title of the example that fails, as reports show it.
        reason: Why that is accepted for now, in a person's words.
        api_version: The API version in which it fails; empty for the one that the endpoint is judged in first.
    """

    clause: str
    example: str
    reason: str
    api_version: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from other entries: all but the reason."""
        return (self.clause, self.example, self.api_version)

    def __str__(self) -> str:
        where = f", API version {self.api_version}" if self.api_version else ""
        return f"{self.clause} ({self.example}{where})"


@dataclass(frozen=True)
class Standing:
    """What became of a baseline in one run.

    Attributes:
        file: The file, as it was named.
        used: The entries whose examples failed, as they say.
        passing: The entries whose examples passed: they must go.
    """

    file: Path
    used: tuple[Entry, ...] = ()
    passing: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """A file of known failures.

    Attributes:
        file: Where it is kept.
        entries: What it lists, in its order.
    """

    file: Path
    entries: tuple[Entry, ...] = ()

    @classmethod
    def read(cls, file: Path, contract: Contract, titles: Mapping[str, Sequence[str]]) -> Self:
        """The baseline in `file`.

        Args:
            file: A TOML file.
            contract: The contract whose clauses it may name.
            titles: Clause id → the titles of its examples.

        Raises:
            UsageError: it cannot be read, or an entry is not what it must be; the nearest valid name is said.
        """
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UsageError(
                f"The baseline {file} does not exist. Name one that does, or write it: --write-baseline {file}"
            ) from None
        except OSError as error:
            raise UsageError(f"The baseline {file} cannot be read ({error.strerror or error}).") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"The baseline {file} must be TOML in UTF-8: {error}") from None
        tables = document.pop("known", [])
        if document or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise UsageError(
                f"The baseline {file} must hold nothing but [[known]] tables, each with clause, example and reason."
            )
        entries: dict[tuple[str, str, str], Entry] = {}
        for number, table in enumerate(tables, start=1):
            entry = _entry(f"{file}: [[known]] number {number}", table, contract, titles)
            if entry.key in entries:
                raise UsageError(f"{file}: {entry} is listed twice. Keep one of the two.")
            entries[entry.key] = entry
        return cls(file, tuple(entries.values()))

    def written_anew(
        self,
        failing: Iterable[Entry],
        passing: Iterable[Entry],
        contract: Contract,
        titles: Mapping[str, Sequence[str]],
    ) -> Self:
        """The same baseline brought up to date: what fails now is added, what passes is taken out.

        What is already listed keeps its reason, and stays where this run did not judge it. The order is the contract's.
        """
        gone = {entry.key for entry in passing}
        found = {entry.key: entry for entry in failing}
        found |= {entry.key: entry for entry in self.entries if entry.key not in gone}
        clauses = [clause.id for clause in contract]

        def place(entry: Entry) -> tuple[int, int, bool, str]:
            return (
                clauses.index(entry.clause),
                titles[entry.clause].index(entry.example),
                bool(entry.api_version),
                entry.api_version,
            )

        return replace(self, entries=tuple(sorted(found.values(), key=place)))

    def text(self, contract: Contract) -> str:
        """The file's text, with a clause's sentence above its entries."""
        parts = [HEADER]
        for clause_id, entries in groupby(self.entries, key=lambda entry: entry.clause):
            clause = contract[clause_id]
            parts.append(f"# {clause.level}: {clause.title}")
            for entry in entries:
                fields = {name: value for name, value in asdict(entry).items() if value}
                parts.append(f"[[known]]\n{tomlkit.dumps({name: fields[name] for name in _KEYS if name in fields})}")
        return "\n".join(parts)


def opened(told: Path | None, write: str | None, contract: Contract) -> tuple[Baseline | None, Baseline | None]:
    """The baseline that a run goes by, and the one to be written at its end, as it stands now.

    Args:
        told: The file to go by; None goes by none.
        write: The file to write, empty for `told` or else `DEFAULT_NAME`; None writes none. It need not exist yet.
        contract: The contract whose clauses they name.

    Raises:
        UsageError: one cannot be read, or cannot be written.
    """
    told = _near_here(told) if told else None
    target = None if write is None else _near_here(Path(write)) if write else told or Path(DEFAULT_NAME)
    if target is not None and (write or "").startswith(("http://", "https://")):
        raise UsageError(
            f"--write-baseline took the URL for its FILE. Put the URL first, or write --write-baseline={DEFAULT_NAME}"
        )
    if target is not None and not target.absolute().parent.is_dir():
        raise UsageError(f"The baseline {target} cannot be written, because its folder does not exist. Make it first.")

    def read(file: Path | None) -> Baseline | None:
        if file is None or (file == target and not file.exists()):
            return Baseline(file) if file else None
        return Baseline.read(file, contract, examples())

    return read(told), read(target)


def _near_here(file: Path) -> Path:
    """The same file as a person would name it: from the working folder where it is below that."""
    near = os.path.relpath(file)
    return file if near.startswith("..") else Path(near)


def _entry(where: str, table: Mapping[str, Any], contract: Contract, titles: Mapping[str, Sequence[str]]) -> Entry:
    """One `[[known]]` table, checked; `where` opens the message when it is wrong."""
    for name in table:
        if name not in _KEYS:
            raise UsageError(f"{where}: {name} is unknown.{_near(name, _KEYS)} The keys are {', '.join(_KEYS)}.")
    for name in _REQUIRED:
        if name not in table:
            raise UsageError(f"{where}: {name} is missing. Each entry needs {', '.join(_REQUIRED)}.")
    for name, value in table.items():
        if not isinstance(value, str) or (not value.strip() and name != "reason"):
            raise UsageError(f"{where}: {name} must be text that is not blank.")
    entry = Entry(**table)
    if not entry.reason.strip():
        raise UsageError(f"{where}: the reason is empty. Say why this failure is accepted for now, and until when.")
    clause = next((clause for clause in contract if clause.id == entry.clause), None)
    if clause is None:
        near = _near(entry.clause.strip().upper(), [clause.id for clause in contract])
        raise UsageError(f"{where}: there is no clause {entry.clause!r}.{near} `hookassay clauses` lists them all.")
    if clause.level == "MAY":
        raise UsageError(f"{where}: {clause.id} is a MAY, which fails no run. Remove the entry.")
    known = titles.get(entry.clause, ())
    if entry.example not in known:
        near = _near(entry.example, known)
        raise UsageError(
            f"{where}: {entry.clause} has no example {entry.example!r}.{near} "
            f"`hookassay clauses {entry.clause}` lists them all."
        )
    if entry.api_version and entry.api_version not in version.SUPPORTED:
        raise UsageError(
            f"{where}: api_version must be one of {', '.join(version.SUPPORTED)}; leave it out for the API version "
            "that the endpoint is judged in."
        )
    return entry


def _near(word: str, valid: Iterable[str]) -> str:
    close = get_close_matches(word, list(valid), n=1, cutoff=0.4)
    return f" Did you mean {close[0]!r}?" if close else ""
