"""What an endpoint behaves like, as a person is told: the likeliest first, and each fix once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..judging.diagnosis import Defect, Diagnosis

MOST_OPEN = 3
"""Alternatives that are told at once; whoever wants to read of more opens them."""


@dataclass(frozen=True)
class Remedy:
    """Defects that are mended in the same way.

    Attributes:
        defects: What the endpoint behaves like.
        fix: How each of them is mended; empty where that was said before.
    """

    defects: tuple[Defect, ...]
    fix: str


@dataclass(frozen=True)
class Behaviour:
    """One diagnosis.

    Attributes:
        explains: Ids of the failed clauses that it explains.
        likely: The likeliest alternatives.
        further: The others, of the same signs.
    """

    explains: tuple[str, ...]
    likely: tuple[Remedy, ...]
    further: tuple[Remedy, ...]

    @classmethod
    def of(cls, diagnosis: Diagnosis) -> Behaviour:
        """What is told of a diagnosis."""
        likely = _remedies(diagnosis.defects[:MOST_OPEN])
        said = {one.fix for one in likely}
        further = _remedies(diagnosis.defects[MOST_OPEN:])
        return cls(
            diagnosis.explains,
            likely,
            tuple(Remedy(one.defects, "" if one.fix in said else one.fix) for one in further),
        )

    @property
    def unshown(self) -> int:
        """How many alternatives are told only to whoever opens them."""
        return sum(len(one.defects) for one in self.further)


def _remedies(defects: Sequence[Defect]) -> tuple[Remedy, ...]:
    """The defects by how they are mended, in the order of the likeliest of each."""
    by_fix: dict[str, list[Defect]] = {}
    for defect in defects:
        by_fix.setdefault(defect.fix, []).append(defect)
    return tuple(Remedy(tuple(found), fix) for fix, found in by_fix.items())
