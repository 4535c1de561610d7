"""What .env files say about Stripe's secrets: that both are there, each in its own variable, and no other."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePosixPath

from dotenv.parser import parse_stream

from ..check import Circumstances
from ..finding import Hit
from ..language import ENV, GRAMMARS
from ..source import Source
from . import names
from .secrets import template

_WANTED = (names.SECRET_KEY, names.WEBHOOK_SECRET)

# What a value says it is, placeholders (sk_test_...) included.
_API_KEY, _PUBLISHABLE, _SIGNING = re.compile(r"[sr]k_(live|test)_"), re.compile(r"pk_(live|test)_"), "whsec_"

# Written for a run of tests, whatever the shop's own .env says.
_OF_TESTS = re.compile(r"(^|[._-])(test|testing|ci|e2e)([._-]|$)", re.IGNORECASE)

# A folder of the repository that shows how it is done, and is no part of what is deployed.
_SHOWN = re.compile(r"(^|/)(examples?|samples?|docs?|templates?|demos?)/", re.IGNORECASE)

_VERIFIES = re.compile(rb"construct_?event|parse_?event_?notification|verify_?header|stripe[-_]signature")


@dataclass(frozen=True)
class Variable:
    """One variable of one file.

    Attributes:
        source: The file.
        name: Its name.
        value: Its value without quotes; empty where it has none.
        line: Counted from 1.
    """

    source: Source
    name: str
    value: str = field(repr=False)
    line: int

    @property
    def secret(self) -> bool:
        """Whether it holds a secret of Stripe's, by its value or else by its name."""
        if not names.of_stripe(self.name) or _PUBLISHABLE.match(self.value):
            return False
        return self.holds_secret or names.secret(self.name)

    @property
    def holds_secret(self) -> bool:
        """Whether its value begins as secrets of Stripe's do, placeholders included."""
        return bool(_API_KEY.match(self.value)) or self.value.startswith(_SIGNING)


@dataclass(frozen=True)
class EnvFile:
    """A .env file, or a template of one.

    Attributes:
        source: The file.
        variables: What it defines, in its order.
        filled: Whether it must hold values: a template does not, nor does a file that git keeps.
    """

    source: Source
    variables: tuple[Variable, ...]
    filled: bool

    @property
    def folder(self) -> str:
        """The folder that it stands in."""
        return str(PurePosixPath(self.source.path).parent)


@dataclass(frozen=True)
class Mention:
    """Code that speaks of Stripe; whether it takes deliveries of events, too."""

    handles: bool


class EnvFiles:
    """Finds SC-06, SC-07 and SC-08."""

    words: tuple[bytes, ...] = ()

    def __init__(self, circumstances: Circumstances) -> None:
        """Need git's list of files."""
        self._tree = circumstances.tree

    def look(self, source: Source) -> Iterator[EnvFile | Mention]:
        """A .env file, or code that mentions Stripe."""
        if source.language == ENV:
            filled = not template(source.path) and self._tree.tracked(source.path) is not True
            yield EnvFile(source, tuple(variables(source)), filled)
        elif source.language in GRAMMARS and not source.is_test and b"stripe" in source.lowered:
            yield Mention(bool(_VERIFIES.search(source.lowered)))

    def conclude(self, facts: list[EnvFile | Mention]) -> Iterator[Hit]:
        """What breaks a rule, the files of one folder taken together as frameworks do."""
        files = [fact for fact in facts if isinstance(fact, EnvFile)]
        mentions = [fact for fact in facts if isinstance(fact, Mention)]
        if not mentions:
            return
        judged = [file for file in files if not _OF_TESTS.search(PurePosixPath(file.source.path).name)]
        judged = [file for file in judged if not file.source.is_test]
        for file in judged:
            yield from _swapped(file)
        judged = [file for file in judged if not _SHOWN.search(file.source.path)] or judged
        folders = [_together(list(group)) for _, group in groupby(sorted(judged, key=_by_folder), key=_by_folder)]
        naming = [group for group in folders if any(one.secret and not names.exposed(one.name) for one in _all(group))]
        if not naming and any(mention.handles for mention in mentions):
            naming = [group for group in folders if group[0].folder == "."]
        for group in naming:
            elsewhere = {one.name for other in naming if other is not group for one in _all(other)}
            incomplete = list(_incomplete(group, elsewhere))
            yield from incomplete
            # What is to be renamed is no extra one.
            renamed = {hit.place for hit in incomplete}
            yield from (hit for hit in _extra(group) if hit.place not in renamed)


