"""Checks that see what breaks their rule in one file, whatever stands in the others."""

from __future__ import annotations

from collections.abc import Iterable

from ..check import Circumstances
from ..finding import Hit


class FileByFile:
    """A check of which each fact is a finding; what is left to say is `words` and `look`."""

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def conclude(self, facts: list[Hit]) -> Iterable[Hit]:
        """What was seen."""
        return facts
