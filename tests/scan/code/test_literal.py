"""What strings say."""

from __future__ import annotations

import pytest
from ast_grep_py import SgNode, SgRoot

from hookassay.scan.code.literal import literal, members, string


def value(text: str, grammar: str, *kinds: str) -> SgNode:
    """The first node of one of these kinds."""
    found = SgRoot(text, grammar).root().find({"rule": {"any": [{"kind": kind} for kind in kinds]}})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "grammar", "kind", "said"),
    [
        ("x = 'paid'", "python", "string", "paid"),
        ('x = rb"paid"', "python", "string", "paid"),
        ('x = """paid"""', "python", "string", "paid"),
        ("x = `paid`", "javascript", "template_string", "paid"),
        ("x = :paid", "ruby", "simple_symbol", "paid"),
        ('<?php $x = "paid";', "php", "encapsed_string", "paid"),
        ("package a\nvar x = `paid`", "go", "raw_string_literal", "paid"),
    ],
)
def test_quotes_of_all_languages_are_taken_off(text: str, grammar: str, kind: str, said: str) -> None:
    """Prefixes, triple quotes, symbols and raw strings say what stands in them."""
    assert literal(value(text, grammar, kind)) == string(value(text, grammar, kind)) == said


def test_what_is_interpolated_is_no_certain_value() -> None:
    """The text around it is known, the whole is not."""
    template = value("x = `/hooks/${name}`", "javascript", "template_string")
    assert literal(template) == "/hooks/${name}"
    assert string(template) is None


def test_other_expressions_say_nothing() -> None:
    """A sum of strings is no string, and a number none either."""
    assert literal(value("x = 'a' + 'b'", "javascript", "binary_expression")) is None
    assert string(None) is None


def test_one_string_stands_for_a_list_of_one() -> None:
    """Frameworks take both."""
    assert list(members(value("f(['a', 'b'])", "javascript", "array"))) == ["a", "b"]
    assert list(members(value("f('a')", "javascript", "string"))) == ["a"]
