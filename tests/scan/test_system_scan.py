"""features/system_scan.feature: each rule of the scan by an example that is found and a near miss that is not."""

from __future__ import annotations

from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from dulwich import porcelain
from gherkin.parser import Parser
from pytest_bdd import given, parsers, scenarios, then, when
from scan_samples import MARK

from hookassay.judging.feature import SYSTEM_SCAN, examples
from hookassay.scan.engine import Scan, scan
from hookassay.scan.rule import Rule, rules

FEATURE = files("hookassay.features") / SYSTEM_SCAN

scenarios(str(FEATURE))


@pytest.fixture
def arrows() -> set[tuple[str, int]]:
    """Path and line of each arrow."""
    return set()


@given(parsers.parse("the file {path}"))
def _file(path: str, docstring: str, tmp_path: Path, arrows: set[tuple[str, int]]) -> None:
    arrows.update((path, number) for number, line in enumerate(docstring.split("\n"), 1) if MARK.search(line))
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(MARK.sub("", docstring) + "\n", encoding="utf-8")


@given("a repository that keeps what is not ignored")
def _repository(tmp_path: Path) -> None:
    porcelain.init(tmp_path)
    porcelain.add(tmp_path)


@when("the code is scanned", target_fixture="scanned")
def _scanned(tmp_path: Path) -> Scan:
    return scan(tmp_path)


@then(parsers.parse("{rule_id} is found at the arrow"))
def _found(rule_id: str, scanned: Scan, arrows: set[tuple[str, int]]) -> None:
    assert arrows
    assert {(one.place.path, one.place.line) for one in scanned.findings if one.rule.id == rule_id} == arrows


@then(parsers.parse("{rule_id} is not found"))
def _not_found(rule_id: str, scanned: Scan, arrows: set[tuple[str, int]]) -> None:
    assert not arrows
    assert [one.place for one in scanned.findings if one.rule.id == rule_id] == []


# --- the feature itself -----------------------------------------------------------------------------------------------


def claims() -> dict[str, dict[str, Any]]:
    """Each Rule by the first of its tags."""
    document: dict[str, Any] = {**Parser().parse(FEATURE.read_text(encoding="utf-8"))}
    children = [child["rule"] for child in document["feature"]["children"]]
    return {child["tags"][0]["name"].removeprefix("@"): child for child in children}


CLAIMS = claims()


def test_every_rule_is_described_and_nothing_else() -> None:
    """Each rule of the scan has a Rule, in their order, and each Rule is one of the scan's."""
    assert list(CLAIMS) == [rule.id for rule in rules()]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
class TestEveryRule:
    def test_is_tagged_with_its_severity(self, rule: Rule) -> None:
        """A Rule has the id and the severity of its rule as tags, and no other."""
        assert [tag["name"] for tag in CLAIMS[rule.id]["tags"]] == [f"@{rule.id}", f"@{rule.severity}"]

    def test_says_why(self, rule: Rule) -> None:
        """A Rule names its source, and the failure that it prevents."""
        first, second = (line.strip() for line in CLAIMS[rule.id]["description"].splitlines())

        assert first.startswith("Source: ")
        assert second.startswith("Prevents: ")

    def test_is_shown_broken_and_kept(self, rule: Rule) -> None:
        """A Rule has an example that is found and a near miss that is not, each about the rule itself."""
        outcomes = [child["scenario"]["steps"][-1]["text"] for child in CLAIMS[rule.id]["children"]]

        assert set(outcomes) == {f"{rule.id} is found at the arrow", f"{rule.id} is not found"}


def test_examples_have_names_of_their_own() -> None:
    """No two examples have one name: the first would be dropped without a word."""
    names = Counter(child["scenario"]["name"] for claim in CLAIMS.values() for child in claim["children"])

    assert [name for name, count in names.items() if count > 1] == []


def test_the_contract_knows_nothing_of_it() -> None:
    """`certify` judges by the other features alone."""
    assert not examples().keys() & CLAIMS.keys()
