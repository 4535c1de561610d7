"""repro/: for each clause that failed a script that shows it again, by hand and as often as one likes.

The script signs afresh, with the secret that it is given when it runs. One delivery is sent by `hookassay send`; a
sequence is recorded beside the script, in a folder of the clause's own, and delivered again by `hookassay replay`. What
deliveries alone do not show (a command that breaks the endpoint, an answer that gives something away) is judged again.
"""

from __future__ import annotations

import json
import re
import shlex
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..config import EndpointSettings, PurchaseSettings
from ..errors import UsageError
from ..judging.contract import Clause
from ..judging.journal import FAILED
from ..judging.recording import Recording
from ..judging.verdict import ClauseResult, Result
from ..redaction import HIDDEN, Redactor
from ..sender import catalogue
from ..sender.signature import FORGERIES, HONEST
from .document import ADVICE, WARNED, save
from .grid import differences
from .paper import harmless

FOLDER = "repro"

WIDTH = 110
"""Columns of a script's comments."""

MOST_RECORDINGS = 5
"""Of a clause that fails in many scenarios the first few say enough."""

ROUNDS = 10
"""How often a race is replayed, for it does not show every time."""

# What cannot be delivered again: what is asked for besides, and what the endpoint's surroundings do.
_BEYOND_DELIVERIES = frozenset({"kill", "store", "stripe_api", "url_without_secret"})
_OF_ANSWERS = "EX"

_SCRIPT = re.compile(r"[A-Z]{2}-\d{2}\.sh")
_RECORDINGS = re.compile(r"[A-Z]{2}-\d{2}")


@dataclass(frozen=True)
class Invocation:
    """How the run was asked for, as far as a script may repeat it.

    Attributes:
        again: What `hookassay certify` was told, as words, without secrets and without `--only`.
        options: What `hookassay send` and `hookassay replay` take of it, as words: `--config`, `shop.toml`.
        reading: What only `replay` takes of it: where the orders are.
        missing: Options that held a secret, which whoever runs the script must give again.
        replayable: Whether the endpoint is one that stays, and needs nothing beside it that a replay does not have.
        endpoint: What the endpoint was told to be.
        purchase: What the shop needs to recognise a purchase.
    """

    again: tuple[str, ...]
    options: tuple[str, ...] = ()
    reading: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    replayable: bool = True
    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    purchase: PurchaseSettings = field(default_factory=PurchaseSettings)


def write(result: Result, folder: Path, redactor: Redactor, invocation: Invocation) -> dict[str, Path]:
    """Write a script for each clause that failed, in place of those of an earlier run; clause id → its script.

    Raises:
        UsageError: the folder cannot be written to.
    """
    clear(folder)
    written: dict[str, Path] = {}
    for found in _failed(result):
        if found.clause.id not in written:
            written[found.clause.id] = _Script(found, result, folder / FOLDER, redactor, invocation).write()
    return written


def clear(folder: Path) -> None:
    """Remove the scripts and recordings of an earlier run, and nothing else.

    Raises:
        UsageError: they cannot be removed.
    """
    home = folder / FOLDER
    try:
        for path in sorted(home.iterdir()) if home.is_dir() else ():
            if _SCRIPT.fullmatch(path.name):
                path.unlink()
            elif _RECORDINGS.fullmatch(path.name) and path.is_dir():
                for recording in path.glob("*.json"):
                    recording.unlink()
                if not any(path.iterdir()):
                    path.rmdir()
        if home.is_dir() and not any(home.iterdir()):
            home.rmdir()
    except OSError as error:
        raise UsageError(f"{home} cannot be emptied ({error.strerror or error}).\n{ADVICE}") from None


def _failed(result: Result) -> Iterator[ClauseResult]:
    yield from (found for found in result.clauses if found.status in (FAILED, WARNED))
    yield from (one.result for one in differences(result) if one.result.status in (FAILED, WARNED))


