"""The environment variables that a shop reads: where its code names them, and what its own .env files say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..scan.checks import names
from ..scan.checks.secrets import template
from ..scan.language import GRAMMARS, PRISMA
from ..scan.source import Source
from ..scan.survey import Survey
from .guess import Guess, unsure

SECRET = names.WEBHOOK_SECRET

# How code asks for a variable, in the languages that are read; a name of Stripe's in quotes is taken for one too.
_READ = re.compile(
    r"""
      (?:process|import\.meta)\.env\.(?P<dotted>[A-Z]\w+)
    | (?: process\.env\[ | environ(?:ment)?(?:\.get\(|\.pop\(|\[) | \bgetenv\( | \bGetenv\( | \bENV(?:\.fetch\(|\[)
        | \benv(?:\.\w+)?\( | \bconfig\( | env\.get\( ) \s* ["'](?P<quoted>[A-Z]\w+)["']
    | ["'](?P<stripe>(?:\w+_)?STRIPE_\w+)["']
    """,
    re.VERBOSE,
)
# What nobody but Stripe is likely to be meant by, in a shop that takes its webhooks.
_SECRET = re.compile(r"(?:PAYMENTS?_)?(?:WEBHOOK|ENDPOINT|SIGNING|WH)_?(?:SIGNING_?)?SECRET|WHSEC\w*")
# The code of an error, or a message about the secret.
_COMPLAINT = re.compile(r"_(NOT_FOUND|NOT_SET|MISSING|INVALID|REQUIRED|ERROR|FAILED)$")
# A field of pydantic's BaseSettings is read from the variable of the same name.
_FIELD = re.compile(r"^[ \t]+(?P<name>(?:\w*stripe\w*|database_ur[li]|db_ur[li]|port))\s*:\s*\w", re.MULTILINE)


@dataclass(frozen=True)
class Variables:
    """What is known of a shop's variables.

    Attributes:
        named: Name → where the code reads it first, as `file:line`.
        values: Name → its value in the shop's own .env files; some are secrets, so that none is ever shown.
        examples: Name → what a template (.env.example) says.
        file: The .env file that a shell should read before a run; empty where there is none.
    """

    named: Mapping[str, str]
    values: Mapping[str, str] = field(repr=False)
    examples: Mapping[str, str] = field(default_factory=dict, repr=False)
    file: str = ""

    def where(self, name: str) -> str:
        """Where a variable was seen, for a comment."""
        return self.named.get(name) or (self.file if name in self.values else "a template of .env")

    def known(self) -> Iterator[str]:
        """Every name that was seen."""
        yield from dict.fromkeys((*self.named, *self.values, *self.examples))

    def told(self, name: str) -> str:
        """What the shop's own file says, else a template of it; empty where neither does."""
        return self.values.get(name) or self.examples.get(name, "")


def read(survey: Survey) -> Variables:
    """The variables of a codebase; the .env file nearest to its root wins, and .env.local wins over .env."""
    named: dict[str, str] = {}
    for source in survey.sources:
        if source.language in GRAMMARS or source.language == PRISMA or source.path.endswith((".yml", ".yaml")):
            for name, at in _names(source):
                named.setdefault(name, f"{source.path}:{source.text.count(chr(10), 0, at) + 1}")
    values: dict[str, str] = {}
    examples: dict[str, str] = {}
    own = [file for file in survey.env if not template(file.source.path)]
    for file in sorted(own, key=lambda one: (-one.source.path.count("/"), len(one.source.path))):
        values.update({one.name: one.value for one in file.variables})
    for file in survey.env:
        if template(file.source.path):
            examples.update({one.name: one.value for one in file.variables})
    nearest = min((file.source.path for file in own), key=lambda path: (path.count("/"), len(path)), default="")
    return Variables(named, values, examples, nearest)


def secret(variables: Variables) -> Guess:
    """The variable that holds the signing secret, as the file refers to it."""
    found = [name for name in variables.known() if _signing(name, variables.values.get(name, ""))]
    chosen = SECRET if SECRET in found or not found else found[0]
    written = f"${{{chosen}}}"
    if not found:
        return unsure(written, "no variable for the signing secret was found in the code or in a .env file")
    others = [name for name in found if name != chosen]
    if others:
        return unsure(written, f"{', '.join(others)} may hold it too")
    return Guess(written, f"read in {variables.where(chosen)}")


def _signing(name: str, value: str) -> bool:
    if names.exposed(name) or _COMPLAINT.search(name):
        return False
    if value.startswith("whsec_") or (names.secret(name) and names.webhook(name)):
        return True
    return bool(_SECRET.fullmatch(name))


def _names(source: Source) -> Iterator[tuple[str, int]]:
    for found in _READ.finditer(source.text):
        yield found["dotted"] or found["quoted"] or found["stripe"], found.start()
    if "BaseSettings" in source.text:
        for found in _FIELD.finditer(source.text):
            yield found["name"].upper(), found.start("name")
