"""Bodies that are verified after somebody has parsed them, so that they are no longer the bytes that were signed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import MappingProxyType

from ast_grep_py import SgNode

from ..check import Circumstances
from ..code.assignment import assignments
from ..code.call import arguments, callee, calls
from ..code.function import functions_around
from ..code.grammar import grammatical
from ..code.imports import imports
from ..code.node import inside, line, span, start
from ..code.verification import verifications
from ..finding import Hit
from ..source import Source

# Family → what was made of a body, or written anew from what it said.
_MADE = MappingProxyType(
    {
        "python": re.compile(
            r"json\.(dumps|loads)\(|(self\.|flask\.)?(request|req)\.(json\b|get_json\(|media\b|get_media\(|POST\b|form\b)"
        ),
        "javascript": re.compile(r"JSON\.(stringify|parse)\(|(req|request|ctx\.req|c\.req|ctx\.request)\.json\("),
        "ruby": re.compile(
            r"JSON\.(generate|dump|parse|pretty_generate)\b|(request\.)?(params|request_parameters|POST|query_parameters)\b"
            r"|[\w.]+\.to_json$"
        ),
        "php": re.compile(
            r"@?json_(encode|decode)\(|\$_(POST|REQUEST)\b|\$(this->)?request->(all|json|toArray|input|post|request)\b"
        ),
        "go": re.compile(r"json\.Marshal(Indent)?\("),
    }
)
# What changes the type of a body and none of its bytes.
_WRAPPED = re.compile(
    r"^(?:await\s+|Buffer\.from\(\s*|\[\]byte\(\s*|string\(\s*|str\(\s*|bytes\(\s*|String\(\s*|\(\s*|\(string\)\s*)"
)
_SIGNED_HERE = re.compile(
    r"generateTestHeaderString|generate_header|compute_?signature|GenerateTestSignedPayload|generate_test",
    re.IGNORECASE,
)
_PARSER = re.compile(r"(express|body_?[pP]arser)(\.json)")
_RAW = re.compile(r"\b(express|body_?parser)\.raw\(")
_NEXT = re.compile(r"(^|/)pages/api/")
_NOTHING = re.compile(r"""(None|null|nil|undefined|''|""|\[\]byte\(nil\))""")


@dataclass(frozen=True)
class _Verifying:
    """A file that verifies the body as the framework left it in the request, and the functions that do so."""

    path: str
    functions: frozenset[str]


@dataclass(frozen=True)
class _Mounted:
    """A parser of JSON before what another file brings.

    Attributes:
        hit: The parser.
        module: The file, without its suffix.
        function: Which of its functions; empty where all of it is brought, as with a router.
    """

    hit: Hit
    module: str
    function: str


class ParsedBodies:
    """Finds SC-14: in the call that verifies, in what its variable was given, and in the order of middleware."""

    words = (b"stripe", b"constructevent", b"construct_event")

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def look(self, source: Source) -> Iterator[Hit | _Verifying | _Mounted]:
        """The bodies in one file."""
        if not grammatical(source):
            return
        for call in verifications(source):
            given = arguments(call)
            if given:
                yield from _payload(source, call, given[0])
        if source.family == "javascript":
            functions = frozenset(_enclosing(source))
            if functions:
                yield _Verifying(source.path, functions)
            yield from _middleware(source)

    def conclude(self, facts: list[Hit | _Verifying | _Mounted]) -> Iterable[Hit]:
        """What was seen, and the parsers before files that verify."""
        verifying = {posixpath.splitext(fact.path)[0]: fact for fact in facts if isinstance(fact, _Verifying)}
        for fact in facts:
            if isinstance(fact, Hit):
                yield fact
            elif isinstance(fact, _Mounted):
                file = verifying.get(fact.module) or verifying.get(f"{fact.module}/index")
                if file is not None and fact.function in file.functions:
                    yield fact.hit


def _payload(source: Source, call: SgNode, payload: SgNode) -> Iterator[Hit]:
    """The first argument of a verification, or what the variable that stands there was given."""
    function = functions_around(source, call)[0]
    if _SIGNED_HERE.search(function.text()):
        return
    if payload.kind() == "keyword_argument":
        payload = payload.field("value") or payload
    if _made(source, payload):
        yield _hit(source, payload)
        return
    if source.family == "javascript" and _reads_body(call) and _parsed_by_next(source):
        message = "Next.js has parsed this body: `export const config = { api: { bodyParser: false } }` is missing."
        yield Hit("SC-14", source.place(payload), message)
        return
    name = _unwrapped(payload.text())
    given = [one for one in assignments(source, function) if name in one.names and start(one.node) < start(call)]
    told = [one for one in given if not _NOTHING.fullmatch(one.value.text())]
    if told and all(_made(source, one.value) for one in told):
        yield _hit(source, told[-1].value)


def _made(source: Source, node: SgNode) -> bool:
    """Whether a body was parsed for it, or written anew; a fallback behind the received bytes does no harm."""
    text = _unwrapped(node.text())
    if re.search(r"\|\||\?\?| or |\?:|\bif\b.*\belse\b", text):
        return False
    if source.family == "python" and "rest_framework" in source.text and re.match(r"(self\.)?request\.data\b", text):
        return True
    return bool(_MADE[source.family].match(text))


def _unwrapped(text: str) -> str:
    previous = ""
    while text != previous:
        previous, text = text, _WRAPPED.sub("", text)
    return re.sub(r"(\s+as\s+[\w.<>]+|[)!]|\.(encode|decode|toString|to_s|to_str)(\([^()]*\))?)+$", "", text)


def _reads_body(call: SgNode) -> bool:
    """Whether a verification takes the body as the framework left it."""
    given = arguments(call)
    return bool(given) and bool(re.fullmatch(r"(req|request|ctx\.request)!?\.body", _unwrapped(given[0].text())))


def _parsed_by_next(source: Source) -> bool:
    if not _NEXT.search(source.path) and "NextApiRequest" not in source.text:
        return False
    return "export default" in source.text and not re.search(r"bodyParser['\"]?\s*:\s*false", source.text)


def _middleware(source: Source) -> Iterator[Hit | _Mounted]:
    """Parsers of JSON that come before a route that verifies, or that stand in it."""
    found = calls(source, source.root)
    for parser in found:
        given = arguments(parser)
        receiver, _, verb = callee(parser).rpartition(".")
        json = next((one for one in given if _parses(one)), None)
        if json is None or not receiver:
            continue
        if verb in ("post", "all") and _verifies(source, parser):
            yield Hit("SC-14", source.place(json), "This route parses the body that it verifies.")
        if verb != "use" or (given[0] != json and not _path(given[0])):
            continue
        for route in _behind(source, found, parser, receiver, _path(given[0])):
            hits = list(_broken(source, parser, route))
            yield from hits
            if any(isinstance(hit, Hit) for hit in hits):
                break


def _behind(source: Source, found: list[SgNode], parser: SgNode, receiver: str, prefix: str) -> Iterator[SgNode]:
    """The routes that are registered behind a parser and whose bodies it sees first."""
    around = functions_around(source, parser)[0]
    for route in found:
        if (
            start(route) > span(parser)[1]
            and callee(route) in (f"{receiver}.post", f"{receiver}.all", f"{receiver}.use")
            and functions_around(source, route)[0] == around
            and _within(_first_path(route), prefix)
            and not _raw_before(found, receiver, parser, route)
        ):
            yield route


def _broken(source: Source, parser: SgNode, route: SgNode) -> Iterator[Hit | _Mounted]:
    """What a parser does to one route behind it."""
    message = f"This parses every body before the webhook's route in line {line(route)} verifies it."
    hit = Hit("SC-14", source.place(parser), message, also=(source.place(route),))
    text = route.text().lower()
    wants_raw = _RAW.search(text) and "webhook" in text and b"stripe" in source.lowered
    if wants_raw or _verifies(source, route):
        yield hit
    else:
        for one in arguments(route):
            if one.kind() == "identifier" and _defined_verifying(source, one.text()):
                yield hit
                return
            module, function = _module(source, one.text())
            if module:
                path = posixpath.normpath(posixpath.join(posixpath.dirname(source.path), module))
                yield _Mounted(hit, path, function)


def _parses(argument: SgNode) -> bool:
    """Whether this is `express.json()`, for every kind of JSON, and without a hand on the raw body."""
    if argument.kind() != "call_expression" or not _PARSER.fullmatch(callee(argument)):
        return False
    options = " ".join(one.text() for one in arguments(argument))
    return "verify" not in options and ("type" not in options or "application/json" in options)


def _verifies(source: Source, node: SgNode) -> bool:
    return any(inside(call, node) and _reads_body(call) for call in verifications(source))


def _defined_verifying(source: Source, name: str) -> bool:
    """Whether a function or a router of this name, in this file, verifies what stands in the request."""
    return name in _enclosing(source)


def _enclosing(source: Source) -> Iterator[str]:
    """The names of functions and routers that verify what stands in the request; also "", if there are any."""
    for call in verifications(source):
        if not _reads_body(call):
            continue
        yield ""
        for above in call.ancestors():
            title = above.field("name")
            if title is not None:
                yield title.text()
            elif above.kind() == "call_expression" and callee(above).endswith((".post", ".all", ".use")):
                yield callee(above).rpartition(".")[0]
            elif above.kind() == "assignment_expression":
                left = above.field("left")
                yield left.text().rpartition(".")[2] if left is not None else ""


def _module(source: Source, name: str) -> tuple[str, str]:
    """The relative path that `name` is imported from, without a suffix, and as which of its functions, if as one."""
    found = re.fullmatch(r"""require\(['"](?P<path>\.[^'"]+)['"]\)(\.(?P<function>\w+))?""", name)
    if found is not None:
        return _without_suffix(found["path"]), found["function"] or ""
    module, original = imports(source).get(name, ("", ""))
    if not module.startswith("."):
        return "", ""
    return _without_suffix(module), "" if original == "default" else original


def _without_suffix(path: str) -> str:
    return re.sub(r"\.[cm]?[jt]sx?$", "", path)


def _path(argument: SgNode) -> str:
    """The path that a route or a middleware is registered for; empty where it is for all."""
    found = re.fullmatch(r"""['"`](/[^'"`]*)['"`]""", argument.text())
    return found[1] if found else ""


def _within(path: str, prefix: str) -> bool:
    """Whether a middleware for `prefix` sees the requests of a route."""
    return not prefix or path == prefix or path.startswith(prefix.rstrip("/") + "/")


def _first_path(route: SgNode) -> str:
    given = arguments(route)
    return _path(given[0]) if given else ""


def _raw_before(found: list[SgNode], receiver: str, parser: SgNode, route: SgNode) -> bool:
    """Whether the route's body was taken as it is before the parser could parse it."""
    return any(
        callee(call) == f"{receiver}.use"
        and start(call) < start(parser)
        and _RAW.search(call.text().lower()) is not None
        and (_within(_first_path(route), _first_path(call)) or _within(_first_path(call), _first_path(route)))
        for call in found
    )


def _hit(source: Source, node: SgNode) -> Hit:
    return Hit(
        "SC-14", source.place(node), "What is verified was parsed or written anew, and is not what Stripe signed."
    )
