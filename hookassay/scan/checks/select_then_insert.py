"""Records that a handler looks for and then inserts, with nothing that stops two deliveries from doing so at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ast_grep_py import SgNode

from ..check import Circumstances
from ..code.call import Call
from ..code.grammar import grammatical
from ..code.literal import literal
from ..code.node import named, span
from ..code.occasion import types_in
from ..code.stripe_code import StripeCode, stripe_code
from ..event_types import distinctive
from ..finding import Hit
from ..source import Source
from . import unique_keys
from .unique_keys import plain, unique_columns

# One group is what holds the records: a table, a model, a repository, a collection.
_LOOKUPS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(?i:\bSELECT\b[^;]*?\bFROM)\s+[\"`\[]?(?:\w+\.)?(\w+)",
        r"(?:\.from|selectFrom|\btable|\bknex|\bdb|\bcollection|model)\(\s*[\"'`]?([\w.]+)",
        r"\.query\.(\w+)\.find",
        r"\.(?:find\w*|count)\(\s*\{\s*model:\s*[\"'](\w+)[\"']",
        r"(?<![\w$])([\w$]++)(?:\(\))?(?:::|\??\.|->)(?:objects\.|query\(?\)?(?:\.|->)|_default_manager\.|unscoped\.)?"
        r"(?:find\w*|first\w*|where\w*|exists?\w*\??|count\w*|a?get(?:_or_none)?|a?filter\w*|select|query|scan)\b",
        r"(?:query|select|get|find\w*|getRepository|exists|scalar|scalars)\(\s*\\?(?:\w+\.)*([A-Z]\w+)\b(?!\.)",
        r"\.(?:First|Take|Find|Last)\(\s*&(\w+)",
    )
)
_INSERTS = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(?i:\bINSERT\s+INTO)\s+[\"`\[]?(?:\w+\.)?(\w+)",
        r"\.(?:insert|insertInto|into)\(\s*[\"'`]?([\w.]+)[\"'`]?\s*\)",
        r"(?:\.from|\btable|\bknex|\bdb|\bcollection|model)\(\s*[\"'`]([\w.]+)[\"'`]\s*\)\s*(?:\.|->)(?:insert\w*|create\w*|add|save)\b",
        r"(?<![\w$])([\w$]++)(?:::|\??\.|->)(?:objects\.|query\(\)->)?"
        r"(?:(?:a?create(?:One|Many|!)?|insert(?:_?[oO]ne|_?[mM]any|GetId|!)?)\b|(?:save|persist|push)\((?!\s*\)))",
        r"\b(?:new\s+)\\?(?:\w+\\)*([A-Z]\w+)\b",
        r"^([A-Z]\w+)\(",
        r"\.create\(\s*\{\s*model:\s*[\"'](\w+)[\"']",
        r"([A-Z]\w+)\.new\b",
        r"\.(?:Create|Save|Insert)\(\s*&?(\w+)",
    )
)
_BUILT = re.compile(r"^(new\s|[A-Z]\w+\(|[A-Z]\w+\.new\b)")
_SAVED = re.compile(r"(\.|->)(add|add_all|save|asave|save!|persist|insert\w*|create|push|bulk_create)\b")
_SUFFIX = re.compile(r"(repository|repo|model|collection|table|entity|store|dao|schema|record)s?$")
# Neither a holder of records, nor of records that a delivery makes.
_NO_HOLDER = frozenset(
    """
    db database prisma session connection conn pool cursor client knex this self query sql object stripe tx trx
    transaction manager em entitymanager ctx req request res response cache redi log logger console json string
    array map set date promise error exception uuid decimal builder mailer mail email notification session
    adapter service api storage base supabase firestore mongo mongoose kysely drizzle orm stripeservice dbservice
    user customer account profile product price plan team org organization company member cart item workspace tenant
    """.split()
)
_IDENTITY = re.compile(
    r"stripe|checkout|session|payment_?intent|payment_?id|event|charge|invoice|refund|dispute|subscription", re.I
)
# A primary key is unique: the second insertion fails, and Stripe's retry finds the record.
_KEYED = re.compile(
    r"(?<![\w.])(id|pk|_id)[\"']?\s*(:|=>|=)\s*[\w.\[\]\"'$>-]*"
    r"(session|event|evt|charge|intent|sub_|subscription|stripe|invoice|refund|dispute|object)",
    re.I,
)
_KINDS = ("session", "charge", "payment_intent", "refund", "dispute", "invoice", "subscription", "event", "object")
# Who loses the race is told, and the code listens.
_CAUGHT = re.compile(
    r"IntegrityError|Unique_?Violation|Unique_?Constraint|duplicate.?key|Duplicate_?Entry|DUP_ENTRY|"
    r"RecordNotUnique|P2002|23505|E?11000|\b1062\b|ErrDuplicatedKey|is_?unique|is_?duplicate|already.?exists?_?error|"
    r"NotUniqueError|ConstraintViolation|SQLITE_CONSTRAINT|sqlite3\.Error|RecordInvalid",
    re.I,
)
_LOCKED = re.compile(
    r"(?<![bc])(?<!un)lock(?!ed_at)|advisory|serializable|mutex|semaphore|set_?nx|\bnx\b\s*[:=]|[\"']NX[\"']|"
    r"BEGIN (IMMEDIATE|EXCLUSIVE)|cache\.add\(|Cache::add|select_for_update|FOR UPDATE|"
    r"ConditionExpression|concurrencyKey",
    re.I,
)
_ATOMIC = re.compile(
    r"on[_ ]?conflict|ON DUPLICATE|INSERT (OR )?IGNORE|INSERT OR REPLACE|upsert|get_or_create|update_or_create|"
    r"updateOrCreate|firstOrCreate|createOrFirst|findOrCreate|find_or_create|create_or_find|insertOrIgnore|setOnInsert|findOneAndUpdate|"
    r"find_one_and_update|ignore_conflicts|skipDuplicates|orIgnore|insert_all|FirstOrCreate|MERGE INTO|NOT EXISTS",
    re.I,
)
_MISSING = re.compile(r"DoesNotExist|NoResultFound|NotFound|ObjectNotFound|NoResult")
_LEAVES = re.compile(r"\b(return|throw|raise|continue|break|next|abort|exit|halt)\b")
_ABSENT = re.compile(
    r"!\(*§|\bnot\(*§(?!isnot)|"
    r"§[\w.()\[\]?>-]*?(===?|==)(0|null|undefined|nil|None|false|False)\b|§[\w.()\[\]]*?is(None|False)\b|"
    r"§<1\b|§[\w.()\[\]>-]*<1\b|"
    r"§[\w.()\[\]?>!-]*(empty\?|isEmpty\(\)|nil\?|blank\?|none\?|doesntExist\(\))|"
    r"(is_null|empty|len|count|isEmpty|isNil|sizeof)\(§[^)]*\)(?!!?[=><]=?0?[^0])(==?=?0)?|"
    r"(null|nil|None|0|undefined|false)===?§"
)
# What is asked of the answer to a query, and not of a record in it.
_OF_RESULTS = frozenset(
    """
    length rows rowCount row_count data size count exists exists? docs empty empty? isEmpty nil? blank? none? any?
    present? id count() Count Item Items RowsAffected Error isNotEmpty doesntExist fetch fetchColumn fetchone fetchall
    fetch_assoc num_rows rowcount first one_or_none scalar zero? positive? persisted? isPresent
    """.split()
)
_PRESENT_SIZE = re.compile(r"(len|count|sizeof)\(§[^)]*\)(>|!==?|>=)")


@dataclass(frozen=True)
class _Lookup:
    node: SgNode
    tables: frozenset[str]
    names: frozenset[str]
    told: str


@dataclass(frozen=True)
class _Race:
    """A race that two deliveries may run, and the names that the look-up speaks of."""

    hit: Hit
    names: frozenset[str]


class SelectThenInsert:
    """Finds SC-23.

    Where the column that is looked for has a unique key, be it in another file, nothing is stored twice: the second
    insertion fails, and Stripe's retry finds the record of the first.
    """

    words = (b"stripe", *unique_keys.WORDS)

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def look(self, source: Source) -> Iterator[_Race | frozenset[str]]:
        """What one file inserts only if it was not there, and the columns that it gives a unique key."""
        if any(word in source.lowered for word in unique_keys.WORDS):
            yield unique_columns(source)
        if b"stripe" in source.lowered:
            yield from self._races(source)

    def conclude(self, facts: list[_Race | frozenset[str]]) -> Iterable[Hit]:
        """The races that no unique key decides."""
        unique = frozenset().union(*(fact for fact in facts if isinstance(fact, frozenset)))
        return [fact.hit for fact in facts if isinstance(fact, _Race) and not fact.names & unique]

    def _races(self, source: Source) -> Iterator[_Race]:
        if not grammatical(source):
            return
        code = stripe_code(source)
        if not code.handles or _CAUGHT.search(source.text) or _LOCKED.search(source.text):
            return
        seen = set()
        for insert, lookup in _Races(code).found():
            place = source.place(insert)
            if place.line not in seen:
                seen.add(place.line)
                message = "It is inserted because a query before found none: two deliveries at once both find none."
                hit = Hit("SC-23", place, message, also=(source.place(lookup.node),))
                words = re.findall(r"[A-Za-z_]\w*", lookup.told)
                names = {plain(word) for word in words if _holder(word) not in lookup.tables}
                yield _Race(hit, frozenset(names))


class _Races:
    def __init__(self, code: StripeCode) -> None:
        self._code = code
        self._functions: dict[tuple[int, int], list[_Lookup]] = {}

    def found(self) -> Iterator[tuple[SgNode, _Lookup]]:
        """An insertion and the look-up that it depends on."""
        for insert, tables in self._inserts():
            function = self._code.function(insert)
            if function == self._code.root and self._code.family in ("python", "javascript", "go"):
                continue
            text = function.text()
            if _ATOMIC.search(text) or _KEYED.search(insert.text()) or not self._handles(function, text):
                continue
            if _BUILT.match(insert.text()) and not _SAVED.search(text):
                continue
            for lookup in self._lookups(function):
                if lookup.tables & tables and span(lookup.node)[0] < span(insert)[0] and self._depends(insert, lookup):
                    yield insert, lookup
                    break
                if lookup.tables & tables and self._modified(insert, lookup):
                    yield insert, lookup
                    break

    def _handles(self, function: SgNode, text: str) -> bool:
        """Whether a function handles what Stripe sends."""
        if re.search(r"construct_?event", text, re.I) or any(map(distinctive, types_in(function))):
            return True
        if self._code.event_types(next(iter(function.children()))):
            return True
        for kind in (
            "attribute",
            "subscript",
            "member_expression",
            "call",
            "element_reference",
            "member_access_expression",
            "subscript_expression",
            "selector_expression",
        ):
            for node in self._code.find_in(function, kind):
                meant = self._code.meaning(node)
                if meant is not None and meant.kind in _KINDS:
                    return True
        return False

    def _inserts(self) -> Iterator[tuple[SgNode, frozenset[str]]]:
        for call in self._code.calls():
            text = self._told(call)
            if self._inside_call_chain(call.node) or _ATOMIC.search(text[:2000]):
                continue
            tables = self._holders(_INSERTS, text[:2000], call.node)
            if tables and not re.match(r"(?i)\s*select", text):
                yield call.node, tables

    def _told(self, call: Call) -> str:
        """The text of a call, and the SQL that its arguments are names of: `execute(FIND, …)`."""
        text = call.node.text()
        chain = self._code.call(call.receiver) if call.receiver is not None else None
        arguments = (*call.arguments, *(chain.arguments if chain is not None else ()))
        given = (literal(self._code.value(one)) for one in arguments if self._code.name(one) is not None)
        sql = [one for one in given if one is not None and re.match(r"(?i)\s*(select|insert)\b", one)]
        return "\n".join((text, *sql))

    def _inside_call_chain(self, node: SgNode) -> bool:
        """Whether the call is only a link: `db.insert(orders)` in `db.insert(orders).values(…)`."""
        parent = node.parent()
        if parent is None or parent.kind() not in ("member_expression", "attribute", "selector_expression"):
            return False
        outer = parent.parent()
        return outer is not None and self._code.call(outer) is not None and span(outer)[0] == span(parent)[0]

    def _lookups(self, function: SgNode) -> list[_Lookup]:
        key = span(function)
        if key not in self._functions:
            self._functions[key] = list(self._looked_for(function))
        return self._functions[key]

    def _looked_for(self, function: SgNode) -> Iterator[_Lookup]:
        for call in self._code.calls(function):
            text = self._told(call)
            if len(text) > 1500 or (self._inside_call_chain(call.node) and self._code.family != "ruby"):
                continue
            if (
                re.search(r"(?i)\binsert\b|\.create|::create", text)
                or "function" in text
                or "=>{" in text.replace(" ", "")
            ):
                continue
            tables = self._holders(_LOOKUPS, text, call.node)
            if tables and _IDENTITY.search(text):
                yield _Lookup(call.node, tables, self._bound(call.node), text)

    def _holders(self, patterns: tuple[re.Pattern[str], ...], text: str, node: SgNode) -> frozenset[str]:
        """What holds the records of a statement; in Go a variable stands for its type."""
        found = set()
        for written in (one for pattern in patterns for one in pattern.findall(text)):
            name = written
            binding = self._code.binding(written, node) if self._code.family == "go" else None
            if binding is not None:
                made = binding.value.text() if binding.value is not None else binding.typed
                typed = re.match(r"[&*\[\]]*(?:\w+\.)?([A-Z]\w*)(\{|$)", made)
                name = typed[1] if typed else written
            found.add(_holder(name))
        return frozenset(found - {""})

    def _bound(self, node: SgNode) -> frozenset[str]:
        """The names that hold what a look-up gives."""
        names = set(re.findall(r"&(\w+)", node.text())) if self._code.family == "go" else set()
        for one in node.ancestors():
            kind = one.kind()
            if kind in (
                "assignment",
                "variable_declarator",
                "assignment_expression",
                "short_var_declaration",
                "assignment_statement",
                "named_expression",
            ):
                target = one.field("left") or one.field("name")
                if target is not None and span(target)[1] <= span(node)[0]:
                    names |= set(re.findall(r"\$?[A-Za-z_]\w*", re.sub(r"\w+\s*:", "", target.text())))
                break
            if kind.endswith(("_statement", "block", "body")) or kind in ("if", "unless", "then"):
                break
        # What a cursor or a statement executed is fetched from it later.
        call = self._code.call(node)
        cursor = self._code.name(call.receiver) if call is not None and call.name in ("execute", "query") else None
        if cursor is not None and self._code.family == "python":
            names.add(cursor)
        for one in list(names) if self._code.family in ("php", "python") else []:
            text = self._code.function(node).text()
            names |= set(re.findall(rf"(\$?\w+)\s*=\s*{re.escape(one)}(?:->|\.)fetch\w*\(", text))
        return frozenset(name for name in names if not re.fullmatch(r"\$?(error|ok|_|await|count_error)", name))

    def _depends(self, insert: SgNode, lookup: _Lookup) -> bool:
        """Whether the insertion runs only where the look-up found nothing."""
        below = insert
        for one in insert.ancestors():
            if one == self._code.function(insert):
                return self._left_before(below, lookup)
            kind = one.kind()
            condition = one.field("condition")
            if condition is not None and kind in (
                "if_statement",
                "elif_clause",
                "if",
                "unless",
                "if_modifier",
                "unless_modifier",
                "else_if_clause",
                "elsif",
                "ternary_expression",
            ):
                absent = self._absent(condition, lookup, kind)
                body = one.field("consequence") or one.field("body")
                if (absent is not None and body is not None and span(condition)[1] <= span(insert)[0]) or (
                    absent is not None and "modifier" in kind
                ):
                    in_body = body is not None and span(body)[0] <= span(insert)[0] < span(body)[1]
                    if absent == in_body:
                        return True
            if kind == "try_statement" and self._missed(one, insert, lookup):
                return True
            if kind in ("begin", "body_statement") and self._rescued(one, insert, lookup):
                return True
            if kind in ("binary_expression", "binary", "boolean_operator", "operator_assignment"):
                parts = named(one)
                either = self._code.operator(one) in ("||", "??", "or", "||=")
                if either and span(parts[0])[1] <= span(insert)[0] and self._speaks(parts[0], lookup):
                    return True
            if self._left_before(below, lookup):
                return True
            below = one
        return False

    def _modified(self, insert: SgNode, lookup: _Lookup) -> bool:
        """Ruby: `Order.create!(…) unless Order.exists?(…)`."""
        for one in insert.ancestors():
            if one.kind() in ("if_modifier", "unless_modifier"):
                condition = one.field("condition")
                return condition is not None and self._absent(condition, lookup, one.kind()) is True
            if one.kind().endswith(("block", "body_statement", "then", "method")):
                return False
        return False

    def _left_before(self, statement: SgNode, lookup: _Lookup) -> bool:
        """Whether a statement before leaves where the look-up found something: `if (existing) return;`."""
        for before in statement.prev_all():
            node = before
            if node.kind() == "expression_statement":
                continue
            condition, body = node.field("condition"), node.field("consequence") or node.field("body")
            if condition is None or body is None or node.kind() in ("while_statement", "for_statement", "while"):
                continue
            lines = body.text().strip("{}: \t\r\n").splitlines()
            if lines and _LEAVES.search(lines[-1]) and self._absent(condition, lookup, node.kind()) is False:
                return True
        return False

    def _speaks(self, node: SgNode, lookup: _Lookup) -> bool:
        begin, end = span(lookup.node)
        inside = span(node)[0] <= begin and end <= span(node)[1]
        return inside or any(re.search(rf"(?<![\w$.]){re.escape(name)}(?!\w)", node.text()) for name in lookup.names)

    def _absent(self, condition: SgNode, lookup: _Lookup, kind: str) -> bool | None:
        """Whether a condition says that nothing was found, or that something was; None: it speaks of another thing."""
        text = condition.text()
        begin, end = span(lookup.node)
        start, stop = span(condition)
        missing = bool(re.search(r"ErrNoRows|ErrRecordNotFound|ErrNotFound|ErrNoDocuments", text))
        if start <= begin and end <= stop:
            text = f"{text[: begin - start]}§{text[end - start :]}"
        else:
            named = [name for name in lookup.names if re.search(rf"(?<![\w$.]){re.escape(name)}(?!\w)", text)]
            if not named:
                return None
            if all(re.fullmatch(r"\w*[eE]rr", name) for name in named):
                if missing:
                    return "!" not in text
                return False if re.search(r"==\s*nil", text) else None
            for name in named:
                text = re.sub(rf"(?<![\w$.]){re.escape(name)}(?!\w)", "§", text)
        plain = re.sub(r"\s+|\bawait\b", "", text)
        if any(name not in _OF_RESULTS for name in re.findall(r"§(?:\[0\])?(?:\?\.|\.|->|&\.)(\w+[?]?)", plain)):
            return None
        absent = (bool(_ABSENT.search(plain)) and not _PRESENT_SIZE.search(plain)) or missing
        if re.search(r"(&&|\band\b|\|\||\bor\b)", text) and not absent:
            return None
        return absent != kind.startswith("unless")

    def _missed(self, attempt: SgNode, insert: SgNode, lookup: _Lookup) -> bool:
        """Python, JavaScript and PHP: the insertion is what is done when the look-up raises that there is none."""
        body = attempt.field("body")
        if body is None or not self._within(lookup.node, body):
            return False
        for clause in attempt.children():
            if clause.kind() in ("except_clause", "catch_clause") and self._within(insert, clause):
                return bool(_MISSING.search(clause.text()[: span(insert)[0] - span(clause)[0]]))
        return False

    def _rescued(self, body: SgNode, insert: SgNode, lookup: _Lookup) -> bool:
        for clause in body.children():
            if clause.kind() == "rescue" and self._within(insert, clause) and self._within(lookup.node, body):
                return bool(_MISSING.search(clause.text()[: span(insert)[0] - span(clause)[0]]))
        return False

    def _within(self, node: SgNode, outer: SgNode) -> bool:
        return span(outer)[0] <= span(node)[0] < span(outer)[1]


def _holder(name: str) -> str:
    """What holds records, whatever it is called: `orderRepository`, `orders`, `Order` are one."""
    plain = re.sub(r"[^a-z0-9]", "", name.rsplit(".", 1)[-1].lower())
    plain = _SUFFIX.sub("", plain)
    plain = re.sub(r"ies$", "y", plain).removesuffix("s")
    return "" if plain in _NO_HOLDER or len(plain) < 3 else plain
