"""Nodes of syntax trees."""

from __future__ import annotations

from ast_grep_py import SgRoot

from hookassay.scan.code.node import at, named, shown, without_comments


def test_a_text_without_comments_keeps_its_strings() -> None:
    """What looks like a comment in a string is none."""
    root = SgRoot("f('// a') // b\n/* c */ g()", "javascript").root()
    assert without_comments(root).split() == ["f('//", "a')", "g()"]


def test_the_children_of_a_node_are_no_comments() -> None:
    """Nor are they brackets and commas."""
    root = SgRoot("f(a, /* b */ c)", "javascript").root()
    assert [one.text() for one in named(root.find(kind="arguments"))] == ["a", "c"]


def test_a_place_belongs_to_the_smallest_node() -> None:
    """Counted in characters, whatever they take in bytes."""
    assert at(SgRoot("f('é', here)", "javascript").root(), 7).text() == "here"


def test_a_long_expression_is_shown_cut_short() -> None:
    """A message stays one line."""
    assert shown(SgRoot("f(\n" + "a" * 100 + ")", "javascript").root()) == "f( " + "a" * 56 + "…"
