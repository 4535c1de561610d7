"""What somebody's code means in Stripe's terms: what a name holds, what is read of it, which events code is for.

Nothing is executed: names are followed through assignments, parameters and calls of one file, and where that gives no
certain answer there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ast_grep_py import SgNode

from ..event_types import distinctive, known
from ..source import Source
from .binding import Binding, Bindings
from .call import Call
from .code import DEEP, Code, passes_on
from .node import named
from .occasion import Occasions
from .stripe_object import kind_of_event, kind_of_name, kind_of_owner, kind_of_type


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


_VERIFYING = re.compile(
    r"""
    \b(
        construct_event | constructEvent\w* | ConstructEvent\w* | verify_header | verifyHeader\w* | ValidatePayload\w*
      | parse_event_notification | parseEventNotification | ParseEventNotification
    )\s*\(
    """,
    re.VERBOSE,
)
_VERIFIED = re.compile(
    r"""
    ^(
        construct_?event(_?async)?
      | construct_?event(with(options|tolerance)|ignoringtolerance)
      | construct_from
    )$
    """,
    re.VERBOSE | re.IGNORECASE,
)
_RETRIEVED = re.compile(
    r"^(retrieve|get|find|create|update|modify|confirm|capture|expire|cancel|construct_?from|New)$", re.IGNORECASE
)
# What gives the same object in another form, or the first of several.
_SAME = frozenset({"to_dict", "to_dict_recursive", "to_hash", "to_h", "toArray", "first", "unwrap"})
# Types that say nothing of Stripe's objects, and do not contradict either: Any, dict[str, Any], *stripe, mixed, …
_NEUTRAL = re.compile(
    r"""
    (
        \W
      | \b(
            any | dict | str | object | mixed | array | record | string | unknown | interface | map
          | stripe | StripeObject | optional | none | null | undefined
        )
    )*$
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Fields that hold another object once they are expanded.
_EXPANDED = {
    "payment_intent": "payment_intent",
    "charge": "charge",
    "latest_charge": "charge",
    "invoice": "invoice",
    "price": "price",
}
_QUOTED_TYPE = re.compile(r"""["'`]([a-z0-9_]+(?:\.[a-z0-9_]+)+)["'`]""")


@lru_cache(maxsize=2)
def stripe_code(source: Source) -> StripeCode:
    """The reading of one source, which several checks share."""
    return StripeCode(source)


class StripeCode(Code):
    """One source that may handle what Stripe sends."""

    def __init__(self, source: Source) -> None:
        """Read `source`, which must have a grammar."""
        super().__init__(source)
        self._handed: dict[tuple[str, int], Meaning | None] = {}

    # What the file is about

    @cached_property
    def verifies(self) -> bool:
        """Whether a delivery is verified in this file."""
        return b"stripe" in self.source.lowered and bool(_VERIFYING.search(self.source.text))

    @cached_property
    def names_types(self) -> bool:
        """Whether a type of event that Stripe has stands in this file."""
        return "stripe.EventType" in self.source.text or any(name in known() for name in self._quoted())

    @cached_property
    def handles(self) -> bool:
        """Whether the file handles Stripe's events: it verifies them, or knows their types."""
        if b"stripe" not in self.source.lowered:
            return False
        return self.verifies or "stripe.EventType" in self.source.text or any(map(distinctive, self._quoted()))

    def _quoted(self) -> Iterable[str]:
        """The strings that look like types of events."""
        return (found[1] for found in _QUOTED_TYPE.finditer(self.source.text))

    # What is around an expression, and behind a name

    @cached_property
    def _occasions(self) -> Occasions:
        return Occasions(self)

    @cached_property
    def _bindings(self) -> Bindings:
        return Bindings(self)

    def event_types(self, node: SgNode) -> frozenset[str]:
        """The types of event on which alone `node` runs, as far as the code around it says; empty for any."""
        return self._occasions.types(node)

    def binding(self, name: str, node: SgNode) -> Binding | None:
        """Where the name that `node` uses was given what it holds."""
        return self._bindings.of(name, node)

    def value(self, node: SgNode) -> SgNode:
        """What a plain name was given; the node itself where it is no such name."""
        name = self.name(node)
        binding = self.binding(name, node) if name is not None else None
        return binding.value if binding is not None and binding.value is not None and not binding.path else node

    # What an expression means

    def meaning(self, node: SgNode | None, depth: int = 0) -> Meaning | None:
        """What `node` stands for in Stripe's terms; None where that is not certain."""
        if node is None or depth > DEEP:
            return None
        told = _cast(node)
        if told is not None:
            return told
        for one in self.alternatives(node):
            meant = _cast(one) or self._plain(one, depth)
            if meant is not None:
                return meant
        return None

    def _plain(self, node: SgNode, depth: int) -> Meaning | None:
        if node.kind() == "composite_literal":
            kind = kind_of_type(node.text().split("{", 1)[0])
            return Meaning(kind) if kind else None
        name = self.name(node)
        if name is not None:
            return self._held(name, node, depth)
        call = self.call(node)
        read = self.access(node)
        if read is not None and not (self.family == "ruby" and call is not None and _retrieved(call, self.family)):
            base, fields = read
            return self._read(base, fields, node, depth)
        return self._called(call, depth) if call is not None else None

    def _read(self, base: SgNode, fields: tuple[str, ...], node: SgNode, depth: int) -> Meaning | None:
        """What the fields of `base` mean, one read of the other."""
        return self._fields(self.meaning(base, depth + 1), self.last_name(base), fields, node)

    def _fields(self, meant: Meaning | None, last: str, fields: tuple[str, ...], node: SgNode) -> Meaning | None:
        for field in fields:
            if field in ("object", "raw") and re.search(r"(^|_)data$", last):
                meant = self._object(node)
            else:
                meant = _field(meant, field)
            last = field
        return meant

    def _object(self, node: SgNode) -> Meaning:
        """The object of the event that `node` handles."""
        kinds = {kind_of_event(one) for one in self.event_types(node)}
        kind = kinds.pop() if len(kinds) == 1 else None
        return Meaning(kind or "object")

    def _called(self, call: Call, depth: int) -> Meaning | None:
        if call.receiver is None:
            return None
        if _VERIFIED.match(call.name) and b"stripe" in self.source.lowered:
            if call.name in ("construct_from", "constructFrom"):
                return Meaning(kind_of_type(f"{call.receiver.text()} ") or "object")
            return Meaning("event")
        kind = _retrieved(call, self.family)
        if kind is not None:
            return Meaning(kind)
        return self.meaning(call.receiver, depth + 1) if call.name in _SAME else None

    def _held(self, name: str, node: SgNode, depth: int) -> Meaning | None:
        """What a variable or a parameter holds where `node` uses it."""
        binding = self.binding(name, node)
        if binding is None:
            return None
        kind = kind_of_type(binding.typed)
        meant: Meaning | None = Meaning(kind) if kind else None
        if meant is None and binding.value is not None:
            meant = self._read(binding.value, binding.path, node, depth)
        elif meant is None and binding.parameter is not None and _NEUTRAL.match(binding.typed):
            meant = self._passed(*binding.parameter, depth)
            if (meant is None or meant.kind == "object") and self.handles and not binding.path:
                kind = kind_of_name(name)
                meant = Meaning(kind) if kind else meant
            meant = self._fields(meant, "", binding.path, node)
        if meant == Meaning("object"):
            here = self._object(node)
            kind = here.kind if here.kind != "object" else kind_of_name(name)
            return Meaning(kind) if kind else meant
        return meant

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


def _cast(node: SgNode) -> Meaning | None:
    """What `node` is cast to."""
    kind = node.kind()
    if kind in ("as_expression", "type_assertion"):
        told = kind_of_type(node.text() if kind == "type_assertion" else named(node)[-1].text())
        return Meaning(told) if told else None
    inner = named(node) if passes_on(node) and kind != "cast_expression" else []
    return _cast(inner[0]) if inner else None


def _field(meant: Meaning | None, field: str) -> Meaning | None:
    """What a field is of something that means `meant`."""
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
    return Meaning(meant.kind, field) if meant.field == "total_details" else None


def _retrieved(call: Call, family: str) -> str | None:
    """The kind of the object that a call of Stripe's library gives back."""
    if call.receiver is None or not _RETRIEVED.match(call.name):
        return None
    return kind_of_owner(call.receiver.text(), family)
