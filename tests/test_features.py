"""The feature files: every scenario runs, stands under its clause, and says nothing that no step understands."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from gherkin.parser import Parser
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from hookassay.config import EndpointSettings, PurchaseSettings
from hookassay.judging import lifecycle
from hookassay.judging.casting import NULLED, SHAPES
from hookassay.judging.condition import CONDITIONS
from hookassay.judging.contract import LEVELS, Contract
from hookassay.judging.crash import MOMENTS
from hookassay.judging.exposure import METHODS
from hookassay.judging.failure import BODIES
from hookassay.judging.feature import contract_features, examples
from hookassay.judging.race import CONTESTS
from hookassay.judging.scene import PROMISED_BY, REDATINGS, REPEATS
from hookassay.sender import money
from hookassay.sender.event import STYLES
from hookassay.sender.purchase import Purchase, PurchaseBook
from hookassay.sender.signature import FORGERIES, SIGNINGS
from hookassay.sender.story import Story
from hookassay.sender.variation import VARIATIONS

for room in import_module("hookassay.steps.plugin").pytest_plugins:
    import_module(room)  # which registers its step definitions

CONTRACT = Contract.load()
CLAUSES = {clause.id: clause for clause in CONTRACT}

COLLECT = """
import json
from hookassay.judging.contract import Contract
from hookassay.judging.performance import Performance, perform, title

class Collecting(Performance):
    def pytest_collection_finish(self, session):
        self.titles = [(self.clause_id(item), title(item)) for item in session.items]

contract = Contract.load()
performance = Collecting(contract, {clause.id: clause for clause in contract}, None)
complaint = perform(performance, collect_only=True)
print(json.dumps({"complaint": complaint, "titles": getattr(performance, "titles", []), "count": performance.examples}))
"""


@dataclass(frozen=True)
class Step:
    """One step of a scenario, the example's values filled in: its keyword's kind, its text, and where it stands."""

    kind: str
    text: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind} {self.text}"


def features() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each feature file's name and its feature, as the plain dicts that Gherkin's parser gives."""
    for path in contract_features():
        document: dict[str, Any] = {**Parser().parse(path.read_text(encoding="utf-8"))}
        yield path.name, document["feature"]


def rules() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, feature in features():
        for child in feature["children"]:
            if "rule" in child:
                yield f"{name}: {child['rule']['name']}", child["rule"]


