"""Disputes that are read as if they were the charge that is disputed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from ..code.entry import ENTRIES, entry
from ..code.grammar import grammatical
from ..code.literal import literal
from ..code.node import named, span
from ..code.stripe_code import Meaning, StripeCode, stripe_code
from ..code.stripe_object import kind_of_type
from ..finding import Hit
from ..source import Source
from .file_by_file import FileByFile

# What a Charge has and a Dispute has not.
_ONLY_CHARGES = frozenset(
    """
    amount_refunded amount_captured refunded refunds captured paid disputed billing_details customer receipt_email
    receipt_url receipt_number failure_code failure_message fraud_details outcome invoice
    """.split()
)
_DISPUTE = re.compile(r"charge\.dispute|charge_?dispute|stripe\W{1,2}dispute", re.I)
_ASKED = "retrieve|Get|update|capture"
_CHARGE_ID = re.compile(r"(stripe_?)?charge(_?id)?", re.I)


class DisputeAsCharge(FileByFile):
    """Finds SC-22."""

    words = (b"dispute",)

    def look(self, source: Source) -> Iterator[Hit]:
        """How one file reads disputes."""
        if not grammatical(source) or b"stripe" not in source.lowered:
            return
        if not _DISPUTE.search(source.text):
            return
        found: dict[int, Hit] = {}
        for node, message in _Disputes(stripe_code(source)).misread():
            hit = Hit("SC-22", source.place(node), message)
            found.setdefault(hit.place.line, hit)
        yield from found.values()


class _Disputes:
    def __init__(self, code: StripeCode) -> None:
        self._code = code

    def misread(self) -> Iterator[tuple[SgNode, str]]:
        """Where a dispute is taken for a charge, and how."""
        yield from self._typed()
        yield from self._built()
        yield from self._fields()

    def _disputed(self, node: SgNode) -> bool:
        """Whether `node` runs on events about disputes alone."""
        types = self._code.event_types(node)
        return bool(types) and all(one.removeprefix("v1.").startswith("charge.dispute.") for one in types)

    def _typed(self) -> Iterator[tuple[SgNode, str]]:
        """The event's object, cast or declared as a Charge."""
        code = self._code
        said = "The object of charge.dispute.* is a Dispute, and is declared as a Charge here."
        for node in code.find("as_expression", "type_assertion"):
            parts = named(node)
            typed, inner = (parts[0], parts[-1]) if node.kind() == "type_assertion" else (parts[-1], parts[0])
            if kind_of_type(typed.text()) == "charge" and self._is_object(inner) and self._disputed(node):
                yield node, said
        for node in code.find(
            "variable_declarator", "assignment", "assignment_expression", "var_spec", "short_var_declaration"
        ):
            text = code.declared_type(node)
            value = node.field("value") or node.field("right")
            if value is not None and code.family == "go" and kind_of_type(_composed(value)) == "charge":
                text, value = _composed(value), None
            if not text or kind_of_type(text) != "charge" or not self._disputed(node):
                continue
            target = node.field("name") or node.field("left")
            if (value is not None and self._is_object(value)) or (
                value is None and target is not None and self._unmarshalled(target)
            ):
                yield node, said
        for node in code.find("required_parameter", "typed_parameter", "simple_parameter", "parameter_declaration"):
            typed_as = node.field("type")
            if typed_as is None or kind_of_type(typed_as.text()) != "charge":
                continue
            function = next((one for one in node.ancestors() if one.field("body") is not None), None)
            body = function.field("body") if function is not None else None
            if body is not None and self._disputed_body(body) and self._given_objects(function):
                yield node, said

    def _disputed_body(self, body: SgNode) -> bool:
        first = next(iter(named(body)), None)
        return first is not None and self._disputed(first)

    def _given_objects(self, function: SgNode | None) -> bool:
        """Whether every call of the function hands over the event's object itself, and not a charge asked for."""
        named = function.field("name") if function is not None else None
        calls = self._code.calls_by_name.get(named.text(), ()) if named is not None else ()
        return bool(calls) and all(any(map(self._is_object, call.arguments)) for call in calls)

    def _built(self) -> Iterator[tuple[SgNode, str]]:
        """`stripe.Charge.construct_from(event["data"]["object"], key)`."""
        for call in self._code.calls():
            if call.receiver is None or not call.arguments:
                continue
            if call.name in ("construct_from", "constructFrom"):
                charge = kind_of_type(call.receiver.text()) == "charge"
                if charge and self._is_object(call.arguments[0]) and self._disputed(call.node):
                    yield call.node, "The object of charge.dispute.* is a Dispute, and is made a Charge here."
                continue
            asked = re.search(r"charges?$", call.receiver.text(), re.I) and re.fullmatch(_ASKED, call.name)
            if asked and self._is_dispute_id(call.arguments[0]):
                yield call.arguments[0], "This is the dispute's id; the charge's is in its `charge`."
        for call in self._code.calls():
            if call.name != "cast" or len(call.arguments) != 2 or kind_of_type(call.arguments[0].text()) != "charge":
                continue
            if self._is_object(call.arguments[1]) and self._disputed(call.node):
                yield call.node, "The object of charge.dispute.* is a Dispute, and is declared as a Charge here."

    def _fields(self) -> Iterator[tuple[SgNode, str]]:
        """What only a Charge has, read of a Dispute; and its id taken for a charge's."""
        code = self._code
        kinds = {
            "python": ("attribute", "subscript", "call"),
            "javascript": ("member_expression", "subscript_expression"),
            "ruby": ("call", "element_reference"),
            "php": ("member_access_expression", "nullsafe_member_access_expression", "subscript_expression"),
            "go": ("selector_expression", "index_expression"),
        }
        for node in code.find(*kinds[code.family]):
            read = code.access(node)
            if read is None or read[1][-1] not in _ONLY_CHARGES or self._written(node):
                continue
            if self._is_dispute(read[0]):
                yield node, f"A Dispute has no `{read[1][-1]}`; the charge that has is in its `charge`."
        for node in code.find(*ENTRIES):
            found = entry(node)
            if found is not None and _CHARGE_ID.fullmatch(found[0]) and self._is_dispute_id(found[1]):
                yield found[1], "This is the dispute's id; the charge's is in its `charge`."
        for call in code.calls():
            if len(call.arguments) < 2 or not re.fullmatch(r"eq|where|filter|firstWhere|andWhere|Where", call.name):
                continue
            column = literal(call.arguments[0])
            if column is None:
                read = code.access(call.arguments[0])
                column = read[1][-1] if read is not None else ""
            if _CHARGE_ID.fullmatch(re.sub(r"\s*=\s*\?$", "", column).rsplit(".", 1)[-1]) and self._is_dispute_id(
                call.arguments[-1]
            ):
                yield call.arguments[-1], "This is the dispute's id; the charge's is in its `charge`."

    def _is_dispute(self, node: SgNode) -> bool:
        """Whether `node` is the object of an event about a dispute, whatever it is called or cast to."""
        meant = self._code.meaning(node)
        if meant is None or meant.field:
            return False
        return (self._is_object(node) and self._disputed(node)) or (meant == Meaning("dispute") and self._certain(node))

    def _certain(self, node: SgNode) -> bool:
        """Whether a dispute is one by its type, by Stripe's library or by the event, and not by its name alone."""
        if self._disputed(node) and self._is_object(node):
            return True
        name = self._code.name(node)
        binding = self._code.binding(name, node) if name is not None else None
        return binding is not None and (kind_of_type(binding.typed) == "dispute" or binding.value is not None)

    def _is_dispute_id(self, node: SgNode) -> bool:
        for one in self._code.alternatives(node):
            read = self._code.access(one)
            if read is not None and read[1][-1] == "id" and self._is_dispute(read[0]):
                return True
        return False

    def _is_object(self, node: SgNode, depth: int = 0) -> bool:
        """Whether `node` is an event's `data.object`, through whatever names and casts."""
        code = self._code
        if depth > 6:
            return False
        for one in code.alternatives(node):
            read = code.access(one)
            if read is not None and read[1][-1] in ("object", "raw"):
                before = code.access(read[0])
                last = (
                    read[1][-2]
                    if len(read[1]) > 1
                    else before[1][-1]
                    if before is not None
                    else code.name(read[0]) or ""
                )
                if re.search(r"(^|[_$])data$", last, re.I):
                    return True
            name = code.name(one)
            binding = code.binding(name, one) if name is not None else None
            if binding is None:
                continue
            if binding.path:
                if binding.path[-1] == "object" and (len(binding.path) > 1 or binding.value is not None):
                    return True
            elif (binding.value is not None and self._is_object(binding.value, depth + 1)) or (
                code.family == "go" and self._unmarshalled(one)
            ):
                return True
            elif binding.parameter is not None and binding.parameter[0]:
                calls = code.calls_by_name.get(binding.parameter[0], ())
                given = [
                    call.arguments[binding.parameter[1]] for call in calls if binding.parameter[1] < len(call.arguments)
                ]
                if given and all(self._is_object(each, depth + 2) for each in given):
                    return True
        return False

    def _unmarshalled(self, target: SgNode) -> bool:
        """Whether Go decodes the event's object into the variable."""
        parts = named(target)
        name = parts[0].text() if target.kind() == "expression_list" and parts else target.text()
        text = self._code.function(target).text()
        return bool(re.search(rf"Unmarshal\(\s*[\w.]*Data\.Raw\s*,\s*&?{re.escape(name)}\s*\)", text))

    def _written(self, node: SgNode) -> bool:
        parent = node.parent()
        left = parent.field("left") if parent is not None else None
        return left is not None and span(left) == span(node)


def _composed(value: SgNode) -> str:
    """The type of `stripe.Charge{}` or `new(stripe.Charge)`."""
    found = re.match(r"&?(stripe\.\w+)\{|new\((stripe\.\w+)\)", value.text())
    return next((one for one in found.groups() if one), "") if found else ""
