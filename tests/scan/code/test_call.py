"""Calls and their arguments."""

from __future__ import annotations

import pytest

from hookassay.scan.code.call import arguments, callee
from hookassay.scan.code.code import Code
from hookassay.scan.source import Source


def code(text: str, grammar: str) -> Code:
    """A source of one call."""
    return Code(Source("a", text, grammar))


@pytest.mark.parametrize(
    ("text", "grammar", "receiver", "name", "given"),
    [
        ("stripe.Refund.create(charge, amount=1)", "python", "stripe.Refund", "create", ["charge", "amount=1"]),
        ("new Stripe(key /* secret */)", "javascript", None, "Stripe", ["key"]),
        ("Stripe::Refund.create charge: id", "ruby", "Stripe::Refund", "create", ["charge: id"]),
        ("<?php $order?->save(force: true);", "php", "$order", "save", ["true"]),
        ("<?php new StripeClient($key);", "php", None, "StripeClient", ["$key"]),
        ("package a\nvar x = refund.New(params)", "go", "refund", "New", ["params"]),
    ],
)
def test_a_call_is_read_alike_in_all_languages(
    text: str, grammar: str, receiver: str | None, name: str, given: list[str]
) -> None:
    """What is called, on what, and with what: comments and PHP's wrappers are left out."""
    (call,) = code(text, grammar).calls()
    assert (call.receiver and call.receiver.text(), call.name) == (receiver, name)
    assert [one.text() for one in call.arguments] == given


def test_a_tagged_template_is_given_its_template() -> None:
    """Of SQL that is written so, the text is wanted."""
    (call,) = code("db.query(sql`SELECT ${id}`)", "javascript").calls_by_name["sql"]
    assert [one.text() for one in arguments(call.node)] == ["`SELECT ${id}`"]


def test_what_is_called_is_written_without_its_types() -> None:
    """`useState<string>("")` calls useState."""
    (call,) = code('useState<string>("")', "typescript").calls()
    assert callee(call.node) == "useState"