def scenarios(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [child["scenario"] for child in node["children"] if "scenario" in child]


def steps() -> Iterator[Step]:
    """Every step of every example, backgrounds included."""
    kinds = {"Context": "given", "Action": "when", "Outcome": "then"}
    for _, feature in features():
        everywhere = backgrounds(feature)
        for rule in (child["rule"] for child in feature["children"] if "rule" in child):
            for scenario in scenarios(rule):
                for values in rows(scenario):
                    kind = "given"
                    for step in [*everywhere, *backgrounds(rule), *scenario["steps"]]:
                        kind = kinds.get(step["keywordType"], kind)
                        text = step["text"]
                        for column, value in values.items():
                            text = text.replace(f"<{column}>", value)
                        yield Step(kind, text, f"{rule['tags'][0]['name']} {scenario['name']}")


def backgrounds(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for child in node["children"] if "background" in child for step in child["background"]["steps"]]


def rows(scenario: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The values of each of a scenario's examples; one without values where it is no outline."""
    if not scenario["examples"]:
        yield {}
    for block in scenario["examples"]:
        columns = [cell["value"] for cell in block["tableHeader"]["cells"]]
        for row in block["tableBody"]:
            yield dict(zip(columns, (cell["value"] for cell in row["cells"]), strict=True))


RULES = dict(rules())
STEPS = list(steps())
DEFINITIONS: list[StepFunctionContext] = [
    definition
    for definition in step_function_context_registry.values()
    if definition.step_func.__module__.startswith("hookassay.steps.")
]


def matching(step: Step) -> list[StepFunctionContext]:
    return [one for one in DEFINITIONS if one.type == step.kind and one.parser.is_matching(step.text)]


# --- what runs --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def collected() -> dict[str, Any]:
    """What pytest collects for a run: in a process of its own, as pytest within pytest would share its plugins."""
    done = subprocess.run([sys.executable, "-c", COLLECT], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_examples_are_collected(collected: dict[str, Any]) -> None:
    """Exactly the examples that the feature files are read to have are those that run, by title."""
    written = Counter((clause, title) for clause, titles in examples().items() for title in titles)

    assert collected["complaint"] == ""
    assert Counter(map(tuple, collected["titles"])) == written


def test_examples_are_counted(collected: dict[str, Any]) -> None:
    """The number of a clause's examples, by which an unfinished clause is known, is that of those collected."""
    assert collected["count"] == {clause: len(titles) for clause, titles in examples().items()}


def test_titles_are_told_apart() -> None:
    """No two examples of a clause have one title, so that a report names each."""
    assert [(clause, set(titles)) for clause, titles in examples().items() if len(set(titles)) < len(titles)] == []


def test_scenario_names_are_unique() -> None:
    """No two scenarios of a feature have one name: the first would be dropped without a word."""
    for name, feature in features():
        names = Counter(
            scenario["name"]
            for child in feature["children"]
            for scenario in (scenarios(child["rule"]) if "rule" in child else [])
        )
        assert [one for one, count in names.items() if count > 1] == [], name


# --- what is claimed --------------------------------------------------------------------------------------------------


def test_scenarios_stand_under_rules() -> None:
    """Every scenario stands under a Rule, and every Rule has one."""
    assert [name for name, feature in features() if scenarios(feature)] == []
    assert [name for name, rule in rules() if not scenarios(rule)] == []


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rule_is_tagged(rule: dict[str, Any]) -> None:
    """A Rule is tagged with one clause and that clause's level, and with nothing else."""
    tags = [tag["name"].removeprefix("@") for tag in rule["tags"]]

    assert tags[0] in CLAUSES
    assert tags[1:] == [CLAUSES[tags[0]].level]
    assert tags[1] in LEVELS


def test_one_rule_a_clause() -> None:
    """No clause is claimed by two Rules."""
    claimed = Counter(rule["tags"][0]["name"] for _, rule in rules())

    assert [clause for clause, count in claimed.items() if count > 1] == []


def test_tags_only_on_rules() -> None:
    """Features, scenarios and examples carry no tags: a second clause there would take the scenario for its own."""
    for name, feature in features():
        assert feature["tags"] == [], name
    for name, rule in rules():
        for scenario in scenarios(rule):
            assert scenario["tags"] == [], name
            assert [block["tags"] for block in scenario["examples"] if block["tags"]] == [], name


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_rule_says_why(rule: dict[str, Any]) -> None:
    """A Rule's description names its source and the failure that it prevents."""
    lines = [line.strip() for line in rule["description"].splitlines() if line.strip()]

    assert lines[0].startswith("Source: ")
    assert any(line.startswith("Prevents: ") for line in lines)


# --- what is understood -----------------------------------------------------------------------------------------------


def test_one_definition_a_step() -> None:
    """Each step is understood by exactly one definition; of several, one would be taken without a word."""
    counts = {str(step): [one.parser.name for one in matching(step)] for step in STEPS}

    assert {step: found for step, found in counts.items() if len(found) != 1} == {}


def test_no_placeholder_is_left() -> None:
    """Every placeholder of an outline has a column."""
    assert [str(step) for step in STEPS if "<" in step.text] == []


def test_every_definition_is_used() -> None:
    """No definition is left that no feature uses: each makes every scenario slower."""
    used = {id(one) for step in STEPS for one in matching(step)}

    assert [one.parser.name for one in DEFINITIONS if id(one) not in used] == []


def test_definitions_are_synchronous() -> None:
    """No definition is asynchronous: such a step passes without having run."""
    assert [
        one.parser.name
        for one in DEFINITIONS
        if inspect.iscoroutinefunction(one.step_func) or inspect.isasyncgenfunction(one.step_func)
    ] == []


def purchase(mode: str = "payment") -> Purchase:
    return PurchaseBook(PurchaseSettings(), EndpointSettings(), "a1b2c3d4").new(mode=mode)


def is_fact(words: str) -> bool:
    """Whether a story can tell it: at once, after a payment with all that may follow it, or after a delayed one."""
    for before in (
        (),
        ("the payment", "a pending refund", "a dispute"),
        ("the payment", "a refund of 600"),
        ("the delayed payment's checkout",),
    ):
        story = Story(purchase("setup" if words == "the set-up" else "payment"))
        try:
            for fact in (*before, words):
                story.tell(fact)
        except (LookupError, ValueError):
            continue
        return True
    return False


def is_lifecycle(text: str) -> bool:
    """Whether all of it can be told in turn, and something follows from it."""
    story, facts = Story(purchase()), lifecycle.parse(text)
    return all(len(story.tell(fact)) for fact in facts) and bool(lifecycle.outcome(facts).conditions)


def reports_a_payment(types: str) -> bool:
    story = Story(purchase())
    known = {*story.tell("the payment").types, *Story(purchase()).tell("the delayed payment's success").types}
    return {word.strip() for word in types.split(",")} <= known


NAMED: dict[str, Callable[[str], bool]] = {
    "{fact}": is_fact,
    "tried for {facts}": is_lifecycle,
    "{contest} arrive together": CONTESTS.__contains__,
    "{signing}": SIGNINGS.__contains__,
    "{forgery}": FORGERIES.__contains__,
    "{style} JSON": STYLES.__contains__,
    "order is {words}": CONDITIONS.__contains__,
    "made the order {words}": PROMISED_BY.__contains__,
    "shows the order {words}": CONDITIONS.__contains__,
    "another order {words}": PROMISED_BY.__contains__,
    "created {when}": REDATINGS.__contains__,
    "again {how}": REPEATS.__contains__,
    "without a secret, {how}": FORGERIES.__contains__,
    "events {types} are": reports_a_payment,
    "whose {field} is": lambda field: field in purchase().paid().of("checkout.session.completed").object,
    "is {value}": NULLED.__contains__,
    "with ids of {shape}": SHAPES.__contains__,
    "events with {variation}": VARIATIONS.__contains__,
    "body arrives that is {kind}": BODIES.__contains__,
    ", {moment}, time": MOMENTS.__contains__,
    "comes by {method}": METHODS.__contains__,
    "each in {currencies}": lambda text: len({money.exponent(code) for code in text.split(", ")} - {2}) == 1,
}
"""What stands around a parameter in a step's pattern → whether a value is one that the harness knows."""

FREE = ("{amount:d}", "{currency:l}", '"{name}"', "{thousandths}", "{size:d}")
"""Parameters that may be anything of their kind."""


@pytest.mark.parametrize("pattern", sorted({one.parser.name for one in DEFINITIONS if "{" in one.parser.name}))
def test_what_is_named_exists(pattern: str) -> None:
    """Every fact, signing, forgery, style, condition, date, repetition and field that a feature names exists."""
    rest = pattern
    for free in FREE:
        rest = rest.replace(free, "")
    known = {around: exists for around, exists in NAMED.items() if around in pattern}
    assert rest.count("{") == len(known), "a parameter that this test does not know: say in NAMED what it may be"
    used = [step for step in STEPS for one in matching(step) if one.parser.name == pattern]
    definition = next(one for one in DEFINITIONS if one.parser.name == pattern)
    unknown = []
    for step in used:
        arguments = definition.parser.parse_arguments(step.text) or {}
        for around, exists in known.items():
            parameter = around[around.index("{") + 1 : around.index("}")]
            if not exists(arguments[parameter]):
                unknown.append(f"{step} ({parameter})")

    assert unknown == []
