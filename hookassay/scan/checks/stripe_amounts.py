"""What is made of Stripe's amounts: divided as if every currency had cents, or turned into a floating point number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from ..code.call import Call
from ..code.grammar import grammatical
from ..code.node import named, shown, span
from ..code.stripe_code import StripeCode, stripe_code
from ..code.stripe_object import kind_of_name
from ..finding import Hit
from ..source import Source
from .file_by_file import FileByFile

# Only Stripe's objects have these; `amount` alone needs an object that is known to be Stripe's.
_STRIPES = frozenset(
    """
    amount_total amount_subtotal amount_refunded amount_captured amount_received amount_capturable amount_paid
    amount_due amount_remaining unit_amount unit_amount_decimal amount_discount amount_shipping amount_tax
    """.split()
)
_AMOUNTS = _STRIPES | {"amount", "total", "subtotal", "application_fee_amount"}
_TOTALS = frozenset({"invoice"})
_HUNDRED = re.compile(
    r"100(\.0+)?|100n|(\w+\.)?(Decimal|BigDecimal|D|NewFromInt|NewFromFloat|float64|Float)\(['\"]?100(\.0+)?['\"]?\)"
)
_HUNDREDTH = re.compile(r"0?\.01|(\w+\.)?(Decimal|BigDecimal|D|NewFromFloat)\(['\"]?0?\.01['\"]?\)")
_DIVIDING = frozenset("div dividedBy divide fdiv Div divided_by bcdiv truediv".split())
# decimal.New(amount, -2) of Go, Decimal(amount).scaleb(-2) of Python.
_SHIFTING = frozenset({"New", "scaleb"})
_SHARE = re.compile(r"percent|pct|rate|fee|tax|share|commission", re.I)
# What depends on the currency somewhere in the function: a list of currencies, an exponent, a branch.
_BY_CURRENCY = re.compile(
    r"""
      zero.?decimal | decimal.?(places|digits) | exponent | minor.?unit | subunit | (?-i:CURRENC(Y|IES)_)
    | fraction.?digits\w*\s*[:=]\s*[a-z_$]  # not a number, which would be the same for all
    | maximumFractionDigits\b(?!\s*:)
    | \b10\s*\*\* | pow\(\s*['"]?10
    | currency\.(digits|decimals|subunit)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BRANCH = re.compile(
    r"""
      # currency.toLowerCase() === "jpy"; (session.currency as string) in ZERO
      currency\w*["'\])?!]{0,9}
      (\.(to)?_?(lower|upper|down|up)(case)?(_?case)?(\(\))?|\W?as\ string){0,9}\){0,9}
      \s*(===?|!==?|\bin\b|\bnot\ in\b|\?$)
      # "jpy" === session.currency
    | (===?|!==?)\s*[\w.$>\[\]"'-]*currency
      # ZERO.includes(session.currency)
    | \b(includes|include\?|has|contains|in_array|ToLower|EqualFold)\s*\([^)\n]*currency
      # switch (currency); EXPONENTS_OF_CURRENCIES[currency]
    | \b(switch|case|match)\b\s*\(?[^\n{:]*currency
    | currenc(y|ies)\w*\s*\[[^"'\]]{0,200}\bcurrency
    """,
    re.VERBOSE | re.IGNORECASE,
)
_COMMENT = re.compile(r"/\*.*?\*/|\"{3}.*?\"{3}|(//|#)[^\n]*", re.DOTALL)
_FLOATS = {
    "python": frozenset({"float"}),
    "javascript": frozenset({"parseFloat"}),
    "ruby": frozenset({"to_f", "Float", "fdiv"}),
    "php": frozenset({"floatval", "doubleval"}),
    "go": frozenset({"float64", "float32"}),
}
_SHOWN = re.compile(
    r"""
    (^|[._])(
        format | toFixed | toLocaleString | sprintf | Sprintf | number_format | number_to_currency | intcomma | humanize
      | round_to_currency
      | print | printf | Printf | Println | puts | log | info | debug | warn | warning | error | Infof | Debugf
      | render | send_mail | sendMail | sendEmail | send_email | message | post_message | notify
      | track | capture
    )$
    """,
    re.VERBOSE,
)
_STORING = frozenset(
    """
    values insert insertOne insertMany insert_one insertGetId create createMany create_all bulk_create update
    updateOne update_one updateMany update_many findOneAndUpdate find_one_and_update set upsert save add execute
    exec query update_or_create updateOrCreate get_or_create firstOrCreate firstOrNew fill forceFill forceCreate
    insert_all update_all update_columns update_column update_attributes find_or_create_by create_or_find_by
    assign_attributes write new fetchval fetchrow run Create Save Updates Update Exec ExecContext QueryRow
    QueryRowContext Query FirstOrCreate Insert InsertOne UpdateOne put put_item merge create! update! save! insert!
    find_or_create_by! firstOrFail increment decrement Model
    """.split()
)
_NOT_STORING = re.compile(
    r"^(Decimal|Number|Money|Intl|Big|BigNumber|Float|Integer|String|Date|Error|Response|JsonResponse|Map|Set|Promise|"
    r"Array)"
)


class StripeAmounts(FileByFile):
    """Finds SC-24 (divided by 100 whatever the currency) and SC-27 (stored as a floating point number)."""

    words = (b"stripe",)

    def look(self, source: Source) -> Iterator[Hit]:
        """What one file makes of amounts."""
        if not grammatical(source) or b"amount" not in source.lowered:
            return
        amounts = _Amounts(stripe_code(source))
        for node, amount in amounts.divided():
            message = f"`{shown(amount)}` is divided by 100 whatever its currency."
            yield Hit("SC-24", source.place(node), message)
        for node, amount in amounts.floats():
            message = f"`{shown(amount)}` becomes a floating point number and is stored."
            yield Hit("SC-27", source.place(node), message)


class _Amounts:
    def __init__(self, code: StripeCode) -> None:
        self._code = code

    def divided(self) -> Iterator[tuple[SgNode, SgNode]]:
        """Divisions of an amount of Stripe's by 100 that no currency has a say in, and the amount."""
        for node in self._binary():
            parts = named(node)
            operator = self._code.operator(node)
            if len(parts) != 2:
                continue
            left, right = parts
            by_hundred = operator in ("/", "//", "/=", "//=") and self._is(right, _HUNDRED)
            if by_hundred or (operator in ("*", "*=") and self._is(right, _HUNDREDTH)):
                amount = left
            elif operator == "*" and self._is(left, _HUNDREDTH):
                amount = right
            else:
                continue
            if self.is_amount(amount) and not self._by_currency(node) and not self._share(node):
                yield node, amount
        for call in self._code.calls():
            if call.name in _SHIFTING and call.arguments and call.arguments[-1].text() == "-2":
                shifted = call.arguments[0] if call.name == "New" else call.receiver
                if shifted is not None and self.is_amount(shifted) and not self._by_currency(call.node):
                    yield call.node, shifted
            if call.name not in _DIVIDING or not call.arguments:
                continue
            dividend = call.arguments[0] if call.name == "bcdiv" else call.receiver
            divisor = call.arguments[1 if call.name == "bcdiv" and len(call.arguments) > 1 else 0]
            if dividend is None or not self._is(divisor, _HUNDRED, quoted=True):
                continue
            if self.is_amount(dividend) and not self._by_currency(call.node) and not self._share(call.node):
                yield call.node, dividend

    def floats(self) -> Iterator[tuple[SgNode, SgNode]]:
        """Amounts of Stripe's that become floating point numbers and are stored, and the amount."""
        code = self._code
        if not code.handles:
            return
        for node, converted in self._conversions():
            inner = self._unrounded(converted)
            if self.is_amount(inner) and self._stored(node, 0):
                yield node, inner

    def _unrounded(self, node: SgNode) -> SgNode:
        """The amount in `(amount / 100).toFixed(2)`, which is text until it is made a number of again."""
        call = self._code.call(node)
        if call is not None and call.name == "toFixed" and call.receiver is not None:
            node = call.receiver
            while node.kind() in ("parenthesized_expression", "binary_expression"):
                node = named(node)[0]
        return node

    def is_amount(self, node: SgNode) -> bool:
        """Whether `node` is an amount of one of Stripe's objects, in its smallest unit."""
        code = self._code
        for one in code.alternatives(node):
            meant = code.meaning(one)
            if meant is not None and meant.kind not in ("unknown", "event"):
                if meant.field in _STRIPES or meant.field == "amount" or meant.field == "application_fee_amount":
                    return True
                if meant.field in _AMOUNTS and meant.kind in _TOTALS:
                    return True
            read = code.access(one)
            if read is not None and read[1][-1] in _STRIPES and meant is None:
                base = code.name(next(code.alternatives(read[0]), read[0])) or code.last_name(read[0])
                if kind_of_name(base) in (
                    "session",
                    "charge",
                    "payment_intent",
                    "refund",
                    "invoice",
                    "price",
                    "line_item",
                ):
                    return read[1][-1] != "amount_paid" or kind_of_name(base) == "invoice"
        return False

    def _binary(self) -> Iterator[SgNode]:
        kinds = {
            "python": ("binary_operator", "augmented_assignment"),
            "javascript": ("binary_expression", "augmented_assignment_expression"),
            "ruby": ("binary", "operator_assignment"),
            "php": ("binary_expression", "augmented_assignment_expression"),
            "go": ("binary_expression", "assignment_statement"),
        }
        for kind in kinds[self._code.family]:
            yield from self._code.root.find_all(kind=kind)

    def _is(self, node: SgNode, number: re.Pattern[str], *, quoted: bool = False) -> bool:
        text = node.text().strip("()") if node.kind() == "parenthesized_expression" else node.text()
        text = re.sub(r"^new |^decimal\.", "", text)
        return bool(number.fullmatch(text.strip("\"'") if quoted else text))

    def _by_currency(self, node: SgNode) -> bool:
        """Whether the currency has a say: in the function around, or in a condition in it."""
        function = self._code.function(node)
        text = function.text() if function != self._code.root else self._around(node)
        text = _COMMENT.sub("", text)
        return bool(_BY_CURRENCY.search(text) or _BRANCH.search(text))

    def _around(self, node: SgNode) -> str:
        """The statement at the top of the file that `node` stands in."""
        last = node
        for one in node.ancestors():
            if one.parent() is None:
                break
            last = one
        return last.text()

    def _share(self, node: SgNode) -> bool:
        """Whether a share is taken: `amount / 100 * percent`."""
        parent = node.parent()
        while parent is not None and parent.kind() == "parenthesized_expression":
            parent = parent.parent()
        if parent is None or parent.kind() not in ("binary_operator", "binary_expression", "binary"):
            return False
        return self._code.operator(parent) == "*" and bool(_SHARE.search(parent.text()))

    def _conversions(self) -> Iterator[tuple[SgNode, SgNode]]:
        """What makes a floating point number of something, and the something."""
        names = _FLOATS[self._code.family]
        for call in self._code.calls():
            if call.name in names:
                inner = call.receiver if call.name in ("to_f", "fdiv") else next(iter(call.arguments), None)
                if inner is not None:
                    yield call.node, inner
        if self._code.family == "php":
            for cast in self._code.root.find_all(kind="cast_expression"):
                parts = named(cast)
                if len(parts) == 2 and parts[0].text().lower() in ("float", "double", "real"):
                    yield cast, parts[1]

    def _stored(self, node: SgNode, depth: int) -> bool:
        """Whether what `node` gives goes into a database."""
        below = node
        for one in node.ancestors():
            kind = one.kind()
            if kind in (
                "interpolation",
                "template_substitution",
                "formatted_string",
                "encapsed_string",
                "augmented_assignment",
            ):
                return False
            call = self._code.call(one)
            if call is not None:
                if _SHOWN.search(call.name) or self._from(call, below):
                    return bool(self._from(call, below)) and self._go_on(call) and self._stored(one, depth)
                if self._stores(call):
                    return True
            if kind == "composite_literal" and not re.match(r"(map|\[\]any|\[\]interface)", one.text()):
                return True
            if kind in (
                "assignment",
                "assignment_expression",
                "variable_declarator",
                "short_var_declaration",
                "assignment_statement",
            ):
                target = one.field("left") or one.field("name")
                return target is not None and self._kept(target, one, depth)
            if kind in ("return_statement", "return") or self._is_function(one):
                return False
            below = one
        return False

    def _from(self, call: Call, below: SgNode) -> bool:
        """Whether the value is what the method is called on: `parseFloat(x).toFixed(2)`."""
        called = call.node.field("function") or call.receiver
        return called is not None and span(called) == span(below)

    def _go_on(self, call: Call) -> bool:
        return not _SHOWN.search(call.name)

    def _stores(self, call: Call) -> bool:
        if call.name in _STORING:
            return call.receiver is None or not re.search(
                r"(?i)stripe|log|console|analytics|track|headers|params", call.receiver.text()
            )
        named = call.name[:1].isupper() and not _NOT_STORING.match(call.name)
        return named and self._code.family != "go" and (call.receiver is None or self._code.family == "python")

    def _kept(self, target: SgNode, assignment: SgNode, depth: int) -> bool:
        """Whether a variable is stored later, or is a field of something that is."""
        parts = named(target)
        inner = parts[0] if target.kind() == "expression_list" and parts else target
        name = self._code.name(inner)
        if name is None:
            read = self._code.access(inner)
            return read is not None and self._code.family in ("python", "ruby", "php", "javascript", "go")
        if depth > 2:
            return False
        function, behind = self._code.function(assignment), span(assignment)[1]
        uses = [one for one in function.find_all(kind=inner.kind()) if one.text() == name and span(one)[0] > behind]
        if self._code.family == "javascript":
            shorthand = function.find_all(kind="shorthand_property_identifier")
            uses += [one for one in shorthand if one.text() == name and span(one)[0] > behind]
        return any(self._stored(one, depth + 1) for one in uses)

    def _is_function(self, node: SgNode) -> bool:
        return node.kind() in (
            "function_definition",
            "function_declaration",
            "method_definition",
            "method",
            "method_declaration",
        )
