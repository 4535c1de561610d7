"""storm.html: a storm as one page, in the look of report.html; it needs no network, no script and no other file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment
from markupsafe import Markup

from ..redaction import Redactor
from ..storm.result import CONVERGED, NOT_CONVERGED, NOT_JUDGED, Result
from . import storm_document
from .document import save
from .html import compiled
from .storm_picture import pictures, rows

NAME = "storm.html"

VERDICTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {CONVERGED: ("✔", "good"), NOT_CONVERGED: ("✘", "bad"), NOT_JUDGED: ("?", "unknown")}
)
"""Verdict → its sign, and how the page calls its kind."""


def write(result: Result, folder: Path, redactor: Redactor) -> Path:
    """Write storm.html into `folder` and return its path; secrets are replaced in every text.

    Raises:
        UsageError: the folder cannot be written to.
    """
    return save(folder, NAME, page(result, redactor).encode("utf-8", "backslashreplace"))


def page(result: Result, redactor: Redactor) -> str:
    """The page."""
    environment = _environment()
    assert environment.loader is not None
    style = "".join(environment.loader.get_source(environment, name)[0] for name in ("report.css", "storm.css"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    tally = result.load.tally
    return environment.get_template("storm.html").render(
        redactor=redactor,
        result=result,
        load=result.load,
        tally=tally,
        latency=storm_document.latency(result),
        answers=[(str(kind), count) for kind, count in storm_document.answers(result)],
        unsent=tally.unsent.most_common(),
        pictures=pictures(tally),
        rows=rows(tally) if tally.deliveries else [],
        sign=VERDICTS[result.verdict][0],
        kind=VERDICTS[result.verdict][1],
        version=version("hookassay"),
        style=Markup(style),  # noqa: S704 - our own style
        policy=Markup(policy),  # noqa: S704 - base64 of our own file
    )


def duration(seconds: float) -> str:
    """`0.85 ms`, `12.3 ms`, `4.21 s`."""
    if seconds >= 1:
        return f"{seconds:.3g} s"
    return f"{seconds * 1000:.3g} ms"


@cache
def _environment() -> Environment:
    environment = compiled().overlay()
    environment.filters = {**environment.filters, "duration": duration}
    return environment
