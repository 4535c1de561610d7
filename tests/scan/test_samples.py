"""The rules of the scan on their samples: each is seen where it is broken, on exactly these lines, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from scan_samples import Sample, samples


@pytest.mark.parametrize("sample", list(samples()), ids=str)
def test_a_rule_is_seen_exactly_where_it_is_broken(sample: Sample, tmp_path: Path) -> None:
    """A rule is found on the marked lines of its samples, and on no other line."""
    assert sample.found(tmp_path) == sample.marked
