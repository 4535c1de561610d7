"""Creation: who makes the order, the webhook or the shop before paying, and by which statement hookassay can do it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..scan.checks.tables.table import BOOLEAN, INTEGER, LIVE, TEXT, TIME, UNKNOWN, Column, Table, plain, singular
from .database import LiveDatabase
from .guess import Guess, unsure
from .handler import Handler
from .likeness import likeness, minor
from .orders_table import OrdersTable
from .recognition import Recognition, is_order
from .words import Dictionary, Word, definition_of

# What an order is called before anybody paid.
_WAITING = re.compile(r"pending|await|waiting|open|new|created|draft|unpaid|initiated|placed|none|processing", re.I)
_REFERENCE = r"(client)?(reference(id)?|ref)|(order|sale|booking)?(number|reference|token|code)|publicid|uuid|token"
_RESERVED = frozenset("order user group select table from where check key index".split())

# How a class of an ORM makes a row.
_METHODS = "|".join(
    """create create_or_find_by build new insert insertOrIgnore upsert first_?[oO]r_?(?:[cC]reate|[iI]nitialize|[nN]ew)
    find_or_(?:create|initialize)_by findOrCreate update_?[oO]r_?[cC]reate""".split()
)


@dataclass(frozen=True)
class Creation:
    """Who makes an order, and how.

    Attributes:
        by: `webhook` or `shop`.
        create: The statement, for a shop.
        ids: Key of the metadata, or `client_reference_id` → the value by which the handler finds that order.
    """

    by: Guess
    create: Guess
    ids: Mapping[str, str]


def find(
    orders: OrdersTable,
    handler: Handler,
    recognition: Recognition,
    dictionary: Dictionary,
    live: LiveDatabase | None,
    bought_by: Guess,
    quote: str,
) -> Creation:
    """Who makes an order: whoever's code inserts a row."""
    nobody = Guess(None)
    names = dict.fromkeys(
        name for table in orders.definitions for name in (table.name, table.entity, _class(table)) if name
    )
    inserts = re.compile("|".join(_inserts(list(names))))
    in_checkout = next((path for path, text in handler.checkout.items() if inserts.search(text)), "")
    if inserts.search(handler.text):
        return Creation(Guess("webhook", f"{handler.where} inserts it"), nobody, {})
    if not in_checkout:
        elsewhere = next((path for path, text in handler.files.items() if inserts.search(text)), "")
        if elsewhere or handler.place is None:
            why = f"{elsewhere} inserts it" if elsewhere else "no code that inserts it was found"
            return Creation(Guess("webhook", why, sure=bool(elsewhere)), nobody, {})
        other = next(
            (
                path
                for path, text in dictionary.code.items()
                if path not in handler.files and _code(path) and inserts.search(text)
            ),
            "",
        )
        if not other:
            return Creation(unsure("webhook", "no code that inserts it was found"), nobody, {})
        in_checkout = other
    by = Guess("shop", f"{in_checkout} inserts the order, and {handler.where} only updates it")
    ids, at = _found_by(orders, recognition)
    return Creation(by, _statement(orders, dictionary, live, handler, at, in_checkout, bought_by, quote), ids)


def _class(table: Table) -> str:
    """What Rails and Laravel call the class of a table."""
    return "".join(part[:1].upper() + part[1:] for part in singular(table.name).split("_"))


