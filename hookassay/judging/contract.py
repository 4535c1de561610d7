"""The contract as data: every clause, what it rests on, and which clauses a name stands for.

`features/clauses.toml` is the authority; the feature files refer to it by tag.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Self

from ..errors import UsageError

LEVELS = ("MUST", "SHOULD", "MAY")

PHASES = ("positive", "forgery", "race", "harm", "fault")
"""The order of running: what must work, what must not, races alone, what could harm the endpoint, and what does."""

NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "orders": "an order reader (--orders)",
        "unique": "an order reader that yields every row of a session, or a counter of effects ([effects] count)",
        "amounts": "an order reader that shows total_amount",
        "shop": 'orders created by the shop ([purchase] created_by = "shop" and [orders] create)',
        "secret prefix": "a signing secret that begins with whsec_",
        "url_without_secret": "an instance started without its secret ([endpoint] url_without_secret)",
        "livemode": "the mode that the endpoint serves ([endpoint] livemode)",
        "account": "the connected account that the endpoint serves ([endpoint] account)",
        "all events": "a subscription to all event types (no [endpoint] events, no --events)",
        "kill": "a way to kill the endpoint and to start it again ([faults] kill and start)",
        "store": "a way to take the endpoint's database away and to give it back ([faults] store_down and store_up)",
        "stripe_api": "an endpoint that calls back to the stand-in for Stripe's API (--stripe-api)",
        "socket": "an endpoint reached over HTTP (a URL in place of --app)",
    }
)
"""What a clause may need in order to be seen, and how a reader of a report provides it."""

_CLAUSE_ID = re.compile(r"[A-Z]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Group:
    """Clauses about one subject.

    Attributes:
        id: The prefix of its clauses' ids, such as `RP`.
        name: One word, such as `replayed`.
        title: What its clauses claim together, one line.
    """

    id: str
    name: str
    title: str


@dataclass(frozen=True)
class Level:
    """What a certificate says at a glance: every MUST of some groups was judged and holds.

    Attributes:
        name: One word, such as `idempotent`.
        title: What it means, one sentence.
        groups: The ids of its groups; one that has no clauses yet keeps the level from being given.
    """

    name: str
    title: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Clause:
    """One normative sentence about an endpoint.

    Attributes:
        id: Such as `RP-05`.
        level: MUST, SHOULD or MAY.
        title: The sentence, a whole claim.
        source: Where Stripe's documentation or libraries say so, or which integrity of an order demands it.
        prevents: The failure that keeping the clause prevents.
        allowed: Correct behaviour that differs and must pass.
        test: What is sent and what is looked at.
        phase: When it runs, one of `PHASES`.
        needs: What it cannot be seen without, keys of `NEEDS`.
        events: Event types it cannot be seen without: of each inner tuple at least one must be subscribed to.
        depends: Ids of the clauses without which it proves nothing; only the direct ones.
        since: The version of the contract that it came with; empty where the contract has had one version only.
    """

    id: str
    level: str
    title: str
    source: str
    prevents: str
    allowed: tuple[str, ...]
    test: str
    phase: str
    needs: tuple[str, ...]
    events: tuple[tuple[str, ...], ...]
    depends: tuple[str, ...]
    since: str = ""

    @property
    def group(self) -> str:
        """The id of the group it belongs to, such as `RP`."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class Contract:
    """Every clause, in the order in which reports show them.

    Attributes:
        version: The contract's own version, such as `2026.1`: the one that is judged by.
        groups: The groups of clauses.
        clauses: All clauses, group by group.
        payload: Ids of the clauses that depend on how Stripe's objects look: what is judged in each API version.
        versions: All versions that the contract has had, oldest first; empty where this is the only one.
        levels: What a certificate can say at a glance.
    """

    version: str
    groups: tuple[Group, ...]
    clauses: tuple[Clause, ...]
    payload: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()

    @classmethod
    def load(cls) -> Self:
        """The contract that is installed with this package."""
        return cls.parse((files("hookassay.features") / "clauses.toml").read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The contract written in `text`, as TOML.

        Raises:
            ValueError: it is not TOML, or says something that the harness would misread; the message names the clause.
        """
        document = tomllib.loads(text)
        document = {"versions": [document.get("contract")], "levels": {}, **document}
        _exactly(
            "the contract",
            document,
            {"contract": str, "versions": list, "payload": list, "groups": dict, "levels": dict, "clause": list},
        )
        _strings("the contract", "versions", document["versions"])
        groups = tuple(_group(name, table) for name, table in document["groups"].items())
        clauses = tuple(_clause(table, document["versions"]) for table in document["clause"])
        levels = tuple(_level(name, table) for name, table in document["levels"].items())
        contract = cls(document["contract"], groups, clauses, versions=tuple(document["versions"]), levels=levels)
        contract._check()
        _strings("the contract", "payload", document["payload"])
        return replace(contract, payload=contract._named("payload", document["payload"]))

    def __getitem__(self, clause_id: str) -> Clause:
        """The clause of that id; KeyError if there is none."""
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise KeyError(clause_id)

    def __iter__(self) -> Iterator[Clause]:
        return iter(self.clauses)

    def at(self, version: str | None) -> Self:
        """The same clauses, judged by as in an older `version`; None means the newest.

        Raises:
            UsageError: there is no such version.
        """
        versions = self.versions or (self.version,)
        if version is not None and version not in versions:
            raise UsageError(f"There is no contract {version!r}. It must be one of {', '.join(versions)}.")
        return replace(self, version=version or versions[-1])

    def counts(self, clause: Clause) -> bool:
        """Whether `clause` is one of the version that is judged by, and did not come later."""
        if clause.since not in self.versions:
            return True
        return self.versions.index(clause.since) <= self.versions.index(self.version)

    def group_of(self, clause: Clause) -> Group:
        """The group that `clause` belongs to."""
        return next(group for group in self.groups if group.id == clause.group)

    def select(self, names: Sequence[str]) -> tuple[Clause, ...]:
        """The clauses that `names` stand for, each once and in the contract's order; all of them for no names.

        Args:
            names: Clause ids (`RP-05`), group ids (`RP`) or group names (`replayed`), in upper or lower case.

        Raises:
            UsageError: a name is none of these.
        """
        if not names:
            return self.clauses
        wanted: set[str] = set()
        for name in names:
            word = name.strip().casefold()
            found = {
                clause.id
                for clause in self.clauses
                if word in (clause.id.casefold(), clause.group.casefold(), self.group_of(clause).name.casefold())
            }
            if not found:
                raise UsageError(self._unknown(name))
            wanted |= found
        return tuple(clause for clause in self.clauses if clause.id in wanted)

    def prerequisites(self, clause_id: str) -> tuple[Clause, ...]:
        """Every clause without which `clause_id` proves nothing, direct and indirect, in the contract's order."""
        found: set[str] = set()
        waiting = list(self[clause_id].depends)
        while waiting:
            needed = waiting.pop()
            if needed not in found:
                found.add(needed)
                waiting.extend(self[needed].depends)
        return tuple(clause for clause in self.clauses if clause.id in found)

    def _unknown(self, name: str) -> str:
        """Why `name` selects nothing, and what would."""
        groups = ", ".join(group.name for group in self.groups)
        names = {clause.id.casefold(): clause.id for clause in self.clauses}
        names |= {group.name.casefold(): group.name for group in self.groups}
        near = get_close_matches(name.strip().casefold(), names, n=1)
        hint = f" Did you mean {names[near[0]]}?" if near else ""
        return (
            f"There is no clause or group {name!r}.{hint} It must be a clause id such as {self.clauses[0].id}, or"
            f" one of the groups {groups}; `hookassay clauses` lists them all."
        )

    def _named(self, key: str, names: Sequence[str]) -> tuple[str, ...]:
        """Ids of the clauses that a list in the contract itself names; ValueError for a name of nothing."""
        try:
            return tuple(clause.id for clause in self.select(names)) if names else ()
        except UsageError as error:
            raise ValueError(f"{key}: {error}") from None

    def _check(self) -> None:
        """Raise ValueError for what is wrong between clauses, or between a clause and the groups."""
        if not self.clauses:
            raise ValueError("the contract has no clause")
        if not self.versions or self.versions[-1] != self.version or len(set(self.versions)) < len(self.versions):
            raise ValueError("versions must name each version once, the last one being that of the contract")
        groups = {group.id for group in self.groups}
        seen: set[str] = set()
        for clause in self.clauses:
            if clause.id in seen:
                raise ValueError(f"{clause.id} is there twice")
            seen.add(clause.id)
            if clause.group not in groups:
                raise ValueError(f"{clause.id} belongs to none of the groups {', '.join(sorted(groups))}")
        for clause in self.clauses:
            for needed in clause.depends:
                if needed not in seen:
                    raise ValueError(f"{clause.id} depends on {needed}, which is no clause")
                # Otherwise what is not counted could keep an older clause from being judged.
                if self.versions.index(self[needed].since) > self.versions.index(clause.since):
                    raise ValueError(f"{clause.id} depends on {needed}, which came later")
        for clause in self.clauses:
            if clause in self.prerequisites(clause.id):
                raise ValueError(f"{clause.id} depends on itself")


def _group(group_id: str, table: Any) -> Group:
    """The group written in one line of `[groups]`."""
    where = f"the group {group_id}"
    if not isinstance(table, dict):
        raise ValueError(f"{where} must be a table")
    _exactly(where, table, {"name": str, "title": str})
    return Group(group_id, table["name"], table["title"])


def _level(name: str, table: Any) -> Level:
    """The level written in one line of `[levels]`."""
    where = f"the level {name}"
    if not isinstance(table, dict):
        raise ValueError(f"{where} must be a table")
    _exactly(where, table, {"groups": list, "title": str})
    _strings(where, "groups", table["groups"])
    return Level(name, table["title"], tuple(table["groups"]))


def _clause(table: Any, versions: Sequence[str]) -> Clause:
    """The clause written in one `[[clause]]`; one that does not say since when it is there is of the first version."""
    if not isinstance(table, dict) or not isinstance(table.get("id"), str) or not _CLAUSE_ID.fullmatch(table["id"]):
        raise ValueError("every clause must be a table with an id such as RP-05")
    clause_id = table["id"]
    table = {"since": next(iter(versions), ""), **table}
    # A field's type is its annotation as written: "str", "tuple[str, ...]" and so on.
    _exactly(clause_id, table, {field.name: str if field.type == "str" else list for field in fields(Clause)})
    for name in ("level", "title", "source", "prevents", "test"):
        if not table[name].strip():
            raise ValueError(f"{clause_id}: {name} is empty")
    _one_of(clause_id, "level", [table["level"]], LEVELS)
    _one_of(clause_id, "since", [table["since"]], versions)
    _one_of(clause_id, "phase", [table["phase"]], PHASES)
    _one_of(clause_id, "needs", table["needs"], tuple(NEEDS))
    for name in ("allowed", "depends"):
        _strings(clause_id, name, table[name])
    for alternatives in table["events"]:
        if not isinstance(alternatives, list) or not alternatives:
            raise ValueError(f"{clause_id}: events must be a list of lists, each naming at least one event type")
        _strings(clause_id, "events", alternatives)
    lists = {name: tuple(table[name]) for name in ("allowed", "needs", "depends")}
    return Clause(**{**table, **lists, "events": tuple(tuple(names) for names in table["events"])})


def _exactly(where: str, table: Mapping[str, Any], kinds: Mapping[str, type]) -> None:
    """Raise ValueError unless `table` has exactly these keys, of these types."""
    for name in table:
        if name not in kinds:
            raise ValueError(f"{where}: unknown key {name!r}; the keys are {', '.join(kinds)}")
    for name, kind in kinds.items():
        if name not in table:
            raise ValueError(f"{where}: {name} is missing")
        if not isinstance(table[name], kind):
            raise ValueError(f"{where}: {name} must be a {kind.__name__}")


def _one_of(clause_id: str, name: str, values: Sequence[Any], valid: Sequence[str]) -> None:
    """Raise ValueError for a value that is not among the valid ones."""
    for value in values:
        if value not in valid:
            raise ValueError(f"{clause_id}: {name} must be one of {', '.join(valid)}; got {value!r}")


def _strings(clause_id: str, name: str, values: Sequence[Any]) -> None:
    """Raise ValueError for a value that is not a text."""
    for value in values:
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{clause_id}: {name} must hold texts only; got {value!r}")
