"""Routes of Rails, Sinatra and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from ....code.call import arguments
from ....code.literal import literal
from ....code.node import line, span, start
from ....code.outline import Outline
from .route import ANY, METHODS, Mount, Route, joined, texts


def read(outline: Outline) -> Iterator[Route | Mount]:
    """The routes that a file names, and where it mounts routers."""
    for call in outline.nodes(("call",)):
        method = call.field("method")
        if method is None or call.field("receiver") is not None:
            continue
        name, given = method.text(), arguments(call)
        if not given:
            continue
        first = literal(given[0])
        symbol = given[0].text().lstrip(":") if given[0].kind() == "simple_symbol" else None
        prefix = _scope(call)
        if name == "mount" and "StripeEvent::Engine" in call.text():
            said = texts(call, "ruby")
            yield Route(line(call), span(call), ANY, joined(prefix, said[0] if said else ""), library=True)
        elif name in ("post", "match", "get"):
            verb = METHODS.get(name, "POST" if ":post" in call.text() or ":all" in call.text() else "GET")
            block = call.field("block")
            said = [one for one in texts(call, "ruby") if "#" in one]
            url = first if first is not None else symbol
            if url is None and given[0].kind() == "pair":  # post "/webhook" => "stripe#webhook"
                url = literal(given[0].field("key"))
            if url is not None and (said or block is not None or name == "post"):
                handlers = tuple(said) if block is None else ()
                if not said and block is None:
                    handlers = (
                        url.strip("/").replace("/", "#") if url.count("/") == 1 else f"{prefix.strip('/')}#{url}",
                    )
                inner = span(block) if block is not None else (start(call), start(call))
                yield Route(line(call), inner, verb, joined(prefix, url), handlers)
        elif name in ("resource", "resources") and symbol is not None and "create" in call.text():
            told = re.search(r"controller:\s*:?[\"']?([\w/]+)", call.text())
            plural = symbol if symbol.endswith("s") else f"{symbol}s"
            handlers = (f"{told[1] if told else plural}#create", f"{symbol}#create")
            yield Route(line(call), (start(call), start(call)), "POST", joined(prefix, symbol), handlers)


def _scope(call: SgNode) -> str:
    """What the blocks around a route in Rails put before its path."""
    parts = []
    for above in call.ancestors():
        method = above.field("method") if above.kind() == "call" else None
        if method is not None and method.text() in ("namespace", "scope", "resource", "resources"):
            given = arguments(above)
            if given and given[0].kind() in ("simple_symbol", "string"):
                parts.append(given[0].text().strip(":\"'/"))
    return "/".join(reversed(parts))
