"""What language a file is written in."""

from __future__ import annotations

import pytest
from ast_grep_py import SgRoot

from hookassay.scan.language import FAMILIES, GRAMMARS, language


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/shop.py", "python"),
        ("shop.mjs", "javascript"),
        ("shop.JSX", "javascript"),
        ("shop.d.ts", "typescript"),
        ("Shop.tsx", "tsx"),
        ("lib/tasks/shop.rake", "ruby"),
        ("config.ru", "ruby"),
        ("shop.blade.php", "php"),
        ("main.go", "go"),
        ("migrations/001.sql", "sql"),
        ("prisma/schema.prisma", "prisma"),
        ("Shop.vue", "markup"),
        ("shop.html.erb", "markup"),
        (".env", "env"),
        ("a/.env.production", "env"),
        ("deploy/shop.env", "env"),
        ("README", "text"),
        ("shop.rs", "text"),
        ("environment", "text"),
        ("src/.env.d.ts", "typescript"),
    ],
)
def test_a_name_says_it(path: str, expected: str) -> None:
    """A file's language is told by its name."""
    assert language(path) == expected


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_every_grammar_is_there(grammar: str) -> None:
    """Each grammar that a file may have is one that the parser brings."""
    assert SgRoot("x", grammar).root().kind()


def test_a_grammar_has_one_family() -> None:
    """Grammars and families are the same, seen from both ends."""
    assert {grammar: family for family, grammars in FAMILIES.items() for grammar in grammars} == dict(GRAMMARS)
