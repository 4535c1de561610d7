"""The draft: everything that the file is to say, put together from what was seen and what was answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import HookassayError
from ..orders.vocabulary import COLUMN_OF
from ..report.paper import many
from ..scan.checks.tables.table import INTEGER, TIME, Column
from ..scan.survey import Survey
from . import address, creation, orders_table, readback, recognition, subscription, variables, whereabouts, words
from .creation import Creation
from .database import LiveDatabase
from .guess import Guess, unsure
from .handler import Handler
from .handler import find as find_handler
from .interview import Interview
from .orders_table import READ, OrdersTable
from .variables import Variables
from .words import STATES_OF

SEEN, NOT_SEEN = "✔", "○"

Tell = Callable[[str, str], None]
"""Is told a line, and whether something was seen or not."""


@dataclass
class Draft:
    """What the file is to say.

    Attributes:
        keys: Table → key → what it says; a value of None leaves the key out.
        variables: The shop's variables; their values are secrets.
        tell: Is told what was found.
    """

    variables: Variables = field(repr=False)
    tell: Tell = field(repr=False)
    keys: dict[str, dict[str, Guess]] = field(default_factory=dict)

    def put(self, table: str, key: str, guess: Guess) -> None:
        """Say something under a key."""
        self.keys.setdefault(table, {})[key] = guess

    def value(self, table: str, key: str) -> Any:
        """What a key says; None where it says nothing."""
        guess = self.keys.get(table, {}).get(key)
        return guess.value if guess else None

    def unsure(self) -> list[tuple[str, str, Guess]]:
        """Table, key and guess of whatever is only supposed."""
        return [
            (table, key, guess) for table, keys in self.keys.items() for key, guess in keys.items() if not guess.sure
        ]


def draft(
    survey: Survey,
    interview: Interview,
    environment: Mapping[str, str],
    url: str | None = None,
    tell: Tell = lambda *_: None,
) -> Draft:
    """Put together what the file says, asking where it cannot be told.

    Args:
        survey: What the codebase has.
        interview: Who is asked.
        environment: Variables that are set, for looking into the database; the shop's own .env files go below them.
        url: The webhook URL, where the user named it.
        tell: Is told what was found, before whatever is asked next.
    """
    told = variables.read(survey)
    made = Draft(told, tell)
    handler = find_handler(survey)
    name = address.framework(handler, survey)
    if handler.place is not None:
        made.tell(f"events are handled at {handler.where}{f' ({name})' if name else ''}", SEEN)
    _endpoint(made, survey, handler, interview, url)
    where = whereabouts.find(survey, told)
    # Asked before it is opened, so that the database that is looked at is the one that was meant.
    where = replace(where, guess=interview.settle("orders", "source", where.guess))
    with _opened(where.url({**told.values, **environment}), survey.root, made) as live:
        quote = where.quote({**told.values, **environment})
        _orders(made, survey, handler, interview, where.guess, live, quote)
    return made


def _endpoint(made: Draft, survey: Survey, handler: Handler, interview: Interview, url: str | None) -> None:
    found = Guess(url, "the URL that was named") if url else address.find(survey, handler, made.variables)
    made.put("endpoint", "url", interview.settle("endpoint", "url", found))
    made.put("endpoint", "secret", interview.settle("endpoint", "secret", variables.secret(made.variables)))
    events = subscription.find(survey, handler)
    made.put("endpoint", "events", interview.settle("endpoint", "events", events))


def _orders(
    made: Draft,
    survey: Survey,
    handler: Handler,
    interview: Interview,
    source: Guess,
    live: LiveDatabase | None,
    quote: str,
) -> None:
    tables = [*orders_table.named(survey, survey.tables), *(live.tables if live is not None else ())]
    orders = orders_table.find(tables)
    dictionary = words.dictionary(survey)
    known = recognition.find(handler)
    if orders is None or orders.column("status") is None:
        answer = readback.find(survey, made.variables, str(made.value("endpoint", "url")), dictionary)
        if answer is not None:
            _recognition(made, known, handler, interview, {}, recognition.buyer(None, dictionary, live))
            made.tell(f"orders are shown at {answer.where}", SEEN)
            for table, key, guess in answer.keys:
                made.put(table, key, interview.settle(table, key, guess))
            return
    made.put("orders", "source", source)
    if made.value("orders", "source") is None:
        _recognition(made, known, handler, interview, {}, recognition.buyer(None, dictionary, live))
        return
    orders = _table(made, tables, orders, interview)
    if orders is None:
        _recognition(made, known, handler, interview, {}, recognition.buyer(None, dictionary, live))
        return
    made.tell(f"orders are kept in {orders.table.name} ({orders.table.origin})", SEEN)
    bought_by = recognition.buyer(orders, dictionary, live)
    made_by = creation.find(orders, handler, known, dictionary, live, bought_by, quote)
    _created(made, made_by, interview)
    _recognition(made, known, handler, interview, made_by.ids, bought_by)
    _columns(made, orders, dictionary, handler, interview, live, quote)


def _recognition(
    made: Draft,
    known: recognition.Recognition,
    handler: Handler,
    interview: Interview,
    ids: Mapping[str, str],
    bought_by: Guess,
) -> None:
    """What a purchase carries for the handler."""
    metadata = recognition.metadata(known, handler, ids, bought_by)
    made.put("purchase", "metadata", interview.settle("purchase", "metadata", metadata))
    reference = recognition.reference(known, handler, ids, bought_by)
    made.put("purchase", "client_reference_id", interview.settle("purchase", "client_reference_id", reference))


def _table(made: Draft, tables: Any, orders: OrdersTable | None, interview: Interview) -> OrdersTable | None:
    if orders is None:
        names = ", ".join(dict.fromkeys(table.name for table in tables)) or "none"
        guess = unsure("orders", f"no table with a column for the session's id was seen (seen: {names})")
    elif orders.doubt:
        guess = unsure(orders.table.name, orders.doubt)
    else:
        guess = Guess(orders.table.name, f"defined in {orders.table.place.path} ({orders.table.origin})")
    said = interview.settle("orders", "table", guess)
    made.put("orders", "table", said)
    if orders is None or said.value != orders.table.name:
        orders = orders_table.chosen(tables, str(said.value))
    return orders


def _created(made: Draft, made_by: Creation, interview: Interview) -> None:
    """Who makes an order, and how."""
    by = interview.settle("purchase", "created_by", made_by.by)
    made.put("purchase", "created_by", by)
    if by.value == "shop":
        create = made_by.create
        if create.value is None:
            create = unsure("cmd:bin/create-order {session_id} {amount} {currency}", "how the shop makes an order")
        made.put("orders", "create", interview.settle("orders", "create", create))


def _columns(
    made: Draft,
    orders: OrdersTable,
    dictionary: words.Dictionary,
    handler: Handler,
    interview: Interview,
    live: LiveDatabase | None,
    quote: str,
) -> None:
    found = {standard: orders_table.column_guess(orders, standard) for standard in READ}
    total, back = orders.amounts()
    status = orders.column("status")
    vocabulary: dict[str, tuple[dict[str, tuple[Any, ...]], str]] = {}
    shared = [standard for standard in ("refund_status", "dispute_status") if found[standard].value is False and status]
    if status is not None:
        said = _words(status, ("status", *shared), orders, dictionary, handler, live)
        for standard in ("status", *shared):
            if any(state in said[0] for state in STATES_OF[standard]):
                vocabulary[standard] = said
                if standard != "status":
                    found[standard] = Guess(status.name, f"{status.name} has words for it")
    for standard in ("status", "refund_status", "dispute_status"):
        column = orders.column(standard)
        if standard not in vocabulary and column is not None:
            vocabulary[standard] = _words(column, (standard,), orders, dictionary, handler, live)
    cases = _cases(orders, found, total, back, quote)
    if cases:
        _query(made, orders, found, cases, interview, quote)
    else:
        _mapping(made, found, interview)
    unit = orders_table.money(total, handler.whole)
    if unit.value is not None:
        made.put("orders", "money", interview.settle("orders", "money", unit))
    for standard, states in STATES_OF.items():
        if standard in cases or not found[standard].value:
            continue
        known, where = vocabulary.get(standard, ({}, ""))
        flagged = where.endswith("only says whether")
        for state in states:
            if flagged and state not in known:
                continue
            guess = words.guess(state, known, where, handler.whole)
            if guess.sure or standard == "status" or state in ("refunded", "disputed") or known:
                made.put("orders.values", state, interview.settle("orders.values", state, guess))


def _words(
    column: Column,
    standards: tuple[str, ...],
    orders: OrdersTable,
    dictionary: words.Dictionary,
    handler: Handler,
    live: LiveDatabase | None,
) -> tuple[dict[str, tuple[Any, ...]], str]:
    """State → its words in one column, and where they were found."""
    flags = words.flags(column, standards[0])
    if flags:
        return flags, f"{column.name} only says whether"
    listed: list[words.Word] = []
    for table in orders.definitions:
        same = table.column(column.name)
        if same is not None:
            listed += dictionary.of(same, table, handler.whole)
    demand = live.demand(orders.table.name, column.name) if live is not None else None
    if demand is not None:
        listed += [words.Word(word) for word in (*demand.listed, *re.findall(r"'([\w -]+)'", demand.checked))]
    if live is not None:
        listed += [words.Word(value) for value in live.values(orders.table, column.name) if isinstance(value, str)]
    numbers = [word for word in listed if isinstance(word.value, int)]
    listed = numbers if column.kind == INTEGER and numbers else listed
    found = words.states(dict.fromkeys(listed), standards)
    where = f"words of {column.name}"
    if standards == ("dispute_status",) and "disputed" not in found:
        code = "\n".join((handler.whole, *(dictionary.code.get(path, "") for path in handler.beside)))
        found = words.stripes(column, code) or found
    if "paid" in standards or "status" not in standards or "paid" in found:
        return found, where
    loose = words.states(words.loose(handler.whole), standards)
    return {**loose, **found}, f"words in {handler.where.partition(':')[0]}" if loose else where


def _cases(
    orders: OrdersTable, found: Mapping[str, Guess], total: Column | None, back: Column | None, quote: str
) -> dict[str, str]:
    """Standard column → an expression for what no column holds as a word: a time, or an amount that went back."""
    cases: dict[str, str] = {}
    said = {"status": ("unpaid", "paid"), "refund_status": ("none", "refunded"), "dispute_status": ("none", "disputed")}
    for standard, (no, yes) in said.items():
        column = orders.column(standard)
        if column is not None and column.kind == TIME and found[standard].value == column.name:
            name = creation.identifier(column.name, quote)
            cases[standard] = f"CASE WHEN {name} IS NULL THEN '{no}' ELSE '{yes}' END"
    if back is not None and total is not None and (found["refund_status"].value is False or "refund_status" in cases):
        whole, part = creation.identifier(total.name, quote), creation.identifier(back.name, quote)
        cases["refund_status"] = (
            f"CASE WHEN coalesce({part}, 0) = 0 THEN 'none'\n    WHEN {part} < {whole} THEN 'partially_refunded' "
            "ELSE 'refunded' END"
        )
    return cases


def _query(
    made: Draft,
    orders: OrdersTable,
    found: Mapping[str, Guess],
    cases: Mapping[str, str],
    interview: Interview,
    quote: str,
) -> None:
    picked = []
    for standard, guess in found.items():
        if standard in cases:
            picked.append(f"{cases[standard]} AS {standard}")
        elif guess.value:
            name = creation.identifier(guess.value, quote)
            picked.append(name if name == standard else f"{name} AS {standard}")
    session = creation.identifier(str(found["stripe_session_id"].value), quote)
    lines = ",\n  ".join(picked)
    query = f"SELECT\n  {lines}\nFROM {creation.identifier(orders.table.name, quote)} WHERE {session} = :session_id\n"
    made.keys["orders"].pop("table", None)
    made.put("orders", "query", Guess(query, f"{orders.table.name} shows {' and '.join(cases)} by no word"))
    for standard in ("amount_refunded", "currency"):
        if found[standard].value:
            made.put("orders.columns", standard, Guess(standard, "a column of the query"))
    for standard in ("refund_status", "dispute_status", "total_amount"):
        if not found[standard].value and standard not in cases:
            made.put("orders.columns", standard, interview.settle("orders.columns", standard, found[standard]))
    for state in (state for standard in cases for state in STATES_OF[standard]):
        usual = {"paid": ("paid",), "refunded": ("refunded",), "partially_refunded": ("partially_refunded",)}
        value = {**usual, "disputed": ("disputed",)}.get(state)
        if value and f"'{value[0]}'" in cases[COLUMN_OF[state]]:
            made.put("orders.values", state, Guess(value, "a word of the query"))


def _mapping(made: Draft, found: Mapping[str, Guess], interview: Interview) -> None:
    for standard, guess in found.items():
        if standard in ("amount_refunded", "currency") and guess.value is False:
            continue  # these only widen what can be judged
        made.put("orders.columns", standard, interview.settle("orders.columns", standard, guess))


@contextmanager
def _opened(url: str | None, root: Path, made: Draft) -> Iterator[LiveDatabase | None]:
    """The database, where it is on this machine and opens."""
    live = None
    if url is not None and not _here(url):
        made.tell("the database is on another machine, and was not opened", NOT_SEEN)
    elif url is not None:
        try:
            live = LiveDatabase(url, root)
            made.tell(f"the database opens, and has {many(len(live.tables), 'table')}", SEEN)
        except HookassayError:
            made.tell("the database does not open yet: its tables are known from the code alone", NOT_SEEN)
    try:
        yield live
    finally:
        if live is not None:
            live.close()


def _here(url: str) -> bool:
    """Whether a database is a file, or listens on this machine: nobody was asked whether another may be opened."""
    if "://" not in url or re.match(r"(sqlite|file)", url):
        return True
    host = re.search(r"://(?:[^/]*@)?(\[[^\]]*\]|[^:/?]*)", url)
    return host is not None and host[1] in ("", "localhost", "127.0.0.1", "[::1]")
