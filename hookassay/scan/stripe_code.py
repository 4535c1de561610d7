"""What somebody's code means in Stripe's terms: what a name holds, what is read of it, which events code is for.

Nothing is executed: names are followed through assignments, parameters and calls of one file, and where that gives no
certain answer there is none.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

from ast_grep_py import SgNode

from .event_types import compact, distinctive, known
from .source import Source

_DEEP = 14
"""How many steps a name is followed; code that goes in circles ends here."""


@dataclass(frozen=True)
class Meaning:
    """What an expression stands for.

    Attributes:
        kind: `event`, `object` (an event's object of a type that is not known), `unknown` (something with a field that
            only Stripe's objects have), or the object: `session`, `charge`, `refund`, `dispute`, `payment_intent`, …
        field: What is read of it, in Stripe's spelling; empty for the thing itself.
    """

    kind: str
    field: str = ""


@dataclass(frozen=True)
class Call:
    """A call: what is called on what, with what.

    Attributes:
        node: The whole.
        receiver: What the method belongs to; None for a plain function.
        name: The function's or method's name.
        arguments: In order, keyword arguments among them.
    """

    node: SgNode
    receiver: SgNode | None
    name: str
    arguments: tuple[SgNode, ...]


@dataclass(frozen=True)
class Binding:
    """Where a name is given what it holds.

    Attributes:
        start: From where on in the text.
        scope: The stretch of text in which it is known.
        value: What it is given; None for a parameter, and for what is only declared.
        path: The fields that a pattern takes out of the value.
        typed: The type that is written; may be empty.
        parameter: The function's name and the place among its parameters; None for a variable.
    """

    start: int
    scope: tuple[int, int]
    value: SgNode | None
    path: tuple[str, ...]
    typed: str
    parameter: tuple[str, int] | None


_FUNCTIONS = {
    "python": ("function_definition", "lambda"),
    "javascript": (
        "function_declaration",
        "function_expression",
        "arrow_function",
        "method_definition",
        "generator_function_declaration",
    ),
    "ruby": ("method", "singleton_method", "do_block", "block", "lambda"),
    "php": ("function_definition", "method_declaration", "anonymous_function", "arrow_function"),
    "go": ("function_declaration", "method_declaration", "func_literal"),
}
_CALLS = {
    "python": ("call",),
    "javascript": ("call_expression", "new_expression"),
    "ruby": ("call",),
    "php": (
        "function_call_expression",
        "member_call_expression",
        "nullsafe_member_call_expression",
        "scoped_call_expression",
        "object_creation_expression",
    ),
    "go": ("call_expression",),
}
_NAMES = {
    "python": ("identifier",),
    "javascript": ("identifier", "shorthand_property_identifier"),
    "ruby": ("identifier", "instance_variable"),
    "php": ("variable_name",),
    "go": ("identifier",),
}
_STRINGS = ("string", "interpreted_string_literal", "raw_string_literal", "encapsed_string", "template_string")
_TRANSPARENT = (
    "parenthesized_expression",
    "parenthesized_statements",
    "await_expression",
    "await",
    "non_null_expression",
    "as_expression",
    "satisfies_expression",
    "type_assertion",
    "type_assertion_expression",
    "type_conversion_expression",
    "cast_expression",
    "argument",
    "literal_element",
    "reference_modifier",
)
_CONVERSIONS = frozenset(
    """
    String Number parseInt parseFloat BigInt Big BigNumber Decimal str int float Integer Float BigDecimal intval
    floatval strval float64 float32 int64 int32 string NewFromInt NewFromFloat to_s to_i to_f to_d to_str to_r toString
    valueOf presence toNumber
    """.split()
)
_FUNCTIONS_OF_ONE = frozenset(
    """
    String Number parseInt parseFloat BigInt Big BigNumber Decimal str int float Integer Float BigDecimal intval
    floatval strval float64 float32 int64 int32 string NewFromInt NewFromFloat
    """.split()
)
# "Checkout::Session", "Checkout.Session", "CheckoutSession" in a type; "checkout->sessions", "charge.Get" in a call.
_TYPES = {
    "session": r"Checkout\W{0,2}Session",
    "charge": "Charge",
    "refund": "Refund",
    "dispute": "Dispute",
    "payment_intent": "PaymentIntent",
    "invoice": "Invoice",
    "subscription": "Subscription",
    "price": "Price",
    "line_item": "LineItem",
    "event": "Event",
}
_TYPE = {kind: re.compile(rf"\bstripe\W{{1,2}}{name}\b(?!\w*(Params|Type))", re.I) for kind, name in _TYPES.items()}
_API = {
    "session": re.compile(r"(checkout\W{1,2}sessions?|\bcheckoutsession|\bsession)\W{1,2}$", re.I),
    "charge": re.compile(r"\bcharges?\W{1,2}$", re.I),
    "refund": re.compile(r"\brefunds?\W{1,2}$", re.I),
    "dispute": re.compile(r"\bdisputes?\W{1,2}$", re.I),
    "payment_intent": re.compile(r"\bpayment_?intents?\W{1,2}$", re.I),
    "invoice": re.compile(r"\binvoices?\W{1,2}$", re.I),
    "subscription": re.compile(r"\bsubscriptions?\W{1,2}$", re.I),
    "price": re.compile(r"\bprices?\W{1,2}$", re.I),
    "event": re.compile(r"\bevents?\W{1,2}$", re.I),
}
_NAMED = (
    ("dispute", re.compile(r"disputed?(_?(charge|object|obj|data))?$", re.I)),
    ("refund", re.compile(r"refund(_?(object|obj|data))?$", re.I)),
    ("charge", re.compile(r"charge(_?(object|obj|data))?$", re.I)),
    ("payment_intent", re.compile(r"(payment_?intent|^intent|^pi)(_?(object|obj|data))?$", re.I)),
    ("session", re.compile(r"(^session|checkout_?session|stripe_?session|^checkout)(_?(object|obj|data))?$", re.I)),
    ("invoice", re.compile(r"invoice(_?(object|obj|data))?$", re.I)),
    ("price", re.compile(r"^(stripe_?)?price$", re.I)),
    ("line_item", re.compile(r"^(line_?item|item)$", re.I)),
)
_NEUTRAL = re.compile(
    r"(\W|\b(any|dict|Dict|str|Any|object|mixed|array|Record|string|unknown|interface|map|"
    r"stripe|StripeObject|Optional|None|null|undefined))*$",
    re.I,
)
_RETRIEVED = re.compile(
    r"^(retrieve|get|find|create|update|modify|confirm|capture|expire|cancel|construct_?from|New)$", re.I
)
_VERIFIED = re.compile(
    r"^(construct_?event(_?async)?|construct_?event(with(options|tolerance)|ignoringtolerance)|construct_from)$", re.I
)
_VERIFYING = re.compile(
    r"\b(construct_event|constructEvent\w*|ConstructEvent\w*|verify_header|verifyHeader\w*|parse_event_notification|"
    r"parseEventNotification|ParseEventNotification|ValidatePayload\w*)\s*\("
)
_EXPANDED = {
    "payment_intent": "payment_intent",
    "charge": "charge",
    "latest_charge": "charge",
    "invoice": "invoice",
    "price": "price",
}
_QUOTED_TYPE = re.compile(r"""["'`]([a-z0-9_]+(?:\.[a-z0-9_]+)+)["'`]""")
_KINDS_OF_EVENTS = (
    ("checkout.session.", "session"),
    ("charge.dispute.", "dispute"),
    ("charge.refund.", "refund"),
    ("refund.", "refund"),
    ("charge.", "charge"),
    ("payment_intent.", "payment_intent"),
    ("invoice.", "invoice"),
    ("customer.subscription.", "subscription"),
    ("price.", "price"),
)
_NEGATED = re.compile(r"!=|\bnot\b|!\s*[\w$([]|<>")
_LEAVES = re.compile(r"\b(return|throw|raise|continue|break|next|abort|exit|head)\b")


@lru_cache(maxsize=2)
def stripe_code(source: Source) -> StripeCode:
    """The reading of one source, which several checks share."""
    return StripeCode(source)


def snake(name: str) -> str:
    """A name as Stripe spells fields: PaymentIntentID → payment_intent_id."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def span(node: SgNode) -> tuple[int, int]:
    """From where to where a node stretches, in characters of the text."""
    reach = node.range()
    return reach.start.index, reach.end.index


def shown(node: SgNode) -> str:
    """The text of a node for a message: one line, and not too long."""
    text = " ".join(node.text().split())
    return text if len(text) <= 60 else f"{text[:59]}…"


class _Bind(Protocol):
    def __call__(
        self,
        target: SgNode | None,
        value: SgNode | None,
        typed: str = "",
        path: tuple[str, ...] = (),
        parameter: tuple[str, int] | None = None,
    ) -> None: ...


class StripeCode:
    """One source that may handle what Stripe sends."""

    def __init__(self, source: Source) -> None:
        """Read `source`, which must have a grammar."""
        self.source = source
        self.family = source.family
        self.root = source.root
        self._found: dict[str, list[SgNode]] = {}
        self._handed: dict[tuple[str, int], Meaning | None] = {}

    # What the file is about

    @cached_property
    def verifies(self) -> bool:
        """Whether a delivery is verified in this file."""
        return b"stripe" in self.source.lowered and bool(_VERIFYING.search(self.source.text))

    @cached_property
    def names_types(self) -> bool:
        """Whether a type of event that Stripe has stands in this file."""
        types = (found[1] for found in _QUOTED_TYPE.finditer(self.source.text))
        return "stripe.EventType" in self.source.text or any(name in known() for name in types)

    @cached_property
    def handles(self) -> bool:
        """Whether the file handles Stripe's events: it verifies them, or knows their types."""
        if b"stripe" not in self.source.lowered:
            return False
        types = (found[1] for found in _QUOTED_TYPE.finditer(self.source.text))
        return self.verifies or "stripe.EventType" in self.source.text or any(map(distinctive, types))

    # The shape of the code

    def calls(self, node: SgNode | None = None) -> Iterator[Call]:
        """The calls in `node`, or in the whole file."""
        begin, end = span(node) if node is not None else (0, len(self.source.text) + 1)
        return (call for start, call in self._calls if begin <= start < end)

    @cached_property
    def _calls(self) -> list[tuple[int, Call]]:
        found = (self.call(node) for node in self.find(*_CALLS[self.family]))
        return [(span(call.node)[0], call) for call in found if call is not None]

    def call(self, node: SgNode) -> Call | None:
        """What `node` calls; None where it is no call."""
        kind = node.kind()
        if kind not in _CALLS[self.family]:
            return None
        called = node.field("function") or node.field("constructor")
        receiver: SgNode | None = None
        if self.family == "ruby":
            method = node.field("method")
            receiver, name = node.field("receiver"), method.text() if method is not None else ""
        elif self.family == "php":
            receiver = node.field("object") or node.field("scope")
            named = node.field("name") or called
            if kind == "object_creation_expression":
                named = next((one for one in node.children() if one.kind() in ("name", "qualified_name")), None)
            name = named.text() if named is not None else ""
        elif called is None:
            return None
        else:
            receiver = called.field("object") or called.field("operand")
            last = called.field("property") or called.field("attribute") or called.field("field")
            name = last.text() if last is not None else called.text()
        listed = node.field("arguments")
        if listed is None and kind == "object_creation_expression":
            listed = next((one for one in node.children() if one.kind() == "arguments"), None)
        arguments: tuple[SgNode, ...] = ()
        if listed is not None and listed.kind() == "template_string":
            arguments = (listed,)
        elif listed is not None:
            arguments = tuple(one for one in listed.children() if one.is_named() and one.kind() != "comment")
            if self.family == "php":
                arguments = tuple(one for each in arguments for one in _named(each)[-1:])
        return Call(node, receiver, name, arguments)

    def literal(self, node: SgNode | None) -> str | None:
        """The text of a string or symbol without its quotes; None where it is none."""
        if node is None:
            return None
        if node.kind() in ("simple_symbol", "hash_key_symbol"):
            return node.text().lstrip(":")
        if node.kind() not in _STRINGS:
            return None
        return re.sub(r"""^[a-zA-Z]{0,2}(\"{3}|'{3}|["'`])|(\"{3}|'{3}|["'`])$""", "", node.text())

    def name(self, node: SgNode | None) -> str | None:
        """The name of a plain variable; None where `node` is none."""
        return node.text() if node is not None and node.kind() in _NAMES[self.family] else None

    def access(self, node: SgNode) -> tuple[SgNode, tuple[str, ...]] | None:
        """What is read of what: `charge["payment_intent"]` → (charge, payment_intent)."""
        kind = node.kind()
        base: SgNode | None = None
        field: str | None = None
        if kind in ("attribute", "member_expression", "selector_expression"):
            base = node.field("object") or node.field("operand")
            named = node.field("attribute") or node.field("property") or node.field("field")
            field = named.text() if named is not None else None
        elif kind in ("member_access_expression", "nullsafe_member_access_expression"):
            base, named = node.field("object"), node.field("name")
            field = named.text() if named is not None else None
        elif kind in ("subscript", "subscript_expression", "index_expression", "element_reference"):
            parts = _named(node)
            if len(parts) == 2:
                base = parts[0]
                field = self.literal(parts[1])
                if field is None and parts[1].text().isdigit():
                    field = parts[1].text()
        elif kind in _CALLS[self.family]:
            call = self.call(node)
            if call is None or call.receiver is None:
                return None
            literals = [self.literal(one) for one in call.arguments]
            if self.family == "ruby" and not call.arguments and node.field("block") is None:
                return call.receiver, (call.name,)
            if call.name in ("get", "fetch", "GetObjectValue", "dig") and literals and literals[0] is not None:
                fields = tuple(one for one in literals if one is not None)
                return call.receiver, fields if call.name in ("dig", "GetObjectValue") else fields[:1]
            return None
        if base is None or field is None:
            return None
        return base, (snake(field) if self.family == "go" else field,)

    def function(self, node: SgNode) -> SgNode:
        """The closest named function around `node`, however many closures lie between; the whole file without one."""
        closest: SgNode | None = None
        for one in node.ancestors():
            if one.kind() in _FUNCTIONS[self.family]:
                closest = closest or one
                if one.kind() not in ("do_block", "block", "lambda", "arrow_function", "func_literal"):
                    return one
                closest = one
        return closest or self.root

    # What an expression means

    def alternatives(self, node: SgNode, depth: int = 0) -> Iterator[SgNode]:
        """What `node` may stand for, without the casts, conversions and defaults around it."""
        kind = node.kind()
        if depth > _DEEP:
            return
        inner: list[SgNode] = []
        if kind in _TRANSPARENT:
            parts = _named(node)
            inner = parts[-1:] if kind in ("type_assertion", "cast_expression", "argument") else parts[:1]
        elif kind == "expression_list" and len(_named(node)) == 1:
            inner = _named(node)
        elif kind == "unary_expression" and node.text()[:1] in "&*":
            inner = _named(node)[-1:]
        elif kind in ("boolean_operator", "binary_expression", "binary") and (
            self.operator(node) in ("||", "??", "or")
        ):
            inner = _named(node)[:1]
        elif kind in ("ternary_expression", "conditional_expression", "conditional"):
            parts = _named(node)
            inner = [parts[0], parts[2]] if self.family == "python" and len(parts) == 3 else parts[1:]
        elif kind in _CALLS[self.family]:
            call = self.call(node)
            if call is not None and call.name in _FUNCTIONS_OF_ONE and call.arguments:
                inner = list(call.arguments[:1])
            elif call is not None and call.name in _CONVERSIONS and call.receiver is not None:
                inner = [call.receiver]
            elif call is not None and call.name == "cast" and len(call.arguments) == 2:
                inner = [call.arguments[1]]
        if not inner:
            yield node
        for one in inner:
            yield from self.alternatives(one, depth + 1)

    def meaning(self, node: SgNode | None, depth: int = 0) -> Meaning | None:
        """What `node` stands for in Stripe's terms; None where that is not certain."""
        if node is None or depth > _DEEP:
            return None
        told = self._cast(node)
        if told is not None:
            return told
        for one in self.alternatives(node):
            meant = self._cast(one) or self._plain(one, depth)
            if meant is not None:
                return meant
        return None

    def operator(self, node: SgNode) -> str:
        """The operator of a binary expression."""
        written = node.field("operator") or node.field("operators")
        if written is not None:
            return written.text()
        return next((one.text() for one in node.children() if not one.is_named()), "")

    def _cast(self, node: SgNode) -> Meaning | None:
        if node.kind() in ("as_expression", "type_assertion"):
            kind = kind_of_type(node.text() if node.kind() == "type_assertion" else _named(node)[-1].text())
            return Meaning(kind) if kind else None
        if node.kind() in _TRANSPARENT:
            inner = _named(node)
            return self._cast(inner[0]) if inner and node.kind() != "cast_expression" else None
        return None

    def _plain(self, node: SgNode, depth: int) -> Meaning | None:
        if node.kind() == "composite_literal":
            kind = kind_of_type(node.text().split("{", 1)[0])
            return Meaning(kind) if kind else None
        name = self.name(node)
        if name is not None:
            return self._named(name, node, depth)
        read = self.access(node)
        if read is not None and not (self.family == "ruby" and self._api(node)):
            return self._read(*read, node, depth)
        call = self.call(node)
        if call is not None:
            return self._called(call, depth)
        return None

    def _read(self, base: SgNode, fields: tuple[str, ...], node: SgNode, depth: int) -> Meaning | None:
        meant = self.meaning(base, depth + 1)
        last = self._last(base)
        for field in fields:
            meant = self._step(meant, last, field, node)
            last = field
        return meant

    def _last(self, node: SgNode) -> str:
        """The last name in `node`: that of the field or of the variable."""
        read = self.access(node)
        return read[1][-1] if read is not None else (self.name(node) or "").lstrip("$@")

    def _step(self, meant: Meaning | None, last: str, field: str, node: SgNode) -> Meaning | None:
        if field in ("object", "raw") and re.search(r"(^|_)data$", last):
            return self._object(node)
        if meant is None:
            return Meaning("unknown", field) if field == "payment_intent" else None
        if not meant.field:
            return Meaning(meant.kind, field)
        if meant.field in _EXPANDED:
            return Meaning(_EXPANDED[meant.field], field)
        if meant.field == "refunds" and field in ("data", "first"):
            return Meaning("refund" if field == "first" else meant.kind, "refunds")
        if meant.field == "refunds" and field.isdigit():
            return Meaning("refund")
        if meant.field == "total_details":
            return Meaning(meant.kind, field)
        return None

    def _object(self, node: SgNode) -> Meaning:
        kinds = {kind_of_event(one) for one in self.event_types(node)}
        kind = kinds.pop() if len(kinds) == 1 else None
        return Meaning(kind or "object")

    def _called(self, call: Call, depth: int) -> Meaning | None:
        if call.receiver is None:
            return None
        if _VERIFIED.match(call.name) and "stripe" in self.source.text.lower():
            kind = kind_of_type(f"{call.receiver.text()} ")
            if call.name in ("construct_from", "constructFrom"):
                return Meaning(kind or "object")
            return Meaning("event")
        kind = self._api(call.node)
        if kind is not None:
            return Meaning(kind)
        if call.name in ("to_dict", "to_dict_recursive", "to_hash", "to_h", "toArray", "first", "unwrap"):
            return self.meaning(call.receiver, depth + 1)
        return None

    def _api(self, node: SgNode) -> str | None:
        """The kind of the object that a call of Stripe's library gives back."""
        call = self.call(node)
        if call is None or call.receiver is None or not _RETRIEVED.match(call.name):
            return None
        owner = " ".join(call.receiver.text().split())
        if self.family == "go":
            if not re.fullmatch(r"(session|charge|refund|dispute|paymentintent|price|invoice|sub)", owner):
                return None
            return {"paymentintent": "payment_intent", "sub": "subscription"}.get(owner, owner)
        if "stripe" not in owner.lower():
            return None
        return next((kind for kind, pattern in _API.items() if pattern.search(owner + ".")), None)

    # Names

    def _named(self, name: str, node: SgNode, depth: int) -> Meaning | None:
        binding = self.binding(name, node)
        if binding is None:
            return None
        kind = kind_of_type(binding.typed)
        meant: Meaning | None = Meaning(kind) if kind else None
        if meant is None and binding.value is not None:
            meant = self.meaning(binding.value, depth + 1)
            last = self._last(binding.value)
            for field in binding.path:
                meant = self._step(meant, last, field, node)
                last = field
        elif meant is None and binding.parameter is not None and _NEUTRAL.match(binding.typed):
            meant = self._passed(*binding.parameter, depth)
            if (meant is None or meant.kind == "object") and self.handles and not binding.path:
                kind = kind_of_name(name)
                meant = Meaning(kind) if kind else meant
            last = ""
            for field in binding.path:
                meant = self._step(meant, last, field, node)
                last = field
        if meant == Meaning("object"):
            here = self._object(node)
            if here.kind != "object":
                return here
            kind = kind_of_name(name)
            return Meaning(kind) if kind else meant
        return meant

    def binding(self, name: str, node: SgNode) -> Binding | None:
        """Where the name that `node` uses was given what it holds."""
        start = span(node)[0]
        best: Binding | None = None
        for one in self._bindings.get(name, ()):
            if one.start < start and one.scope[0] <= start < one.scope[1] and (best is None or one.start >= best.start):
                best = one
        return best

    def value(self, node: SgNode) -> SgNode:
        """What a plain name was given; the node itself where it is no such name."""
        name = self.name(node)
        binding = self.binding(name, node) if name is not None else None
        return binding.value if binding is not None and binding.value is not None and not binding.path else node

    def _passed(self, function: str, position: int, depth: int) -> Meaning | None:
        """What the calls of a function of this file hand over at a position, where all say the same."""
        key = function, position
        if key not in self._handed:
            # A function that calls itself hands over what it was handed.
            self._handed[key] = None
            meanings = set()
            for call in self.calls_by_name.get(function, ()):
                if position < len(call.arguments):
                    meanings.add(self.meaning(call.arguments[position], depth + 2))
                if len(meanings) > 1:
                    break
            self._handed[key] = meanings.pop() if len(meanings) == 1 else None
        return self._handed[key]

    @cached_property
    def calls_by_name(self) -> dict[str, list[Call]]:
        """Name of a function or method → its calls in this file."""
        calls = defaultdict(list)
        for call in self.calls():
            calls[call.name].append(call)
        return calls

    @cached_property
    def _bindings(self) -> dict[str, list[Binding]]:
        found: dict[str, list[Binding]] = defaultdict(list)

        def bind(
            target: SgNode | None,
            value: SgNode | None,
            typed: str = "",
            path: tuple[str, ...] = (),
            parameter: tuple[str, int] | None = None,
        ) -> None:
            if target is None:
                return
            kind = target.kind()
            if kind == "object_pattern":
                for part in _named(target):
                    inside = part.kind()
                    if inside == "shorthand_property_identifier_pattern":
                        bind(part, value, "", (*path, part.text()), parameter)
                    elif inside == "object_assignment_pattern":
                        left = _named(part)[0]
                        bind(left, value, "", (*path, left.text()), parameter)
                    elif inside == "pair_pattern":
                        key, inner = part.field("key"), part.field("value")
                        if key is not None:
                            bind(inner, value, "", (*path, key.text()), parameter)
            elif kind in (*_NAMES[self.family], "shorthand_property_identifier_pattern", "variable_name"):
                # A name is bound behind its value, so that `amount = amount / 100` speaks of the amount before.
                at = span(value)[1] - 1 if value is not None and not parameter else span(target)[0] - 1
                found[target.text()].append(Binding(at, self._scope(target), value, path, typed, parameter))

        for node in self.find("assignment", "variable_declarator", "assignment_expression", "named_expression"):
            target = node.field("left") or node.field("name")
            value = node.field("right") or node.field("value")
            typed = node.field("type")
            said = typed.text() if typed is not None else self.documented(node)
            if value is not None or said:
                bind(target, value, said)
        for node in self.find("short_var_declaration", "assignment_statement"):
            left, right = node.field("left"), node.field("right")
            if left is None or right is None:
                continue
            targets, values = _named(left), _named(right)
            for number, target in enumerate(targets):
                bind(target, values[number] if len(values) == len(targets) else values[0] if number == 0 else None)
        for node in self.find("var_spec"):
            typed = node.field("type")
            value = node.field("value")
            bind(node.field("name"), value, typed.text() if typed is not None else "")
        for node in self.find("for_statement", "foreach_statement", "for_in_statement", "range_clause"):
            if self.family == "python" or node.kind() == "for_in_statement":
                bind(node.field("left"), None, "", (), ("", 0))
        for kind in _FUNCTIONS[self.family]:
            for node in self.find(kind):
                self._bind_parameters(node, bind)
        for bindings in found.values():
            bindings.sort(key=lambda one: one.start)
        return found

    def _bind_parameters(self, function: SgNode, bind: _Bind) -> None:
        listed = function.field("parameters") or function.field("parameter")
        if listed is None:
            return
        named = function.field("name")
        name = named.text() if named is not None else _assigned_name(function)
        singles = (
            [listed] if listed.kind() == "identifier" else [one for one in _named(listed) if one.kind() != "comment"]
        )
        position = 0
        for one in singles:
            if one.text() in ("self", "cls"):
                continue
            typed = one.field("type")
            targets: list[SgNode | None] = [one.field("pattern") or one.field("name")]
            if one.kind() in (*_NAMES[self.family], "object_pattern"):
                targets = [one]
            elif one.kind() == "typed_parameter":
                targets = [*_named(one)[:1]]
            elif one.kind() == "parameter_declaration":
                targets = [each for each in _named(one) if each.kind() == "identifier"]
            for target in targets:
                said = typed.text() if typed is not None else ""
                bind(target, None, said, (), (name, position))
                position += 1

    def _scope(self, node: SgNode) -> tuple[int, int]:
        kinds = _FUNCTIONS[self.family]
        for one in node.ancestors():
            # In Ruby what is assigned in a block is the block's own; what a parameter of it is called too.
            if one.kind() in kinds:
                return span(one)
        return 0, len(self.source.text) + 1

    def documented(self, node: SgNode) -> str:
        """What a comment of PHP's before an assignment says of the type, behind `@var`."""
        if self.family != "php":
            return ""
        parent = node.parent()
        comment = parent.prev() if parent is not None else None
        if comment is None or comment.kind() != "comment":
            return ""
        said = re.search(r"@var\s+(\S+)", comment.text())
        return said[1] if said else ""

    def find(self, *kinds: str) -> Iterator[SgNode]:
        """The nodes of these kinds in the whole file, as far as the grammar has them."""
        for kind in kinds:
            if kind not in self._found:
                self._found[kind] = list(self.find_in(self.root, kind))
            yield from self._found[kind]

    def find_in(self, node: SgNode, *kinds: str) -> Iterator[SgNode]:
        """The nodes of these kinds in `node`, as far as the grammar has them."""
        for kind in kinds:
            try:
                yield from node.find_all(kind=kind)
            except (RuntimeError, ValueError):
                continue

    # Events

    def event_types(self, node: SgNode, depth: int = 0) -> frozenset[str]:
        """The types of event on which alone `node` runs, as far as the code around it says; empty for any."""
        start = span(node)[0]
        function: SgNode | None = None
        below = node
        for one in node.ancestors():
            types = self._types_of_branch(one, start, below)
            if types:
                return types
            if function is None and one.kind() in _FUNCTIONS[self.family]:
                function = one
                named = one.field("name")
                name = named.text() if named is not None else _assigned_name(one)
                types = self._types_of_function(name, one, depth) if name else frozenset()
                if types:
                    return types
                if one.kind() not in ("do_block", "block", "lambda", "arrow_function", "func_literal"):
                    parent = one.parent()
                    if parent is not None and parent.kind() == "decorated_definition":
                        return self._types_of_branch(parent, start, one)
                    return frozenset()
                function = None
            below = one
        return frozenset()

    def types_in(self, node: SgNode) -> frozenset[str]:
        """Stripe's types of event that stand in `node`, as strings or as Go's constants."""
        found = set()
        for written in re.finditer(r"""["'`]([a-z0-9_.]+)["'`]""", node.text()):
            if written[1] in known():
                found.add(written[1])
            elif written[1].endswith(".") or written[1] == "charge.dispute":
                found.update(one for one in known() if one.startswith(written[1].rstrip(".") + "."))
        for constant in re.finditer(r"\bEventType(\w+)", node.text()):
            name = compact().get(constant[1].lower())
            if name:
                found.add(name)
        return frozenset(found)

    def _types_of_function(self, name: str, function: SgNode, depth: int) -> frozenset[str]:
        handled = re.fullmatch(r"(?:handle|on|process)_?(\w+?)(?:_?event)?", name, re.I)
        if handled and self.family in ("php", "ruby"):
            own = compact().get(re.sub("_", "", handled[1]).lower())
            if own and own.count("."):
                return frozenset({own})
        if depth > 2:
            return frozenset()
        inside = span(function)
        types: set[str] = set(self._mapped.get(name, ()))
        for call in self.calls_by_name.get(name, ()):
            if not inside[0] <= span(call.node)[0] < inside[1]:
                here = self.event_types(call.node, depth + 1)
                if not here:
                    return frozenset()
                types |= here
        return frozenset(types)

    @cached_property
    def _mapped(self) -> dict[str, set[str]]:
        """Name of a function → the types that a table of handlers gives it."""
        found: dict[str, set[str]] = defaultdict(set)
        for node in self.find("pair", "array_element_initializer", "keyed_element"):
            parts = [one for one in _named(node) if one.kind() != "comment"]
            if len(parts) != 2:
                continue
            key = self.types_in(parts[0])
            value = parts[1].text()
            if len(key) == 1 and re.fullmatch(r"[\w.$>:&-]+", value):
                found[re.split(r"\W+", value.rstrip("()"))[-1]] |= key
        return found

    def _types_of_branch(self, one: SgNode, start: int, below: SgNode) -> frozenset[str]:
        kind = one.kind()
        if kind in ("switch_case", "case_statement"):
            value = one.field("value")
            if value is None or span(below) == span(value):
                return frozenset()
            types = self.types_in(value)
            for before in one.prev_all():
                # An empty case falls through to the next.
                if before.kind() != kind or len([x for x in _named(before) if x.kind() != "comment"]) != 1:
                    if before.is_named() and before.kind() != "comment":
                        break
                    continue
                types |= self.types_in(before)
            return types
        if kind in ("expression_case", "when", "match_conditional_expression", "case_clause"):
            parts = _named(one)
            heads = [
                part
                for part in parts
                if part.kind() in ("expression_list", "pattern", "match_condition_list", "case_pattern")
            ]
            if any(span(head)[0] <= start < span(head)[1] for head in heads):
                return frozenset()
            return frozenset(name for head in heads for name in self.types_in(head))
        if kind in (
            "if_statement",
            "elif_clause",
            "else_if_clause",
            "if",
            "elsif",
            "if_modifier",
            "unless",
            "unless_modifier",
        ):
            condition = one.field("condition")
            body = one.field("consequence") or one.field("body")
            if condition is None or body is None or not span(body)[0] <= start < span(body)[1]:
                return frozenset()
            negated = bool(_NEGATED.search(condition.text())) or kind.startswith("unless")
            return frozenset() if negated else self.types_in(condition)
        if kind in ("pair", "array_element_initializer"):
            key = one.field("key") or next(iter(_named(one)), None)
            if key is not None and span(key)[1] <= start:
                literal = self.literal(key)
                return frozenset({literal}) if literal in known() and "." in (literal or "") else frozenset()
        if kind in _CALLS[self.family]:
            call = self.call(one)
            if call is not None and call.arguments and call.name not in ("eq", "where"):
                first = self.literal(call.arguments[0])
                if first in known() and "." in (first or "") and start >= span(call.arguments[0])[1]:
                    return frozenset({first or ""})
        if kind == "decorated_definition":
            decorators = [part for part in _named(one) if part.kind() == "decorator"]
            return frozenset(name for part in decorators for name in self.types_in(part))
        if kind in (
            "block",
            "statement_block",
            "compound_statement",
            "body_statement",
            "statement_list",
            "program",
            "module",
        ):
            return self._types_of_guard(below)
        return frozenset()

    def _types_of_guard(self, statement: SgNode) -> frozenset[str]:
        """The types that `if (event.type !== "…") return;` before a statement lets through."""
        for before in statement.prev_all():
            kind = before.kind()
            if kind not in ("if_statement", "unless_modifier", "if_modifier", "unless", "if", "expression_statement"):
                continue
            condition, body = before.field("condition"), before.field("consequence") or before.field("body")
            if condition is None or body is None or before.field("alternative") is not None:
                continue
            types = self.types_in(condition)
            negated = bool(re.search(r"!=|\bnot\b|!\s*\w*[.\[(]", condition.text())) != kind.startswith("unless")
            if types and negated and _LEAVES.search(body.text()):
                return types
        return frozenset()


def kind_of_type(written: str) -> str | None:
    """The kind of object that a type annotation names; None for no type of Stripe's."""
    if "tripe" not in written:
        return None
    return next((kind for kind, pattern in _TYPE.items() if pattern.search(written)), None)


def kind_of_name(name: str) -> str | None:
    """The kind of object that a variable's name promises; None where it promises none."""
    plain = name.lstrip("$@")
    return next((kind for kind, pattern in _NAMED if pattern.search(plain)), None)


def kind_of_event(name: str) -> str | None:
    """The kind of object that events of a type carry; None for a kind that is of no interest here."""
    return next((kind for prefix, kind in _KINDS_OF_EVENTS if name.removeprefix("v1.").startswith(prefix)), None)


def _named(node: SgNode) -> list[SgNode]:
    return [one for one in node.children() if one.is_named()]


def _assigned_name(function: SgNode) -> str:
    """The name that an arrow function or closure is given where it is written."""
    parent = function.parent()
    if parent is not None and parent.kind() in ("variable_declarator", "assignment", "assignment_expression", "pair"):
        named = parent.field("name") or parent.field("left") or parent.field("key")
        return named.text() if named is not None else ""
    return ""
