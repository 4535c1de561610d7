"""How well the scan's rules do on their samples: `python tests/scan/quality.py` prints precision and recall.

Each marked line of a wrong sample is to be found, and nothing else is. A rule that is not perfect ends it with 1.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from scan_samples import Sample, samples

HEAD = ("rule", "language", "wrong", "right", "precision", "recall")


@dataclass
class Score:
    """What was found on some samples.

    Attributes:
        wrong: How many samples break the rule.
        right: How many do not.
        hits: How many marked lines were found.
        false: How many other lines were found.
        missed: How many marked lines were not found.
    """

    wrong: int = 0
    right: int = 0
    hits: int = 0
    false: int = 0
    missed: int = 0

    def add(self, sample: Sample, found: frozenset[tuple[str, int]]) -> None:
        """Count one sample, and the lines found in it."""
        self.wrong += bool(sample.marked)
        self.right += not sample.marked
        self.hits += len(found & sample.marked)
        self.false += len(found - sample.marked)
        self.missed += len(sample.marked - found)

    @property
    def precision(self) -> float:
        """Of what was found, how much is right."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else 1.0

    @property
    def recall(self) -> float:
        """Of what is to be found, how much was."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def perfect(self) -> bool:
        """Whether everything was found and nothing else."""
        return not self.false and not self.missed


def scores(judged: Iterable[Sample]) -> dict[tuple[str, str], Score]:
    """Rule and language → its score; the total last, under `total` and all languages."""
    found: defaultdict[tuple[str, str], Score] = defaultdict(Score)
    total = Score()
    for sample in judged:
        with TemporaryDirectory() as folder:
            lines = sample.found(Path(folder))
        for score in (found[sample.rule, sample.language], total):
            score.add(sample, lines)
    return {**found, ("total", ""): total}


def table(judged: dict[tuple[str, str], Score]) -> str:
    """The scores as columns of text."""
    rows = [
        (rule, language, str(one.wrong), str(one.right), f"{one.precision:.1%}", f"{one.recall:.1%}")
        for (rule, language), one in judged.items()
    ]
    broad = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(size) if place < 2 else cell.rjust(size)
            for place, (cell, size) in enumerate(zip(row, broad, strict=True))
        )
        for row in [HEAD, *rows]
    )


if __name__ == "__main__":
    result = scores(samples())
    print(table(result))
    sys.exit(not all(score.perfect for score in result.values()))
