"""Placeholders: values get into URLs, commands and SQL without changing their shape."""

from __future__ import annotations

from typing import Any

import pytest

from hookassay.errors import UsageError
from hookassay.orders.placeholders import (
    bound_in,
    check_bound,
    check_braces,
    in_arguments,
    in_url,
    query_of,
    statements,
)


def test_in_url() -> None:
    """A value is percent-encoded, so that it can change neither path nor query."""
    assert (
        in_url("http://h/o/{session_id}?x={n}", {"session_id": "a/b?c=é", "n": 1})
        == "http://h/o/a%2Fb%3Fc%3D%C3%A9?x=1"
    )


def test_in_arguments(values: dict[str, Any]) -> None:
    """A value that holds spaces stays one argument, whatever quotes stand around it."""
    assert in_arguments("./read --ref={client_reference_id} '{n} of' \"{charge}\"", values) == [
        "./read",
        "--ref=cart 1; rm -rf",
        "7 of",
        "",
    ]


def test_other_braces_stay() -> None:
    """Braces that hold no name are left alone."""
    assert in_arguments('./new \'{"id": "{session_id}"}\'', {"session_id": "cs_1"}) == ["./new", '{"id": "cs_1"}']


@pytest.mark.parametrize(("command", "told"), [("./read 'x", "close its quotation"), ("  ", "must name a program")])
def test_a_command_that_cannot_be_split(command: str, told: str) -> None:
    """A command that is none is a wrong usage."""
    with pytest.raises(UsageError, match=told):
        in_arguments(command, {})


def test_unknown_braces() -> None:
    """An unknown placeholder in braces is refused, with the nearest one."""
    with pytest.raises(
        UsageError, match=r"\[orders\] create has no placeholder \{session\} \(did you mean session_id\?\)"
    ):
        check_braces("cmd:./create {session}", "[orders] create")


def test_unknown_bound_name() -> None:
    """An unknown bound name is refused, with the nearest one."""
    with pytest.raises(UsageError, match=r"no placeholder :amout \(did you mean amount\?\)"):
        check_bound("INSERT INTO orders VALUES (:amout)", "[orders] create")


def test_bound_names() -> None:
    """Casts, times and what is quoted bind nothing."""
    assert bound_in("SELECT a::text, '10:30', ':x', \"c:d\" FROM t WHERE b = :session_id") == {"session_id"}


def test_statements() -> None:
    """A script is split at the semicolons outside quotation marks."""
    assert statements("INSERT INTO a VALUES ('x;''y'); UPDATE b SET \"c;d\" = :n;\n", "s") == [
        "INSERT INTO a VALUES ('x;''y')",
        'UPDATE b SET "c;d" = :n',
    ]


def test_a_query_is_one_statement() -> None:
    """Where a number or rows are asked for, a script of several statements is a wrong usage."""
    with pytest.raises(UsageError, match="must be one SQL query; it holds 2 statements"):
        query_of("SELECT 1; SELECT 2;", "[effects] count")


@pytest.mark.parametrize(("script", "told"), [("SELECT 'x", "not closed"), (" ; ", "no SQL statement")])
def test_a_script_that_is_none(script: str, told: str) -> None:
    """A script that cannot be split, or is empty, is a wrong usage."""
    with pytest.raises(UsageError, match=told):
        statements(script, "[orders] create")
