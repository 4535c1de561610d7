"""Routes of Express, Fastify, Hono, NestJS, Next.js and others, and functions of platforms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ast_grep_py import SgNode

from ....code.call import arguments
from ....code.literal import literal
from ....code.node import line, span, start
from ....code.outline import Outline
from .route import ANY, METHODS, Mount, Route, between, joined, keyword

_CLIENT = re.compile(r"(axios|https?|client|api|fetch\w*|ky|got|request|superagent)$", re.IGNORECASE)

# A function that a platform calls with each request, whatever its path.
_SERVED = re.compile(
    r"^(Deno\.serve|serve|Bun\.serve|httpAction|([\w.]+\.)?onRequest|defineEventHandler|eventHandler"
    r"|defineLazyEventHandler|([\w]+\.)?createServer|app\.http)$"
)
# Name of what is exported → the files in which a framework calls it.
_SERVING = {
    "POST": re.compile(
        r"""
          (^|/)(route|\+server)\.[cm]?[jt]sx?$  # Next.js and SvelteKit
        | (^|/)(src/)?pages/.+\.[cm]?[jt]s$     # Astro
        | (^|/)functions/.+\.[jt]s$
        """,
        re.VERBOSE,
    ),
    "action": re.compile(r"(^|/)app/routes/"),
    "handler": re.compile(""),
}
_EXPORTED = re.compile(r"export\s+(async\s+function|function|const)\s+(?P<name>POST|action|handler)\b")
_EXPORTED_DEFAULT = re.compile(r"(^|/)(pages/api/|server/(api|routes)/|netlify/(edge-)?functions/)|^api/")


def read(outline: Outline) -> Iterator[Route | Mount]:
    """The routes that a file names, and where it mounts routers."""
    for call in outline.nodes(("call_expression",)):
        callee = call.field("function")
        if callee is None:
            continue
        given = arguments(call)
        first = literal(given[0]) if given else None
        name = callee.text().split(".")[-1] if callee.kind() == "member_expression" else callee.text()
        receiver = callee.field("object") if callee.kind() == "member_expression" else None
        router = receiver.text() if receiver is not None and receiver.kind() == "identifier" else ""
        below = call.parent()
        if below is not None and below.kind() == "decorator":
            yield from _nest(below, name, first or "")
        elif _SERVED.match(callee.text()):
            yield Route(line(call), span(call), ANY, _url_of_file(outline.path))
        elif name in ("use", "route", "register") and first is not None and receiver is not None and len(given) == 2:
            if given[1].kind() == "identifier":
                yield Mount(given[1].text(), first)
            if name == "use":
                yield Route(line(call), between(given[1:]), ANY, first, router=router)
        elif name in (*METHODS, "all", "use") and receiver is not None and first is not None and len(given) > 1:
            path = first.startswith("/") or (name in ("post", "all") and bool(re.match(r"[\w-]+(?!\w*:)", first)))
            # axios.post("/checkout", …) is a request, no route.
            if path and not _CLIENT.search(receiver.text()):
                verb = METHODS.get(name, ANY)
                yield Route(line(call), between(given[1:]), verb, first, router=router)
        elif name in ("post", "all") and receiver is not None and receiver.kind() == "call_expression" and given:
            said = re.search(r"\.route\(\s*[\"'`]([^\"'`]+)", receiver.text())
            if said:
                yield Route(line(given[0]), between(given), METHODS.get(name, ANY), said[1])
        elif name == "route" and given and given[0].kind() == "object":
            url = literal(keyword(given, "url")) or literal(keyword(given, "path"))
            method = keyword(given, "method")
            if url is not None:
                verb = (
                    re.sub(r"\W", "", method.text()).upper() if method is not None and len(method.text()) < 9 else ANY
                )
                yield Route(line(call), span(call), verb or ANY, url)
        elif name == "stripe" and keyword(given, "stripeWebhookSecret") is not None:
            yield Route(line(call), span(call), "POST", "/api/auth/stripe/webhook", library=True)
    yield from _exported(outline)


def _nest(decorator: SgNode, name: str, url: str) -> Iterator[Route]:
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
        line(method),
        (start(first), span(method)[1]),
        "POST" if name == "Post" else ANY,
        joined(prefix[1] if prefix else "", url),
    )


def _exported(outline: Outline) -> Iterator[Route]:
    """Routes that a file is by its place and by what it exports."""
    url, by_folder = _url_of_file(outline.path), _EXPORTED_DEFAULT.search(outline.path)
    for statement in outline.nodes(("export_statement", "expression_statement")):
        text = statement.text()
        named = _EXPORTED.match(text)
        method = ""
        if named and _SERVING[named["name"]].search(outline.path):
            method = ANY if named["name"] == "handler" else "POST"
        elif re.match(r"export\s+default\b", text):
            method = ANY if by_folder or re.match(r"export\s+default\s*\{[^}]*?\bfetch\b", text) else ""
        elif re.match(r"(module\.)?exports\.handler\s*=", text) or (
            by_folder and re.match(r"module\.exports\s*=", text)
        ):
            method = ANY
        if method:
            yield Route(line(statement), span(statement), method, url)


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
