"""Event types that Stripe does not have, where code waits for them or subscribes to them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from ast_grep_py import SgNode

from ..code.entry import ENTRIES, entry
from ..code.grammar import grammatical
from ..code.literal import literal
from ..code.node import named, span
from ..code.stripe_code import Meaning, StripeCode, stripe_code
from ..event_types import compact, distinctive, known, nearest, sections
from ..finding import Hit
from ..source import Source
from .file_by_file import FileByFile

_SWITCHES = ("switch_statement", "match_expression", "case", "match_statement", "expression_switch_statement")
_CASES = ("switch_case", "case_statement", "match_condition_list", "when", "case_clause", "expression_case")
_STRINGS = ("string", "interpreted_string_literal", "encapsed_string", "raw_string_literal")
_HEADS = ("expression_list", "pattern", "case_pattern", *_STRINGS)
_SUBJECT = re.compile(r"(?:^|[\W_])(event_?type|type|webhook_?type|event_?name|hook)$", re.I)
_SHAPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
_SUBSCRIBING = re.compile(
    r"^(on|subscribe|handler|handle|add_?handler|register\w*|listen|webhook_handler|djstripe_receiver|receiver|event)$",
    re.I,
)
# Their events look like Stripe's; a file that knows them may speak of both.
_OTHERS = re.compile(
    r"paddle|polar|lemon_?squeezy|paypal|clerk|svix|github|shopify|razorpay|paystack|coinbase|mollie|chargebee|adyen|"
    r"square|revenuecat|dodo|creem|resend|workos|flutterwave|braintree|gocardless|recurly|xendit|midtrans|pagarme|wompi",
    re.I,
)


class UnknownEventTypes(FileByFile):
    """Finds SC-25."""

    words = (b"stripe",)

    def look(self, source: Source) -> Iterator[Hit]:
        """The types that one file names."""
        if not grammatical(source):
            return
        code = stripe_code(source)
        speaks = code.verifies or code.names_types or re.search(r"enabled_?events|Stripe\W?Event", source.text, re.I)
        if not speaks:
            return
        seen = set()
        for node, name in _Types(code).unknown():
            place = source.place(node)
            if place not in seen:
                seen.add(place)
                meant = nearest(name)
                hint = f'; did you mean "{meant}"?' if meant else "."
                yield Hit("SC-25", place, f'Stripe has no event "{name}"{hint}')


class _Types:
    def __init__(self, code: StripeCode) -> None:
        self._code = code

    @cached_property
    def _alone(self) -> bool:
        """Whether no other provider is spoken of."""
        return not _OTHERS.search(self._code.source.text)

    def unknown(self) -> Iterator[tuple[SgNode, str]]:
        """Strings that stand where a type of Stripe's must stand and are none."""
        yield from self._compared()
        yield from self._mapped()
        yield from self._enabled()
        yield from self._subscribed()

    def _compared(self) -> Iterator[tuple[SgNode, str]]:
        """Switches on a type, and comparisons with it: those of one subject in one function belong together."""
        groups: dict[tuple[int, str], list[tuple[SgNode, SgNode]]] = defaultdict(list)
        for subject, node in [*self._cases(), *self._comparisons()]:
            groups[span(self._code.function(node))[0], subject.text()].append((subject, node))
        for members in groups.values():
            subject = members[0][0]
            certain = self._code.meaning(subject) == Meaning("event", "type")
            if not certain and not _SUBJECT.search(re.sub(r"[\"'\])]+$|\(\)$", "", subject.text())):
                continue
            yield from self._judged([node for _, node in members], certain)

    def _judged(self, nodes: list[SgNode], certain: bool) -> Iterator[tuple[SgNode, str]]:
        names = [(node, literal(node) or "") for node in nodes]
        if not certain and not (self._alone and any(distinctive(name) for _, name in names)):
            return
        for node, name in names:
            if self._strange(name, certain):
                yield node, name

    def _strange(self, name: str, certain: bool) -> bool:
        """Whether `name` is no type, and would have to be one."""
        if name in known() or name.removeprefix("v1.") in known() or name.startswith("v2."):
            return False
        if not _SHAPE.fullmatch(name):
            # "charge_refunded" is meant to be one; "ping" and "default" are not.
            return certain and re.sub("_", "", name) in compact() and "_" in name
        if certain:
            return True
        today = sections()["snapshot"]
        first = name.split(".")[0]
        return any(one.split(".")[0] == first or one.endswith(f".{name}") for one in today)

    def _cases(self) -> Iterator[tuple[SgNode, SgNode]]:
        for switch in self._code.find(*_SWITCHES):
            subject = switch.field("value") or switch.field("condition") or switch.field("subject")
            if subject is None:
                continue
            inner = next(iter(self._code.alternatives(subject)), subject)
            for kind in _CASES:
                for case in self._code.find_in(switch, kind):
                    closest = next((one for one in case.ancestors() if one.kind() in _SWITCHES), switch)
                    if span(closest) != span(switch):
                        continue
                    value = case.field("value")
                    heads = [value] if value is not None else [one for one in case.children() if one.kind() in _HEADS]
                    yield from ((inner, one) for head in heads for one in self._strings(head))

    def _comparisons(self) -> Iterator[tuple[SgNode, SgNode]]:
        for node in self._code.find("comparison_operator", "binary_expression", "binary"):
            parts = named(node)
            operators = {one.text() for one in node.children() if not one.is_named()}
            if len(parts) != 2 or not operators & {"==", "===", "!=", "!==", "in", "not in"}:
                continue
            left, right = parts
            within = bool(operators & {"in", "not in"})
            # `"customer.subscription" in event.type` asks for a part of the type.
            if right.kind() in (("list", "tuple", "set") if within else _STRINGS):
                yield from ((left, one) for one in self._strings(right))
            elif left.kind() in _STRINGS and not within:
                yield right, left
        for call in self._code.calls():
            if call.name in ("includes", "include?") and call.receiver is not None and len(call.arguments) == 1:
                if call.receiver.kind() == "array":
                    yield from ((call.arguments[0], one) for one in self._strings(call.receiver))
            elif call.name == "in_array" and len(call.arguments) > 1:
                yield from ((call.arguments[0], one) for one in self._strings(call.arguments[1]))

    def _mapped(self) -> Iterator[tuple[SgNode, str]]:
        """The keys of tables of handlers, in a file that verifies."""
        if not self._code.verifies:
            return
        for table in self._code.find("object", "dictionary", "hash", "array_creation_expression", "literal_value"):
            keys = []
            for one in table.children():
                if one.kind() in ("pair", "array_element_initializer", "keyed_element"):
                    parts = named(one)
                    if len(parts) == 2 and parts[0].kind() in _STRINGS:
                        keys.append(parts[0])
                    elif len(parts) == 2 and self._code.family == "go":
                        keys += self._strings(parts[0])
            yield from self._judged(keys, False)

    def _enabled(self) -> Iterator[tuple[SgNode, str]]:
        """What an endpoint is subscribed to."""
        for node in self._code.find(*ENTRIES):
            found = entry(node)
            if found is None or found[0] not in ("enabled_events", "enabledEvents", "EnabledEvents"):
                continue
            for string in self._strings(found[1]):
                name = literal(string) or ""
                if _SHAPE.fullmatch(name) and self._strange(name, certain=True):
                    yield string, name

    def _subscribed(self) -> Iterator[tuple[SgNode, str]]:
        """`events.subscribe "…"`, `@receiver("…")`: what several calls of one name are given."""
        groups = defaultdict(list)
        text = self._code.source.text
        if not (self._code.verifies or "StripeEvent" in text or "djstripe" in text):
            return
        for call in self._code.calls():
            if _SUBSCRIBING.match(call.name) and call.arguments and call.arguments[0].kind() in _STRINGS:
                groups[call.name, call.receiver.text() if call.receiver is not None else ""].append(call.arguments[0])
        for (_, receiver), nodes in groups.items():
            yield from self._judged(nodes, re.fullmatch(r"(::)?StripeEvent", receiver) is not None)

    def _strings(self, node: SgNode) -> list[SgNode]:
        if node.kind() in _STRINGS:
            return [node]
        return list(self._code.find_in(node, *_STRINGS))
