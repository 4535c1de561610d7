"""The contract on the terminal: all clauses at a glance, or one with everything that is known about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..judging.contract import LEVELS, NEEDS, Clause, Contract
from ..judging.diagnosis import Defect, known_defects
from ..judging.feature import examples
from ..judging.remedy import ANY, remedies_of

MOST_DEFECTS = 6
"""Of a clause that many defects fail, those seen in public and those that fail little else are told."""

STYLES = {"MUST": "bold", "SHOULD": "", "MAY": "dim"}


def print_all(contract: Contract, console: Console) -> None:
    """Print every clause on one line (id, level, sentence), group by group.

    On a terminal a long sentence is wrapped under itself; elsewhere it stays on its line, for grep.
    """
    counts = Counter(clause.level for clause in contract)
    levels = ", ".join(f"{counts[level]} {level}" for level in LEVELS)
    _line(console, Text(f"Contract {contract.version}: {len(contract.clauses)} clauses ({levels})"))
    for group in contract.groups:
        _line(console, Text(""))
        _line(console, Text.assemble((f"{group.id} {group.name}", "bold"), f"  {group.title}"))
        clauses = [clause for clause in contract if clause.group == group.id]
        if console.is_terminal:
            console.print(_table(clauses))
        else:
            for clause in clauses:
                _line(console, Text(f"  {clause.id}  {clause.level:6}  {clause.title}"))
    _line(console, Text(""))
    _line(console, Text("`hookassay clauses RP-05` shows one clause with its source, its reason and its examples."))


def print_one(contract: Contract, clause_id: str, console: Console) -> None:
    """Print the clause called `clause_id`, in upper or lower case; for a group, each of its clauses.

    Raises:
        UsageError: there is no clause or group of that name.
    """
    for number, clause in enumerate(contract.select([clause_id])):
        if number:
            _line(console, Text(""))
        _print_clause(contract, clause, console)


def _print_clause(contract: Contract, clause: Clause, console: Console) -> None:
    group = contract.group_of(clause)
    _line(console, Text.assemble((f"{clause.id}  {clause.level}", "bold"), f"  {group.name}"))
    console.print(Text(clause.title))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column()
    for heading, content in _paragraphs(contract, clause):
        if heading:
            table.add_row("", "")
        table.add_row(heading, Text(content) if isinstance(content, str) else _bullets(content))
    console.print(table)


def _paragraphs(contract: Contract, clause: Clause) -> Iterator[tuple[str, str | list[str]]]:
    """What is said about a clause, as headings with a text or a list."""
    yield "Prevents", clause.prevents
    yield "Source", clause.source
    yield "Allowed", list(clause.allowed) or "nothing else"
    needs = [NEEDS[need] for need in clause.needs]
    yield "Needs", needs + [f"a subscription to {_either(types)}" for types in clause.events] or "nothing"
    before = ", ".join(needed.id for needed in contract.prerequisites(clause.id))
    yield "Rests on", f"{before} (not testable where one of them fails)" if before else "no other clause"
    yield "Tested by", clause.test
    if clause.since and clause.since not in contract.versions[:1]:
        yield "Since", f"contract {clause.since}"
    yield "Examples", list(examples()[clause.id])
    known = sorted(_typical(clause.id), key=lambda defect: (not defect.seen, len(defect.fails), defect.known_as))
    more = len(known) - MOST_DEFECTS
    defects = [f"{defect.known_as}: {defect.description} Fix: {defect.fix}" for defect in known[:MOST_DEFECTS]]
    yield "Typical", defects + ([f"and {more} more (docs/kill-matrix.md)"] if more > 0 else []) or "no defect is known"
    for remedy in remedies_of(clause.id):
        yield "To do", remedy.title
        yield "", [way if name == ANY else f"{name}: {way}" for name, way in remedy.ways.items()]


def _typical(clause_id: str) -> list[Defect]:
    """The known defects that always fail the clause."""
    return [defect for defect in known_defects() if clause_id in defect.fails]


def _either(types: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(types[:-1]), types[-1])))


def _bullets(lines: Sequence[str]) -> Table:
    """A list whose long lines wrap under themselves."""
    table = Table.grid(padding=(0, 1))
    for line in lines:
        table.add_row("-", Text(line))
    return table


def _table(clauses: Sequence[Clause]) -> Table:
    """Clauses in columns, so that a sentence wraps under itself."""
    table = Table.grid(padding=(0, 2))
    table.add_column(width=0)
    table.add_column(no_wrap=True)
    table.add_column(min_width=len("SHOULD"))
    table.add_column()
    for clause in clauses:
        table.add_row("", clause.id, Text(clause.level, STYLES[clause.level]), Text(clause.title))
    return table


def _line(console: Console, text: Text) -> None:
    """Print one line as it is: not wrapped, no brackets read as markup."""
    console.print(text, soft_wrap=True)
