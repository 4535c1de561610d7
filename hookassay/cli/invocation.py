"""How a run was asked for, to ask for it again."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from ..config import Settings
from ..redaction import Redactor
from .secret import secrets_of

if TYPE_CHECKING:
    from ..report.reproduction import Invocation

# What a script that shows a failure again does not repeat: a choice, a secret, consent, and how it is told.
NOT_REPEATED = ("only", "secret", "yes", "listing", "quiet", "verbose", "report", "baseline", "write_baseline", "sign")


def command_line() -> str:
    """This command line without its secrets, --only and --write-baseline, to show a failure again."""
    words = iter(sys.argv[1:])
    kept = ["hookassay"]
    hidden = ("--secret", "--header", "--orders-header")
    unvalued = False
    for word in words:
        name, equals, _ = word.partition("=")
        # To see a failure again writes nothing; the FILE of --write-baseline may be there or not.
        written, unvalued = unvalued, name == "--write-baseline" and not equals
        if name == "--write-baseline" or (written and not word.startswith("-")):
            continue
        if name == "--only":
            if not equals:
                next(words, None)
        elif name in hidden:
            kept += [name, "…"]
            if not equals:
                next(words, None)
        else:
            kept.append(word)
    return " ".join(_quoted(word) for word in kept)


def invocation(settings: Settings, told: Settings) -> Invocation:
    """How the run was asked for, for the scripts that show a failure again; `told` is what is judged in the end."""
    from ..report.reproduction import Invocation

    given, missing = _given(click.get_current_context(), Redactor(secrets_of(told)).clean)

    def words(*names: str) -> tuple[str, ...]:
        return tuple(word for name in names for word in given.get(name, ()))

    stays = settings.endpoint.url is not None and settings.endpoint.app is None
    return Invocation(
        again=words(*given),
        options=words("config", "secret_file", "timeout", "cacert"),
        reading=words("orders", "settle"),
        missing=missing,
        replayable=stays and settings.stripe_api.address is None,
        endpoint=told.endpoint,
        purchase=told.purchase,
    )


def _given(context: click.Context, clean: Callable[[str], str]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """What was given on the command line, as far as it may be written down, by click's names; and what may not be."""
    given: dict[str, tuple[str, ...]] = {}
    missing = []
    for parameter in context.command.params:
        name = parameter.name or ""
        if name in NOT_REPEATED or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        value = context.params[name]
        values = value if isinstance(value, tuple) else (value,)
        option = parameter.opts[0] if isinstance(parameter, click.Option) else ""
        if isinstance(value, bool):
            given[name] = (option,)
        elif name in ("header", "orders_header") or any(clean(one) != one for one in values):
            missing.append(option or parameter.human_readable_name)
        else:
            given[name] = tuple(word for one in values for word in (option, one) if word or one == "")
    return given, tuple(missing)


def _quoted(word: str) -> str:

    return word if word == "…" else shlex.quote(word)
