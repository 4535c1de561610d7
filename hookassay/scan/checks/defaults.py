"""Defaults in code for secrets of Stripe's: what an application takes for them when nobody configured it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from ast_grep_py import SgNode

from ..check import Circumstances
from ..code.assignment import assignments
from ..code.call import arguments, callee, calls
from ..code.grammar import CHOICES, grammatical
from ..code.node import every, inside, named
from ..finding import Hit
from ..source import Source
from .names import hidden, secret, webhook

_TEXT = re.compile(r"""[bru]{0,2}(?P<quote>["'`])(?P<text>[^"'`\n]*)(?P=quote)""", re.IGNORECASE)

# Functions that read a setting by its name, and those that only sound so.
_READS = re.compile(r"env|conf|setting|getattr|fetch|default|secret|^get$|^str(ing)?$|^dig$", re.IGNORECASE)
_WRITES = re.compile(
    r"^(put|set(?!default|ting)|stub|define|write|update|add|save|register|has|log)|option", re.IGNORECASE
)
_NO_DEFAULT = re.compile(r"string|str|utf-?8|ascii|hex|base64|latest|json|AWSCURRENT|plaintext", re.IGNORECASE)

_SETTING = re.compile(r"env(iron)?\b|_ENV\b|_SERVER\b|conf(ig)?|settings|credentials|viper|\bsecrets\b", re.IGNORECASE)
_ENVIRONMENT = re.compile(r"\benv(iron)?\b|getenv|_ENV\b|_SERVER\b", re.IGNORECASE)
# What whoever uses a library passes to it, and not what an environment lacks.
_PASSED = re.compile(r"getattr\(|(?i:options|opts|props|params|config|settings)(\?\.|\.|->)(?!get|env)\w+(?![\w(.])")
_PRINTS = re.compile(r"(^|\.|->|::)(console\.\w+|log(ger|ging)?\.\w+|print|puts|error_log|\w*[Pp]rint(f|ln))$")
_VERIFIES = re.compile(r"construct_?event|verify_?header|parse_?event_?notification", re.IGNORECASE)
_PLAIN = re.compile(r"(WEBHOOK|ENDPOINT)_(SIGNING_)?SECRET")

# Family → the expressions that take their right side where the left one is nothing, and their operators.
_FALLBACKS = MappingProxyType(
    {
        "python": (("boolean_operator",), ("or",)),
        "javascript": (("binary_expression", "augmented_assignment_expression"), ("||", "??", "||=", "??=")),
        "ruby": (("binary", "operator_assignment"), ("||", "or", "||=")),
        "php": (("binary_expression", "augmented_assignment_expression"), ("??", "??=")),
    }
)
_HOLDERS = (
    *("assignment", "keyword_argument", "pair", "variable_declarator", "assignment_expression"),
    *("public_field_definition", "field_definition", "property_element", "array_element_initializer"),
    *("short_var_declaration", "assignment_statement", "var_spec", "keyed_element", "const_element"),
    *("object_assignment_pattern", "operator_assignment", "augmented_assignment_expression"),
)
_DEMANDS = re.compile(
    r"(^|[.>:_])(assert|invariant|require|ensure|check|must|bool$|throw_?if|abort_?if)|validat", re.IGNORECASE
)
# Names in a list of what must be there: `REQUIRED = ["STRIPE_SECRET_KEY", …]`, `for name in ("STRIPE_SECRET_KEY", …)`.
_LISTED = re.compile(
    r"""(?ix) (?: (?<!\w)\w{0,40}(?:required|mandatory|needed|must)\w{0,40} [^=\n]{0,40} = \s* (?:%w)?
      | \bfor \s* \(? (?:const\s|let\s|var\s)? \s* \w+ \s+ (?:in|of) \s* | \bforeach \s* \( \s* )
      [\[({] (?P<names> [^\])}]{0,1000} ) [\])}]"""
)
_NEGATIVE = re.compile(r"""\bnot\b|!|==|\bempty\b|blank|\bnil\b|\bis_null\b|\bunless\b""")
_TELLING = re.compile(r"secret|stripe|webhook|whsec|signing|key")
_SPECIFIC = re.compile(r"stripe|webhook|endpointsecret|signingsecret")
_TAG = re.compile(r'\b(?:env|envconfig):"(?P<name>\w+)[^"]*".*?\b(?:envDefault|env-default|default):"(?P<text>[^"]*)"')


@dataclass(frozen=True)
class _Default:
    """A default as it was seen.

    Attributes:
        name: What names the secret, in capitals.
        node: What stands for it; shown.
        text: What it is; never shown.
    """

    name: str
    node: SgNode
    text: str


@dataclass(frozen=True)
class _Candidate:
    """What breaks the rule, unless the code asks one of these names whether there is anything in it."""

    hit: Hit
    names: frozenset[str]


@dataclass(frozen=True)
class _Asked:
    """The words of the conditions in one file."""

    path: str
    words: frozenset[str]


class DefaultSecrets:
    """Finds SC-04. An empty default does no harm where the code asks for it and refuses, be it in another file."""

    words = (b"stripe", b"whsec_")

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def look(self, source: Source) -> Iterator[_Candidate | _Asked]:
        """The defaults in one file, and what its conditions ask."""
        if not grammatical(source):
            return
        yield _Asked(source.path, frozenset(_asked(source)))
        for seen in _defaults(source):
            if _matters(source, seen) and not _printed(seen.node):
                yield _Candidate(_hit(source, seen), _holders(seen) if _nothing(seen) else frozenset())

    def conclude(self, facts: list[_Candidate | _Asked]) -> Iterable[Hit]:
        """The defaults that do harm."""
        asked = [fact for fact in facts if isinstance(fact, _Asked)]
        specific = frozenset(word for one in asked for word in one.words if _SPECIFIC.search(word))
        for fact in facts:
            if isinstance(fact, _Candidate):
                here = [one.words for one in asked if one.path == fact.hit.place.path]
                if not fact.names & specific.union(*here):
                    yield fact.hit


def _matters(source: Source, seen: _Default) -> bool:
    """Whether it stands for a secret; what is called an API key and is empty may be a publishable one."""
    if seen.text.startswith("pk_") or _NO_DEFAULT.fullmatch(seen.text):
        return False
    if re.match(r"(sk|rk)_(test|live)_", seen.text) and "STRIPE" in seen.name:
        return True
    if _PLAIN.search(seen.name) and "STRIPE" not in seen.name:
        return bool(_VERIFIES.search(source.text))
    if _nothing(seen):
        return hidden(seen.name) and (webhook(seen.name) or not _PASSED.search(_read(seen.node)))
    return secret(seen.name) and (webhook(seen.name) or " " not in seen.text)


def _read(default: SgNode) -> str:
    """The expression that a default stands in."""
    above = default.parent()
    while above is not None and above.kind() in ("argument", "arguments", "argument_list", "parenthesized_expression"):
        above = above.parent()
    return above.text() if above is not None else ""


def _nothing(seen: _Default) -> bool:
    return seen.text in ("", "undefined", "None")


def _hit(source: Source, seen: _Default) -> Hit:
    if seen.text == "":
        message = f"{_shown(seen.name)} is the empty text where nobody configured it, and nothing asks whether it is."
    elif _nothing(seen):
        message = f'{_shown(seen.name)} is the text "{seen.text}" where nobody configured it.'
    else:
        message = f"{_shown(seen.name)} has a default, which whoever reads the code knows."
    secrets = () if _nothing(seen) else (seen.text,)
    return Hit("SC-04", source.place(seen.node), message, secrets=secrets)


def _shown(name: str) -> str:
    return name[name.find("STRIPE") :] if "STRIPE" in name else name


def _defaults(source: Source) -> Iterator[_Default]:
    """Whatever stands for a setting that is not there, secret or not."""
    yield from _in_calls(source)
    yield from _behind_operators(source)
    yield from _where_empty(source)
    yield from _written_out(source)
    if source.family == "python":
        yield from _in_settings(source)
    if source.family in ("python", "javascript"):
        yield from _in_tables(source)
    if source.family == "javascript":
        yield from _in_patterns(source)
        yield from _in_schemas(source)
    if source.family == "go":
        for tag in every(source.root, "raw_string_literal"):
            found = _TAG.search(tag.text())
            if found:
                yield _Default(_name(found["name"]), tag, found["text"])


def _in_calls(source: Source) -> Iterator[_Default]:
    """`os.getenv("NAME", "x")`, `getattr(settings, "NAME", "x")`, `ENV.fetch("NAME") { "x" }`."""
    for call in calls(source, source.root):
        last = re.split(r"[.>:\\]+", callee(call))[-1].rstrip("!?")
        if not (_READS.search(last) or last == "Or") or _WRITES.search(last):
            continue
        given = arguments(call)
        if callee(call) == "cmp.Or" and len(given) > 1 and _text(given[-1]) is not None:
            yield from _setting(given[0], given[-1])
        # These words say nothing: `form.get`, `getattr(shop, …)` read what somebody typed in.
        where = given[0].text() if last == "getattr" and given else callee(call)
        if re.fullmatch("get|getattr|dig|str|string", last) and not _SETTING.search(where):
            continue
        for name, default in pairwise(given):
            value = default.field("value") if default.kind() == "keyword_argument" else default
            named = value is default or re.match(r"(default|fallback)\s*=", default.text())
            if _text(name) and named and value is not None and _text(value) is not None:
                yield _Default(_name(_text(name) or ""), value, _text(value) or "")
        block = call.field("block")
        if given and block is not None and source.family == "ruby":
            text = re.fullmatch(r"""(?:\{|do)\s*(["'])(?P<text>[^"'\n]*)\1\s*(?:\}|end)""", block.text())
            if text:
                yield _Default(_name(_text(given[0]) or ""), block, text["text"])


def _behind_operators(source: Source) -> Iterator[_Default]:
    """`process.env.NAME || "x"`, `ENV["NAME"] ||= "x"`, `getenv("NAME") ?: "x"`, `set ? read : "x"`."""
    if source.family not in _FALLBACKS:
        return
    kinds, operators = _FALLBACKS[source.family]
    for node in every(source.root, *kinds):
        children = node.children()
        if len(children) == 3 and children[1].text() in operators and _text(children[2]) is not None:
            left = children[0]
            if left.kind() == node.kind():
                left = left.children()[-1]
            yield from _setting(left, children[2])
    for node in every(source.root, *CHOICES[source.family]):
        parts = named(node)
        setting = parts[0] if source.family == "python" or len(parts) == 2 else parts[1]
        if _text(parts[-1]) is not None:
            yield from _setting(setting, parts[-1])


def _where_empty(source: Source) -> Iterator[_Default]:
    """`if secret == "" { secret = "x" }`, where the variable was read from a setting."""
    given = [one for one in assignments(source, source.root) if len(one.names) == 1 or source.family == "go"]
    literal = [one for one in given if _text(_only(one.value)) is not None]
    if not literal:
        return
    read = {one.names[0]: one.value.text() for one in given if _SETTING.search(one.value.text())}
    for node in every(source.root, *_kinds(source)):
        condition = node.field("condition")
        if condition is None or not (_NEGATIVE.search(condition.text()) or "unless" in node.kind()):
            continue
        for one in literal:
            name, value = one.names[0], _only(one.value)
            if inside(one.node, node) and name in condition.text():
                yield _Default(_name(read.get(name, name)), value, _text(value) or "")


def _written_out(source: Source) -> Iterator[_Default]:
    """What makes text of nothing: `String(process.env.NAME)` is "undefined", `str(os.getenv("NAME"))` "None"."""
    made = {"python": ("str", "None"), "javascript": ("String", "undefined")}.get(source.family)
    if made:
        for call in calls(source, source.root):
            given = arguments(call)
            read = given[0].text() if len(given) == 1 and callee(call) == made[0] else ""
            from_environment = re.search(r"\benv\b|getenv|environ\.get", read) is not None
            if from_environment and webhook(_name(read)) and not re.search(r"\|\||\?\?|,", read):
                yield _Default(_name(read), call, made[1])
    if source.family == "javascript":
        for template in every(source.root, "template_string"):
            if re.fullmatch(r"`\$\{\s*process\.env\.\w+\s*\}`", template.text()) and webhook(_name(template.text())):
                yield _Default(_name(template.text()), template, "undefined")
    if source.family == "ruby":
        for call in calls(source, source.root):
            if re.fullmatch(r"ENV\[[^\]]+\]\.to_s", call.text()) and webhook(_name(call.text()[:-5])):
                yield _Default(_name(call.text()[:-5]), call, "")


def _in_settings(source: Source) -> Iterator[_Default]:
    """The fields of a class of settings: `stripe_webhook_secret: str = "x"`."""
    for made in every(source.root, "class_definition"):
        bases, title, body = made.field("superclasses"), made.field("name"), made.field("body")
        if bases is None or title is None or body is None or not re.search(r"Settings\b", bases.text()):
            continue
        prefix = "STRIPE_" if re.search(r"stripe|env_prefix\s*=\s*.STRIPE_", title.text() + body.text(), re.I) else ""
        for one in assignments(source, body):
            text = re.fullmatch(
                r"""(?:(?:Field|SecretStr)\(\s*(?:default\s*=\s*)?)*(["'])(?P<text>[^"'\n]*)\1[^"']*(?:["'].*)?""",
                one.value.text(),
                re.DOTALL,
            )
            if text and one.node.field("type") is not None:
                name = _name(one.names[0])
                yield _Default(name if "STRIPE" in name else prefix + name, one.value, text["text"])


def _in_tables(source: Source) -> Iterator[_Default]:
    """The entries of a table of defaults: `DEFAULTS = {"STRIPE_WEBHOOK_SECRET": "x"}`."""
    for one in assignments(source, source.root):
        if re.search("default", one.names[0], re.IGNORECASE) and one.value.kind() in ("dictionary", "object"):
            for pair in every(one.value, "pair"):
                key, value = pair.field("key"), pair.field("value")
                if key is not None and value is not None and _text(value) is not None:
                    yield _Default(_name(key.text()), value, _text(value) or "")


def _in_patterns(source: Source) -> Iterator[_Default]:
    """`const { NAME = "x" } = process.env`."""
    for node in every(source.root, "object_assignment_pattern"):
        left, right = node.field("left"), node.field("right")
        above = next((one for one in node.ancestors() if one.kind() == "variable_declarator"), None)
        value = above.field("value") if above is not None else None
        if left is None or right is None or value is None or _text(right) is None:
            continue
        if _ENVIRONMENT.search(value.text()):
            yield _Default(_name(left.text()), right, _text(right) or "")


def _in_schemas(source: Source) -> Iterator[_Default]:
    """`NAME: z.string().default("x")`, `NAME: str({ default: "x" })`, `{ env: "NAME", default: "x" }`."""
    for call in calls(source, source.root):
        given = arguments(call)
        if len(given) == 1 and callee(call).endswith(".default") and _text(given[0]) is not None:
            read = re.search(r"""\(["'](\w+)["']\)""", callee(call))
            yield _Default(_name(read[1]) if read else _key_around(call), given[0], _text(given[0]) or "")
    for pair in every(source.root, "pair"):
        key, value = pair.field("key"), pair.field("value")
        if key is not None and value is not None and key.text() == "default" and _text(value) is not None:
            table = pair.parent()
            named = re.search(r"""\benv:\s*["'](\w+)["']""", table.text()) if table is not None else None
            yield _Default(_name(named[1]) if named else _key_around(pair), value, _text(value) or "")


def _key_around(node: SgNode) -> str:
    """The key of the entry that `node` stands in."""
    for above in node.ancestors():
        key = above.field("key") if above.kind() == "pair" else None
        if key is not None:
            return _name(key.text())
    return ""


def _setting(read: SgNode, default: SgNode) -> Iterator[_Default]:
    """What `default` stands for, if `read` reads a setting."""
    text = read.text()
    if len(text) < 160 and _SETTING.search(text):
        yield _Default(_name(text), default, _text(default) or "")


def _text(node: SgNode) -> str | None:
    """What a literal text says; None for whatever else."""
    found = _TEXT.fullmatch(node.text())
    return found["text"] if found and "${" not in found["text"] and "#{" not in found["text"] else None


def _only(node: SgNode) -> SgNode:
    """Go wraps values in a list."""
    return node.children()[0] if node.kind() == "expression_list" and len(node.children()) == 1 else node


def _name(text: str) -> str:
    """The words of `text` in capitals, from the one that speaks of Stripe on."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    upper = re.sub(r"[^A-Z0-9]+", "_", words.upper()).strip("_")
    return upper[max(upper.find("STRIPE"), 0) :]


def _holders(seen: _Default) -> frozenset[str]:
    """The names that hold the default, or that it is read by, without their hyphens."""
    names = {_flat(seen.name)}
    for above in seen.node.ancestors():
        if above.kind() in _HOLDERS:
            names.update(_words(re.split(r"=>|:=|=|:", above.text(), maxsplit=1)[0]))
        elif re.search(r"function|method|class_|block$|^body_statement|^program|^module", above.kind()):
            break
    return frozenset(name for name in names if _TELLING.search(name))


def _asked(source: Source) -> Iterator[str]:
    """The words of its conditions, and of what it demands."""
    for node in every(source.root, *_kinds(source)):
        condition = node.field("condition") or (
            node if node.kind() in ("assert_statement", "expression_case") else None
        )
        if condition is not None:
            yield from _words(condition.text())
    for node in every(source.root, *CHOICES.get(source.family, ())):
        parts = named(node)
        if len(parts) == 3 and _text(parts[-1]) is None:
            yield from _words(parts[1 if source.family == "python" else 0].text())
    for call in calls(source, source.root):
        # `require("stripe")(…)` is what it requires.
        if _DEMANDS.search(callee(call)) and not re.match(r"require($|\()", callee(call)):
            yield from _words(" ".join(one.text() for one in arguments(call)))
    for doubled in re.finditer(r"!!\s*([\w.$>-]+)", source.text):
        yield from _words(doubled[1])
    for listed in _LISTED.finditer(source.text):
        yield from _words(listed["names"])


def _kinds(source: Source) -> tuple[str, ...]:
    """Those of the conditions that its grammar has."""
    return {
        "python": ("if_statement", "elif_clause", "assert_statement", "while_statement"),
        "javascript": ("if_statement", "while_statement"),
        "ruby": ("if", "elsif", "unless", "if_modifier", "unless_modifier"),
        "php": ("if_statement", "else_if_clause"),
        "go": ("if_statement", "expression_case"),
    }[source.family]


def _words(text: str) -> Iterator[str]:
    return (_flat(word) for word in re.findall(r"[A-Za-z_][\w]*", text))


def _flat(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _printed(node: SgNode) -> bool:
    """Whether the default is only shown to somebody."""
    return any(above.field("arguments") is not None and _PRINTS.search(callee(above)) for above in node.ancestors())
