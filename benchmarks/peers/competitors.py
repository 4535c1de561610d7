"""Who is measured: each server, how it is started, and on which database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORKERS = 2
THREADS = 8

GUNICORN = ["--workers", f"{WORKERS}", "--worker-class", "gthread", "--threads", f"{THREADS}", "--no-control-socket"]
BOTH = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Competitor:
    """A server.

    Attributes:
        name: What it is called in the table.
        command: What starts it; `{port}`, `{python}` (of the peers' environment) and `{express}` are filled in.
        databases: The databases that it is measured on.
        environment: Variables that it is given beside DATABASE_URL, PORT and the secrets.
        prepare: What is run before it, such as what makes its tables.
        durable: Whether it stores anything.
    """

    name: str
    command: tuple[str, ...]
    databases: tuple[str, ...] = BOTH
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: tuple[str, ...] = ()
    durable: bool = True


OURS = "hookassay's reference server"
NOTHING = "does nothing: Falcon, gunicorn"
OURS_STARTED = (
    *(sys.executable, "-m", "gunicorn", "--config", "python:hookassay.server.gunicorn_conf"),
    *("--bind", "127.0.0.1:{port}", "--no-control-socket"),
)
COMPETITORS = (
    Competitor(OURS, (*OURS_STARTED, "hookassay.server.wsgi:app")),
    Competitor("the same, 1 process", (*OURS_STARTED, "--workers", "1", "hookassay.server.wsgi:app")),
    Competitor("Express, better-sqlite3, 1 process", ("node", "{express}/server.js"), ("sqlite",), {"WORKERS": "1"}),
    Competitor("Express, better-sqlite3, cluster of 2", ("node", "{express}/server.js"), ("sqlite",), {"WORKERS": "2"}),
    Competitor("Express, pg, cluster of 2", ("node", "{express}/server.js"), ("postgresql",), {"WORKERS": "2"}),
    Competitor(
        "FastAPI, SQLAlchemy, uvicorn",
        (
            *("{python}", "-m", "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--workers", f"{WORKERS}"),
            *("--log-level", "warning", "fastapi_shop:app"),
        ),
    ),
    Competitor(
        "Flask, SQLAlchemy, gunicorn",
        ("{python}", "-m", "gunicorn", "--bind", "127.0.0.1:{port}", *GUNICORN, "flask_shop:app"),
    ),
    Competitor(
        "Django, gunicorn",
        ("{python}", "-m", "gunicorn", "--bind", "127.0.0.1:{port}", *GUNICORN, "django_shop.wsgi:application"),
        environment={"DJANGO_SETTINGS_MODULE": "django_shop.settings"},
        prepare=("{python}", "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"),
    ),
    Competitor(
        NOTHING,
        (sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:{port}", *GUNICORN, "nothing:app"),
        ("sqlite",),
        durable=False,
    ),
)


@dataclass(frozen=True)
class Installation:
    """Where the peers' libraries are."""

    python: Path
    express: Path

    def filled(self, words: tuple[str, ...], port: int) -> list[str]:
        """A command of these `words`."""
        return [word.format(port=port, python=self.python, express=self.express) for word in words]


def install(cache: Path) -> Installation:
    """The peers' libraries, installed under `cache` unless they are there.

    Raises:
        subprocess.CalledProcessError: pip or npm failed.
    """
    cache.mkdir(parents=True, exist_ok=True)
    python, express = cache / "venv" / "bin" / "python", cache / "express"
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    installed = cache / "requirements.txt"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        print("installing the peers on Python", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(cache / "venv")], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")], check=True
        )
        installed.write_text(wanted, encoding="utf-8")
    package = express / "package.json"
    is_new = not package.exists() or package.read_bytes() != (HERE / "express" / "package.json").read_bytes()
    shutil.copytree(HERE / "express", express, dirs_exist_ok=True)
    if is_new or not (express / "node_modules").exists():
        print("installing the peers on Node; better-sqlite3 is compiled, which takes a minute", flush=True)
        quiet = ["--no-audit", "--no-fund", "--loglevel", "error"]
        subprocess.run(["npm", "install", *quiet], cwd=express, check=True, env={**os.environ})
    return Installation(python, express)
