"""Webhook routes that a public description names: OpenAPI, annotations, sitemap.xml, robots.txt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

import yaml
from ast_grep_py import Config, SgNode

from ..check import Circumstances
from ..finding import Hit
from ..rule import utilities
from ..source import Source

_RULE = "SC-26"

# A path that says "Stripe" and "webhook"; Stripe calls what one registers at it (not what it calls) webhook endpoints.
_STRIPES = r"(stripe[\w/.:{}-]*?(web)?hook|(web)?hook[\w/.:{}-]*?stripe|stripe[/_-]?events?\b)"
_PATH = re.compile(rf"^/(?!.*webhook[-_]?endpoints)\S*{_STRIPES}\S*$", re.IGNORECASE)
# A path that says "webhook" only, where the description around it speaks of Stripe.
_HOOK = re.compile(r"^/(?!.*webhook[-_]?endpoints)\S*(web)?hooks?/?$", re.IGNORECASE)
_STRIPE = re.compile(r"stripe", re.IGNORECASE)
_SIGNATURE = re.compile(r"stripe-signature", re.IGNORECASE)
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options", "trace"})

# The loader in C is ten times as fast, and installed with PyYAML nearly everywhere. Nothing but nodes is built.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_OPENAPI = re.compile(r"""(^|[{,])\s*["']?(openapi|swagger)["']?\s*:""", re.MULTILINE)
_ANY_HOOK = re.compile(r"/\S{0,300}?(hook|stripe)", re.IGNORECASE)
_DOCUMENTS = (".json", ".yaml", ".yml")
_INTERNAL = re.compile(r"(^|[/._-])(internal|private)([/._-]|$)", re.IGNORECASE)

_COMMENT = re.compile(r"/\*\*.*?\*/", re.DOTALL)
_JSDOC_PATH = re.compile(r"""^[\s*]*['"]?(?P<path>/[^\s'":]*)['"]?:\s*$""", re.MULTILINE)
_SWAGGO = re.compile(r"^\s*//\s*@Router\s+(?P<path>/\S+)\s+\[post\]", re.MULTILINE | re.IGNORECASE)
_SWAGGER_PHP = re.compile(r"""OA\\Post\s*\([^()]*?\bpath\s*[=:]\s*["'](?P<path>/[^"']*)["']""", re.DOTALL)

_ROBOTS = re.compile(r"^\s*(allow|disallow)\s*:\s*(?P<path>/\S*)", re.MULTILINE | re.IGNORECASE)
_SITEMAP = re.compile(r"<loc>\s*(https?://[^/<\s]+)?(?P<path>/[^<\s]*)", re.IGNORECASE)

_FASTAPI_ROUTE = re.compile(r"^@[\w.]+\.(post|api_route)\(")
_IN_NO_SCHEMA = re.compile(r"\binclude_in_schema\s*=\s*(?!True\b)")
# Where the schema is turned off, or depends on something: then nothing is certain.
_UNSURE = re.compile(r"""\b(openapi|docs)_url\s*=\s*(?!["'])|\*\*\w|\.openapi(_url)?\s*=""")


@dataclass(frozen=True)
class _Route:
    """A route of FastAPI's that verifies a delivery, and stands in the schema if the application has one."""

    hit: Hit
    file: str


@dataclass(frozen=True)
class _Application:
    """An application of FastAPI's, and whether it surely publishes its schema."""

    published: bool


@dataclass(frozen=True)
class _Excluded:
    """A call that includes a router and keeps it out of the schema, as it is written."""

    written: str


class DocumentedRoutes:
    """Finds SC-26 in documents and annotations, and in FastAPI's routes once every file was seen."""

    words = (b"stripe", b"fastapi")

    def __init__(self, circumstances: Circumstances) -> None:
        """Need nothing else."""

    def look(self, source: Source) -> Iterator[Hit | _Route | _Application | _Excluded]:
        """What one file says of such routes."""
        if source.is_test or _INTERNAL.search(source.path):
            return
        name = PurePosixPath(source.path).name.lower()
        if name.endswith(_DOCUMENTS):
            yield from _in_document(source)
        elif name == "robots.txt":
            yield from _in_text(source, _ROBOTS, f"{name} tells everybody of")
        elif name.startswith("sitemap") and name.endswith(".xml"):
            yield from _in_text(source, _SITEMAP, f"{name} tells everybody of")
        elif source.family == "javascript":
            yield from _in_comments(source)
        elif source.family == "go":
            yield from _in_text(source, _SWAGGO, "This annotation puts into the public document")
        elif source.family == "php":
            yield from _in_text(source, _SWAGGER_PHP, "This annotation puts into the public document")
        elif source.family == "python" and b"fastapi" in source.lowered:
            yield from _in_fastapi(source)

    def conclude(self, facts: list[Hit | _Route | _Application | _Excluded]) -> Iterable[Hit]:
        """What was seen, and the routes of applications that publish their schema."""
        applications = [fact for fact in facts if isinstance(fact, _Application)]
        published = bool(applications) and all(one.published for one in applications)
        excluded = " ".join(fact.written for fact in facts if isinstance(fact, _Excluded))
        for fact in facts:
            if isinstance(fact, Hit):
                yield fact
            elif isinstance(fact, _Route) and published and not _named(fact.file, excluded):
                yield fact.hit


def _named(file: str, written: str) -> bool:
    """Whether a router that is kept out of the schema may be the one in `file`."""
    path = PurePosixPath(file)
    return any(re.search(rf"\b{re.escape(word)}", written) for word in (path.stem, path.parent.name) if word)


def _in_document(source: Source) -> Iterator[Hit]:
    """The routes in an OpenAPI or Swagger document; JSON is read as YAML, which knows where everything stands."""
    if not (_OPENAPI.search(source.text) and _ANY_HOOK.search(source.text)):
        return
    try:
        # A tab is no indentation in YAML, and nothing but a blank in JSON.
        document = yaml.compose(source.text.replace("\t", " "), Loader=_LOADER)
    except (yaml.YAMLError, RecursionError, ValueError):
        return
    top = _members(document)
    if not ("openapi" in top or "swagger" in top) or "paths" not in top or _hidden(document):
        return
    for key, item in _pairs(top["paths"]):
        written = source.text[item.start_mark.index : item.end_mark.index]
        stripes = _PATH.match(key.value) or (_HOOK.match(key.value) and _STRIPE.search(written))
        if stripes and not _hidden(item) and _receives(item, written):
            place = source.place_of(key.start_mark.index, key.end_mark.index)
            yield Hit(_RULE, place, f"This document tells everybody of {key.value}.")


def _receives(item: yaml.Node, written: str) -> bool:
    """Whether a path is one that Stripe can call: with POST, without a login, and not to manage webhooks."""
    members = _members(item)
    if "$ref" in members:
        return True
    if "post" not in members:
        return False
    if _SIGNATURE.search(written):
        return True
    methods = _METHODS & members.keys()
    security = _members(members["post"]).get("security")
    behind_login = isinstance(security, yaml.SequenceNode) and bool(security.value)
    return methods == {"post"} and not behind_login and not _hidden(members["post"])


def _hidden(node: yaml.Node | None) -> bool:
    internal = _members(node).get("x-internal")
    return isinstance(internal, yaml.ScalarNode) and internal.value.lower() == "true"


def _pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key, value


def _members(node: yaml.Node | None) -> dict[str, yaml.Node]:
    return {key.value: value for key, value in _pairs(node)}


def _in_text(source: Source, written: re.Pattern[str], opening: str) -> Iterator[Hit]:
    """The routes that stand behind something that `written` matches."""
    for found in written.finditer(source.text):
        if _PATH.match(found["path"]):
            yield Hit(_RULE, source.place_of(*found.span("path")), f"{opening} {found['path']}.")


def _in_comments(source: Source) -> Iterator[Hit]:
    """The routes that swagger-jsdoc reads from comments."""
    for comment in _COMMENT.finditer(source.text):
        if not re.search(r"@(swagger|openapi)\b", comment[0]):
            continue
        for found in _JSDOC_PATH.finditer(source.text, *comment.span()):
            path = found["path"]
            if _PATH.match(path) or (_HOOK.match(path) and _STRIPE.search(comment[0])):
                message = f"This comment puts {path} into the public document."
                yield Hit(_RULE, source.place_of(*found.span("path")), message)


def _in_fastapi(source: Source) -> Iterator[_Route | _Application | _Excluded]:
    """The routes, applications and inclusions of FastAPI's in a file."""
    kept_out = False
    for call in source.root.find_all(kind="call"):
        called = call.field("function")
        name = called.text().rpartition(".")[2] if called is not None else ""
        if name == "FastAPI":
            yield _Application(not _UNSURE.search(call.text()))
        elif name == "APIRouter":
            kept_out = kept_out or bool(_IN_NO_SCHEMA.search(call.text()))
        elif name == "include_router" and _IN_NO_SCHEMA.search(call.text()):
            yield _Excluded(call.text())
    if re.search(r"\bapp\w*\.openapi(_url)?\s*=", source.text):
        yield _Application(published=False)
    if kept_out:
        return
    for route in source.root.find_all(kind="decorated_definition"):
        decorator = next((one for one in route.children() if _FASTAPI_ROUTE.match(one.text())), None)
        if decorator is not None and not _IN_NO_SCHEMA.search(decorator.text()) and _handles(route):
            message = "FastAPI puts this route into /openapi.json, which everybody may read."
            yield _Route(Hit(_RULE, source.place(decorator), message), source.path)


def _handles(route: SgNode) -> bool:
    """Whether the function receives Stripe's deliveries, and not only speaks of its events."""
    config = {"rule": {"matches": "handler"}, "utils": dict(utilities()["python"])}
    function = route.field("definition")
    return (
        function is not None
        and function.find(cast(Config, config)) is not None
        and bool(re.search(r"stripe[-_]signature|construct_event|verify_header|event_notification", route.text(), re.I))
    )
