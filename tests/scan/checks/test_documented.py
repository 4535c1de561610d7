"""What samples cannot say of documents that name a webhook's route."""

from __future__ import annotations

from pathlib import Path

from hookassay.scan.engine import ScanSettings, scan

_ROUTE = """
import stripe
from fastapi import APIRouter, Request

router = APIRouter()


@router.post("/webhook")
async def hook(request: Request):
    event = stripe.Webhook.construct_event(await request.body(), request.headers["stripe-signature"], SECRET)
"""


def found(folder: Path, **files: str) -> list[tuple[str, int, int]]:
    """Path, line and column of what SC-26 says about files; `__` in a name stands for its dot."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return [
        (one.place.path, one.place.line, one.place.column)
        for one in scan(folder, ScanSettings()).findings
        if one.rule.id == "SC-26"
    ]


def test_a_document_that_does_not_parse_is_no_finding(tmp_path: Path) -> None:
    """Half a document says nothing for certain."""
    assert found(tmp_path, openapi__yaml="openapi: 3.1.0\npaths:\n  /stripe/webhook: {post: [\n") == []


def test_aliases_that_multiply_are_not_followed(tmp_path: Path) -> None:
    """A document of aliases that would fill the memory is read like any other."""
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    text = f"openapi: 3.1.0\na0: &a0 [x]\n{levels}paths:\n  /stripe/webhook:\n    post: *a39\n"
    assert [line for _, line, _ in found(tmp_path, openapi__yaml=text)] == [43]


def test_deep_nesting_does_not_end_the_scan(tmp_path: Path) -> None:
    """A document nested deeper than Python can follow is skipped."""
    text = '{"openapi": "3.1.0", "paths": {"/stripe/webhook": ' + '{"post":\n' * 20_000
    assert found(tmp_path, openapi__json=text) == []


def test_the_path_is_where_it_stands_behind_other_scripts(tmp_path: Path) -> None:
    """Letters outside ASCII and tabs do not move the place."""
    text = '{"info": {"title": "Köln 🏪"},\n\t"openapi": "3.1.0", "paths": {"/stripe/webhook": {"post": {}}}}\n'
    assert found(tmp_path, openapi__json=text) == [("openapi.json", 2, text.split("\n")[1].index('"/stripe') + 1)]


def test_a_path_that_is_written_elsewhere_counts(tmp_path: Path) -> None:
    """The document names the route even where it refers to another file for the rest."""
    text = "openapi: 3.1.0\npaths:\n  /stripe/webhook:\n    $ref: webhook.yaml\n"
    assert found(tmp_path, openapi__yaml=text) == [("openapi.yaml", 3, 3)]


def test_a_path_with_methods_to_manage_webhooks_is_no_receiver(tmp_path: Path) -> None:
    """Stripe only sends; what can be listed and deleted is somebody's own."""
    text = "openapi: 3.1.0\npaths:\n  /stripe/webhooks:\n    get: {}\n    post: {}\n"
    assert found(tmp_path, openapi__yaml=text) == []


def test_a_route_without_an_application_is_in_no_document(tmp_path: Path) -> None:
    """A router in a library is published by whoever includes it."""
    assert found(tmp_path, hooks__py=_ROUTE) == []


def test_an_application_that_may_publish_nothing_is_believed(tmp_path: Path) -> None:
    """Where the schema's address depends on a setting nothing is certain."""
    assert found(tmp_path, hooks__py=_ROUTE, main__py="app = fastapi.FastAPI(openapi_url=settings.openapi_url)\n") == []


def test_an_application_in_another_file_publishes_the_route(tmp_path: Path) -> None:
    """The application and its routes need not stand in one file."""
    assert found(tmp_path, hooks__py=_ROUTE, main__py="app = fastapi.FastAPI()\n") == [("hooks.py", 8, 1)]
