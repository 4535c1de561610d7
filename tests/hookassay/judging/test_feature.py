"""The feature files as the contract's examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookassay.judging.contract import Contract
from hookassay.judging.feature import examples

FEATURE = """
@replayed
Feature: Replays

  Scenario: outside any rule
    Given nothing

  @RP-05 @MUST
  Rule: N concurrent deliveries of one event produce exactly one effect

    Background:
      Given a shop

    Scenario: two at once
      Given nothing

    Scenario Outline: <copies> copies on <what>
      Given <copies> of <what>

      Examples: few
        | copies | what       |
        | 2      | fresh      |
        | 3      | keep-alive |

      Examples: many
        | copies | what  |
        | 16     | fresh |

    Scenario Outline: with retries
      Given <copies> and <status>

      Examples:
        | copies | status |
        | 2      | 409    |

  @RP-050 @MUST
  Rule: another
    Scenario: not this one
      Given nothing
"""


@pytest.fixture
def features(tmp_path: Path) -> Path:
    (tmp_path / "replayed.feature").write_text(FEATURE, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("@RP-05 is no feature", encoding="utf-8")
    return tmp_path


def test_titles(features: Path) -> None:
    """An outline gives one title a row; values that its title does not name stand in brackets."""
    assert examples(features)["RP-05"] == (
        "two at once",
        "2 copies on fresh",
        "3 copies on keep-alive",
        "16 copies on fresh",
        "with retries (copies: 2, status: 409)",
    )


def test_no_rule(features: Path) -> None:
    """A clause that no Rule is tagged with has no examples."""
    assert "RP-04" not in examples(features)


def test_file_without_feature(tmp_path: Path) -> None:
    """A feature file of comments only has no examples."""
    (tmp_path / "empty.feature").write_text("# @RP-05\n", encoding="utf-8")

    assert examples(tmp_path) == {}


def test_packaged_features_name_clauses_of_the_contract() -> None:
    """Every clause that the packaged features judge is one of the contract."""
    assert set(examples()) <= {clause.id for clause in Contract.load()}
