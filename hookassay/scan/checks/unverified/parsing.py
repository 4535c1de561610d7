"""Where an event is made of the body of a request, without a look at the signature."""

from __future__ import annotations

import re

from ast_grep_py import SgNode

from ...code.assignment import assignments
from ...code.function import functions_around
from ...code.grammar import functions
from ...code.node import at, holds, span, start
from ...code.verification import verifications
from ...source import Source

# What makes an event of the text of a request, without a look at the signature.
_PARSED = re.compile(
    r"""
      (?<![\w.])(stripe\.(util\.)?)?(json|orjson|ujson|simplejson)\.loads\(\s*+(?P<python>[^()]*+(\([^()]*+\)[^()]*+)?)\)
    | \bJSON\.parse\(\s*+(?P<javascript>[^()]*+(\([^()]*+\)[^()]*+)?)\)
    | \bjson_decode\(\s*+(?P<php>[^()]*+(\([^()]*+\)[^()]*+)?)\)
    | \bjson\.Unmarshal\(\s*+(?P<go>[^,()]*+(\([^()]*+\))?)\s*,
    | \bJSON\.parse\s+(?P<ruby>\w+)
    | (?P<whole>
        json\.NewDecoder\(\s*\w*\.?(r|req|request|Request)\.Body | \b(c|ctx)\.(ShouldBind(JSON)?|BindJSON|Bind)\(
      | \b(req|request|self\.request|flask\.request|ctx\.req|c\.req|ctx\.request)
        \.(get_json\(|json\b(?!\s*=)|media\b|get_media\()
      | \$(this->)?request->(all|json|toArray|input)\(
      )
    """,
    re.VERBOSE,
)
# Names of what a delivery brings, and calls that give it.
_PAYLOAD = re.compile(
    r"""
      \b(raw_?)?
      (payload|body|raw|request|req|buf|buffer|text|content|contents|data|input|bytes|b|event)
      (_?(body|data|str|string|text|bytes|buffer|payload|raw|content))?\b
    | get_data | getContent | php://input | raw_post | rawBody | body\.read | getBody
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Where a request's body comes from; what a worker takes from its queue comes from elsewhere.
_REQUEST = re.compile(
    r"""
      (?<![\w.])(self\.|this\.|flask\.)?(req|request|ctx|c|r|\$request|event)(\.|->)
      (\w+(\(\))?\.)*
      (body|Body|data|text|json|raw_?[Bb]ody|raw_post|get_data|getContent|bounded_stream|stream|Request)\b
    | php://input | params\b
    """,
    re.VERBOSE,
)
_BODY = re.compile(
    r"(?<![\w.])(await\s+)?(req|request|ctx\.request|ctx\.req|c\.req)\.body(\s+as\s+[\w.<>]+)?(?![\w(\[?])"
)
_LOGGED = re.compile(r"\b(console|log|logger|logging|Log|Rails\.logger|winston|pino)(\.|::)\w+\([^\n]*")


def parsed_in(source: Source, node: SgNode, requested: bool = False) -> SgNode | None:
    """The first place within `node` where an event is made of a body: of a request's, if it has to be `requested`."""
    # What is only logged is blanked out; the places stay.
    text = _LOGGED.sub(lambda found: " " * len(found[0]), node.text())
    places = []
    for found in _PARSED.finditer(text):
        of = next((found[name] for name in ("python", "javascript", "php", "go", "ruby") if found[name]), None)
        if found["whole"] or (of is not None and _is_body(source, node, of, requested)):
            places.append(found.start())
    if source.family == "javascript":
        places += [found.start() for found in _BODY.finditer(text)]
    verified = [span(call) for call in verifications(source)]
    for place in sorted(place + start(node) for place in places):
        if not any(holds(one, place) for one in verified):
            return at(node, place)
    return None


def _is_body(source: Source, node: SgNode, text: str, requested: bool) -> bool:
    """Whether what is parsed is the body of a delivery, by its name, or by what the variable of this name was given."""
    if not _PAYLOAD.search(text) or "metadata" in text:
        return False
    if not requested or _REQUEST.search(text):
        return True
    function = functions_around(source, node)[0] if node.kind() not in functions(source.family) else node
    name = re.match(r"[$\w]+", text)
    return name is not None and any(
        name[0] in one.names and _REQUEST.search(one.value.text()) is not None for one in assignments(source, function)
    )
