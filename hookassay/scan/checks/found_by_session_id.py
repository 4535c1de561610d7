"""Orders of refunds and disputes that are looked up by a Checkout Session id which these objects do not have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ast_grep_py import SgNode

from ..code.call import Call
from ..code.entry import ENTRIES, entry
from ..code.grammar import grammatical
from ..code.literal import literal
from ..code.node import named, shown, span
from ..code.stripe_code import StripeCode, stripe_code
from ..finding import Hit
from ..source import Source
from .file_by_file import FileByFile

_COLUMN = re.compile(
    r"""
      (stripe_?)?(checkout_?)?session_?id
    | (stripe_?checkout|stripe|checkout)_?session(_?id)?
    | stripe_?checkout_?id
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MENTIONED = re.compile(r"session_?id|(stripe|checkout)_?session|by_?session|stripe_?checkout_?id", re.I)
_BY = re.compile(r"(by|with|for|from)_?(the_?)?(stripe_?)?(checkout_?)?session_?(id)?$", re.I)
_LOOKING = re.compile(
    r"""
    ^_?(
        eq | equals? | equalTo | Eq | inArray | match
      | where\w* | and_?where | or_?where | Where | filter\w* | afilter | exclude
      | find\w* | Find\w* | first\w* | First\w* | afirst | get\w* | Get\w* | get_object_or_404 | aget | lookup\w*
      | one | take | Take | pluck | scan | select\w* | query\w* | Query\w* | Exec\w* | count\w* | exists\??
      | update\w* | Update\w* | upsert\w* | delete\w* | destroy\w*
    )!?$
    """,
    re.VERBOSE,
)
_NOT_LOOKING = re.compile(r"^(set|data|values|defaults|create|update|\$set|\$setOnInsert|insert|metadata)$")
_PLACEHOLDER = re.compile(r"\?|\$\d+|%s|%\((\w+)\)s|(?<!:):(\w+)|@(\w+)")
_BEFORE = re.compile(r"""(?<!\w)(?P<column>\w++)[`"\]]?\s*+(=|==|IN\s*+\(|LIKE)\s*+\(?\s*+$""", re.I)
_SETTING = re.compile(r"\b(SET|VALUES)\b", re.I)
_READ = {"charge": "charge", "refund": "refund", "dispute": "dispute"}


class FoundBySessionId(FileByFile):
    """Finds SC-21."""

    words = (b"session",)

    def look(self, source: Source) -> Iterator[Hit]:
        """What one file looks up."""
        text = source.lowered
        if not grammatical(source) or b"stripe" not in text:
            return
        if not any(word in text for word in (b"charge", b"refund", b"dispute")) or not _MENTIONED.search(source.text):
            return
        lookups = _Lookups(stripe_code(source))
        seen = set()
        for value, role in lookups.wrong():
            place = source.place(value)
            if place not in seen:
                seen.add(place)
                yield Hit("SC-21", place, f"`{shown(value)}` is {role}, and no order has it as its session id.")


