"""`gunicorn hookassay.stripe_api.wsgi:app`: the stand-in, with its token from the environment.

Its state is in the memory of one process: never more than one worker.
"""

from __future__ import annotations

import os

from .app import create_app
from .process import TOKEN_VARIABLE

app = create_app(os.environ.get(TOKEN_VARIABLE) or None)
