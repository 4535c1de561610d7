"""A JSON document that holds orders: finding the rows in it, and the columns in a row."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from ..config import OrdersSettings
from ..errors import HarnessError, NotJudged, UsageError
from ..redaction import scrubbed
from .columns import JUDGED, Columns
from .reader import Row


def compiled(expression: str, setting: str) -> Any:
    """A JMESPath expression (jmespath.org), the value of `setting`.

    Raises:
        UsageError: it is none.
    """
    try:
        return jmespath.compile(expression)
    except JMESPathError as error:
        raise UsageError(f"{setting} is no JMESPath expression: {scrubbed(str(error))}") from None


def parsed(text: bytes, place: str) -> Any:
    """The JSON value of `text`; an empty text is null.

    Raises:
        HarnessError: it is not JSON; the message holds its beginning.
    """
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        excerpt = scrubbed(text[:400].decode("utf-8", "replace"), limit=120)
        raise HarnessError(f"{place} must give JSON; it gave: {excerpt}") from None


class RowFinder:
    """Finds the orders in JSON documents, by `[orders] rows` and `[orders.columns]`.

    A list holds several orders, an object is one, null is none. A column's value is a key, or a JMESPath expression
    such as `payment.refund.state`.

    Attributes:
        many: Whether several orders of one session would be seen: as declared, else whether the documents are lists.
    """

    many: bool

    def __init__(self, settings: OrdersSettings, many: bool) -> None:
        """Prepare the expressions; `many` holds until a document shows otherwise.

        Raises:
            UsageError: `rows` or a column is no JMESPath expression.
        """
        self._columns = Columns(settings)
        self._rows = None if settings.rows is None else compiled(settings.rows, "[orders] rows")
        self._declared = settings.many is not None
        self.many = many if settings.many is None else settings.many
        self._single = False
        self._seen: set[str] = set()
        self._paths = {
            standard: compiled(name, f"[orders.columns] {standard}")
            for standard, name in self._columns.names.items()
            if not _is_key(name)
        }

    def rows(self, document: Any, place: str) -> list[Row]:
        """The orders in `document`, keyed by standard names.

        Raises:
            NotJudged: what is found are no objects, or an object lacks a column that clauses look at.
        """
        found = document if self._rows is None else self._rows.search(document)
        if found is None:
            return []
        if not self._declared:
            self._single = self._single or isinstance(found, Mapping)
            self.many = not self._single
        records = found if isinstance(found, list) else [found]
        for record in records:
            if not isinstance(record, Mapping):
                given = scrubbed(json.dumps(record), limit=60)
                raise NotJudged(
                    f"{place} must give an object or a list of objects; it gave {given}. "
                    "Set rows under [orders] in hookassay.toml to the JMESPath expression that finds the orders."
                )
        return [self._row(record, place) for record in records]

    def _row(self, record: Mapping[str, Any], place: str) -> Row:
        row: dict[str, Any] = {}
        for standard, name in self._columns.names.items():
            if name in record:
                row[standard] = record[name]
            elif standard in self._paths:
                row[standard] = self._paths[standard].search(record)
        self._seen.update(row)
        missing = [name for name in JUDGED if self._columns.must_have(name) and name not in self._seen]
        if missing:
            advice = f"{self._columns.missing(missing, f'an order that {place} gave', record)}"
            lists = [key for key, value in record.items() if isinstance(value, (list, Mapping))]
            if "status" in missing and lists:
                advice += f' If the orders are inside, set rows = "{lists[0]}" under [orders].'
            elif "status" not in missing:
                advice += f' If it is left out while empty, write {missing[0]} = "{missing[0]} || null".'
            raise NotJudged(advice)
        return row


def _is_key(name: str) -> bool:
    return re.fullmatch(r"[\w-]+", name) is not None