class _Lookups:
    def __init__(self, code: StripeCode) -> None:
        self._code = code

    def wrong(self) -> Iterator[tuple[SgNode, str]]:
        """Each value that is compared with a session id and is another id, and what it is."""
        found = []
        for column, value in self._compared():
            role = self._role(value)
            if role and _COLUMN.fullmatch(column):
                found.append((value, role))
        # A column that is filled with payment intents is only misnamed.
        if found and not any(self._stores_payment(column, value) for column, value in self._stored()):
            yield from found

    def _role(self, value: SgNode) -> str:
        """What id of a payment, refund or dispute a value is; empty for none."""
        code = self._code
        for one in code.alternatives(value):
            meant = code.meaning(one)
            if meant is None or meant.kind in ("session", "event", "price", "line_item", "invoice", "subscription"):
                continue
            if meant.field == "payment_intent":
                return "a PaymentIntent's id"
            if meant.kind in _READ and meant.field == "id":
                return f"a {meant.kind}'s id"
            if meant.kind in ("dispute", "refund") and meant.field == "charge":
                return "a charge's id"
            if meant.kind == "payment_intent" and meant.field == "id" and self._expanded(one):
                return "a PaymentIntent's id"
        return ""

    def _expanded(self, node: SgNode) -> bool:
        """Whether it is read through a charge, refund or dispute: `charge.payment_intent.id`."""
        read = self._code.access(node)
        inner = self._code.meaning(read[0]) if read is not None else None
        return inner is not None and inner.field == "payment_intent" and inner.kind != "session"

    def _compared(self) -> Iterator[tuple[str, SgNode]]:
        """Columns, and what they are compared with where rows are looked for."""
        code = self._code
        for pair, key, value in self._pairs():
            if _COLUMN.fullmatch(key) and self._looks(pair):
                yield key, value
        for kind in ("comparison_operator", "binary_expression", "binary"):
            for node in code.find(kind):
                parts = named(node)
                if len(parts) == 2 and any(one.text() in ("==", "===") for one in node.children()):
                    left, right = parts
                    yield self._last(left), right
                    yield self._last(right), left
        for call in code.calls():
            yield from self._of_call(call)
        for kind in ("template_substitution", "interpolation"):
            for node in code.find(kind):
                yield from self._interpolated(node)

    def _of_call(self, call: Call) -> Iterator[tuple[str, SgNode]]:
        code, arguments = self._code, call.arguments
        if not arguments:
            return
        if _BY.search(call.name) or re.fullmatch(r"(find_by|where)_?stripe_?session_?id!?", call.name, re.I):
            for one in arguments:
                yield "session_id", one
        if not _LOOKING.match(call.name) and call.name not in (
            "execute",
            "fetchOne",
            "raw",
            "fetchrow",
            "fetchval",
            "fetch",
        ):
            return
        column = self._last(arguments[0])
        if len(arguments) > 1 and _COLUMN.fullmatch(column):
            yield column, arguments[-1]
        for number, one in enumerate(arguments):
            sql = literal(code.value(one)) or self._sql(one)
            if sql and "session" in sql.lower():
                yield from self._parameters(sql, arguments[number + 1 :])
                return
        if call.name == "execute" and call.receiver is not None:
            prepared = code.call(code.value(call.receiver))
            if prepared is not None and prepared.arguments:
                yield from self._parameters(literal(prepared.arguments[0]) or "", arguments)

    def _sql(self, node: SgNode) -> str | None:
        """The SQL in `text("…")`."""
        call = self._code.call(node)
        return literal(call.arguments[0]) if call is not None and call.arguments and call.name == "text" else None

    def _parameters(self, sql: str, given: tuple[SgNode, ...]) -> Iterator[tuple[str, SgNode]]:
        """The columns of a statement, and the parameters that they are compared with."""
        listed = self._elements(given[0]) if given else None
        values = listed if listed is not None else list(given)
        for number, placeholder in enumerate(_PLACEHOLDER.finditer(sql)):
            before = sql[: placeholder.start()]
            compared = _BEFORE.search(before)
            where = max((found.end() for found in re.finditer(r"\bWHERE\b", before, re.I)), default=-1)
            if compared is None or (where < 0 and _SETTING.search(before)):
                continue
            name = next((one for one in placeholder.groups() if one), None)
            if name:
                yield from ((compared["column"], value) for value in self._given(given, name))
            else:
                written = placeholder[0]
                index = int(written[1:]) - 1 if written.startswith("$") else number
                if 0 <= index < len(values):
                    yield compared["column"], values[index]

    def _elements(self, node: SgNode) -> list[SgNode] | None:
        kind = node.kind()
        if kind == "object" and self._code.family == "javascript":
            for key in node.find_all(kind="pair"):
                label = key.field("key")
                if label is not None and label.text() in ("replacements", "bind", "values", "args"):
                    value = key.field("value")
                    return self._elements(value) if value is not None else None
        if kind not in ("list", "tuple", "array", "array_creation_expression"):
            return None
        parts = named(node)
        if self._code.family == "php":
            return [inner for one in parts for inner in [one.children()[0]] if len(one.children()) == 1]
        return parts

    def _interpolated(self, node: SgNode) -> Iterator[tuple[str, SgNode]]:
        before = node.prev()
        outer = node.parent()
        parts = named(node)
        if outer is None or not parts:
            return
        written = outer.text()[: span(node)[0] - span(outer)[0]]
        found = _BEFORE.search(written.rstrip("'\""))
        where = max((one.end() for one in re.finditer(r"\bWHERE\b", written, re.I)), default=-1)
        if found is not None and where >= 0 and before is not None:
            yield found["column"], parts[0]
        # Drizzle: sql`${orders.stripeSessionId} = ${charge.payment_intent}`
        between = re.search(r"\$\{([\w.]+)\}\s*=\s*$", written)
        if between is not None:
            yield between[1].rsplit(".", 1)[-1], parts[0]

    def _pairs(self) -> Iterator[tuple[SgNode, str, SgNode]]:
        """Every entry in the file, its key, and its value."""
        for node in self._code.find(*ENTRIES):
            found = entry(node)
            if found is not None:
                yield node, *found

    def _given(self, nodes: Iterable[SgNode], name: str) -> Iterator[SgNode]:
        """What is given under a name in one of `nodes`."""
        for node in nodes:
            for one in [node, *self._code.find_in(node, "keyword_argument", "pair", "array_element_initializer")]:
                found = entry(one) if one.kind() in ENTRIES else None
                if found is not None and found[0].lstrip(":") == name:
                    yield found[1]

    def _looks(self, pair: SgNode) -> bool:
        """Whether a pair is among the conditions of a look-up, and not among what is stored."""
        below = pair
        for one in pair.ancestors():
            kind = one.kind()
            found = entry(one) if kind in ENTRIES else None
            if found is not None and found[0] == "where":
                return True
            if found is not None and _NOT_LOOKING.match(found[0]):
                return False
            call = self._code.call(one)
            if call is not None:
                if re.match(r"(update|find)(One|Many|_one|_many)\w*$", call.name) or call.name in (
                    "update",
                    "updateOrCreate",
                ):
                    first = call.arguments[:1]
                    only = call.name in ("update", "updateOrCreate") and len(call.arguments) < 2
                    return bool(first) and span(first[0])[0] <= span(pair)[0] < span(first[0])[1] and not only
                if self._code.family == "python" and call.name in ("Q",):
                    return True
                return bool(_LOOKING.match(call.name)) and not call.name.startswith(("update", "upsert", "Update"))
            if kind in (
                "assignment",
                "variable_declarator",
                "assignment_expression",
                "return_statement",
                "statement_block",
            ):
                return False
            below = one
        return below is None

    def _last(self, node: SgNode) -> str:
        """The column that a node names: `orders.stripe_session_id`, `"o.stripe_session_id"`."""
        said = literal(node)
        if said is not None:
            return said.rsplit(".", 1)[-1] if re.fullmatch(r"[\w.]+", said) else ""
        for one in self._code.alternatives(node):
            read = self._code.access(one)
            if read is not None:
                return read[1][-1]
        return self._code.name(node) or "" if self._code.family == "ruby" else ""

    def _stored(self) -> Iterator[tuple[str, SgNode]]:
        """Columns, and what is stored in them."""
        for pair, key, value in self._pairs():
            if _COLUMN.fullmatch(key) and not self._looks(pair):
                yield key, value
        for node in self._code.find("assignment", "assignment_expression"):
            left, right = node.field("left"), node.field("right")
            if left is not None and right is not None and self._code.name(left) is None:
                yield self._last(left), right

    def _stores_payment(self, column: str, value: SgNode) -> bool:
        if not _COLUMN.fullmatch(column):
            return False
        meant = self._code.meaning(value)
        if meant is None:
            return False
        return meant.field == "payment_intent" or (meant.kind == "payment_intent" and meant.field == "id")
