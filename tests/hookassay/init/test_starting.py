"""The command that probably starts a shop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hookassay.init import starting
from hookassay.scan.survey import Survey

Look = Callable[[dict[str, str]], Survey]

URL = "http://localhost:4000/hook"


@pytest.mark.parametrize(
    ("framework", "files", "command"),
    [
        ("Django", {}, "python manage.py runserver 4000"),
        ("Rails", {}, "bin/rails server -p 4000"),
        ("Laravel", {}, "php artisan serve --port 4000"),
        ("FastAPI", {"app/main.py": "import stripe\napi = FastAPI()\n"}, "uvicorn app.main:api --port 4000"),
        ("Express", {"package.json": '{"scripts": {"dev": "node x --port"}}'}, "npm run dev"),
        ("Express", {"package.json": "{ port"}, ""),
        ("", {"compose.yaml": "services: {shop: {ports: []}}"}, "docker compose up"),
        ("", {}, ""),
    ],
)
def test_a_framework_is_started_in_its_own_way(framework: str, files: dict[str, str], command: str, look: Look) -> None:
    """Nothing is said where nothing is known."""
    assert starting.command(look({**files, "x.py": "pass"}), framework, URL) == command
