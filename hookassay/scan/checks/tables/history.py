"""What migrations do to a table, and the table that is left when they were all run in their order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from pathlib import PurePosixPath

from ...finding import Place
from .table import MIGRATION, UNKNOWN, Column, Key, Table, plain


class Act(Enum):
    """What one step of a migration does."""

    CREATE = auto()
    """Make the table, of `columns` and `keys`; the database calls it `new`, where the migrations do not."""
    DROP = auto()
    RENAME = auto()
    """Call the table `new`."""
    ADD = auto()
    """Add `columns`."""
    REMOVE = auto()
    """Remove the column `old`."""
    RENAME_COLUMN = auto()
    """Call the column `old` `new`."""
    RETYPE = auto()
    """Give the columns of these names other types; a kind of `UNKNOWN` leaves them as they are."""
    KEY = auto()
    """Add `keys`."""
    UNKEY = auto()
    """Remove the key called `old`, or the one on the column of that name."""


@dataclass(frozen=True)
class Change:
    """One step of a migration.

    Attributes:
        act: What it does.
        table: To which table; empty where only the name of a key is known.
        place: Where it stands.
        stream: The migrations that are run together: a dialect and a folder.
        origin: Who defines it, as in `Table.origin`.
        position: Where in its file it stands.
        columns: See `Act`.
        keys: See `Act`.
        old: See `Act`.
        new: See `Act`.
        open: Whether the table may have more columns then than were seen.
        entity: The name of the class that stands for the table.
        revision: The migration's id and those before it, where the names of files do not say the order.
        late: Whether it stands in another folder than what makes the table, and comes after it.
    """

    act: Act
    table: str
    place: Place
    stream: tuple[str, str]
    origin: str
    position: int
    columns: tuple[Column, ...] = ()
    keys: tuple[Key, ...] = ()
    old: str = ""
    new: str = ""
    open: bool = False
    entity: str = ""
    revision: tuple[str, ...] = ()
    late: bool = False


@dataclass(frozen=True)
class Statement:
    """What all changes have in common that one call of a migration makes; its attributes are those of `Change`."""

    table: str
    place: Place
    stream: tuple[str, str]
    origin: str
    position: int
    entity: str = ""
    revision: tuple[str, ...] = ()

    def change(
        self,
        act: Act,
        at: Place | None = None,
        columns: tuple[Column, ...] = (),
        keys: tuple[Key, ...] = (),
        old: str = "",
        new: str = "",
        is_open: bool = False,
    ) -> Change:
        """One of the changes, which stands where the statement does, unless it is told otherwise."""
        return Change(
            act,
            self.table,
            at or self.place,
            self.stream,
            self.origin,
            self.position,
            columns,
            keys,
            old,
            new,
            is_open,
            self.entity,
            self.revision,
        )


def stream(dialect: str, path: str) -> tuple[str, str]:
    """The migrations that the file at `path` belongs to; one folder for each migration is common too."""
    file = PurePosixPath(path)
    alone = re.fullmatch(r"(migration|up|\d*_?up)\.sql", file.name)
    return dialect, (file.parent.parent if alone else file.parent).as_posix()


def tables(changes: Iterable[Change]) -> Iterator[Table]:
    """Every table that is there in the end; one that is made twice, without having been dropped, is there twice."""
    streams: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        streams.setdefault(change.stream, []).append(change)
    _adopt(streams)
    for ordered in streams.values():
        yield from _replayed(_in_order(ordered))


def _adopt(streams: dict[tuple[str, str], list[Change]]) -> None:
    """Let changes to a table that is made in another folder, or by another dialect, follow that one."""
    makers = {
        (name, change.table.lower()): None
        for name, changes in streams.items()
        for change in changes
        if change.act is Act.CREATE
    }
    for name, changes in list(streams.items()):
        for change in list(changes):
            table = change.table.lower()
            if change.act is Act.CREATE or (name, table) in makers:
                continue
            if change.act is Act.RENAME and (name, change.new.lower()) in makers:
                continue
            near = [other for other, made in makers if made == table]
            if near:
                # A rename inside a folder that knows the table by another name belongs where it stands.
                closest = max(near, key=lambda other: (_common(other[1], name[1]), other[0] == name[0]))
                changes.remove(change)
                streams[closest].append(replace(change, stream=closest, late=True))


def _common(one: str, other: str) -> int:
    count = 0
    for left, right in zip(PurePosixPath(one).parts, PurePosixPath(other).parts, strict=False):
        if left != right:
            break
        count += 1
    return count


def _in_order(changes: list[Change]) -> list[Change]:
    """By the revision that each migration says it follows, where it says so, else by the names of the files."""
    follows = {change.revision[0]: change.revision[1:] for change in changes if change.revision}
    depths: dict[str, int] = {}

    def depth(revision: str) -> int:
        # Not by recursion: a project may have thousands of them.
        trail = [revision]
        while trail:
            current = trail[-1]
            before = [one for one in follows.get(current, ()) if one not in depths and one not in trail]
            if before:
                trail.extend(before[:1])
                continue
            depths[current] = 1 + max((depths.get(one, 0) for one in follows.get(current, ())), default=0)
            trail.pop()
        return depths[revision]

    return sorted(
        changes,
        key=lambda change: (
            change.late,
            depth(change.revision[0]) if change.revision else 0,
            _natural(change.place.path),
            change.position,
        ),
    )


def _natural(path: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", path) if part]


def _replayed(changes: list[Change]) -> Iterator[Table]:
    there: dict[str, Table] = {}
    for change in changes:
        name = change.table.lower()
        if change.act is Act.CREATE:
            if name in there:
                # Both are definitions of one table: whichever runs first wins.
                yield there[name]
            there[name] = Table(
                change.new or change.table,
                change.columns,
                change.keys,
                change.place,
                change.origin,
                MIGRATION,
                change.open,
                change.entity,
            )
        elif change.act is Act.UNKEY and not name:
            for other, table in there.items():
                there[other] = _without_key(table, change.old)
        elif name in there:
            if change.act is Act.DROP:
                del there[name]
            elif change.act is Act.RENAME:
                there[change.new.lower()] = replace(there.pop(name), name=change.new)
            else:
                there[name] = _changed(there[name], change)
    yield from there.values()


def _changed(table: Table, change: Change) -> Table:
    columns, keys = list(table.columns), [*table.keys, *change.keys]
    match change.act:
        case Act.ADD:
            known = {plain(column.name) for column in columns}
            columns += [column for column in change.columns if plain(column.name) not in known]
        case Act.REMOVE:
            columns = [column for column in columns if plain(column.name) != plain(change.old)]
            keys = [key for key in keys if plain(change.old) not in map(plain, key.columns)]
        case Act.RENAME_COLUMN:
            columns = [
                replace(column, name=change.new) if plain(column.name) == plain(change.old) else column
                for column in columns
            ]
            keys = [
                Key(tuple(change.new if plain(one) == plain(change.old) else one for one in key.columns), key.name)
                for key in keys
            ]
        case Act.RETYPE:
            now = {plain(column.name): column for column in change.columns if column.kind != UNKNOWN}
            columns = [now.get(plain(column.name), column) for column in columns]
        case Act.UNKEY:
            return _without_key(table, change.old)
    return replace(table, columns=tuple(columns), keys=tuple(keys), open=table.open or change.open)


def _without_key(table: Table, name: str) -> Table:
    """`table` without the key of that name, be it one that the database gave to a unique column."""

    def is_it(key: Key) -> bool:
        if key.name:
            return plain(key.name) == plain(name)
        columns = "".join(map(plain, key.columns))
        given = {f"{plain(table.name)}{columns}{ending}" for ending in ("key", "unique", "uniq", "index", "idx", "")}
        return plain(name) in given | {
            columns,
            f"index{plain(table.name)}on{columns}",
            f"uq{plain(table.name)}{columns}",
        }

    return replace(table, keys=tuple(key for key in table.keys if not is_it(key)))
