"""The rules as data: one file a rule, with what is wrong, why, how it is mended, and the patterns that show it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from .language import FAMILIES

ERROR, WARNING, NOTE = "error", "warning", "note"

SEVERITIES = (ERROR, WARNING, NOTE)
"""Strongest first: money, goods or secrets are at stake; it depends on what the shop does; worth a look."""

_RULE_ID = re.compile(r"SC-[0-9]{2}")
_KEYS = ("id", "name", "severity", "title", "reason", "fix", "source", "endangers")
_OPTIONAL = ("patterns", "check", "aborts")
_PATTERN_KEYS = ("languages", "words", "rule", "constraints", "utils", "at", "message", "secret", "tests")


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, of which YAML would keep the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


@dataclass(frozen=True)
class Pattern:
    """A shape of the syntax tree that breaks a rule, in languages where it looks the same.

    Attributes:
        languages: Families of languages (`javascript` stands for TypeScript and TSX too).
        words: Texts of which a file must hold at least one, whatever their case: what is cheap to look for comes first.
        config: The rule object of ast-grep: `rule`, `constraints` and `utils`, the shared ones among them.
        at: The metavariable whose node is shown; empty shows the whole match.
        message: What is wrong here; `{NAME}` is the text of a metavariable, `{MATCH}` of the whole.
            Empty takes the rule's title.
        secret: The metavariable whose text nobody may be shown; empty for none.
        tests: Whether code of tests is looked at too.
    """

    languages: tuple[str, ...]
    words: tuple[bytes, ...]
    config: Mapping[str, Any]
    at: str = ""
    message: str = ""
    secret: str = ""
    tests: bool = False


@dataclass(frozen=True)
class Rule:
    """One thing that a codebase must not do, or must have.

    Attributes:
        id: Such as `SC-16`.
        name: A few words with hyphens, for tools that show no more.
        severity: error, warning or note.
        title: What is wrong, one sentence.
        reason: Why it is wrong: what goes wrong in production.
        fix: What to do instead.
        source: Where Stripe's documentation or another authority says so.
        endangers: Ids of the clauses of the contract that fail because of it.
        patterns: The shapes that break it.
        check: The class that finds what no pattern can say, as `module:Class` in `hookassay.scan.checks`; may be empty.
        aborts: Whether nothing should be built or certified while it is broken, whatever else is tolerated.
    """

    id: str
    name: str
    severity: str
    title: str
    reason: str
    fix: str
    source: str
    endangers: tuple[str, ...]
    patterns: tuple[Pattern, ...] = field(default=(), repr=False)
    check: str = ""
    aborts: bool = False


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule that is installed with this package, by id."""
    folder, shared = files(f"{__package__}.rules"), utilities()
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("SC-"))
    return tuple(parse((folder / name).read_text(encoding="utf-8"), shared, name) for name in names)


@cache
def utilities() -> Mapping[str, Mapping[str, Any]]:
    """Family of languages → the ast-grep utilities that its patterns, and checks, refer to by name."""
    shared: dict[str, Mapping[str, Any]] = yaml.safe_load(
        (files(f"{__package__}.rules") / "shared.yml").read_text(encoding="utf-8")
    )
    return shared


