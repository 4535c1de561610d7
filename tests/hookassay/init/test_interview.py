"""What is asked, and what an answer stands for."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from hookassay.init.draft import draft
from hookassay.init.guess import Guess, unsure
from hookassay.init.interview import Interview, shown
from hookassay.scan.survey import survey


class Person:
    """Answers one question after another."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str]] = []
        self.told: list[str] = []

    def prompt(self, question: str, default: str) -> str:
        self.asked.append((question.strip(), default))
        return self.answers.pop(0) or default

    def settle(self, table: str, key: str, guess: Guess) -> Any:
        return Interview(self.prompt, self.told.append).settle(table, key, guess).value


def test_what_is_sure_is_not_asked() -> None:
    """A person's time is only for what cannot be seen."""
    person = Person()

    assert person.settle("orders", "table", Guess("orders")) == "orders"
    assert person.asked == []


def test_nobody_to_ask_takes_the_guess() -> None:
    """It stays unsure, and is marked so."""
    guess = unsure("orders", "two are alike")

    assert Interview(None).settle("orders", "table", guess) is guess


def test_a_question_says_why_it_matters_and_why_it_is_asked() -> None:
    """The key's meaning, and the doubt."""
    person = Person("")
    person.settle("orders", "table", unsure("orders", "sales is much like it"))

    assert person.told == [
        "",
        "[orders] table: The table that the columns are read from.",
        "  Asked because sales is much like it.",
    ]
    assert person.asked == [("table", "orders")]


@pytest.mark.parametrize(
    ("table", "key", "guessed", "answer", "value"),
    [
        ("orders", "table", "orders", "", "orders"),
        ("orders", "table", "orders", "sales", "sales"),
        ("endpoint", "events", None, "charge.refunded, refund.failed", ("charge.refunded", "refund.failed")),
        ("endpoint", "events", ("charge.refunded",), "all", None),
        ("endpoint", "events", None, "all", None),
        ("orders", "source", None, "", None),
        ("endpoint", "secret", "${STRIPE_WEBHOOK_SECRET}", "HOOK_SECRET", "${HOOK_SECRET}"),
        ("orders.columns", "refund_status", False, "state", "state"),
        ("orders.columns", "refund_status", "state", "none", False),
        ("orders.values", "paid", ("paid",), "PAID, SHIPPED", ("PAID", "SHIPPED")),
        ("orders.values", "paid", ("paid",), "true", (True,)),
        ("orders.values", "paid", ("paid",), "1, 2", (1, 2)),
        ("purchase", "metadata", {"user": "1"}, "user=2, plan=gold", {"user": "2", "plan": "gold"}),
        ("purchase", "created_by", "webhook", "shop", "shop"),
        (
            "orders",
            "source",
            None,
            "postgresql://shop:${DB_PASSWORD}@db/shop",
            "postgresql://shop:${DB_PASSWORD}@db/shop",
        ),
    ],
)
def test_an_answer_is_understood(table: str, key: str, guessed: Any, answer: str, value: Any) -> None:
    """As the file would hold it."""
    assert Person(answer).settle(table, key, unsure(guessed, "it cannot be seen")) == value


@pytest.mark.parametrize(
    ("table", "key", "wrong", "said"),
    [
        ("endpoint", "url", "localhost", "whole URL"),
        ("endpoint", "events", "charge.refundet", "event types"),
        ("purchase", "created_by", "nobody", '"webhook" or "shop"'),
        ("endpoint", "secret", "whsec_c2VjcmV0", "A secret must not stand in the file"),
        ("orders", "source", "postgresql://shop:s3cr3tword@db/shop", "A secret must not stand in the file"),
    ],
)
def test_a_wrong_answer_is_asked_again(table: str, key: str, wrong: str, said: str) -> None:
    """The message says what it must be, and repeats no secret."""
    person = Person(wrong, "")
    person.settle(table, key, unsure("${A}" if key == "secret" else "x", "it cannot be seen"))

    assert said in person.told[-1]
    assert wrong not in person.told[-1] or key == "url"


def test_a_value_is_shown_as_it_is_typed() -> None:
    """A default can be copied and changed."""
    values = (None, False, (True, "A"), {"a": "1", "b": "2"}, "x")

    assert [shown(value) for value in values] == ["none", "none", "true, A", "a=1, b=2", "x"]


def test_the_database_that_is_named_is_the_one_that_is_looked_at(tmp_path: Path) -> None:
    """The question about the source comes before the questions about its tables."""
    (tmp_path / "shop.py").write_text('import stripe\nurls = env("ORDERS_DATABASE_URL"), env("SHOP_DB_URL")\n')
    for name, table in (("a.db", "purchases"), ("b.db", "sales")):
        connection = sqlite3.connect(tmp_path / name)
        connection.execute(f"CREATE TABLE {table} (session_id TEXT, status TEXT)")
        connection.close()

    def answer(question: str, default: str) -> str:
        return "sqlite:///b.db" if question.strip() == "source" else default

    made = draft(survey(tmp_path), Interview(answer, lambda _: None), {"ORDERS_DATABASE_URL": "sqlite:///a.db"})

    assert (made.value("orders", "source"), made.value("orders", "table")) == ("sqlite:///b.db", "sales")
