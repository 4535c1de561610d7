"""What language a file is written in, as its name says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from types import MappingProxyType

FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "python": ("python",),
        "javascript": ("javascript", "typescript", "tsx"),
        "ruby": ("ruby",),
        "php": ("php",),
        "go": ("go",),
    }
)
"""Family → its grammars: one pattern is written for JavaScript, TypeScript and TSX together."""

GRAMMARS: Mapping[str, str] = MappingProxyType(
    {grammar: family for family, grammars in FAMILIES.items() for grammar in grammars}
)
"""Grammar → its family."""

SQL, ENV, PRISMA, MARKUP, TEXT = "sql", "env", "prisma", "markup", "text"
"""What is read otherwise than by a grammar; text is everything that is nothing else."""

_SUFFIXES = MappingProxyType(
    {
        ".py": "python",
        ".js": "javascript",
        ".jsx": "javascript",
        ".mjs": "javascript",
        ".cjs": "javascript",
        ".ts": "typescript",
        ".mts": "typescript",
        ".cts": "typescript",
        ".tsx": "tsx",
        ".rb": "ruby",
        ".rake": "ruby",
        ".php": "php",
        ".go": "go",
        ".sql": SQL,
        ".prisma": PRISMA,
        ".html": MARKUP,
        ".htm": MARKUP,
        ".vue": MARKUP,
        ".svelte": MARKUP,
        ".astro": MARKUP,
        ".ejs": MARKUP,
        ".erb": MARKUP,
        ".jinja": MARKUP,
        ".j2": MARKUP,
        ".twig": MARKUP,
    }
)
_RUBY_NAMES = ("Rakefile", "Gemfile", "config.ru")


def language(path: str) -> str:
    """The language of the file at `path`: a grammar of `GRAMMARS`, or one of the others."""
    name = PurePosixPath(path).name
    told = _SUFFIXES.get(PurePosixPath(name).suffix.lower(), TEXT)
    if name == ".env" or name.endswith(".env") or (name.startswith(".env.") and told not in GRAMMARS):
        return ENV
    return "ruby" if name in _RUBY_NAMES else told