def parse(text: str, shared: Mapping[str, Mapping[str, Any]], where: str) -> Rule:
    """The rule written in `text`, as YAML.

    Args:
        text: The rule.
        shared: Family of languages → the ast-grep utilities that every pattern in it may refer to by name.
        where: The file's name, which opens each message.

    Raises:
        ValueError: it says something that the scan would misread.
    """
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        raise ValueError(f"{where}: {error}") from None
    if not isinstance(document, dict):
        raise ValueError(f"{where} must be a mapping")
    _known(where, document, (*_KEYS, *_OPTIONAL))
    for key in _KEYS:
        if not document.get(key) and key != "endangers":
            raise ValueError(f"{where}: {key} is missing or empty")
    if not _RULE_ID.fullmatch(document["id"]) or not where.startswith(document["id"]):
        raise ValueError(f"{where}: id must look like SC-16 and open the file's name")
    if document["severity"] not in SEVERITIES:
        raise ValueError(f"{where}: severity must be one of {', '.join(SEVERITIES)}")
    patterns = tuple(
        pattern for written in document.get("patterns") or () for pattern in _patterns(written, shared, where)
    )
    if not patterns and not document.get("check"):
        raise ValueError(f"{where}: it needs patterns, or the check that finds what no pattern can say")
    texts = {key: " ".join(document[key].split()) for key in ("title", "reason", "fix", "source")}
    return Rule(
        id=document["id"],
        name=document["name"],
        severity=document["severity"],
        **texts,
        endangers=tuple(document.get("endangers") or ()),
        patterns=patterns,
        check=document.get("check", ""),
        aborts=document.get("aborts", False),
    )


def _patterns(written: Mapping[str, Any], shared: Mapping[str, Mapping[str, Any]], where: str) -> Iterator[Pattern]:
    """One pattern for each family of languages that it is written for, since the utilities are the family's own."""
    _known(where, written, _PATTERN_KEYS)
    for key in ("languages", "words", "rule"):
        if not written.get(key):
            raise ValueError(f"{where}: a pattern needs {key}")
    for family in written["languages"]:
        if family not in FAMILIES:
            raise ValueError(f"{where}: {family} is none of the languages {', '.join(FAMILIES)}")
        config = {key: written[key] for key in ("rule", "constraints") if written.get(key)}
        config["utils"] = _needed(config, {**shared.get(family, {}), **written.get("utils", {})})
        config = _with_ascii(config)
        yield Pattern(
            languages=(family,),
            words=tuple(word.encode().lower() for word in written["words"]),
            config=config,
            at=written.get("at", ""),
            message=" ".join(written.get("message", "").split()),
            secret=written.get("secret", ""),
            tests=written.get("tests", False),
        )


_CLASSES = {"w": "0-9A-Za-z_", "d": "0-9", "s": r"\t\n\x0b\f\r\x20"}


def _with_ascii(part: Any) -> Any:
    """A part of a pattern, its regular expressions by ASCII's letters alone.

    ast-grep compiles them anew for each file, and half of that time goes into Unicode's letters, digits and spaces.
    What rules look for are names and blanks of programs, which are ASCII.
    """
    if isinstance(part, dict):
        return {key: _ascii(value) if key == "regex" else _with_ascii(value) for key, value in part.items()}
    return [_with_ascii(item) for item in part] if isinstance(part, list) else part


def _ascii(regex: str) -> str:
    r"""A regular expression with `\w`, `\d`, `\s` and `\b` spelt out for ASCII, inside brackets and outside."""
    spelt = []
    inside = False
    for piece in re.findall(r"\\.|.", regex, re.DOTALL):
        if piece[1:] in _CLASSES and len(piece) == 2:
            spelt.append(_CLASSES[piece[1]] if inside else f"[{_CLASSES[piece[1]]}]")
        elif piece == r"\b" and not inside:
            spelt.append(r"(?-u:\b)")
        else:
            inside = piece == "[" or (inside and piece != "]")
            spelt.append(piece)
    return "".join(spelt)


def _needed(config: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the `known` utilities that a pattern comes to: each costs time whenever the pattern is looked for."""
    needed: dict[str, Any] = {}
    waiting: list[Any] = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name = part.get("matches")
            if isinstance(name, str) and name in known and name not in needed:
                needed[name] = known[name]
                waiting.append(known[name])
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return needed


def _known(where: str, table: Mapping[str, Any], keys: Sequence[str]) -> None:
    for key in table:
        if key not in keys:
            raise ValueError(f"{where}: unknown key {key!r}; the keys are {', '.join(keys)}")
