"""The baseline, written anew: what failed in a run, as failures that are known from now on."""

from __future__ import annotations

from pathlib import Path

from ..judging.baseline import Baseline
from ..judging.contract import Contract
from ..judging.feature import examples
from ..judging.verdict import Result, failures, standing
from .document import save

ADVICE = "Name a file that can be written: --write-baseline FILE"


def write(baseline: Baseline, result: Result, contract: Contract, *, strict: bool = False) -> Path:
    """Write what failed to the baseline's file, and return its path; reasons that stood there are kept.

    What passed is taken out, and what was not judged stays.

    Args:
        baseline: The file as it was before the run.
        result: The run, which came to its end.
        contract: The contract judged.
        strict: Whether a failing SHOULD counts as a failure.

    Raises:
        UsageError: the file cannot be written.
    """
    passing = standing(baseline, result.found, strict=strict).passing
    renewed = baseline.written_anew(failures(result.found, strict=strict), passing, contract, examples())
    return save(baseline.file.parent, baseline.file.name, renewed.text(contract).encode(), ADVICE)
