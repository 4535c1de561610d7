"""The file itself: hookassay.toml, every key explained by the configuration's own reference."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import tomlkit
from tomlkit.items import Item, Table

from ..configuration.keys import TABLES
from .draft import Draft
from .guess import Guess

_WIDEST = 110
_ABOUT = {
    "endpoint": "Where Stripe's events go.",
    "purchase": "What your shop needs to recognise a purchase.",
    "orders": "How an order is read.",
    "orders.columns": "Standard name = your name; false where an order does not show it.",
    "orders.values": "Your words for each state of an order.",
}
_EXAMPLES = {
    "events": '["checkout.session.completed", "charge.refunded", "charge.dispute.created"]',
    "source": '"postgresql://shop:${DB_PASSWORD}@localhost/shop"',
}
"""How a key that is left out would be written."""

_BRIEFLY = {
    "stripe_session_id": "the Checkout Session's id, cs_…",
    "status": "whether it is paid",
    "refund_status": "whether it went back, or a part of it",
    "dispute_status": "whether the customer disputes it, and how that ended",
    "total_amount": "the price",
    "amount_refunded": "how much of it went back",
    "currency": "the currency of both",
    "paid": "the money is there",
    "refunded": "all of it went back",
    "partially_refunded": "a part of it went back",
    "disputed": "a dispute is open",
    "dispute_won": "it ended in your favour",
    "dispute_lost": "it ended in the customer's",
}


def text(draft: Draft, name: str = "hookassay.toml") -> str:
    """What the file says.

    Args:
        draft: What was found.
        name: What the file is called, for the command in its head.
    """
    document = tomlkit.document()
    for line in _head(draft, name):
        document.add(tomlkit.comment(line) if line else tomlkit.nl())
    for table in TABLES:
        keys = draft.keys.get(table, {})
        said = {key.name: keys[key.name] for key in TABLES[table].keys if key.name in keys}
        listed = {key: guess for key, guess in said.items() if guess.value is not None or not guess.sure}
        if listed:
            document.add(tomlkit.nl())
            _into(document, table, _table(table, listed))
    return re.sub(r"\n{3,}", "\n\n", tomlkit.dumps(document)).rstrip() + "\n"


def _head(draft: Draft, name: str) -> list[str]:
    run = "hookassay certify" if name == "hookassay.toml" else f"hookassay certify --config {name}"
    lines = ["What hookassay must know of this shop, found by `hookassay init`.", ""]
    if draft.variables.file:
        lines.append(f"To judge the endpoint:  set -a; . ./{draft.variables.file}; set +a; {run}")
    else:
        lines.append(f"To judge the endpoint:  {run}")
    lines.append("To try this file alone:  hookassay init --check")
    if draft.unsure():
        lines.append("What is marked `unsure` was supposed: look it through, and delete the mark.")
    return lines


def _into(document: tomlkit.TOMLDocument, name: str, table: Table) -> None:
    """Put a table at its place; a table within a table stands under its own heading."""
    outer, _, inner = name.partition(".")
    if not inner:
        document.add(outer, table)
        return
    if outer not in document:
        document.add(outer, tomlkit.table(is_super_table=True))
    above = document[outer]
    assert isinstance(above, Table)
    above.add(inner, table)


def _table(name: str, keys: dict[str, Guess]) -> Table:
    table = tomlkit.table()
    table.add(tomlkit.comment(_ABOUT[name]))
    meanings = {key.name: key.meaning for key in TABLES[name].keys}
    # A column's name or a state's says itself what it means.
    brief = name in ("orders.columns", "orders.values")
    for key, guess in keys.items():
        lines = [] if brief else [meanings[key]]
        if not guess.sure:
            lines.append(f"unsure: {guess.why}")
        elif guess.why and not brief:
            lines.append(f"Seen: {guess.why}.")
        for line in lines:
            for piece in textwrap.wrap(line, _WIDEST, break_long_words=False, break_on_hyphens=False):
                table.add(tomlkit.comment(piece))
        if guess.value is None:
            if key in _EXAMPLES:
                table.add(tomlkit.comment(f"{key} = {_EXAMPLES[key]}"))
            continue
        item = _item(guess.value)
        if brief and key in _BRIEFLY:
            item.comment(_BRIEFLY[key])
        table.add(key, item)
    table.add(tomlkit.nl())
    return table


def _item(value: Any) -> Item:
    if isinstance(value, dict):
        inline = tomlkit.inline_table()
        inline.update(value)
        return inline
    if isinstance(value, (tuple, list)):
        array = tomlkit.array()
        array.extend(value)
        array.multiline(sum(len(str(one)) + 4 for one in value) > _WIDEST)
        return array
    if isinstance(value, str) and "\n" in value:
        return tomlkit.string(value, multiline=True)
    if isinstance(value, str) and '"' in value and "'" not in value:
        return tomlkit.string(value, literal=True)
    item: Item = tomlkit.item(value)
    return item
