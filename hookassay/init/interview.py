"""The interview: asks a person what could not be seen, each question with its guess; or takes the guesses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..configuration.keys import TABLES, Key
from ..configuration.values import Wrong, commas
from ..errors import UsageError
from ..redaction import Redactor
from .guess import Guess
from .whereabouts import holds_secret

ALL, NONE = "all", "none"
"""What a person answers for a key that is to be left out, and for a column that there is not."""

Prompt = Callable[[str, str], str]
"""Asks a question with its default, and gives the answer."""


@dataclass
class Interview:
    """Asks, or takes the guesses.

    Attributes:
        prompt: Asks a person; None where there is nobody to ask.
        say: Prints a line.
        asked: How many questions were asked.
    """

    prompt: Prompt | None
    say: Callable[[str], None] = print
    asked: int = field(default=0, init=False)

    def settle(self, table: str, name: str, guess: Guess) -> Guess:
        """What a key is to say: the guess where it is sure or nobody can be asked, else the answer.

        Args:
            table: The key's table, as in the file: `orders.columns`.
            name: The key.
            guess: What it would say.
        """
        if guess.sure or self.prompt is None:
            return guess
        key = next(key for key in TABLES[table].keys if key.name == name)
        self.say("")
        self.say(f"[{table}] {name}: {key.meaning}")
        if guess.why:
            self.say(f"  Asked because {guess.why}.")
        self.asked += 1
        while True:
            answer = self.prompt(f"  {name}", shown(guess.value, name)).strip()
            try:
                return Guess(understood(table, key, answer, guess.value), "your answer")
            except Wrong as wrong:
                self.say(f"  It must be {wrong.must or key.kind.must}.")
            except UsageError as error:
                self.say(f"  {Redactor().clean(str(error))}")


def shown(value: Any, name: str = "") -> str:
    """A value of the key called `name` as a person types it; what is left out means all events, or nothing."""
    if value is None:
        return ALL if name == "events" else NONE
    if value is False:
        return NONE
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" for name, text in value.items())
    if isinstance(value, (tuple, list)):
        return ", ".join(_word(one) for one in value)
    return str(value)


def understood(table: str, key: Key, answer: str, guessed: Any) -> Any:
    """What an answer stands for, as the file holds it.

    Raises:
        Wrong: it is not of the key's kind.
        UsageError: it holds a secret, which belongs into a variable, or is not of the key's kind.
    """
    if answer == shown(guessed, key.name):
        return guessed
    if holds_secret(answer):
        raise UsageError("A secret must not stand in the file. Name the variable that holds it: ${VARIABLE}.")
    if answer.lower() in (ALL, NONE, ""):
        return False if table == "orders.columns" else None
    value: Any = answer
    if table == "orders.values":
        value = [_typed(word) for word in commas(answer)]
    elif key.name == "events":
        value = commas(answer)
    elif key.name == "metadata":
        pairs = [pair.partition("=") for pair in commas(answer)]
        value = {name.strip(): text.strip() for name, _, text in pairs}
    elif key.name == "secret":
        if not re.fullmatch(r"\$\{[A-Za-z_]\w*\}", answer):
            name = answer.removeprefix("$")
            if not re.fullmatch(r"[A-Za-z_]\w*", name):
                raise Wrong(must="the name of a variable, such as ${STRIPE_WEBHOOK_SECRET}")
            value = f"${{{name}}}"
        return value
    if "${" not in answer:
        key.kind.parse(value)
    return tuple(value) if isinstance(value, list) else value


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _typed(word: str) -> Any:
    if word.lower() in ("true", "false"):
        return word.lower() == "true"
    return int(word) if re.fullmatch(r"-?\d+", word) else word
