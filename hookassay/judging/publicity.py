"""What anyone can find: documents that name the webhook's route, and orders that need no credentials."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..errors import ContractViolation, NotApplicable
from ..wire.connection import Answer
from .scene import Scene

DOCUMENTS = ("openapi.json", "docs", "redoc", "swagger.json", "sitemap.xml", "robots.txt")


def webhook_is_not_documented(scene: Scene) -> None:
    """Expect no public document to name the webhook's path.

    They are asked for at the root, and at every folder above the webhook, where an application may be mounted. What is
    not served, or asks for a login, is right.

    Raises:
        ContractViolation: one does.
    """
    dispatch = scene.bench.dispatch
    path = urlsplit(dispatch.endpoint.url).path or "/"
    for target in _targets(path):
        answer = dispatch.ask(target)
        if answer.acknowledged and _names(answer, path):
            raise ContractViolation("no public document that lists the webhook's route", f"that {target} lists {path}")


def order_is_not_public(scene: Scene) -> None:
    """Expect the order read-back to show nothing without credentials.

    Raises:
        ContractViolation: it shows the order.
        NotApplicable: orders are not read over HTTP, or the read-back is declared to be open.
    """
    _refuse_open(scene)
    if scene.bench.book.is_public(scene.role().purchase.session_id):
        raise _shown("without credentials")


def order_asks_for_the_right_credentials(scene: Scene) -> None:
    """Expect the order read-back to show nothing to whoever has credentials of the right form and the wrong content.

    Raises:
        ContractViolation: it shows the order.
        NotApplicable: orders are not read over HTTP, no credentials are configured, or the read-back is declared to
            be open.
    """
    _refuse_open(scene)
    if scene.bench.book.takes_any_credentials(scene.role().purchase.session_id):
        raise _shown("with wrong credentials")


def _refuse_open(scene: Scene) -> None:
    if scene.bench.settings.orders.open:
        raise NotApplicable("the read-back is declared to be open, for tests ([orders] open)")


def _shown(how: str) -> ContractViolation:
    return ContractViolation(
        f"a 401, 403 or 404 for whoever reads an order {how}",
        "the order. Where that is meant for tests only, say so: [orders] open = true",
    )


def _targets(path: str) -> Iterator[str]:
    folders = path.split("/")[:-1]
    for depth in range(len(folders)):
        base = "/".join(folders[: depth + 1])
        for document in DOCUMENTS:
            yield f"{base}/{document}"


def _names(answer: Answer, path: str) -> bool:
    """Whether a document lists the webhook's path, itself or below a server's base path (OpenAPI's `servers`)."""
    text = answer.body.decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except ValueError:
        # A page: the path as a word of its own, or as the whole path of a URL. Every page holds the root's.
        listed = rf"(?:\bhttps?://[^/\s\"'<>]+|(?<![\w/<.-])){re.escape(path)}(?![\w/-]|\.\w)"
        return path != "/" and re.search(listed, text) is not None
    return isinstance(document, Mapping) and path.rstrip("/") in {one.rstrip("/") for one in _documented(document)}


def _documented(document: Mapping[str, Any]) -> Iterator[str]:
    """Every path that an OpenAPI document lists."""
    servers = document.get("servers")
    bases = {""}
    if isinstance(servers, list):
        bases |= {
            urlsplit(str(server.get("url", ""))).path.rstrip("/") for server in servers if isinstance(server, dict)
        }
    if isinstance(document.get("basePath"), str):  # Swagger 2
        bases.add(document["basePath"].rstrip("/"))
    paths = document.get("paths")
    for listed in paths if isinstance(paths, Mapping) else ():
        for base in bases:
            yield f"{base}{listed}"
