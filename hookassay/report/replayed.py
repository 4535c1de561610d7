"""A replay on the terminal: what was sent, what was seen when it was recorded, and what is seen now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from ..judging.recording import Recording
from ..judging.replay import Replayed
from ..orders.book import describe
from ..redaction import Redactor
from .paper import TIMES, Paper
from .terminal import sent_lines


def print_replay(console: Console, redactor: Redactor, recording: Recording, rounds: Sequence[Replayed]) -> None:
    """Print one recording and what came of it, in as many rounds as it was replayed."""
    paper = Paper(console, redactor)
    clause_id, level, title = recording.clause
    heading = f"{clause_id} {level}"
    paper.paragraph(heading, title, indent=0, width=len(heading) + 2)
    paper.paragraph("Scenario:", recording.scenario)
    recorded = datetime.fromtimestamp(recording.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    paper.paragraph("Recorded:", f"{recorded}, at {recording.url}")
    for place, line in enumerate(sent_lines(rounds[-1].record, redactor)):
        paper.paragraph("" if place else "Sent:", line)
    paper.paragraph("Expected:", recording.expected)
    paper.paragraph("Then:", recording.seen)
    told = [line for one in rounds for line in now(one)]
    for place, (line, count) in enumerate(Counter(told).items()):
        times = f"{count} {TIMES} " if len(rounds) > 1 else ""
        paper.paragraph("" if place else "Now:", f"{times}{line}")


def now(replayed: Replayed) -> list[str]:
    """How the orders of each purchase read after a replay, and how often it took effect where that is counted."""
    if not replayed.orders and not replayed.effects:
        return ["no order reader was given (--orders): look at the answers"]
    told = []
    for place, session_id in enumerate(dict.fromkeys((*replayed.orders, *replayed.effects)), 1):
        parts = [describe(replayed.orders[session_id])] if session_id in replayed.orders else []
        if session_id in replayed.effects:
            parts.append(f"{replayed.effects[session_id]} effects ([effects] count)")
        several = len(replayed.orders) > 1
        ids = sorted({one.event_id[-6:-2] for one in replayed.record.deliveries if one.purchase == session_id})
        which = f"purchase {place} ({', '.join(f'…{one}…' for one in ids if one)}): " if several else ""
        told.append(which + ", ".join(parts))
    return told