def _inserts(names: list[str]) -> Iterator[str]:
    """Patterns of code that inserts a row, by the names of the table and of its class."""
    for name in names:
        spelt = re.escape(name)
        lower = re.escape(name[:1].lower() + name[1:])
        yield rf"(?i:\binsert\s+(?:or\s+\w+\s+)?(?:ignore\s+)?into\s+[\"`']?(?:\w+\.)?{spelt}\b)"
        yield rf"\.{lower}\.(?:create|upsert|createMany|insert)\w*\("
        yield rf"\b{spelt}\.objects\.\w*create\w*\("
        yield rf"\b{spelt}(?:::|\.)(?:query\(\)->|query\.)?(?:{_METHODS})!?\b"
        yield rf"(?i:\binsert\(\s*(?:schema\.)?{spelt}\b)"
        yield rf"\bnew\s+{spelt}\b"
        yield rf"(?i:(?:table|from|into|knex|db)\(\s*[\"']{spelt}[\"']\s*\)\s*(?:\.|->)\s*(?:insert|upsert)\w*)"
        yield rf"\.(?:Create|Save|FirstOrCreate)\(\s*&?{spelt}\b"
        if name[:1].isupper():
            yield rf"(?<![\w.(\[:|] ){spelt}\(\s*(?:\n|\w+\s*=)"
            yield rf"=\s*&?(?:\w+\.)?{spelt}\{{"


def _found_by(orders: OrdersTable, recognition: Recognition) -> tuple[dict[str, str], dict[str, str]]:
    """Key that the handler finds an order by → its value; and column → the placeholder that gives it the same."""
    keys = [key for key in recognition.metadata if is_order(key)]
    if recognition.reference:
        keys.insert(0, "client_reference_id")
    if not keys:
        return {}, {}
    key = keys[0]
    column = next(
        (
            one
            for one in orders.table.columns
            if one.kind in (TEXT, UNKNOWN)
            and (plain(one.name) == plain(key) or re.fullmatch(_REFERENCE, plain(one.name)))
        ),
        None,
    )
    identity = orders.column("id")
    if column is None and identity is not None and identity.kind != INTEGER:
        column = identity
    if column is None:
        return {}, {}
    return {key: "{uuid}"}, {column.name: ":uuid"}


def _statement(
    orders: OrdersTable,
    dictionary: Dictionary,
    live: LiveDatabase | None,
    handler: Handler,
    at: Mapping[str, str],
    where: str,
    bought_by: Guess,
    quote: str,
) -> Guess:
    """An INSERT with what a purchase gives and what the table demands."""
    given: dict[str, str] = {}
    doubts: list[str] = []
    total = orders.amounts()[0]
    session = orders.column("stripe_session_id")
    for column in orders.table.columns:
        required = _required(column, orders, dictionary, live)
        value = None
        if column.name in at:
            value = at[column.name]
        elif column is session:
            value = ":session_id"
        elif column is total or (likeness("total_amount", column) and required):
            value = ":amount" if minor(column) is not False else ":amount_major"
        elif likeness("currency", column):
            value = ":currency"
        elif not required:
            continue
        elif re.search(r"paymentintent", plain(column.name)):
            # Left empty, as it is before paying: the webhook has to learn it.
            value = ":payment_intent" if orders.table.is_unique(column.name) else "''"
        else:
            value, doubt = _filler(column, orders, dictionary, handler, bought_by)
            if doubt:
                doubts.append(doubt)
        given[column.name] = value
    names = ", ".join(identifier(name, quote) for name in given)
    table = identifier(orders.table.name, quote)
    statement = f"INSERT INTO {table} ({names})\nVALUES ({', '.join(given.values())})"
    if live is None and orders.table.rank != LIVE:
        doubts.append(f"made from the code alone; compare it with what {where} stores")
    if not at and not session:
        doubts.append("no column holds what the handler finds the order by")
    return unsure(statement, "; ".join(doubts)) if doubts else Guess(statement, f"as {where} stores it")


