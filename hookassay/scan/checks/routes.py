"""How each framework names a route: what method and path lead to which function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from ast_grep_py import SgNode

from .outline import Outline, Span, decorated, span, start

ANY = "ANY"
"""The method of a route that takes every one, POST included."""


@dataclass(frozen=True)
class Route:
    """A route, or a function that a platform calls with each request.

    Attributes:
        path: The file.
        line: Where it is written, counted from 1.
        span: The text that names its handlers, or holds them.
        method: In capitals; `ANY`.
        url: What it answers to; empty where the source does not say.
        handlers: Names that strings hold: `webhooks#create`, `StripeController@handle`, …
        router: The variable that it is registered at, for what it is mounted at.
        library: Whether a library handles Stripe's events behind it.
    """

    path: str
    line: int
    span: Span
    method: str
    url: str
    handlers: tuple[str, ...] = ()
    router: str = ""
    library: bool = False


@dataclass(frozen=True)
class Mount:
    """What all routes of a router begin with."""

    path: str
    router: str
    url: str


_STRING = re.compile(r"^[rbuf]*([\"'`])(?P<text>.*)\1$", re.DOTALL)
_CALLS = {
    "python": ("call",),
    "javascript": ("call_expression",),
    "ruby": ("call",),
    "php": ("member_call_expression", "scoped_call_expression", "function_call_expression"),
    "go": ("call_expression",),
}
_LAMBDA = re.compile(r"\(\s*event\W.*context\W.*\)", re.DOTALL)
_CLOUD = re.compile(r"^@(functions_framework\.http|https_fn\.on_request)", re.MULTILINE)
_CASHIER = re.compile(r"extends\s+\\?(\w+\\)*(CashierController|CashierWebhookController|WebhookController)\b")
_PHP_STRINGS = ("string", "encapsed_string")
_CLIENT = re.compile(r"(axios|https?|client|api|fetch\w*|ky|got|request|superagent)$", re.IGNORECASE)
_METHODS = {"post": "POST", "get": "GET", "put": "PUT", "patch": "PATCH", "delete": "DELETE"}

# A function that a platform calls with each request, whatever its path.
_SERVED = re.compile(
    r"^(Deno\.serve|serve|Bun\.serve|httpAction|([\w.]+\.)?onRequest|defineEventHandler|eventHandler"
    r"|defineLazyEventHandler|([\w]+\.)?createServer|app\.http)$"
)
_EXPORTED_POST = re.compile(
    r"(^|/)(route|\+server)\.[cm]?[jt]sx?$|(^|/)(src/)?pages/.+\.[cm]?[jt]s$|(^|/)functions/.+\.[jt]s$"
)
_EXPORTED_DEFAULT = re.compile(r"(^|/)(pages/api/|server/(api|routes)/|netlify/(edge-)?functions/)|^api/")
_EXPORTED_ACTION = re.compile(r"(^|/)app/routes/")


def routes(outline: Outline) -> Iterator[Route | Mount]:
    """The routes that a file names, and where it mounts routers."""
    yield from {
        "python": _python,
        "javascript": _javascript,
        "ruby": _ruby,
        "php": _php,
        "go": _go,
    }[outline.source.family](outline)


def text_of(node: SgNode | None) -> str | None:
    """What a string in the source says, or None where the node is no plain string."""
    if node is None:
        return None
    if node.kind() == "argument":
        node = node.children()[0]
    found = _STRING.match(node.text())
    return found["text"] if found else None


def joined(prefix: str, url: str) -> str:
    """A path below another one."""
    if not prefix.strip("/"):
        return url if url.startswith("/") else f"/{url}"
    return f"/{prefix.strip('/')}" + (f"/{url.lstrip('/')}" if url.strip("/") else "")


def _arguments(call: SgNode) -> list[SgNode]:
    arguments = call.field("arguments")
    return [one for one in arguments.children() if one.is_named() and one.kind() != "comment"] if arguments else []


def _line(node: SgNode) -> int:
    return node.range().start.line + 1


def _strings(node: SgNode, kinds: tuple[str, ...] = ("string",)) -> Iterator[str]:
    for one in node.find_all(any=[{"kind": kind} for kind in kinds]):
        said = text_of(one)
        if said is not None:
            yield said


def _keyword(arguments: list[SgNode], name: str) -> SgNode | None:
    """The value of a named argument, or of a key of an object among the arguments."""
    for one in arguments:
        for pair in (one, *(one.children() if one.kind() in ("object", "hash") else ())):
            if pair.kind() in ("keyword_argument", "pair"):
                key, value = pair.field("name") or pair.field("key"), pair.field("value")
                if key is not None and key.text().strip("\"':") == name:
                    given: SgNode | None = value
                    return given
    return None


# Python


def _python(outline: Outline) -> Iterator[Route | Mount]:
    prefixes: dict[str, str] = {}
    for found in re.finditer(
        r"^(?P<name>\w+)\s*=\s*(?:\w+\.)*(?:APIRouter|Blueprint|Router)\((?P<said>[^)]*)",
        outline.source.text,
        re.MULTILINE,
    ):
        prefix = re.search(r"prefix\s*=\s*[\"']([^\"']*)", found["said"])
        prefixes[found["name"]] = prefix[1] if prefix else ""
    for router, prefix_url in prefixes.items():
        yield Mount(outline.path, router, prefix_url)
    for call in outline.nodes(("call",)):
        callee = call.field("function")
        if callee is None:
            continue
        name = callee.text().split(".")[-1]
        arguments = _arguments(call)
        above = call.parent()
        first = text_of(arguments[0]) if arguments else None
        if above is not None and above.kind() == "decorator":
            whole = above.parent()
            if whole is None or name not in (
                "route",
                "api_route",
                "post",
                "get",
                "put",
                "delete",
                "on_request",
                "http",
            ):
                continue
            method = _METHODS.get(name) or _python_method(arguments, "GET" if name == "route" else ANY)
            router = callee.text().split(".")[0]
            yield Route(outline.path, _line(above), span(whole), method, first or "", router=router)
        elif name == "include_router":
            prefix_node = text_of(_keyword(arguments, "prefix"))
            if prefix_node and arguments:
                yield Mount(outline.path, arguments[0].text(), prefix_node)
        elif name == "register_blueprint":
            prefix_node = text_of(_keyword(arguments, "url_prefix"))
            if prefix_node and arguments:
                yield Mount(outline.path, arguments[0].text(), prefix_node)
        elif name in ("path", "re_path", "url") and first is not None and len(arguments) > 1:
            library = "djstripe.urls" in call.text()
            url = re.sub(r"[\^$]", "", first)
            url = url + "webhook/" if library else url
            if library or "include(" not in arguments[1].text():
                yield Route(outline.path, _line(call), span(call), ANY, url, library=library)
        elif name in ("add_route", "add_url_rule", "add_post", "add_api_route", "Route", "post", "add_resource"):
            said = [one for one in map(text_of, arguments) if one is not None]
            if said and len(arguments) > 1 and (name != "post" or callee.text() == "web.post"):
                method = "POST" if name.endswith("post") else _python_method(arguments, ANY)
                url = next((one for one in said if one.startswith("/")), said[0])
                yield Route(outline.path, _line(call), span(call), method, url)
    for function in outline.nodes(("function_definition",)):
        name_node, parameters = function.field("name"), function.field("parameters")
        whole = decorated(function)
        called = name_node is not None and parameters is not None and _LAMBDA.fullmatch(parameters.text())
        if called or (whole is not function and _CLOUD.search(whole.text())):
            yield Route(outline.path, _line(function), span(whole), ANY, "")


def _python_method(arguments: list[SgNode], otherwise: str) -> str:
    methods = _keyword(arguments, "methods")
    if methods is None:
        return otherwise
    return "POST" if "POST" in methods.text().upper() else "GET"


# JavaScript and TypeScript


def _javascript(outline: Outline) -> Iterator[Route | Mount]:
    for call in outline.nodes(("call_expression",)):
        callee = call.field("function")
        if callee is None:
            continue
        arguments = _arguments(call)
        first = text_of(arguments[0]) if arguments else None
        name = callee.text().split(".")[-1] if callee.kind() == "member_expression" else callee.text()
        receiver = callee.field("object") if callee.kind() == "member_expression" else None
        router = receiver.text() if receiver is not None and receiver.kind() == "identifier" else ""
        below = call.parent()
        if below is not None and below.kind() == "decorator":
            yield from _nest(outline, below, name, first or "")
        elif _SERVED.match(callee.text()):
            yield Route(outline.path, _line(call), span(call), ANY, _url_of_file(outline.path))
        elif (
            name in ("use", "route", "register") and first is not None and receiver is not None and len(arguments) == 2
        ):
            if arguments[1].kind() == "identifier":
                yield Mount(outline.path, arguments[1].text(), first)
            if name == "use":
                yield Route(outline.path, _line(call), _inner(arguments[1:]), ANY, first, router=router)
        elif name in (*_METHODS, "all", "use") and receiver is not None and first is not None and len(arguments) > 1:
            path = first.startswith("/") or (name in ("post", "all") and bool(re.match(r"[\w-]+(?!\w*:)", first)))
            # axios.post("/checkout", …) is a request, no route.
            if path and not _CLIENT.search(receiver.text()):
                verb = _METHODS.get(name, ANY)
                yield Route(outline.path, _line(call), _inner(arguments[1:]), verb, first, router=router)
        elif name in ("post", "all") and receiver is not None and receiver.kind() == "call_expression" and arguments:
            said = re.search(r"\.route\(\s*[\"'`]([^\"'`]+)", receiver.text())
            if said:
                yield Route(outline.path, _line(arguments[0]), _inner(arguments), _METHODS.get(name, ANY), said[1])
        elif name == "route" and arguments and arguments[0].kind() == "object":
            url = text_of(_keyword(arguments, "url")) or text_of(_keyword(arguments, "path"))
            method = _keyword(arguments, "method")
            if url is not None:
                verb = (
                    re.sub(r"\W", "", method.text()).upper() if method is not None and len(method.text()) < 9 else ANY
                )
                yield Route(outline.path, _line(call), span(call), verb or ANY, url)
        elif name == "stripe" and _keyword(arguments, "stripeWebhookSecret") is not None:
            yield Route(outline.path, _line(call), span(call), "POST", "/api/auth/stripe/webhook", library=True)
    yield from _exported(outline)


def _inner(arguments: list[SgNode]) -> Span:
    return start(arguments[0]), span(arguments[-1])[1]


def _nest(outline: Outline, decorator: SgNode, name: str, url: str) -> Iterator[Route]:
    """A route of NestJS: the decorators stand before the method, in the body of a class with a prefix of its own."""
    if name not in ("Post", "All"):
        return
    method = next((one for one in decorator.next_all() if one.kind() == "method_definition"), None)
    body = decorator.parent()
    owner = body.parent() if body is not None else None
    if method is None or owner is None:
        return
    above = owner.parent()
    head = (above.text() if above is not None and above.kind() == "export_statement" else owner.text()).split("{")[0]
    prefix = re.search(r"@Controller\(\s*[\"'`]([^\"'`]*)", head)
    first = decorator
    for one in decorator.prev_all():
        if one.kind() != "decorator":
            break
        first = one
    yield Route(
        outline.path,
        _line(method),
        (start(first), span(method)[1]),
        "POST" if name == "Post" else ANY,
        joined(prefix[1] if prefix else "", url),
    )


def _exported(outline: Outline) -> Iterator[Route]:
    """Routes that a file is by its place and by what it exports."""
    for statement in outline.nodes(("export_statement", "expression_statement")):
        text = statement.text()
        url = _url_of_file(outline.path)
        exported = statement.kind() == "export_statement"
        if exported and re.match(r"export\s+(async\s+function|function|const)\s+POST\b", text):
            if _EXPORTED_POST.search(outline.path):
                yield Route(outline.path, _line(statement), span(statement), "POST", url)
        elif exported and re.match(r"export\s+(async\s+function|function|const)\s+action\b", text):
            if _EXPORTED_ACTION.search(outline.path):
                yield Route(outline.path, _line(statement), span(statement), "POST", url)
        elif exported and re.match(r"export\s+(async\s+function|function|const)\s+handler\b", text):
            yield Route(outline.path, _line(statement), span(statement), ANY, url)
        elif exported and re.match(r"export\s+default\b", text):
            if _EXPORTED_DEFAULT.search(outline.path) or re.match(r"export\s+default\s*\{[^}]*?\bfetch\b", text):
                yield Route(outline.path, _line(statement), span(statement), ANY, url)
        elif re.match(r"(module\.)?exports\.handler\s*=", text) or (
            re.match(r"module\.exports\s*=", text) and _EXPORTED_DEFAULT.search(outline.path)
        ):
            yield Route(outline.path, _line(statement), span(statement), ANY, url)


def _url_of_file(path: str) -> str:
    """The path that a file answers to where the framework says so by folders; empty where it does not."""
    pure = PurePosixPath(path)
    stem = re.sub(r"\.(post|get)$", "", pure.name.split(".", 1)[0] if ".post." not in pure.name else pure.stem)
    for shape in (
        r"(?:^|/)app/(?P<url>.+)/route$",
        r"(?:^|/)src/(?P<url>api/.+)/route$",
        r"(?:^|/)routes/(?P<url>.+)/\+server$",
        r"(?:^|/)pages/(?P<url>.+)$",
        r"(?:^|/)server/(?P<url>api/.+)$",
        r"(?:^|/)server/routes/(?P<url>.+)$",
        r"(?:^|/)app/routes/(?P<url>.+)$",
        r"(?:^|/)supabase/(?P<url>functions/.+)/index$",
        r"(?:^|/)netlify/(?P<url>functions/.+)$",
        r"(?:^|/)functions/(?P<url>.+)$",
        r"^(?P<url>api/.+)$",
    ):
        found = re.search(shape, str(pure.parent / stem))
        if found:
            parts = [part for part in re.split(r"/", found["url"]) if not re.fullmatch(r"\(.*\)|index", part)]
            url = "/" + "/".join(parts)
            if url.startswith("/functions/") and "netlify" in path:
                return f"/.netlify{url}"
            return f"{url.replace('.', '/')}" if "app/routes/" in path else url
    return ""


# Ruby


def _ruby(outline: Outline) -> Iterator[Route | Mount]:
    for call in outline.nodes(("call",)):
        method = call.field("method")
        if method is None or call.field("receiver") is not None:
            continue
        name, arguments = method.text(), _arguments(call)
        if not arguments:
            continue
        first = text_of(arguments[0])
        symbol = arguments[0].text().lstrip(":") if arguments[0].kind() == "simple_symbol" else None
        prefix = _scope(call)
        if name == "mount" and "StripeEvent::Engine" in call.text():
            said = list(_strings(call))
            yield Route(
                outline.path, _line(call), span(call), ANY, joined(prefix, said[0] if said else ""), library=True
            )
        elif name in ("post", "match", "get"):
            verb = _METHODS.get(name, "POST" if ":post" in call.text() or ":all" in call.text() else "GET")
            block = call.field("block")
            said = [one for one in _strings(call) if "#" in one]
            url = first if first is not None else symbol
            if url is None and arguments[0].kind() == "pair":  # post "/webhook" => "stripe#webhook"
                url = text_of(arguments[0].field("key"))
            if url is not None and (said or block is not None or name == "post"):
                handlers = tuple(said) if block is None else ()
                if not said and block is None:
                    handlers = (
                        url.strip("/").replace("/", "#") if url.count("/") == 1 else f"{prefix.strip('/')}#{url}",
                    )
                inner = span(block) if block is not None else (start(call), start(call))
                yield Route(outline.path, _line(call), inner, verb, joined(prefix, url), handlers)
        elif name in ("resource", "resources") and symbol is not None and "create" in call.text():
            given = re.search(r"controller:\s*:?[\"']?([\w/]+)", call.text())
            plural = symbol if symbol.endswith("s") else f"{symbol}s"
            handlers = (f"{given[1] if given else plural}#create", f"{symbol}#create")
            yield Route(outline.path, _line(call), (start(call), start(call)), "POST", joined(prefix, symbol), handlers)


def _scope(call: SgNode) -> str:
    """What the blocks around a route in Rails put before its path."""
    parts = []
    for above in call.ancestors():
        method = above.field("method") if above.kind() == "call" else None
        if method is not None and method.text() in ("namespace", "scope", "resource", "resources"):
            arguments = _arguments(above)
            if arguments and arguments[0].kind() in ("simple_symbol", "string"):
                parts.append(arguments[0].text().strip(":\"'/"))
    return "/".join(reversed(parts))


# PHP


def _php(outline: Outline) -> Iterator[Route | Mount]:
    for call in outline.nodes(_CALLS["php"]):
        callee = call.field("name") or call.field("function")
        if callee is None:
            continue
        name, arguments = callee.text(), _arguments(call)
        said = [text_of(one) for one in arguments]
        first = said[0] if said else None
        if first is None:
            continue
        if name == "stripeWebhooks":
            yield Route(outline.path, _line(call), span(call), "POST", joined("", first), library=True)
        elif name == "register_rest_route" and len(said) > 2:
            handlers = tuple(_strings(arguments[2], _PHP_STRINGS))
            url = joined(f"wp-json/{first.strip('/')}", said[1] or "")
            yield Route(outline.path, _line(call), span(call), ANY, url, handlers)
        elif (
            name in ("post", "any", "match", "map", "addRoute")
            and len(arguments) > 1
            and call.kind() != _CALLS["php"][2]
        ):
            url_at = 0 if name in ("post", "any") else 1
            path = said[url_at] if len(said) > url_at else None
            # $client->post("https://…", […]) is a request, no route.
            if path is None or re.match(r"\w+:", path) or re.match(r"\$\w*(client|http|guzzle)", call.text(), re.I):
                continue
            verb = "POST" if name == "post" else ANY
            inner = arguments[url_at + 1 :]
            if inner and not (inner[-1].text().startswith("[") and "=>" in inner[-1].text()):
                handlers = tuple(
                    part for one in inner for text in _strings(one, _PHP_STRINGS) for part in text.split("@")
                )
                yield Route(outline.path, _line(call), _inner(inner), verb, joined("", path), handlers)
    for method in outline.nodes(("method_declaration", "function_definition")):
        for attribute in method.find_all(kind="attribute"):
            found = re.match(r"(?:\w+\\)*(?P<name>Route|Post)\(", attribute.text())
            named = list(_strings(attribute, _PHP_STRINGS))
            if found:
                verb = "GET" if re.search(r"methods:\s*\[?\s*['\"]GET['\"]\s*\]?\s*[,)]", attribute.text()) else "POST"
                url = next((one for one in named if one.startswith("/")), named[0] if named else "")
                yield Route(outline.path, _line(method.field("name") or method), span(method), verb, url)
    for declared in outline.nodes(("class_declaration",)):
        if "Laravel\\Cashier" in outline.source.text and _CASHIER.search(declared.text()):
            yield Route(outline.path, _line(declared), span(declared), "POST", "/stripe/webhook", library=True)


# Go


def _go(outline: Outline) -> Iterator[Route | Mount]:
    for call in outline.nodes(("call_expression",)):
        callee = call.field("function")
        if callee is None:
            continue
        name, arguments = callee.text().split(".")[-1].split("\n")[-1].strip(), _arguments(call)
        said = [text_of(one) for one in arguments]
        if name in ("Method", "MethodFunc", "Add") and len(said) > 2 and said[1] is not None:
            verb = "POST" if "post" in arguments[0].text().lower() else "GET"
            yield Route(outline.path, _line(call), _inner(arguments[2:]), verb, said[1])
        elif name in ("HandleFunc", "Handle", "Post", "POST", "Any", "All") and len(said) > 1 and said[0] is not None:
            url, verb = said[0], "POST" if name.upper() == "POST" else ANY
            if " " in url:
                verb, url = url.split(" ", 1)
            if url.startswith("/"):
                yield Route(outline.path, _line(call), _inner(arguments[1:]), verb, url)
