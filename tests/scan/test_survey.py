"""What a codebase has."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookassay.errors import UsageError
from hookassay.scan.survey import survey

TREES = Path(__file__).parent / "trees"


def test_the_handler_is_found_with_its_route() -> None:
    """Mounted where the router is."""
    places = survey(TREES / "origin").places

    assert [place.routes for place in places] == [(("POST", "/stripe/webhook"),)]


def test_every_table_is_found() -> None:
    """Whatever it is called."""
    assert {table.name for table in survey(TREES / "mended").tables} == {"users", "orders", "refunds", "disputes"}


def test_variables_are_found() -> None:
    """With the file that defines them; their values are not shown."""
    found = survey(TREES / "origin")

    assert [one.name for file in found.env for one in file.variables] == [
        "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET",
        "DATABASE_URL",
    ]
    assert "whsec" not in repr(found)


def test_a_text_is_found_by_its_path() -> None:
    """And is empty for a file that was not read."""
    found = survey(TREES / "origin")

    assert "app.listen" in found.text("server.ts")
    assert found.text("nothing.ts") == ""


def test_tests_are_no_part_of_a_shop(tmp_path: Path) -> None:
    """What stands in them is served by nobody."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "schema.sql").write_text("CREATE TABLE orders (id TEXT);")

    assert survey(tmp_path).tables == ()
    assert survey(tmp_path).sources == ()


def test_a_folder_must_be_there(tmp_path: Path) -> None:
    """A misspelt one is refused."""
    with pytest.raises(UsageError):
        survey(tmp_path / "nothing")