def _filler(
    column: Column, orders: OrdersTable, dictionary: Dictionary, handler: Handler, bought_by: Guess
) -> tuple[str, str]:
    """A value for a column that must have one, and what is doubtful about it."""
    name = plain(column.name)
    if any(likeness(standard, column) for standard in ("status", "refund_status", "dispute_status")):
        code = (*handler.checkout.values(), handler.whole)
        words = [Word(word) for text in code for word in _inserted(column.name, orders.table.name, text)]
        words += [word for table in orders.definitions for word in _words_of(column, table, dictionary, handler)]
        first = next((word.value for word in words if _WAITING.search(word.name or str(word.value))), None)
        if first is not None:
            return _sql(first), ""
        if column.kind in (BOOLEAN, INTEGER):
            return "0" if column.kind == INTEGER else "false", ""
        return "'pending'", f"the first word of {column.name} is not known"
    if likeness("amount_refunded", column) or (column.kind == INTEGER and not name.endswith("id")):
        return "0", ""
    if column.kind == BOOLEAN:
        return "false", ""
    if column.kind == TIME or re.search(r"(created|updated|modified|placed)(at|on)?$", name):
        return "CURRENT_TIMESTAMP", ""
    if likeness("id", column) >= 4:
        return ":uuid", ""
    if "mail" in name:
        return "'buyer@example.invalid'", ""
    if column is orders.column("user_id"):
        who = str(bought_by.value)
        return who if who.isdigit() else _sql(who.replace("{n}", "1")), "" if bought_by.sure else bought_by.why
    if name.endswith("id"):
        return "1" if column.kind in (INTEGER, UNKNOWN) else ":uuid", f"{column.name} must be one that exists"
    return ("0" if column.kind not in (TEXT, UNKNOWN) else "'hookassay'"), ""


def _inserted(column: str, table: str, text: str) -> Iterator[str]:
    """The words that SQL in the code inserts into a column."""
    for found in re.finditer(rf"(?i)into\s+\W?{re.escape(table)}\W?\s*\(([^)]*)\)\W*values\s*\(([^)]*)\)", text):
        names, values = ([one.strip(" \"'`\n") for one in part.split(",")] for part in found.groups())
        if column in names and len(names) == len(values):
            yield values[names.index(column)]


def _words_of(column: Column, table: Table, dictionary: Dictionary, handler: Handler) -> list[Word]:
    same = table.column(column.name)
    return dictionary.of(same, table, "\n".join((*handler.checkout.values(), handler.whole))) if same else []


def _required(column: Column, orders: OrdersTable, dictionary: Dictionary, live: LiveDatabase | None) -> bool:
    """Whether a row must have a value for it: as the live table says, else as the definition reads."""
    told = live.demand(orders.table.name, column.name) if live is not None else None
    if told is not None:
        return told.required
    found = [
        (table, definition_of(same, dictionary.code.get(same.place.path, "")))
        for table in orders.definitions
        if (same := table.column(column.name)) is not None
    ]
    table, text = found[0] if found else (orders.table, "")
    if (column.name == "id" and column.kind == INTEGER) or column.place.text == "":
        return False
    origin = table.origin
    if "Prisma" in origin or column.place.path.endswith(".prisma"):
        kept = re.sub(r"@default\((?:uuid|cuid|nanoid|ulid)\([^)]*\)\)", "", text)  # those are made by the client
        return "?" not in text.split("@")[0] and "@default(" not in kept and "[]" not in text.split("@")[0]
    if "Django" in origin:
        return "null=True" not in text and "AutoField" not in text and "primary_key" not in text
    if "SQLAlchemy" in origin or "Peewee" in origin:
        optional = re.search(r"nullable=True|null=True|Optional\[|\|\s*None|server_default|autoincrement", text)
        return not optional
    if "Rails" in origin:
        return "null: false" in text and "default:" not in text
    if re.search(r"->\w+\(", text):
        return not re.search(r"->nullable\(|->default\(|->useCurrent\(|increments\(|->id\(", text)
    if re.search(r"\bnot\s+null\b", text, re.I):
        return not re.search(r"\bdefault\b|serial|identity|autoincrement|auto_increment", text, re.I)
    if ".notNull()" in text:
        return ".default" not in text
    return "allowNull: false" in text and "defaultValue" not in text


def identifier(name: str, quote: str) -> str:
    """A name as SQL reads it, in quotes where it needs them."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in _RESERVED:
        return name
    return f"{quote}{name}{quote}"


def _sql(value: object) -> str:
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _code(path: str) -> bool:
    return re.search(r"(^|/)(seeds?|migrations?|fixtures|factories|db)/|seed", path) is None
