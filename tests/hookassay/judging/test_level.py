"""Levels: given only where every MUST behind them was judged and holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from results import CONTRACT, judged, result

from hookassay.judging.contract import Contract, Level
from hookassay.judging.level import levels, names
from hookassay.judging.verdict import ClauseResult, Result

IDEMPOTENT = Level("idempotent", "Once.", ("RP", "OO"))
LEVELLED = replace(CONTRACT, levels=(IDEMPOTENT,))
OLDER = "2023-10-16"


def missing(run: Result, contract: Contract = LEVELLED) -> tuple[str, ...]:
    (found,) = levels(contract, run)
    assert found.given == (not found.missing)
    return found.missing


def test_given() -> None:
    """Every MUST of its groups passed."""
    assert missing(result()) == ()
    assert names(levels(LEVELLED, result())) == ("idempotent",)


@pytest.mark.parametrize("status", ["failed", "error", "not_testable", "not_applicable"])
def test_a_must_that_did_not_pass(status: str) -> None:
    """A clause that failed or was not judged is in the way, and is named with its reason."""
    told = missing(result(judged("OO-01", status, "it is so")))

    assert told == (f"OO-01 {status.replace('_', ' ')} (it is so)",)
    assert names(levels(LEVELLED, result(judged("OO-01", status, "x")))) == ()


def test_a_must_that_was_left_out() -> None:
    """A clause that the run does not speak of was not judged."""
    run = result()
    without = replace(run, clauses=tuple(one for one in run.clauses if one.clause.id != "RP-03"))

    assert missing(without) == ("RP-03 was not judged",)


@pytest.mark.parametrize("status", ["warned", "not_applicable"])
def test_a_should_has_no_say(status: str) -> None:
    """OO-02 is a SHOULD."""
    assert missing(result(judged("OO-02", status, "x"))) == ()


def test_another_group_has_no_say() -> None:
    """A level is the sum of its own groups."""
    assert missing(result(judged("SG-01", "failed", "x"))) == ()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (judged("RP-03", "failed", "twice"), ("RP-03 failed (twice), in API version 2023-10-16",)),
        (judged("RP-03", "not_testable", "x"), ("RP-03 not testable (x), in API version 2023-10-16",)),
        (judged("RP-03", "not_applicable", "not sent before"), ()),
        (judged("SG-01", "failed", "x"), ()),
    ],
)
def test_another_version(found: ClauseResult, told: tuple[str, ...]) -> None:
    """In other API versions all that applies there must hold."""
    assert missing(result(versions={OLDER: (found,)})) == told


def test_no_clauses() -> None:
    """A level about which the contract says nothing is never given."""
    contract = replace(CONTRACT, levels=(Level("durable", "Kept.", ("DU",)),))

    assert missing(result(), contract) == ("contract 2026.1 has no clause about it",)


def test_what_came_later_has_no_say() -> None:
    """A level of an older contract asks for the clauses of that contract."""
    clauses = tuple(replace(one, since="2026.2" if one.id == "RP-03" else "2026.1") for one in CONTRACT)
    grown = replace(LEVELLED, clauses=clauses, versions=("2026.1", "2026.2"))

    assert missing(result(judged("RP-03", "failed", "x")), grown) == ()


def test_the_packaged_levels() -> None:
    """Four levels; each asks for groups that the contract has, all of which it has clauses for."""
    contract = Contract.load()
    groups = {group.id for group in contract.groups}

    assert {level.name: set(level.groups) - groups for level in contract.levels} == {
        "authentic": set(),
        "idempotent": set(),
        "convergent": set(),
        "durable": set(),
    }
    assert all(level.title.endswith(".") for level in contract.levels)