def variables(source: Source) -> Iterator[Variable]:
    """What a .env file defines, in its order."""
    for binding in parse_stream(io.StringIO(source.text)):
        if binding.key is not None and not binding.error:
            # The parser counts from the blank lines above.
            written = binding.original.string
            blank = written[: len(written) - len(written.lstrip())].count("\n")
            yield Variable(source, binding.key, (binding.value or "").strip(), binding.original.line + blank)


def _by_folder(file: EnvFile) -> str:
    return file.folder


def _together(files: list[EnvFile]) -> list[EnvFile]:
    """The files of one folder that count: a template only where there is nothing that it is the template of."""
    real = [file for file in files if not template(file.source.path)]
    return sorted(real or files, key=lambda file: (len(file.source.path), file.source.path))


def _all(files: Iterable[EnvFile]) -> list[Variable]:
    return [variable for file in files for variable in file.variables]


def _hit(rule: str, variable: Variable, message: str) -> Hit:
    secrets = (variable.value,) if variable.secret and variable.value else ()
    return Hit(rule, variable.source.place_at(variable.line), message, secrets=secrets)


def _incomplete(files: list[EnvFile], elsewhere: set[str]) -> Iterator[Hit]:
    """SC-06: a variable that none of the files defines, or to which none gives a value."""
    defined = _all(files)
    for wanted in _WANTED:
        same = [one for one in defined if one.name == wanted]
        if not same and wanted not in elsewhere:
            yield _missing(files[0], defined, wanted)
        elif same and not any(one.value for one in same) and all(file.filled for file in files):
            yield _hit("SC-06", same[0], f"{wanted} is blank.")


def _missing(file: EnvFile, defined: list[Variable], wanted: str) -> Hit:
    """The message names the variable that is probably meant, and the finding stands at it."""
    signing = wanted == names.WEBHOOK_SECRET
    for other in defined:
        same = (names.webhook(other.name) or other.value.startswith(_SIGNING)) == signing
        if same and other.secret and other.name not in _WANTED and not names.exposed(other.name):
            return _hit("SC-06", other, f"{wanted} is missing; call {other.name} so.")
    name = PurePosixPath(file.source.path).name
    return Hit("SC-06", file.source.place_at(1), f"{wanted} is missing in {name}.")


def _swapped(file: EnvFile) -> Iterator[Hit]:
    """SC-07: a value whose beginning says that it belongs into another variable."""
    for one in file.variables:
        if not names.of_stripe(one.name) or names.exposed(one.name):
            continue
        kind = next((word for word in ("sk_", "rk_", "pk_", _SIGNING) if one.value.startswith(word)), "")
        if not kind:
            continue
        if names.publishable(one.name):
            wrong, belongs = kind != "pk_" and _publishable_key(one.name), "the publishable key (pk_)"
        elif names.secret(one.name) and names.webhook(one.name):
            wrong, belongs = kind != _SIGNING, "the signing secret of the webhook endpoint (whsec_)"
        elif "SECRET" in one.name.upper() and names.secret(one.name):
            # STRIPE_SECRET is the API key to some and the signing secret to others.
            wrong = kind == "pk_" or (kind == _SIGNING and one.name == names.SECRET_KEY)
            belongs = "the secret key of the API (sk_ or rk_)"
        else:
            continue
        if wrong:
            yield _hit("SC-07", one, f"{one.name} holds a value that begins with {kind}; here belongs {belongs}.")


def _publishable_key(name: str) -> bool:
    return "CLIENT_SECRET" not in name.upper()


def _extra(files: list[EnvFile]) -> Iterator[Hit]:
    """SC-08: a secret of Stripe's in a variable of another name."""
    seen = set(_WANTED)
    for one in _all(files):
        if one.secret and one.name not in seen and not names.exposed(one.name) and not names.publishable(one.name):
            seen.add(one.name)
            signing = names.webhook(one.name) or one.value.startswith(_SIGNING)
            right = names.WEBHOOK_SECRET if signing else names.SECRET_KEY
            yield _hit("SC-08", one, f"{one.name} is another secret of Stripe's; the name to use is {right}.")
