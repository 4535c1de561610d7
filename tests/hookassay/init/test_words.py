"""What the shop calls each state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hookassay.init import words
from hookassay.init.words import Word
from hookassay.scan.survey import Survey

Look = Callable[[dict[str, str]], Survey]

ALL = ("status", "refund_status", "dispute_status")


@pytest.mark.parametrize(
    ("word", "standards", "state"),
    [
        ("PAID", ("status",), "paid"),
        ("completed", ("status",), "paid"),
        ("unpaid", ("status",), None),
        ("not_paid", ("status",), None),
        ("awaiting_payment", ("status",), None),
        ("payment_failed", ("status",), None),
        ("refunded", ALL, "refunded"),
        ("refund_pending", ALL, None),
        ("partially_refunded", ALL, "partially_refunded"),
        ("partiallyRefunded", ALL, "partially_refunded"),
        ("part", ALL, None),
        ("part", ("refund_status",), "partially_refunded"),
        ("all", ("refund_status",), "refunded"),
        ("none", ("refund_status",), None),
        ("disputed", ALL, "disputed"),
        ("open", ALL, None),
        ("open", ("dispute_status",), "disputed"),
        ("chargeback-won", ALL, "dispute_won"),
        ("CHARGEBACK_LOST", ALL, "dispute_lost"),
        ("warning_needs_response", ("dispute_status",), None),
        ("under_review", ("dispute_status",), "disputed"),
        ("amount_refunded", ALL, None),
    ],
)
def test_a_word_stands_for_a_state(word: str, standards: tuple[str, ...], state: str | None) -> None:
    """A word is understood by what it consists of, and by what its column is for."""
    assert words.states([Word(word)], standards) == ({state: (word,)} if state else {})


def test_a_name_says_what_a_value_does_not() -> None:
    """`PART = "P"` is known by its name."""
    assert words.states([Word("P", "PART"), Word("N", "NOTHING")], ("refund_status",)) == {"partially_refunded": ("P",)}


def test_a_chargeback_beside_a_dispute_is_its_end() -> None:
    """Alone it is the dispute."""
    assert words.states([Word("chargeback")], ALL) == {"disputed": ("chargeback",)}
    assert words.states([Word("disputed"), Word("chargeback")], ALL) == {
        "disputed": ("disputed",),
        "dispute_lost": ("chargeback",),
    }


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        (
            "a.prisma",
            'enum Status {\n  OPEN\n  PAID @map("settled")\n}\n',
            [Word("OPEN", "OPEN"), Word("settled", "PAID")],
        ),
        (
            "a.ts",
            'export enum Status { Open = "open", Paid = "paid" } // order',
            [Word("open", "Open"), Word("paid", "Paid")],
        ),
        ("a.php", "<?php // order\nenum Status: string {\n case Paid = 'paid';\n}\n", [Word("paid", "Paid")]),
        ("a.py", 'class Status(models.TextChoices):  # order\n    PAID = "P", "Paid"\n', [Word("P", "PAID")]),
        ("a.ts", 'export const status = pgEnum("s", ["open", "paid"]); // order', [Word("open"), Word("paid")]),
        ("a.sql", "CREATE TYPE status AS ENUM ('open', 'paid'); -- order", [Word("open"), Word("paid")]),
    ],
)
def test_an_enumeration_is_read(name: str, text: str, found: list[Any], look: Look) -> None:
    """Each language has its own."""
    assert list(words.dictionary(look({name: text})).lists["status"]) == found


def test_numbers_of_rails_are_values(look: Look) -> None:
    """An enum of Rails is a number in the database, counted where it is a list."""
    lists = words.dictionary(look({"order.rb": "class Order < Base\n  enum :status, [:open, :paid]\nend\n"})).lists

    assert lists["order.status"] == (Word(0, "open"), Word(1, "paid"))


def test_words_that_are_put_together_are_guessed() -> None:
    """`f"chargeback-{status}"` is won or lost."""
    assert [word.value for word in words.loose('x = f"chargeback-{status}"')] == ["chargeback-won", "chargeback-lost"]


def test_stripes_words_are_no_words_of_the_shop() -> None:
    """What a handler compares with is not what it writes."""
    assert words.loose('if session["payment_status"] == "paid": state = "settled"') == [Word("settled")]


def test_a_state_without_a_word_is_not_sure() -> None:
    """The usual word is a guess, unless the handler has it."""
    assert not words.guess("refunded", {}, "", "").sure
    assert words.guess("refunded", {}, "", 'x = "refunded"').sure
