"""Routes of net/http, chi, gin, echo and fiber."""

from __future__ import annotations

from collections.abc import Iterator

from ....code.call import arguments
from ....code.literal import literal
from ....code.node import line
from ....code.outline import Outline
from .route import ANY, Mount, Route, between


def read(outline: Outline) -> Iterator[Route | Mount]:
    """The routes that a file names, and where it mounts routers."""
    for call in outline.nodes(("call_expression",)):
        callee = call.field("function")
        if callee is None:
            continue
        name, given = callee.text().split(".")[-1].split("\n")[-1].strip(), arguments(call)
        said = [literal(one) for one in given]
        if name in ("Method", "MethodFunc", "Add") and len(said) > 2 and said[1] is not None:
            verb = "POST" if "post" in given[0].text().lower() else "GET"
            yield Route(line(call), between(given[2:]), verb, said[1])
        elif name in ("HandleFunc", "Handle", "Post", "POST", "Any", "All") and len(said) > 1 and said[0] is not None:
            url, verb = said[0], "POST" if name.upper() == "POST" else ANY
            if " " in url:
                verb, url = url.split(" ", 1)
            if url.startswith("/"):
                yield Route(line(call), between(given[1:]), verb, url)
