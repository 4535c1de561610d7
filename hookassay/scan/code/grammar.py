"""What the grammars call the same thing: calls, functions, names and strings of each family of languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from ast_grep_py import SgRoot

from ..language import GRAMMARS
from ..rule import utilities
from ..source import Source

CALLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "python": ("call",),
        "javascript": ("call_expression",),
        "ruby": ("call",),
        "php": (
            "function_call_expression",
            "member_call_expression",
            "nullsafe_member_call_expression",
            "scoped_call_expression",
        ),
        "go": ("call_expression",),
    }
)
"""Family → its calls of functions and methods."""

CREATIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"javascript": ("new_expression",), "php": ("object_creation_expression",)}
)
"""Family → what makes an object by a syntax of its own (`new Stripe(…)`)."""

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "python": ("identifier",),
        "javascript": ("identifier", "shorthand_property_identifier"),
        "ruby": ("identifier", "instance_variable"),
        "php": ("variable_name",),
        "go": ("identifier",),
    }
)
"""Family → the names of variables."""

STRINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "python": ("string",),
        "javascript": ("string",),
        "ruby": ("string",),
        "php": ("string", "encapsed_string"),
        "go": ("interpreted_string_literal", "raw_string_literal"),
    }
)
"""Family → its strings, without the templates of JavaScript."""

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "python": ("conditional_expression",),
        "javascript": ("ternary_expression",),
        "ruby": ("conditional",),
        "php": ("conditional_expression",),
    }
)
"""Family → the expressions that choose between two others; Go has none."""


@cache
def functions(family: str) -> tuple[str, ...]:
    """The functions, methods and closures of a family, as the patterns of rules mean them."""
    return tuple(one["kind"] for one in utilities()[family]["function"]["any"])


@cache
def has(grammar: str, kind: str) -> bool:
    """Whether a grammar has a kind of node; one that it has not must not be looked for."""
    try:
        SgRoot("", grammar).root().find(kind=kind)
    except (RuntimeError, ValueError):
        return False
    return True


def shared(grammar: str, kinds: Iterable[str]) -> list[str]:
    """Those of `kinds` that a grammar has."""
    return [kind for kind in kinds if has(grammar, kind)]


def grammatical(source: Source) -> bool:
    """Whether a source has a syntax tree, and is no code of tests."""
    return source.language in GRAMMARS and not source.is_test
