"""The commands that show again what was found."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookassay.report.again import replay


def test_a_script_is_named_as_one_would_type_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the working folder where it is below that, by its whole path elsewhere."""
    monkeypatch.chdir(tmp_path)

    assert replay(tmp_path / "a report" / "RP-05.sh") == "sh 'a report/RP-05.sh'"
    assert replay(Path("/elsewhere/RP-05.sh")) == "sh /elsewhere/RP-05.sh"
