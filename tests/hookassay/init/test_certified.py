"""Files that `hookassay init` wrote, used: the shop is started, and the file is all that a run is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import gunicorn_process
import judged
import pytest
import uvicorn_process

TESTS = Path(__file__).parents[2]
ENDPOINTS = TESTS / "endpoints"
A_FEW = ("SG-01", "RF-01", "DP-01")

pytestmark = pytest.mark.slow

Serve = Callable[[str, Mapping[str, str], Path], AbstractContextManager[str]]


def on_gunicorn(app: str, env: Mapping[str, str], log: Path) -> AbstractContextManager[str]:
    """One process, eight threads, the application loaded once."""
    return gunicorn_process.running(app, env=env, args=["--pythonpath", str(TESTS / "shared"), "--preload"], log=log)


def on_uvicorn(app: str, env: Mapping[str, str], log: Path) -> AbstractContextManager[str]:
    """One process and one event loop."""
    return uvicorn_process.running(app, env=env, folder=TESTS / "shared", log=log)


@dataclass(frozen=True)
class Shop:
    """A shop: where its code is, and what serves it."""

    code: Path
    app: str
    serve: Serve = on_gunicorn


SHOPS = {
    "django_shop": Shop(ENDPOINTS / "django_shop", "endpoints.django_shop.wsgi:application()"),
    "the reference server": Shop(TESTS.parent / "server", "hookassay.server.wsgi:app"),
    "starlette_shop": Shop(ENDPOINTS / "starlette_shop.py", "endpoints.starlette_shop:app()", on_uvicorn),
    "flask_queue": Shop(ENDPOINTS / "flask_queue.py", "endpoints.flask_queue:create_app()"),
    "four_events": Shop(ENDPOINTS / "four_events.py", "endpoints.four_events:create_app()"),
}


@pytest.mark.parametrize("name", SHOPS)
def test_a_file_that_was_written_is_all_that_a_run_needs(name: str, tmp_path: Path) -> None:
    """The file is written from the code alone, the preflight passes, and clauses about orders are judged to hold."""
    shop = SHOPS[name]
    folder = tmp_path / "django_shop"
    folder.mkdir()
    if shop.code.is_dir():
        shutil.copytree(shop.code, folder, dirs_exist_ok=True)
    else:
        shutil.copy(shop.code, folder)
    env = {
        "STRIPE_SECRET_KEY": "sk_test_of_a_shop",
        "STRIPE_WEBHOOK_SECRET": judged.SECRET,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'orders.db'}",
        "ORDERS_TOKEN": "token-of-the-shop",
    }
    with shop.serve(shop.app, env, tmp_path / "log") as url:
        written = judged.run(["init", "--yes", "--url", f"{url}/stripe/webhook"], folder, {**_environment(), **env})
        assert (written.exit_code, "It can be judged" in written.output) == (0, True), written.output
        found = judged.certify(folder, "--only", ",".join(A_FEW), env=env)

    assert (found.exit_code, {one: found.statuses[one] for one in A_FEW}) == (0, dict.fromkeys(A_FEW, "passed"))
    assert judged.SECRET not in written.output + (folder / "hookassay.toml").read_text()


def _environment() -> dict[str, str]:
    import os

    return {name: value for name, value in os.environ.items() if not name.startswith(("STRIPE_", "HOOKASSAY_"))}
