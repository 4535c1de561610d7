"""`hookassay clauses`: the contract."""

from __future__ import annotations

import click

from ..judging.contract import Contract
from . import completion
from .console import console
from .group import main


@main.command()
@click.argument("clause_id", required=False, metavar="[ID]", shell_complete=completion.clauses)
def clauses(clause_id: str | None) -> None:
    """Show the contract: all clauses, or one with its source, reason and examples."""
    from ..report.clauses import print_all, print_one

    contract = Contract.load()
    if clause_id:
        print_one(contract, clause_id, console())
    else:
        print_all(contract, console())
