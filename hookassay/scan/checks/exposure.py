"""Secrets of Stripe's that a bundler writes into what it builds for the browser: by a .env, or by its own settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ast_grep_py import SgNode

from ..finding import Hit
from ..language import ENV, MARKUP
from ..source import Source
from . import names
from .env_files import Variable, variables
from .file_by_file import FileByFile

# The settings of a bundler, and the keys in them whose values it hands to the browser.
_SETTINGS = (
    (re.compile(r"^next\.config\.[cm]?[jt]s$"), frozenset({"env", "publicRuntimeConfig"})),
    (re.compile(r"^nuxt\.config\.[cm]?[jt]s$"), frozenset({"public", "publicRuntimeConfig", "env"})),
    (re.compile(r"^(vite|astro|svelte|quasar|electron\.vite)\.config\.[cm]?[jt]s$"), frozenset({"define"})),
    (
        re.compile(r"^(webpack[\w.-]*|vue|craco|rspack|rsbuild|config-overrides)(\.config)?[\w.]*\.[cm]?[jt]s$"),
        frozenset({"define"}),
    ),
    (re.compile(r"^app\.config\.[cm]?[jt]s$"), frozenset({"extra"})),
)
_PLUGIN = re.compile(r"(^|\.)(DefinePlugin|EnvironmentPlugin)$")
_SECRET_NAME = re.compile(
    r"stripe[\w.-]*(secret|webhook_?key|signing|whsec|restricted)|secret[\w-]*stripe", re.IGNORECASE
)
_IN_PAGE = re.compile(r"%(?P<name>[A-Z][A-Z0-9_]*STRIPE\w*)%")


class ExposedSecrets(FileByFile):
    """Finds SC-05 where no pattern can: in .env files, in the settings of bundlers, and in the pages of Vite."""

    words = (b"stripe",)

    def look(self, source: Source) -> Iterator[Hit]:
        """What one file hands to the browser."""
        if source.language == ENV:
            for one in variables(source):
                if names.exposed(one.name) and _secret(one):
                    secrets = (one.value,) if one.value else ()
                    place = source.place_at(one.line)
                    yield Hit("SC-05", place, f"{one.name} is handed to the browser by its name.", secrets=secrets)
        elif source.language == MARKUP:
            for found in _IN_PAGE.finditer(source.text):
                if names.exposed(found["name"]) and names.hidden(found["name"]):
                    place = source.place_of(*found.span("name"))
                    yield Hit("SC-05", place, f"The page that is built holds {found['name']}.")
        elif source.family == "javascript" and not source.is_test:
            name = PurePosixPath(source.path).name
            for shape, keys in _SETTINGS:
                if shape.match(name):
                    yield from _settings(source, keys)


def _secret(one: Variable) -> bool:
    """Its value decides, and only where that does not say what it is, its name."""
    return one.secret if one.holds_secret or one.value.startswith("pk_") else names.hidden(one.name)


def _settings(source: Source, keys: frozenset[str]) -> Iterator[Hit]:
    for kind in ("pair", "shorthand_property_identifier", "string"):
        for node in source.root.find_all(kind=kind):
            key = node.field("key") if kind == "pair" else node
            if key is None or (kind == "string" and not _of_plugin(node)):
                continue
            named = key.text().strip("\"'`").split(".")[-1]
            suspect = _SECRET_NAME.search(re.sub(r"([a-z])([A-Z])", r"\1_\2", named)) and not _harmless(named)
            if suspect and (kind == "string" or _handed_over(node, keys)):
                yield Hit("SC-05", source.place(node), f"What is built for the browser is given {named}.")


def _harmless(name: str) -> bool:
    upper = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).upper()
    return names.of_stripe(upper) and not names.hidden(upper)


def _handed_over(node: SgNode, keys: frozenset[str]) -> bool:
    for above in node.ancestors():
        key = above.field("key") if above.kind() == "pair" else None
        if key is not None:
            return key.text().strip("\"'") in keys
        if above.kind() in ("new_expression", "call_expression"):
            called = above.field("constructor") or above.field("function")
            return called is not None and bool(_PLUGIN.search(called.text()))
    return False


def _of_plugin(node: SgNode) -> bool:
    """Whether a string is one of the names that `new EnvironmentPlugin([…])` reads."""
    array = node.parent()
    around = array.parent() if array is not None and array.kind() == "array" else None
    made = around.parent() if around is not None else None
    called = made.field("constructor") if made is not None and made.kind() == "new_expression" else None
    return called is not None and called.text().endswith("EnvironmentPlugin")
