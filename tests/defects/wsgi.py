"""`gunicorn --pythonpath tests/shared defects.wsgi:app`: the defect that HOOKASSAY_DEFECT names.

Its settings come from the environment, as the reference server's do.
"""

from __future__ import annotations

import os
from dataclasses import replace

from hookassay.server.settings import Settings

from .registry import Defect, WSGIApp, load

SECRET = "STRIPE_WEBHOOK_SECRET"


def _settings(defect: Defect) -> Settings:
    """The settings; a defect that shows without a secret may have an empty one, which no right server accepts."""
    if defect.without_secret and not os.environ.get(SECRET):
        settings = Settings.from_environment({**os.environ, SECRET: "whsec_stands_in_for_none"})
        return replace(settings, stripe_webhook_secret="")
    return Settings.from_environment(os.environ)


def _start() -> WSGIApp:
    defects, name = load(), os.environ.get("HOOKASSAY_DEFECT", "")
    if name not in defects:
        raise SystemExit(f"HOOKASSAY_DEFECT must be one of {', '.join(sorted(defects))}; got {name!r}")
    return defects[name].make(_settings(defects[name]))


app = _start()