class _Script:
    """One clause's script, and the recordings that it replays."""

    def __init__(
        self, found: ClauseResult, result: Result, home: Path, redactor: Redactor, invocation: Invocation
    ) -> None:
        self._clause: Clause = found.clause
        self._scenarios = [scenario for scenario in found.scenarios if scenario.status == FAILED]
        self._result = result
        self._home = home
        self._clean = redactor.clean
        self._invocation = invocation

    def write(self) -> Path:
        """Write everything; the script's path."""
        recordings = self._recordings()
        lines = ["#!/bin/sh", *self._comments()]
        sent = self._one_delivery(recordings)
        if sent:
            lines += ["# It signs one delivery afresh and shows how it is answered.", *self._about_use()]
            lines += ["", *self._command("send", sent[:1], (*sent[1:], *self._invocation.options))]
        elif recordings:
            for number, recording in enumerate(recordings, 1):
                save(self._home / self._clause.id, f"{number}.json", recording.text().encode())
            lines += ["# It delivers what was recorded once more, signed afresh and about new purchases, and shows how"]
            lines += ["# the order reads then.", *self._about_use(), ""]
            times = ("--times", str(ROUNDS)) if any(one.races for one in recordings) else ()
            lines += self._by_hand(recordings)
            options = (*times, *self._invocation.options, *self._invocation.reading)
            lines += self._command("replay", (), options)
        else:
            # A folder of its own, or this report would be gone.
            again = shlex.join(("hookassay", "certify", *self._invocation.again, "--only", self._clause.id))
            lines += ["# It judges the clause again, since deliveries alone do not show it.", "#"]
            lines += self._about_secrets()
            lines += ["", f'exec {again} --report "$(mktemp -d)" "$@"']
        path = save(self._home, f"{self._clause.id}.sh", ("\n".join(lines) + "\n").encode())
        try:
            path.chmod(0o755)
        except OSError as error:
            raise UsageError(f"{path} cannot be made executable ({error.strerror or error}).\n{ADVICE}") from None
        return path

    @property
    def _url(self) -> str:
        return self._clean(self._result.target.url)

    def _comments(self) -> Iterator[str]:
        yield from _comment(f"{self._clause.id} {self._clause.level}: ", self._clean(self._clause.title))
        for scenario in self._scenarios[:1]:
            yield "#"
            told = {
                "Scenario": scenario.name,
                "Expected": scenario.expected,
                "Seen": scenario.seen or scenario.message,
            }
            for label, text in told.items():
                yield from _comment(f"{label + ':':9} ", self._clean(text))
        yield "#"

    def _about_use(self) -> Iterator[str]:
        yield "#"
        yield "# It delivers to where certify did, or to $HOOKASSAY_URL."
        yield from self._about_secrets()

    def _about_secrets(self) -> Iterator[str]:
        yield "# Run it where hookassay certify was run. The signing secret is $STRIPE_WEBHOOK_SECRET, or that of"
        yield "# --secret-file FILE: what stands behind the script's name is handed on."
        if self._invocation.missing:
            yield f"# What held a secret is not written here. Give it again: {', '.join(self._invocation.missing)}."

    def _command(self, name: str, words: Sequence[str], options: Sequence[str]) -> Iterator[str]:
        """The command that a script becomes; another endpoint is named by $HOOKASSAY_URL."""
        target = '"${HOOKASSAY_URL:?must be the webhook URL, which held a secret}"'
        if HIDDEN not in self._url:
            yield f"url={shlex.quote(self._url)}"
            target = '"${HOOKASSAY_URL:-$url}"'
        what = shlex.join(words) or f'"$(dirname "$0")/{self._clause.id}"'
        yield " ".join(filter(None, (f"exec hookassay {name} {what} {target}", shlex.join(options), '"$@"')))

    def _by_hand(self, recordings: Sequence[Recording]) -> Iterator[str]:
        """How one forged delivery of a sequence is made alone, to look at its answer."""
        forged = [
            delivery.parcel
            for delivery in recordings[0].deliveries
            if delivery.parcel.signing in FORGERIES and delivery.parcel.event_type in catalogue.COURSES
        ]
        if forged:
            words = ("hookassay", "send", forged[-1].event_type, self._url, "--forge", forged[-1].signing)
            yield f"# One delivery alone: {shlex.join(words)}"
            yield ""

    def _recordings(self) -> list[Recording]:
        """What can be replayed; empty where deliveries alone would not show it."""
        clause = self._clause
        beyond = clause.group == _OF_ANSWERS or _BEYOND_DELIVERIES.intersection(clause.needs)
        if beyond or not self._invocation.replayable:
            return []
        found = []
        for scenario in self._scenarios[:MOST_RECORDINGS]:
            recording = Recording.of(clause, scenario, self._result)
            # A body that has to be redacted is not the one that was sent.
            if recording is None or self._hides(recording):
                return []
            found.append(self._cleaned(recording))
        return found

    def _hides(self, recording: Recording) -> bool:
        bodies = (delivery.parcel.body.decode("utf-8", "replace") for delivery in recording.deliveries)
        values = (str(value) for purchase in recording.purchases for value in purchase.values())
        return any(self._clean(text) != text for text in (*bodies, *values))

    def _cleaned(self, recording: Recording) -> Recording:
        return replace(
            recording,
            url=self._url,
            expected=self._clean(recording.expected),
            seen=self._clean(recording.seen),
        )

    def _one_delivery(self, recordings: Sequence[Recording]) -> tuple[str, ...]:
        """What `hookassay send` is told to make the one delivery that there is; empty where it cannot be told so."""
        if len(recordings) != 1 or len(recordings[0].deliveries) != 1 or self._invocation.purchase.created_by == "shop":
            return ()
        recording = recordings[0]
        parcel = recording.deliveries[0].parcel
        plain = parcel.method == "POST" and parcel.headers is None and recording.manner.url is None
        if not plain or parcel.event_type not in catalogue.COURSES:
            return ()
        if parcel.signing != HONEST and parcel.signing not in FORGERIES:
            return ()
        about = catalogue.purchase(self._invocation.purchase, self._invocation.endpoint, None, parcel.event_type)
        event = catalogue.event(parcel.event_type, about)
        if _shape(json.loads(parcel.body), recording.run) != _shape(event.payload(), about.run):
            return ()
        forged = () if parcel.signing == HONEST else ("--forge", parcel.signing)
        version = ("--api-version", about.api_version)
        return (parcel.event_type, *forged, "--style", recording.manner.style, *version)


def _comment(label: str, text: str) -> list[str]:
    """A text behind its label, as comments of a script that one can read; no line of it is anything else."""
    lines = textwrap.wrap(harmless(text), WIDTH - len(label), break_long_words=False, break_on_hyphens=False)
    return [f"# {label if not place else ' ' * len(label)}{line}" for place, line in enumerate(lines or [""])]


def _shape(value: Any, run: str) -> Any:
    """What an event says, but for ids and moments."""
    if isinstance(value, Mapping):
        return {key: _shape(item, run) for key, item in value.items()}
    if isinstance(value, list):
        return [_shape(item, run) for item in value]
    if isinstance(value, str):
        return re.split("[-_]", value)[0] if run in value.lower() else value
    return 0 if isinstance(value, int) and value > 1_000_000_000 else value
