"""Routes of FastAPI, Flask, Django, Falcon, aiohttp and Starlette, and functions of clouds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from ....code.call import arguments
from ....code.function import decorated
from ....code.literal import literal
from ....code.node import line, span
from ....code.outline import Outline
from .route import ANY, METHODS, Mount, Route, keyword

_LAMBDA = re.compile(r"\(\s*event\W.*context\W.*\)", re.DOTALL)
_CLOUD = re.compile(r"^@(functions_framework\.http|https_fn\.on_request)", re.MULTILINE)
_DECORATING = frozenset({"route", "api_route", "post", "get", "put", "delete", "on_request", "http"})
_ROUTER = re.compile(r"^(?P<name>\w+)\s*=\s*(?:\w+\.)*(?:APIRouter|Blueprint|Router)\((?P<said>[^)]*)", re.MULTILINE)
_PREFIX = re.compile(r"prefix\s*=\s*[\"']([^\"']*)")


def read(outline: Outline) -> Iterator[Route | Mount]:
    """The routes that a file names, and where it mounts routers."""
    prefixes = {found["name"]: _PREFIX.search(found["said"]) for found in _ROUTER.finditer(outline.source.text)}
    for router, written in prefixes.items():
        yield Mount(router, written[1] if written else "")
    yield from _registered(outline)
    for function in outline.nodes(("function_definition",)):
        parameters, whole = function.field("parameters"), decorated(function)
        called = parameters is not None and _LAMBDA.fullmatch(parameters.text())
        if called or (whole is not function and _CLOUD.search(whole.text())):
            yield Route(line(function), span(whole), ANY, "")


def _registered(outline: Outline) -> Iterator[Route | Mount]:
    """Calls that name a route or mount a router, those of decorators among them."""
    for call in outline.nodes(("call",)):
        callee = call.field("function")
        if callee is None:
            continue
        name = callee.text().split(".")[-1]
        given = arguments(call)
        above = call.parent()
        first = literal(given[0]) if given else None
        if above is not None and above.kind() == "decorator":
            whole = above.parent()
            if whole is None or name not in _DECORATING:
                continue
            method = METHODS.get(name) or _method(given, "GET" if name == "route" else ANY)
            router = callee.text().split(".")[0]
            yield Route(line(above), span(whole), method, first or "", router=router)
        elif name in ("include_router", "register_blueprint"):
            prefix = literal(keyword(given, "prefix" if name == "include_router" else "url_prefix"))
            if prefix and given:
                yield Mount(given[0].text(), prefix)
        elif name in ("path", "re_path", "url") and first is not None and len(given) > 1:
            library = "djstripe.urls" in call.text()
            url = re.sub(r"[\^$]", "", first)
            url = url + "webhook/" if library else url
            if library or "include(" not in given[1].text():
                yield Route(line(call), span(call), ANY, url, library=library)
        elif name in ("add_route", "add_url_rule", "add_post", "add_api_route", "Route", "post", "add_resource"):
            said = [one for one in map(literal, given) if one is not None]
            if said and len(given) > 1 and (name != "post" or callee.text() == "web.post"):
                method = "POST" if name.endswith("post") else _method(given, ANY)
                url = next((one for one in said if one.startswith("/")), said[0])
                yield Route(line(call), span(call), method, url)


def _method(given: list[SgNode], otherwise: str) -> str:
    methods = keyword(given, "methods")
    if methods is None:
        return otherwise
    return "POST" if "POST" in methods.text().upper() else "GET"
