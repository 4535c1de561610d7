"""The files that are written for whole shops."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookassay import configuration
from hookassay.config import OrdersSettings, Settings
from hookassay.init import document
from hookassay.init.draft import Draft, draft
from hookassay.init.guess import Guess, unsure
from hookassay.init.interview import Interview
from hookassay.init.variables import Variables
from hookassay.scan.survey import survey

SNAPSHOTS = Path(__file__).parent / "snapshots"
WHOLE = ("express_prisma", "rails", "laravel", "fastapi_shop", "flask_counter", "origin")
SHOPS = (*WHOLE, "mended", "django_shop", "reference", "starlette_shop", "flask_queue", "four_events")

Shop = Callable[[str], Path]


def written(folder: Path) -> str:
    """What the file of a shop says when nobody is asked."""
    return document.text(draft(survey(folder), Interview(None), {}))


def loaded(folder: Path) -> Settings:
    """The settings that a run has from the file of a shop, whatever its variables hold."""
    text = written(folder)
    (folder / "hookassay.toml").write_text(text)
    return configuration.load(folder / "hookassay.toml", dict.fromkeys(re.findall(r"\$\{(\w+)\}", text), "whatever"))


@pytest.fixture
def orders(shop: Shop) -> Callable[[str], OrdersSettings]:
    """How the orders of a shop are read, by the file that is written for it."""
    return lambda name: loaded(shop(name)).orders


def columns(found: OrdersSettings) -> dict[str, str]:
    """The columns that have names of their own."""
    return {name: own for name, own in found.columns.items() if name not in ("id", "user_id", "created_at")}


@pytest.mark.parametrize("name", WHOLE)
def test_the_whole_file(name: str, shop: Shop) -> None:
    """The file of a shop is the one that was looked through once."""
    assert written(shop(name)) == (SNAPSHOTS / f"{name}.toml").read_text()


@pytest.mark.parametrize("name", SHOPS)
def test_a_run_accepts_what_is_written(name: str, shop: Shop) -> None:
    """Whatever is written is a configuration without a mistake."""
    assert loaded(shop(name)).endpoint.url


@pytest.mark.parametrize("name", SHOPS)
def test_every_key_is_explained(name: str, shop: Shop) -> None:
    """A key has a comment above it, or behind it."""
    text = re.sub(r'""".*?"""', '""', re.sub(r"\[\n.*?\n\]", "[]", written(shop(name)), flags=re.S), flags=re.S)
    lines = text.splitlines()
    bare = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r"\w+ = ", line) and not above.startswith("#") and "# " not in line
    ]

    assert bare == []


def test_the_words_of_a_django_shop(orders: Callable[[str], OrdersSettings]) -> None:
    """Columns of other names, a flag, and the values of TextChoices."""
    found = orders("django_shop")

    assert (found.table, found.money) == ("django_shop_order", "major")
    assert columns(found) == {
        "stripe_session_id": "checkout_session",
        "status": "is_paid",
        "refund_status": "refunded",
        "dispute_status": "complaint",
        "total_amount": "price",
        "amount_refunded": "returned",
        "currency": "currency",
    }
    assert dict(found.values) == {
        "paid": (True,),
        "refunded": ("E",),
        "partially_refunded": ("P",),
        "disputed": ("O",),
        "dispute_won": ("W",),
        "dispute_lost": ("L",),
    }


def test_the_exact_columns_of_the_reference_server(orders: Callable[[str], OrdersSettings]) -> None:
    """Of two totals the one in the unit of the refunded amount is read."""
    found = orders("reference")

    assert (found.table, found.money) == ("orders", "minor")
    assert (found.columns["total_amount"], found.columns["amount_refunded"]) == ("amount_total", "amount_refunded")
    assert found.values["disputed"] == ("disputed",)


def test_the_words_in_one_column(orders: Callable[[str], OrdersSettings]) -> None:
    """A column of several words serves for all states, those that are put together included."""
    found = orders("flask_queue")

    assert {found.columns[name] for name in ("status", "refund_status", "dispute_status")} == {"tags"}
    assert dict(found.values) == {
        "paid": ("settled",),
        "refunded": ("refunded-whole",),
        "partially_refunded": ("refunded-part",),
        "disputed": ("chargeback-open",),
        "dispute_won": ("chargeback-won",),
        "dispute_lost": ("chargeback-lost",),
    }


def test_the_answer_of_a_route(orders: Callable[[str], OrdersSettings]) -> None:
    """A shop whose tables hold no order is asked for it, where it has a route for that."""
    found = orders("starlette_shop")

    assert (found.source, found.rows) == ("http://localhost:8000/api/orders/{session_id}", "orders")
    assert [(name, value.reveal()) for name, value in found.headers] == [("Authorization", "Bearer whatever")]
    assert columns(found) == {
        "stripe_session_id": "checkout",
        "status": "state",
        "refund_status": "refund",
        "dispute_status": "dispute",
        "total_amount": "money.paid",
        "amount_refunded": "money.returned",
        "currency": "money.currency",
    }
    assert found.values["refunded"] == ("all",)


def test_a_query_where_no_column_has_a_word(orders: Callable[[str], OrdersSettings]) -> None:
    """What was refunded is told by amounts, where there is nothing else."""
    found = orders("four_events")

    assert found.query is not None
    assert "WHEN refunded < amount THEN 'partially_refunded'" in found.query
    assert (found.values["paid"], found.values["disputed"]) == ((True,), ("open",))


def test_stripes_own_words(orders: Callable[[str], OrdersSettings]) -> None:
    """A dispute's status may be kept as Stripe says it."""
    assert orders("mended").values["disputed"] == ("needs_response", "under_review")


class TestText:
    def said(self, **keys: Guess) -> str:
        """A file with these keys of [endpoint]."""
        return document.text(Draft(Variables({}, {}), lambda *_: None, {"endpoint": dict(keys)}))

    def test_what_is_not_sure_is_marked(self) -> None:
        """A guess that is only supposed says why."""
        said = self.said(url=unsure("http://localhost/hook", "nothing says the port"))

        assert "# unsure: nothing says the port\nurl = " in said

    def test_what_is_sure_is_not_marked(self) -> None:
        """The head speaks of marks only where there are some."""
        assert "unsure" not in self.said(url=Guess("http://localhost/hook"))

    def test_what_is_left_out_is_shown_as_it_would_be(self) -> None:
        """A key that nobody knows stands there as an example, in a comment."""
        said = self.said(events=unsure(None, "no type is named"))

        assert '\n# events = ["checkout.session.completed"' in said
        assert tomllib.loads(said) == {"endpoint": {}}

    @pytest.mark.parametrize("value", ['say "hi"', "it's", "both ' and \"", "C:\\shop", "a\nb", "ü…", "${A}"])
    def test_texts_are_read_back_as_they_were(self, value: Any) -> None:
        """Whatever a text holds, TOML gives it back."""
        assert tomllib.loads(self.said(secret=Guess(value)))["endpoint"]["secret"] == value
