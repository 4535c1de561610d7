"""The address: the path at which the shop takes webhooks, and the port that it listens on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from ..scan.checks.handlers.routes.route import joined
from ..scan.language import GRAMMARS
from ..scan.survey import Survey
from .guess import Guess, unsure
from .handler import Handler
from .variables import Variables

DEFAULT_PATH = "/stripe/webhook"

_FORWARDED = re.compile(
    r"--forward-to[ =][\"']?(?:https?://)?(?:(?:localhost|127\.0\.0\.1):)?(?P<port>\d{2,5})(?P<path>/[\w./-]*)"
)
_PATH = re.compile(r"[\"'](?P<path>/[\w/.-]*(?:webhook|stripe)[\w/.-]*)[\"']", re.IGNORECASE)
_INCLUDED = re.compile(r"\bpath\(\s*[\"'](?P<prefix>[^\"']*)[\"']\s*,\s*include\(\s*\(?\s*[\"'](?P<module>[\w.]+)[\"']")

# How a port is told, the surest first.
_PORTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\.listen\(\s*(?:\{\s*port:\s*)?(\d{2,5})\b",
        r"PORT[\"']?\)?\]?\s*(?:\|\||\?\?|\?:|,|or)\s*(?:Number\()?[\"']?(\d{2,5})\b",
        r"ENV\.fetch\([\"']PORT[\"']\)\s*\{\s*[\"']?(\d{2,5})",
        r"ListenAndServe\(\s*\"[\w.]*:(\d{2,5})\"",
        r"\.(?:Run|Start|Listen)\(\s*\"[\w.]*:(\d{2,5})\"",
        r"(?:uvicorn\.run|\brun|\bserve)\([^)\n]*\bport\s*=\s*(\d{2,5})",
        r"(?:uvicorn|gunicorn|hypercorn|flask|rails|puma|next|artisan serve|fastapi|php)\b[^\n]*"
        r"(?:--port[ =]|-p[ =]|--bind[ =]\S*:|-b[ =]\S*:|-S \S*:)(\d{2,5})\b",
        r"runserver\s+(?:[\w.]+:)?(\d{2,5})\b",
        r"\b(?:const|let|var)\s+port\s*=\s*(\d{2,5})\b",
    )
)
_EXPOSED = re.compile(r"^EXPOSE\s+(\d{2,5})\b", re.MULTILINE)

FRAMEWORKS: Mapping[str, tuple[re.Pattern[str], int]] = MappingProxyType(
    {
        name: (re.compile(mark), port)
        for name, mark, port in (
            ("Django", r"from django|import django", 8000),
            ("FastAPI", r"from fastapi|import fastapi", 8000),
            ("Starlette", r"from starlette", 8000),
            ("Flask", r"from flask|import flask", 5000),
            ("Falcon", r"import falcon|from falcon", 8000),
            ("Rails", r"Rails\.|ActionController|ApplicationController", 3000),
            ("Sinatra", r"sinatra", 4567),
            ("Laravel", r"Illuminate\\|App\\Http", 8000),
            ("Symfony", r"Symfony\\", 8000),
            ("Next.js", r"from [\"']next/|NextApiRequest|NextRequest", 3000),
            ("NestJS", r"@nestjs/", 3000),
            ("Fastify", r"[\"']fastify[\"']", 3000),
            ("Hono", r"[\"']hono[\"']", 3000),
            ("Express", r"[\"']express[\"']", 3000),
            ("Go", r"(?m)^package \w+$", 8080),
        )
    }
)
"""Framework → what shows it in a file of code, and the port that its development server takes by itself."""


def find(survey: Survey, handler: Handler, variables: Variables) -> Guess:
    """The webhook URL on this machine."""
    for source in survey.sources:
        told = _FORWARDED.search(source.text)
        if told:
            at = f"{source.path}:{source.text.count(chr(10), 0, told.start()) + 1}"
            return Guess(f"http://localhost:{told['port']}{told['path']}", f"where {at} forwards events to")
    path, port = _path(survey, handler), _port(survey, handler, variables)
    url = f"http://localhost:{port.value}{path.value}"
    if path.sure and port.sure:
        return Guess(url, f"{path.why}; {port.why}")
    return unsure(url, "; ".join(one.why for one in (path, port) if not one.sure))


def framework(handler: Handler, survey: Survey) -> str:
    """What the handler is written in; empty where nothing shows it."""
    rest = "\n".join(source.text for source in survey.sources if source.language in GRAMMARS)
    for text in (*handler.files.values(), rest):
        for name, (mark, _) in FRAMEWORKS.items():
            if mark.search(text):
                return name
    return ""


def _path(survey: Survey, handler: Handler) -> Guess:
    place = handler.place
    if place is None:
        return unsure(DEFAULT_PATH, "no code that takes Stripe's webhooks was found")
    routes = list(dict.fromkeys(url for _, url in place.routes))
    if routes:
        url = _mounted(survey, routes[0])
        if len(survey.places) > 1:
            others = ", ".join(f"{one.place.path}:{one.place.line}" for one in survey.places[1:])
            return unsure(url, f"events are handled at {handler.where}, but in {others} too")
        if re.search(r"[<{\[(*]|/:", url):
            return unsure(url, f"the route at {handler.where} has a parameter, which must be filled in")
        if len(routes) > 1:
            return unsure(url, f"{handler.where} answers to {' and '.join(routes)}")
        return Guess(url, f"handled at {handler.where}")
    found = list(dict.fromkeys(one["path"] for one in _PATH.finditer(handler.whole)))
    if len(found) == 1:
        return Guess(found[0], f"the path named in {handler.where.partition(':')[0]}")
    return unsure(found[0] if found else DEFAULT_PATH, f"no route leads to {handler.where}")


def _mounted(survey: Survey, url: str) -> str:
    """The path with what the framework puts before it: Django's include(), and Laravel's api.php."""
    for sheet in survey.sheets:
        named = {joined("", route.url) for route in sheet.routes}
        if url not in named:
            continue
        if sheet.path.endswith("routes/api.php"):
            return joined("/api", url)
        for other in survey.sources:
            for found in _INCLUDED.finditer(other.text):
                if sheet.path.endswith(f"{found['module'].replace('.', '/')}.py"):
                    return joined(found["prefix"], url)
    return url


def _port(survey: Survey, handler: Handler, variables: Variables) -> Guess:
    for name, written in (("PORT", r"^(\d{2,5})$"), ("APP_URL", r"^http://(?:localhost|127\.0\.0\.1):(\d{2,5})")):
        told = re.match(written, variables.told(name))
        if told:
            return Guess(int(told[1]), f"{name} in {variables.file or 'a template of .env'}")
    for pattern in _PORTS:
        for source in survey.sources:
            found = pattern.search(source.text)
            if found:
                at = f"{source.path}:{source.text.count(chr(10), 0, found.start()) + 1}"
                return Guess(int(found[1]), f"the port is in {at}")
    for source in survey.sources:
        found = _EXPOSED.search(source.text)
        if found:
            return Guess(int(found[1]), f"the port that {source.path} exposes")
    name = framework(handler, survey)
    if name:
        return unsure(FRAMEWORKS[name][1], f"nothing says the port; this is where {name} listens by itself")
    return unsure(4242, "nothing says the port")
