"""The WSGI application; loaded once, before the workers are forked (`gunicorn --preload`)."""

from __future__ import annotations

import os

from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections


def application() -> WSGIHandler:
    """The application, its tables made, and no connection open that workers would share."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "endpoints.django_shop.settings")
    app = get_wsgi_application()
    call_command("migrate", run_syncdb=True, verbosity=0)
    connections.close_all()
    return app
