"""The rules as data: each is whole, its patterns compile, and a mistake in one is said."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

import pytest
import yaml
from ast_grep_py import Config, SgRoot

from hookassay.judging.contract import Contract
from hookassay.scan.language import FAMILIES
from hookassay.scan.rule import SEVERITIES, Pattern, Rule, parse, rules

RULES = rules()
COMPILED = [
    pytest.param(pattern, grammar, id=f"{rule.id}-{number}-{grammar}")
    for rule in RULES
    for number, pattern in enumerate(rule.patterns, 1)
    for family in pattern.languages
    for grammar in FAMILIES[family]
]
WRITTEN: dict[str, Any] = {
    "id": "SC-90",
    "name": "money-is-lost",
    "severity": "error",
    "title": "Money is lost.",
    "reason": "It is.",
    "fix": "Find it.",
    "source": "CWE-1",
    "endangers": ["OR-01"],
    "patterns": [{"languages": ["python"], "words": ["Float"], "rule": {"kind": "float"}}],
}


@pytest.mark.parametrize(("pattern", "grammar"), COMPILED)
def test_a_pattern_compiles(pattern: Pattern, grammar: str) -> None:
    """Each pattern compiles in each grammar that it is written for."""
    SgRoot("<?php $x;" if grammar == "php" else "x", grammar).root().find_all(cast(Config, pattern.config))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
class TestEveryRule:
    def test_endangers_clauses_that_exist(self, rule: Rule) -> None:
        """A rule names clauses of the contract."""
        assert set(rule.endangers) <= {clause.id for clause in Contract.load()}

    def test_is_written_in_sentences(self, rule: Rule) -> None:
        """Title, reason and fix are sentences, and so is each message."""
        for text in (rule.title, rule.reason, rule.fix):
            assert text.endswith((".", ".)", "?", '"')), text
        for pattern in rule.patterns:
            assert pattern.message == "" or pattern.message.endswith((".", ".)")), pattern.message

    def test_shows_metavariables_that_it_has(self, rule: Rule) -> None:
        """What a pattern shows or hides is a metavariable that occurs in it."""
        for pattern in rule.patterns:
            for name in filter(None, (pattern.at, pattern.secret)):
                assert f"${name}" in yaml.safe_dump(dict(pattern.config))

    def test_has_a_check_that_exists(self, rule: Rule) -> None:
        """A check that is named can be made."""
        if rule.check:
            module, _, made = rule.check.partition(":")
            assert getattr(import_module(f"hookassay.scan.checks.{module}"), made)


def test_ids_and_names_are_unique() -> None:
    """No two rules have one id or one name."""
    assert len({rule.id for rule in RULES}) == len({rule.name for rule in RULES}) == len(RULES)


def test_severities_begin_with_the_strongest() -> None:
    """The order of severities is that of reports."""
    assert SEVERITIES == ("error", "warning", "note")


def test_a_pattern_is_one_for_each_family() -> None:
    """A pattern for two families has those utilities of each that it comes to, and words in lower case."""
    pattern = {**WRITTEN["patterns"][0], "languages": ["python", "go"], "rule": {"inside": {"matches": "f"}}}
    shared = {
        "python": {"f": {"kind": "call"}, "unneeded": {"kind": "block"}},
        "go": {"f": {"any": [{"matches": "g"}]}, "g": {"kind": "block"}},
    }
    rule = parse(yaml.safe_dump({**WRITTEN, "patterns": [pattern]}), shared, "SC-90-x.yml")

    assert [one.languages for one in rule.patterns] == [("python",), ("go",)]
    assert rule.patterns[0].words == (b"float",)
    assert [set(one.config["utils"]) for one in rule.patterns] == [{"f"}, {"f", "g"}]


def test_a_key_that_stands_twice_is_refused() -> None:
    """YAML would keep the last of two equal keys, and the pattern would find something else than it says."""
    text = yaml.safe_dump(WRITTEN) + "title: Another one.\n"

    with pytest.raises(ValueError, match="title stands twice"):
        parse(text, {}, "SC-90-x.yml")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"severity": "fatal"}, "severity must be one of error, warning, note"),
        ({"id": "SC-9"}, "id must look like SC-16 and open the file's name"),
        ({"id": "SC-91"}, "id must look like SC-16 and open the file's name"),
        ({"title": ""}, "title is missing or empty"),
        ({"fix": None}, "fix is missing or empty"),
        ({"patterns": []}, "it needs patterns, or the check"),
        ({"pattern": []}, "unknown key 'pattern'"),
        ({"patterns": [{"languages": ["rust"], "words": ["a"], "rule": {"kind": "a"}}]}, "rust is none of"),
        ({"patterns": [{"languages": ["go"], "rule": {"kind": "a"}}]}, "a pattern needs words"),
        ({"patterns": [{"languages": ["go"], "words": ["a"], "rule": {"kind": "a"}, "mesage": "b"}]}, "'mesage'"),
    ],
)
def test_a_mistake_is_said(changes: dict[str, Any], said: str) -> None:
    """A rule that the scan would misread says what is wrong, and in which file."""
    with pytest.raises(ValueError, match="SC-90-money") as caught:
        parse(yaml.safe_dump({**WRITTEN, **changes}), {}, "SC-90-money-is-lost.yml")

    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a", "a", "id: [", "1"])
def test_what_is_no_mapping_is_said(text: str) -> None:
    """A file of something else is no rule."""
    with pytest.raises((ValueError, yaml.YAMLError)):
        parse(text, {}, "SC-90-x.yml")


@pytest.mark.parametrize(
    ("written", "text", "matches"),
    [
        (r"^\w+$", "payload_2", True),
        (r"^[\w.]+$", "event.data", True),
        (r"^[^\w]+$", "->", True),
        (r"\\w", r"a\w", True),
        (r"\bsig\b", "the sig is", True),
        (r"\bsig\b", "design", False),
        (r"a\s\d", "a\t7", True),
        (r"(?x) a \s b", "a b", True),
    ],
)
def test_regular_expressions_mean_the_same_in_ascii(written: str, text: str, matches: bool) -> None:
    """What is spelt out for ASCII finds what the written expression finds."""
    pattern = {**WRITTEN["patterns"][0], "languages": ["python"], "rule": {"kind": "string_content", "regex": written}}
    rule = parse(yaml.safe_dump({**WRITTEN, "patterns": [pattern]}), {}, "SC-90-x.yml")
    root = SgRoot(f"x = r'''{text}'''", "python").root()

    assert bool(root.find_all(rule.patterns[0].config)) is matches
    assert bool(root.find_all({"rule": {"kind": "string_content", "regex": written}})) is matches
