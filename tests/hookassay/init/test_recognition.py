"""What a session must carry for the handler."""

from __future__ import annotations

import pytest

from hookassay.init import recognition
from hookassay.init.guess import Guess, unsure
from hookassay.init.handler import Handler

BUYER = Guess("user-{n}")


def handler(code: str) -> Handler:
    return Handler(None, code, {"hook": code}, {})


@pytest.mark.parametrize(
    "code",
    [
        'session["metadata"]["user_id"]',
        'session["metadata"].get("user_id")',
        '(session.get("metadata") or {}).get("user_id")',
        'session.get("metadata", {}).get("user_id")',
        "session.metadata?.user_id",
        "session.metadata!.user_id",
        'session.metadata["user_id"]',
        "const { user_id } = session.metadata;",
        "$session->metadata->user_id",
        "$session->metadata['user_id']",
        "session.metadata[:user_id]",
        'session.Metadata["user_id"]'.replace("Metadata", "metadata"),
    ],
)
def test_a_key_of_the_metadata_is_seen(code: str) -> None:
    """Each language has its way to read one."""
    assert recognition.find(handler(code)).metadata == ("user_id",)


def test_a_method_is_no_key() -> None:
    """`metadata.items()` reads no key of that name."""
    assert recognition.find(handler("session.metadata.items()")).metadata == ()


def test_what_is_written_is_not_read() -> None:
    """The shop's own session gets metadata too."""
    assert recognition.find(handler('session.metadata.cart = "1"; session["metadata"]["user"] = 2')).metadata == ()


def test_who_buys_is_as_the_table_wants_it() -> None:
    """What is sure of the buyer is sure of the metadata, what is not is not."""
    told = handler('session["metadata"]["user_id"]')
    known = recognition.find(told)

    assert recognition.metadata(known, told, {}, BUYER).value == {"user_id": "user-{n}"}
    assert not recognition.metadata(known, told, {}, unsure("1", "it must exist")).sure


def test_what_is_read_as_a_number_is_one() -> None:
    """A text would make the handler fail."""
    told = handler('int(session["metadata"]["seats"])')

    assert recognition.metadata(recognition.find(told), told, {}, BUYER).value == {"seats": "1"}


def test_a_mail_address_goes_nowhere() -> None:
    """Nobody gets a mail about a purchase of a run."""
    told = handler("session.metadata.customer_email")

    assert recognition.metadata(recognition.find(told), told, {}, BUYER).value == {
        "customer_email": "buyer-{n}@example.invalid"
    }


def test_a_reference_that_becomes_the_buyer_is_one() -> None:
    """A cart's name is no user's id."""
    told = handler("order.user_id = session.client_reference_id")

    assert recognition.reference(recognition.find(told), told, {}, Guess("7")).value == "7"


def test_another_reference_is_one_of_the_run() -> None:
    """It is unique in all runs."""
    told = handler("cart = session.client_reference_id")

    assert recognition.reference(recognition.find(told), told, {}, BUYER).value == "cart-{run}-{n}"


def test_nothing_read_is_nothing_said() -> None:
    """The keys are left out."""
    told = handler("pass")
    known = recognition.find(told)

    assert recognition.metadata(known, told, {}, BUYER).value is None
    assert recognition.reference(known, told, {}, BUYER).value is None
