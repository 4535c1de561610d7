"""Files that `hookassay init` wrote, used: the shop is started, and the file is all that a run is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import gunicorn_process
import judged
import pytest
import uvicorn_process

SHARED = Path(__file__).parents[2] / "shared"
A_FEW = ("SG-01", "RF-01", "DP-01")

pytestmark = pytest.mark.slow

Serve = Callable[[str, Mapping[str, str], Path, Path], AbstractContextManager[str]]


def on_gunicorn(app: str, env: Mapping[str, str], folder: Path, log: Path) -> AbstractContextManager[str]:
    """One process, eight threads, the application loaded once."""
    return gunicorn_process.running(
        app, env=env, args=["--pythonpath", f"{SHARED},{folder}", "--preload"], ready_path="/", log=log
    )


def on_uvicorn(app: str, env: Mapping[str, str], _: Path, log: Path) -> AbstractContextManager[str]:
    """One process and one event loop."""
    return uvicorn_process.running(app, env=env, folder=SHARED, log=log)


@dataclass(frozen=True)
class Served:
    """What serves a shop, and where it takes webhooks."""

    app: str
    serve: Serve = on_gunicorn
    path: str = "/stripe/webhook"


SERVED = {
    "django_shop": Served("endpoints.django_shop.wsgi:application()"),
    "reference": Served("hookassay.server.wsgi:app"),
    "starlette_shop": Served("endpoints.starlette_shop:app()", on_uvicorn),
    "flask_queue": Served("endpoints.flask_queue:create_app()"),
    "four_events": Served("endpoints.four_events:create_app()"),
    "flask_counter": Served("shop:create_app()", path="/hooks/stripe"),
}


@pytest.mark.parametrize("name", SERVED)
def test_a_file_that_was_written_is_all_that_a_run_needs(
    name: str, shop: Callable[[str], Path], tmp_path: Path
) -> None:
    """It is written from the code and the database, the preflight passes, and clauses about orders are seen to hold."""
    folder, served = shop(name), SERVED[name]
    env = {
        "STRIPE_SECRET_KEY": "sk_test_of_a_shop",
        "STRIPE_WEBHOOK_SECRET": judged.SECRET,
        "STRIPE_SIGNING_SECRET": judged.SECRET,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'orders.db'}",
        "ORDERS_TOKEN": "token-of-the-shop",
    }
    with served.serve(served.app, env, folder, tmp_path / "log") as url:
        arguments = ["init", "--yes", "--url", f"{url}{served.path}"]
        written = judged.run(arguments, folder, {**os.environ, "COLUMNS": "100", **env})
        assert (written.exit_code, "It can be judged." in written.output) == (0, True), written.output
        found = judged.certify(folder, "--only", ",".join(A_FEW), env=env)

    seen = {one: found.statuses.get(one) for one in A_FEW}
    assert (found.exit_code, seen) == (0, dict.fromkeys(A_FEW, "passed")), found.output
    assert judged.SECRET not in written.output + (folder / "hookassay.toml").read_text()
