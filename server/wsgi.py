"""`gunicorn hookassay.server.wsgi:app`: the server, with settings from the environment."""

from __future__ import annotations

import fcntl
import logging
import os
import sys
import time
from typing import NoReturn

import falcon
import peewee

from .app import create_app
from .settings import Settings, SettingsError

APP_LOAD_ERROR = 4
"""gunicorn's own exit status for this: at any other it would start the failing worker again, for ever."""


SIBLINGS_WAIT = 2.0
"""Seconds in which the other workers that gunicorn starts are expected to fail for the same reason."""


def _refuse(reason: str) -> NoReturn:
    """Say why once, and end gunicorn.

    All workers fail alike, but gunicorn prints a traceback when a second one reports it while it stops for the first.
    So the one that gets the lock reports, and those that find it taken leave quietly after it.
    """
    lock = os.open(__file__, os.O_RDONLY)  # any file that all workers can open; released when the process has ended
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fcntl.flock(lock, fcntl.LOCK_EX)
        raise SystemExit(0) from None
    print(f"hookassay server does not start: {reason}", file=sys.stderr, flush=True)
    time.sleep(SIBLINGS_WAIT)
    raise SystemExit(APP_LOAD_ERROR)


def _start() -> falcon.App[falcon.Request, falcon.Response]:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        _refuse(str(error))
    try:
        return create_app(settings)
    except (peewee.DatabaseError, peewee.InterfaceError) as error:
        # Only the kind of error: a driver's message may repeat the URL, and the URL may hold a password.
        _refuse(
            f"the database that DATABASE_URL names cannot be opened ({type(error).__name__}): "
            "check that it exists, is reachable and can be written"
        )


app = _start()
