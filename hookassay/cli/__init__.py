"""The command line: one module a command."""

from __future__ import annotations

from .certify import certify
from .clauses import clauses
from .group import main
from .init import init
from .replay import replay
from .scan import scan
from .send import send
from .serve import serve
from .storm import storm
from .stripe_api import stripe_api
from .verify import verify

__all__ = ["certify", "clauses", "init", "main", "replay", "scan", "send", "serve", "storm", "stripe_api", "verify"]
