"""Exceptions of other people's code, as they are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hookassay import foreign
from hookassay.endpoint import Endpoint, Secret


def caught(code: str, file: str) -> BaseException:
    """What `code` raises, as if it stood in `file`."""
    try:
        exec(compile(code, file, "exec"), {"json": json, "Endpoint": Endpoint, "Secret": Secret})
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_the_innermost_line_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line told is the last one in the user's own files, not the one in a library that it came to."""
    monkeypatch.chdir(tmp_path)

    told = foreign.told(caught("\ndef read():\n    json.loads('{')\nread()", str(tmp_path / "shop" / "views.py")))

    assert told.startswith("json.decoder.JSONDecodeError: Expecting property name")
    assert told.endswith("(shop/views.py:3)")


def test_elsewhere(tmp_path: Path) -> None:
    """A file outside the working folder is told with its whole path."""
    file = tmp_path / "views.py"

    assert foreign.told(caught("1 / 0", str(file))) == f"ZeroDivisionError: division by zero ({file}:1)"


def test_syntax() -> None:
    """A file that cannot be read as Python is told with the line that is wrong."""
    assert foreign.told(caught("compile('\\nx = (', 'shop/views.py', 'exec')", "/elsewhere.py")).endswith(
        "(shop/views.py:2)"
    )


def test_one_line_without_secrets(tmp_path: Path) -> None:
    """Texts of several lines become one, secrets and passwords are hidden, and what is long is cut."""
    text = "first\\nwhsec_c2VjcmV0 and postgresql://shop:pa55w0rd@db/shop " + "x" * 1000

    told = foreign.told(caught(f"raise ValueError('{text}')", str(tmp_path / "views.py")))

    assert "\n" not in told
    assert "c2VjcmV0" not in told
    assert "pa55w0rd" not in told
    assert len(told) < 400


def test_raised_by_us() -> None:
    """What we raise about an application names no line of ours."""
    error = caught("Endpoint('no url', Secret('s'))", "<text>")

    assert foreign.told(error).startswith("hookassay.errors.UsageError: The URL must be")
    assert "endpoint.py" not in foreign.told(error)
