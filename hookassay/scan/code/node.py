"""A node of a syntax tree: where it stands, what stands in it, and its text."""

from __future__ import annotations

from ast_grep_py import SgNode

Span = tuple[int, int]
"""Where a node begins and ends, in characters of the text."""


def start(node: SgNode) -> int:
    """Where a node begins."""
    return node.range().start.index


def span(node: SgNode) -> Span:
    """Where a node begins and ends."""
    reach = node.range()
    return reach.start.index, reach.end.index


def line(node: SgNode) -> int:
    """Its first line, counted from 1."""
    return node.range().start.line + 1


def inside(node: SgNode, outer: SgNode) -> bool:
    """Whether `node` stands within `outer`, or is it."""
    (begin, end), (first, last) = span(node), span(outer)
    return first <= begin and end <= last


def named(node: SgNode | None) -> list[SgNode]:
    """The children of `node` that are no punctuation and no comment."""
    return [] if node is None else [one for one in node.children() if one.is_named() and one.kind() != "comment"]


def every(node: SgNode, *kinds: str) -> list[SgNode]:
    """The nodes of these kinds below `node`, which its grammar must have, in the order of the text."""
    return node.find_all({"rule": {"any": [{"kind": kind} for kind in kinds]}})


def at(node: SgNode, index: int) -> SgNode:
    """The smallest node within `node` that holds the character at `index`."""
    for child in node.children():
        begin, end = span(child)
        if begin <= index < end:
            return at(child, index)
    return node


def without_comments(node: SgNode) -> str:
    """The text of `node` without its comments."""
    text, first, kept, behind = node.text(), start(node), list[str](), 0
    for comment in every(node, "comment"):
        begin, end = span(comment)
        kept.append(text[behind : begin - first])
        behind = end - first
    return "".join((*kept, text[behind:]))


def shown(node: SgNode) -> str:
    """The text of a node for a message: one line, and not too long."""
    text = " ".join(node.text().split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def holds(stretch: Span, index: int) -> bool:
    """Whether a stretch of text holds the character at `index`."""
    return stretch[0] <= index < stretch[1]


def overlap(one: Span, other: Span) -> bool:
    """Whether two stretches of text have a character in common."""
    return one[0] < other[1] and other[0] < one[1]
