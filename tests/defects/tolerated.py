"""Variants of the reference server that are no defects: the contract tolerates them, some with a note.

`gunicorn --pythonpath tests/shared "defects.tolerated:server_error()"`
"""

from __future__ import annotations

import os

import falcon
from hookassay.server.settings import Settings

from .delivery import answering_forgeries
from .registry import WSGIApp
from .variant import variant
from .verification import Handmade


def server_error() -> WSGIApp:
    """Answers 500 to a bad signature, as an uncaught exception does (D11)."""
    failing = answering_forgeries(falcon.HTTPInternalServerError)
    return variant(Settings.from_environment(os.environ), webhook=failing)


def handmade() -> WSGIApp:
    """Verifies by hand and rightly: what defects of verification start from."""
    return variant(Settings.from_environment(os.environ), webhook=Handmade)
