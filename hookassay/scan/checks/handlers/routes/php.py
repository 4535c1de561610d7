"""Routes of Laravel, Symfony, Slim and WordPress."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....code.call import arguments
from ....code.grammar import CALLS
from ....code.literal import literal
from ....code.node import line, span
from ....code.outline import Outline
from .route import ANY, Mount, Route, between, joined, texts

_CASHIER = re.compile(r"extends\s+\\?(\w+\\)*(CashierController|CashierWebhookController|WebhookController)\b")


def read(outline: Outline) -> Iterator[Route | Mount]:
    """The routes that a file names, and where it mounts routers."""
    yield from _registered(outline)
    yield from _annotated(outline)
    for declared in outline.nodes(("class_declaration",)):
        if "Laravel\\Cashier" in outline.source.text and _CASHIER.search(declared.text()):
            yield Route(line(declared), span(declared), "POST", "/stripe/webhook", library=True)


def _registered(outline: Outline) -> Iterator[Route]:
    """`Route::post('/webhook', [StripeController::class, 'handle'])`."""
    for call in outline.nodes(CALLS["php"]):
        callee = call.field("name") or call.field("function")
        if callee is None:
            continue
        name, given = callee.text(), arguments(call)
        said = [literal(one) for one in given]
        first = said[0] if said else None
        if first is None:
            continue
        if name == "stripeWebhooks":
            yield Route(line(call), span(call), "POST", joined("", first), library=True)
        elif name == "register_rest_route" and len(said) > 2:
            handlers = tuple(texts(given[2], "php"))
            url = joined(f"wp-json/{first.strip('/')}", said[1] or "")
            yield Route(line(call), span(call), ANY, url, handlers)
        elif (
            name in ("post", "any", "match", "map", "addRoute")
            and len(given) > 1
            and call.kind() != "function_call_expression"
        ):
            url_at = 0 if name in ("post", "any") else 1
            path = said[url_at] if len(said) > url_at else None
            # $client->post("https://…", […]) is a request, no route.
            if path is None or re.match(r"\w+:", path) or re.match(r"\$\w*(client|http|guzzle)", call.text(), re.I):
                continue
            verb = "POST" if name == "post" else ANY
            inner = given[url_at + 1 :]
            if inner and not (inner[-1].text().startswith("[") and "=>" in inner[-1].text()):
                handlers = tuple(part for one in inner for text in texts(one, "php") for part in text.split("@"))
                yield Route(line(call), between(inner), verb, joined("", path), handlers)


def _annotated(outline: Outline) -> Iterator[Route]:
    """`#[Route('/webhook', methods: ['POST'])]` before a method."""
    for method in outline.nodes(("method_declaration", "function_definition")):
        for attribute in method.find_all(kind="attribute"):
            found = re.match(r"(?:\w+\\)*(?P<name>Route|Post)\(", attribute.text())
            said = texts(attribute, "php")
            if found:
                verb = "GET" if re.search(r"methods:\s*\[?\s*['\"]GET['\"]\s*\]?\s*[,)]", attribute.text()) else "POST"
                url = next((one for one in said if one.startswith("/")), said[0] if said else "")
                yield Route(line(method.field("name") or method), span(method), verb, url)
