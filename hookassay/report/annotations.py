"""The workflow commands of GitHub Actions, and a scan as such: they annotate the lines of a pull request.

Source: docs.github.com/actions, "Workflow commands for GitHub Actions", setting an error, warning or notice message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..scan.engine import Scan
from ..scan.rule import ERROR, NOTE, WARNING
from .excerpt import Curtain
from .paper import harmless

_COMMANDS = {ERROR: "error", WARNING: "warning", NOTE: "notice"}


def commands(scan: Scan, curtain: Curtain) -> Iterator[str]:
    """A command for each finding, a line each, strongest first: GitHub shows ten of a kind for each step."""
    for finding in scan.findings:
        bare = curtain.bare(finding)
        place = bare.place
        also = "".join(f"\nAlso {one.path}:{one.line}." for one in bare.hit.also)
        properties = {
            "file": curtain.path(scan.within) + place.path,
            "line": str(place.line),
            "col": str(place.column),
            "endColumn": str(place.end_column),
            "title": f"{bare.rule.id} {bare.rule.name}",
        }
        yield command(_COMMANDS[bare.rule.severity], properties, f"{bare.message}{also}\n{bare.rule.fix}")


def command(name: str, properties: Mapping[str, str], message: str) -> str:
    """The workflow command called `name` (`error`, `warning`, `notice`), on one line whatever the texts hold."""
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_data(message)}"


def _data(text: str) -> str:
    """A message as a command carries it."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return harmless(escaped)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
