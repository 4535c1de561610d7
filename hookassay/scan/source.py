"""One file as the scan reads it: its text, its syntax tree, and places in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from ast_grep_py import SgNode, SgRoot

from .finding import Place
from .language import GRAMMARS, MARKUP, language

# By directory or by name, as the test runners of these languages find them.
_TEST = re.compile(
    r"""
      (^|/)(tests?|__tests__|__mocks__|specs?|testdata|fixtures|e2e|cypress|features)/
    | (^|/)(test_[^/]*|conftest)\.py$
    | [^/]*(_test\.(py|go|rb)|_spec\.rb|Test\.php|[.-](test|spec|stories)\.[cm]?[jt]sx?)$
    """,
    re.VERBOSE,
)

_SCRIPT = re.compile(r"<script\b(?P<attributes>[^>]*)>(?P<code>.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_TYPESCRIPT = re.compile(r"""\blang\s*=\s*["']?tsx?""", re.IGNORECASE)
_NO_CODE = re.compile(
    r"""\btype\s*=\s*["']?(?!module|text/javascript|application/javascript)[\w/+.-]+""", re.IGNORECASE
)


DEEPEST = 1_000
"""Levels of a syntax tree: nobody writes as many, and the time to look for a shape grows with their square."""


_LEVELS_A_CHARACTER = 4
"""More than any grammar makes of one character."""


class TooDeep(Exception):  # noqa: N818 - a property of the file
    """A file is nested more deeply than anybody writes, and is not looked at as code."""


@dataclass(frozen=True)
class Source:
    """A file, or a script inside one.

    Attributes:
        path: Relative to the folder that is scanned, with forward slashes.
        text: What it holds.
        language: A grammar (`python`, `tsx`, …), or `sql`, `env`, `prisma`, `markup`, `text`.
    """

    path: str
    text: str = field(repr=False)
    language: str

    def __reduce__(self) -> tuple[type[Source], tuple[str, str, str]]:
        """Cross to another process without the syntax tree, which is parsed anew where it is needed."""
        return Source, (self.path, self.text, self.language)

    @property
    def family(self) -> str:
        """The family of its grammar, or its language where it has no grammar."""
        return GRAMMARS.get(self.language, self.language)

    @property
    def is_test(self) -> bool:
        """Whether it is code of tests, or what tests are fed with."""
        return bool(_TEST.search(self.path))

    @property
    def root(self) -> SgNode:
        """The root of its syntax tree; only for a language with a grammar.

        Raises:
            TooDeep: it has more than `DEEPEST` levels.
        """
        if self._tree is None:
            raise TooDeep
        return self._tree

    @cached_property
    def _tree(self) -> SgNode | None:
        root = SgRoot(self.text, self.language).root()
        return None if len(self.text) > DEEPEST and _deep(root) else root

    @cached_property
    def lines(self) -> list[str]:
        """Its lines without their ends; only a line feed ends a line, as syntax trees count."""
        return [line.removesuffix("\r") for line in self.text.split("\n")]

    @cached_property
    def lowered(self) -> bytes:
        """Its text in lower case, for a quick look whether a word occurs."""
        return self.text.lower().encode()

    def place(self, node: SgNode) -> Place:
        """Where `node` stands: its first line, up to the line's end where it has several."""
        span = node.range()
        line = self.lines[span.start.line]
        end = span.end.column if span.end.line == span.start.line else len(line)
        return self._place(span.start.line, span.start.column, end)

    def place_of(self, start: int, end: int) -> Place:
        """Where the characters from `start` up to `end` of its text stand: those on the first line."""
        line = self.text.count("\n", 0, start)
        begin = self.text.rfind("\n", 0, start) + 1
        return self._place(line, start - begin, end - begin)

    def place_at(self, line: int) -> Place:
        """The whole of a line, counted from 1 within this source, without its indentation."""
        text = self.lines[line - 1]
        return self._place(line - 1, len(text) - len(text.lstrip()), len(text.rstrip()))

    def _place(self, line: int, start: int, end: int) -> Place:
        text = self.lines[line]
        end = max(min(end, len(text)), start + 1)
        return Place(self.path, line + 1, start + 1, end + 1, text)


def _deep(root: SgNode) -> bool:
    """Whether a tree has more than `DEEPEST` levels; what is too short to have as many is not gone into."""
    level = 0
    nodes = [root]
    while nodes and level < DEEPEST:
        level += 1
        least = (DEEPEST - level) // _LEVELS_A_CHARACTER
        nodes = [child for node in nodes for child in node.children() if _length(child) >= least]
    return bool(nodes)


def _length(node: SgNode) -> int:
    span = node.range()
    return span.end.index - span.start.index


def scripts(page: Source) -> Iterator[Source]:
    """The scripts inside a page or a component (HTML, Vue, Svelte, Astro and templates of these)."""
    if page.language != MARKUP:
        return
    for found in _SCRIPT.finditer(page.text):
        attributes, start = found["attributes"], found.start("code")
        if not _NO_CODE.search(attributes):
            # Blank above and before the script, so that what is found in it stands where it stands in the file.
            lines, column = page.text.count("\n", 0, start), start - (page.text.rfind("\n", 0, start) + 1)
            grammar = "typescript" if _TYPESCRIPT.search(attributes) else "javascript"
            yield Source(page.path, "\n" * lines + " " * column + found["code"], grammar)


def read(path: str, text: str) -> list[Source]:
    """The file at `path`, and the scripts in it."""
    whole = Source(path, text, language(path))
    return [whole, *scripts(whole)]
