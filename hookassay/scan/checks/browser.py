"""Calls of Stripe's API in code that is delivered to a browser, where whoever looks finds the key that they need."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ast_grep_py import SgNode

from ..code.call import arguments
from ..finding import Hit
from ..language import MARKUP, language
from ..source import Source
from . import names
from .file_by_file import FileByFile

_API = re.compile(r"^[\"'`](https?:)?//api\.stripe\.com(?P<path>/v\d\b)?")
# What sends a request to an address that it is given.
_SENDS = re.compile(
    r"(^|\.)(fetch|\$fetch|ofetch|useFetch|axios|ky|got|superagent|request|ajax|open|get|post|put|patch|delete|del|head"
    r"|create|extend|Request|URL|sendBeacon|getJSON)(<.*>)?$"
)
_SECRET_KEY = re.compile(r"^[\"'`][sr]k_(live|test)_")
_NAME = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]*\b")

_SERVER_PATH = re.compile(
    r"""
      (^|/)pages/api/ | (^|/)route\.[cm]?[jt]sx?$ | \+(server|page\.server|layout\.server)\. | \.server\.[cm]?[jt]sx?$
    | (^|/)(server|backend|functions|lambdas?|workers?|cron|scripts|bin|cli|netlify|supabase|convex|edge-functions)/
    | (^|/)(server|middleware|worker|[\w-]+\.config)\.[cm]?[jt]s$ | ^api/ | \.d\.[cm]?ts$
    """,
    re.VERBOSE,
)
# Modules and globals that a browser has not, and functions that frameworks run on the server.
_SERVER = re.compile(
    r"""
      ^\s*["']use\ server["'] | ["'](node:\w+|fs|fs/promises|http|https|express|fastify|koa|hono|@nestjs/\w+|@hapi/hapi
      |next/server|next/headers|server-only|micro|firebase-functions[\w/]*|firebase-admin[\w/]*|aws-lambda|electron
      |@remix-run/node|@sveltejs/kit/node|dotenv|dotenv/config|nodemailer|pg|mongoose|@prisma/client)["']
    | \b(getServerSideProps|getStaticProps|getInitialProps|Deno\.serve|module\.exports|__dirname|process\.argv)\b
    | \bexport\s+(const|async\s+function|function)\s+(loader|action|GET|POST|handler)\b
    """,
    re.VERBOSE | re.MULTILINE,
)
_BROWSER_PATH = re.compile(
    r"^(public|static|assets|www)/|/(public|static)/js/|^(frontend|client|web)/(src/)?(components|pages|views)/"
)
_BROWSER = re.compile(
    r"""
      \A (?>\s+|//[^\n]*|/\*.*?\*/)*+ ["']use\ client["']
    | \b(document|window)\s*\.\s*(getElementById|querySelector\w*|addEventListener|createElement|body|cookie|location
      |open|localStorage|history|alert|confirm)\b
    | \blocalStorage\.|\bnew\ XMLHttpRequest\b|\bjQuery\(|\$\(["'\#.]
    | \bon(Click|Submit|Change|Press|Input|Load)=\{
    | \buse(State|Effect|Ref|Reducer|Callback|Memo|LayoutEffect|Navigate|Router|Stripe|Elements)\(
    | ["'](react-dom(/client)?|react-native|vue|@angular/core|svelte|solid-js|preact(/hooks)?|jquery
      |react-router-dom)["']
    """,
    re.VERBOSE | re.DOTALL,
)
_SDK = re.compile(
    r"""import\s+(?!type\b)(?:\*\s+as\s+)?(?P<name>\w+)[^;'"]*?\s+
        from\s*["'](?:stripe|https://esm\.sh/stripe[^"']*|npm:stripe[^"']*)["']
      | (?:const|let|var)\s+(?P<required>\w+)\s*=\s*require\(\s*["']stripe["']\s*\)""",
    re.VERBOSE,
)


class ApiFromBrowser(FileByFile):
    """Finds SC-09."""

    words = (b"stripe",)

    def look(self, source: Source) -> Iterator[Hit]:
        """The calls in one file, if a browser gets it."""
        if source.family != "javascript" or source.is_test or not delivered(source):
            return
        seen: set[int] = set()
        for node, message in (*_requests(source), *_clients(source)):
            place = source.place(node)
            if place.line not in seen:
                seen.add(place.line)
                secrets = tuple(re.findall(r"\b[sr]k_(?:live|test)_\w+", place.text))
                yield Hit("SC-09", place, message, secrets=secrets)


def delivered(source: Source) -> bool:
    """Whether the evidence is that a browser gets this code, and no server runs it alone."""
    if language(source.path) == MARKUP:
        # The scripts of a page: `<script server>` and the load functions of SvelteKit are in files of their own.
        return not _SERVER_PATH.search(source.path)
    if re.match(r"\s*[\"']use client[\"']", source.text):
        return True
    if _SERVER_PATH.search(source.path) or _SERVER.search(source.text):
        return False
    return bool(_BROWSER_PATH.search(source.path) or _BROWSER.search(source.text))


def _requests(source: Source) -> Iterator[tuple[SgNode, str]]:
    if b"api.stripe.com" not in source.lowered:
        return
    for kind in ("string", "template_string"):
        for node in source.root.find_all(kind=kind):
            found = _API.match(node.text())
            if found and (found["path"] or _sent(node)):
                yield node, "The browser is told to call Stripe's API itself."


def _sent(node: SgNode) -> bool:
    """Whether an address without a path is given to what sends requests, or kept as their base."""
    for above in node.ancestors():
        if above.kind() in ("call_expression", "new_expression"):
            called = above.field("function") or above.field("constructor")
            return called is not None and bool(_SENDS.search(called.text()))
        if above.kind() == "pair":
            key = above.field("key")
            if key is not None and key.text().lower() not in ("baseurl", "url", "prefixurl", "baseuri"):
                return False
        elif above.kind() not in (
            "object",
            "arguments",
            "binary_expression",
            "template_string",
            "template_substitution",
        ):
            return False
    return False


def _clients(source: Source) -> Iterator[tuple[SgNode, str]]:
    found = [one["name"] or one["required"] for one in _SDK.finditer(source.text)]
    for kind in ("new_expression", "call_expression"):
        for node in source.root.find_all(kind=kind):
            called = node.field("constructor") or node.field("function")
            if called is None or node.field("arguments") is None:
                continue
            first = next(iter(arguments(node)), None)
            name = called.text()
            if name in found or re.fullmatch(r"require\(\s*[\"']stripe[\"']\s*\)", name):
                yield node, "Stripe's server library is used in code that the browser gets."
            elif name.split(".")[-1] in ("Stripe", "loadStripe") and first is not None and _is_secret(first):
                yield node, "Stripe.js is given a secret key; it takes the publishable one."


def _is_secret(node: SgNode) -> bool:
    text = node.text()
    if _SECRET_KEY.match(text):
        return True
    return node.kind() != "string" and any(names.hidden(word.upper()) for word in _NAME.findall(text))
