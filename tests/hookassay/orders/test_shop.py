"""What the shop does itself: by SQL, by a URL, by a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hookassay.config import OrdersSettings
from hookassay.endpoint import Secret
from hookassay.errors import HarnessError, NotJudged, UsageError
from hookassay.orders.adapter import open_reader
from hookassay.orders.shop import Action, open_action

Opening = Callable[..., Action]
INSERT = (
    "INSERT INTO orders (id, user_id, stripe_session_id, status, refund_status, dispute_status, total_amount) "
    "VALUES (:n, :uuid, :session_id, 'waiting: paid;', 'none', 'none', :amount_major)"
)


@pytest.fixture
def action_of(tmp_path: Path) -> Iterator[Opening]:
    """Opens actions and closes them after the test."""
    opened: list[Action] = []

    def action_of(text: str, source: str | None = None, **settings: Any) -> Action:
        action = open_action(text, "[orders] create", OrdersSettings(source=source, **settings), tmp_path, 5.0)
        opened.append(action)
        return action

    yield action_of
    for action in opened:
        action.close()


def test_sql(kept: Any, action_of: Opening, values: dict[str, Any], tmp_path: Path) -> None:
    """An SQL statement binds what is known of the purchase and is committed."""
    action_of(INSERT, kept.url).run(values)
    reader = open_reader(OrdersSettings(source=kept.url), tmp_path)
    assert reader is not None

    (row,) = reader.read("cs_test_1")
    reader.close()

    assert (row["user_id"], row["status"], float(row["total_amount"])) == (values["uuid"], "waiting: paid;", 10.0)


def test_several_statements_or_none(
    sqlite_kept: Any, action_of: Opening, values: dict[str, Any], tmp_path: Path
) -> None:
    """When one statement fails, none has an effect."""
    action = action_of(f"{INSERT}; INSERT INTO nowhere VALUES (:n)", sqlite_kept.url)
    reader = open_reader(OrdersSettings(source=sqlite_kept.url), tmp_path)
    assert reader is not None

    with pytest.raises(HarnessError, match=r"\[orders\] create failed on sqlite:.*: no such table: nowhere"):
        action.run(values)

    assert reader.read("cs_test_1") == []
    reader.close()


def test_sql_needs_a_database(action_of: Opening) -> None:
    """SQL without a database to run it on is a wrong usage."""
    with pytest.raises(
        UsageError, match=r"\[orders\] create is neither .* taken for SQL, which needs \[orders\] source"
    ):
        action_of(INSERT, "https://shop.example/{session_id}")


@pytest.mark.parametrize("text", ["INSERT INTO t VALUES (:sesion_id)", "cmd:./new {sesion_id}", "http://h/{sesion_id}"])
def test_unknown_placeholder(action_of: Opening, text: str) -> None:
    """A placeholder that does not exist is a wrong usage, in each form."""
    with pytest.raises(UsageError, match=r"did you mean session_id\?"):
        action_of(text, "sqlite:///shop.db")


def test_post(shop: Any, action_of: Opening, values: dict[str, Any]) -> None:
    """A URL is POSTed to with the order headers and the placeholders as JSON."""
    shop.answer(None, 201)
    headers = (("X-Token", Secret("canary")),)
    action_of(f"{shop.url}/new/{{n}}", headers=headers).run(values)

    method, path, sent, body = shop.asked[0]
    assert (method, path, sent["X-Token"], sent["Content-Type"]) == ("POST", "/new/7", "canary", "application/json")
    assert json.loads(body) == {**values, "amount_major": "10.00"}


def test_post_is_tried_once(shop: Any, action_of: Opening, values: dict[str, Any]) -> None:
    """A POST that fails is not repeated, since it may have been done."""
    shop.answer(b"out of stock", 500)

    with pytest.raises(HarnessError, match=r"\[orders\] create: .* answered 500, it must be a 2xx: out of stock"):
        action_of(f"{shop.url}/new").run(values)

    assert len(shop.asked) == 1


def test_post_refused(shop: Any, action_of: Opening, values: dict[str, Any]) -> None:
    """A refusal says which option gives the header."""
    shop.answer(None, 401)

    with pytest.raises(NotJudged, match="--orders-header"):
        action_of(f"{shop.url}/new").run(values)


def test_program(
    program: Callable[[str, str], str], action_of: Opening, values: dict[str, Any], tmp_path: Path
) -> None:
    """A program is run with the placeholders as arguments."""
    name = program("new", 'printf "%s|%s|%s" "$1" "$2" "$3" > made')
    action_of(f"cmd:{name} {{client_reference_id}} {{amount_major}} {{charge}}").run(values)

    assert (tmp_path / "made").read_text() == "cart 1; rm -rf|10.00|"


def test_program_that_fails(program: Callable[[str, str], str], action_of: Opening, values: dict[str, Any]) -> None:
    """A program that fails is our error."""
    with pytest.raises(HarnessError, match=r"The program \./new exited with 2"):
        action_of(f"cmd:{program('new', 'exit 2')}").run(values)
