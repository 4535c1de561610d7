"""The samples of the scan's rules: small files that break a rule, with the lines marked, and files that do not.

`tests/scan/samples/SC-16.yml` holds, for each language, what is `wrong` and what is `right`. A sample is one file, or a
mapping of paths to files. Where the rule is broken a line ends in `⟵`, which is taken off before the file is written.
A JavaScript sample is judged as TypeScript too. Those of the section `git` stand in a repository that keeps whatever
their .gitignore does not name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from dulwich import porcelain

from hookassay.scan.engine import ScanSettings, scan

SAMPLES = Path(__file__).parents[1] / "scan" / "samples"
MARK = re.compile(r"[ \t]*⟵[ \t]*$", re.MULTILINE)

FILE_NAMES = {
    "python": ("shop.py",),
    "javascript": ("shop.js", "shop.ts", "shop.tsx"),
    "typescript": ("shop.ts",),
    "tsx": ("Shop.tsx",),
    "ruby": ("shop.rb",),
    "php": ("shop.php",),
    "go": ("shop.go",),
    "sql": ("migrations/001_orders.sql",),
    "env": (".env",),
    "prisma": ("schema.prisma",),
    "markup": ("shop.html",),
}


@dataclass(frozen=True)
class Sample:
    """A tree of one file or more, and the lines in it that break the rule.

    Attributes:
        rule: The rule's id.
        language: The section that it stands in.
        number: Its place among the wrong ones or the right ones, counted from 1.
        files: Path → text.
        marked: Path and line of each place where the rule is broken; none in a right one.
    """

    rule: str
    language: str
    number: int
    files: tuple[tuple[str, str], ...]
    marked: frozenset[tuple[str, int]]

    def __str__(self) -> str:
        kind = "wrong" if self.marked else "right"
        return f"{self.rule}-{self.language}-{kind}{self.number}-{self.files[0][0]}"

    def found(self, folder: Path) -> frozenset[tuple[str, int]]:
        """Where the scan says that the rule is broken, with the sample written into `folder`."""
        for path, text in self.files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        if self.language == "git":
            porcelain.init(folder)
            porcelain.add(folder)
        findings = scan(folder, ScanSettings()).findings
        return frozenset((one.place.path, one.place.line) for one in findings if one.rule.id == self.rule)


def samples() -> Iterator[Sample]:
    """Every sample of every rule."""
    for page in sorted(SAMPLES.glob("SC-*.yml")):
        for language, kinds in yaml.safe_load(page.read_text(encoding="utf-8")).items():
            for kind, written in kinds.items():
                for number, files in enumerate(written, 1):
                    for variant in variants(language, files):
                        sample = _sample(page.stem, language, number, variant)
                        if bool(sample.marked) != (kind == "wrong"):
                            raise ValueError(f"{sample}: a wrong sample has marked lines, and a right one has none")
                        yield sample


def variants(language: str, files: str | dict[str, str]) -> list[dict[str, str]]:
    """A sample as the trees that it stands for: one for each name that its file may have."""
    if isinstance(files, dict):
        return [files]
    return [{name: files} for name in FILE_NAMES[language]]


def _sample(rule: str, language: str, number: int, files: dict[str, str]) -> Sample:
    marked = frozenset(
        (path, line)
        for path, text in files.items()
        for line, written in enumerate(text.split("\n"), 1)
        if MARK.search(written)
    )
    clean = tuple((path, MARK.sub("", text)) for path, text in files.items())
    return Sample(rule, language, number, clean, marked)
