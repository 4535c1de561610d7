"""Starting the shop: the command that does it on a developer's machine, as its framework and its files say."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from ..scan.survey import Survey


def command(survey: Survey, framework: str, url: str) -> str:
    """How one probably starts it, for advice; empty where nothing says it."""
    port = urlsplit(url).port or 80
    names = {source.path for source in survey.sources}
    package = survey.text("package.json")
    if framework == "Django":
        return f"python manage.py runserver {port}"
    if framework == "Rails":
        return f"bin/rails server -p {port}"
    if framework == "Laravel":
        return f"php artisan serve --port {port}"
    if framework in ("FastAPI", "Starlette"):
        module = _module(survey)
        return f"uvicorn {module} --port {port}" if module else ""
    if framework == "Flask":
        return f"flask run --port {port}"
    if framework == "Go":
        return "go run ."
    if package:
        try:
            scripts = json.loads(package).get("scripts", {})
        except (ValueError, AttributeError):
            scripts = {}
        return next((f"npm run {name}" for name in ("dev", "start", "serve") if name in scripts), "")
    if any(name.endswith(("compose.yml", "compose.yaml")) for name in names):
        return "docker compose up"
    return ""


def _module(survey: Survey) -> str:
    """The application that uvicorn is given: `app.main:app`."""
    for source in survey.sources:
        found = re.search(r"^(?P<name>\w+)\s*(?::\s*\w+\s*)?=\s*(?:FastAPI|Starlette)\(", source.text, re.MULTILINE)
        if found and source.language == "python":
            return f"{'.'.join(PurePosixPath(source.path).with_suffix('').parts)}:{found['name']}"
    return ""
