"""The samples of the rules are enough to judge by, and the one command that judges by them counts right."""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from scan_samples import Sample, samples

from hookassay.scan.language import GRAMMARS
from hookassay.scan.rule import Rule, rules

LEAST = 3


@cache
def counts() -> Counter[tuple[str, str, bool]]:
    """Rule, family of languages, whether it is wrong → how many samples; one run under several names is one."""
    apart = {(one.rule, one.language, bool(one.marked), one.number) for one in samples()}
    return Counter((rule, GRAMMARS.get(language, language), wrong) for rule, language, wrong, _ in apart)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_has_samples_enough(rule: Rule) -> None:
    """Each rule has three wrong samples and three right ones in each language that it is written for or shown in."""
    shown = {family for rule_id, family, wrong in counts() if rule_id == rule.id and wrong}
    languages = shown | {family for pattern in rule.patterns for family in pattern.languages}
    few = {
        f"{language} {'wrong' if wrong else 'right'}": counts()[rule.id, language, wrong]
        for language in sorted(languages)
        for wrong in (True, False)
        if counts()[rule.id, language, wrong] < LEAST
    }

    assert languages
    assert few == {}


def test_samples_are_of_rules() -> None:
    """No page of samples is left of a rule that is gone."""
    assert {rule_id for rule_id, *_ in counts()} == {rule.id for rule in rules()}


@pytest.fixture(scope="module")
def quality() -> ModuleType:
    """The command, as a module."""
    spec = spec_from_file_location("quality", Path(__file__).with_name("quality.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["quality"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sample(text: str, *marked: int, number: int = 1) -> Sample:
    """A sample of SC-16 in one file, whose `marked` lines are said to be wrong."""
    return Sample("SC-16", "python", number, (("a.py", text),), frozenset(("a.py", line) for line in marked))


WRONG = "stripe.Webhook.construct_event(payload, signature, secret, tolerance=0)\n"


def test_precision_and_recall_are_counted(quality: ModuleType) -> None:
    """What is missed lowers recall, what is found beside it precision, and neither is perfect."""
    judged = quality.scores([sample(WRONG * 3 + "x = 1\n", 1, 2, 4), sample("x = 1\n")])
    score = judged["SC-16", "python"]

    assert (score.wrong, score.right) == (1, 1)
    assert (score.precision, score.recall) == (2 / 3, 2 / 3)
    assert not score.perfect
    assert judged["total", ""] == score


def test_a_perfect_rule_is_perfect(quality: ModuleType) -> None:
    """Everything found and nothing else is 100 %, and the table says so."""
    judged = quality.scores([sample(WRONG, 1), sample("x = 1\n")])

    assert judged["SC-16", "python"].perfect
    assert quality.table(judged).splitlines()[-1].split() == ["total", "1", "1", "100.0%", "100.0%"]
