"""The contract as it is shown on the terminal."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from hookassay.errors import UsageError
from hookassay.judging.contract import Contract
from hookassay.judging.diagnosis import Defect
from hookassay.judging.remedy import Remedy
from hookassay.report import clauses
from hookassay.report.clauses import print_all, print_one


def defect(name: str, *clause_ids: str, seen: tuple[str, ...] = ()) -> Defect:
    return Defect(
        name, name, "It looks and inserts.", "Insert at once.", seen, frozenset(clause_ids), frozenset({"SG-01"})
    )


# Those that fail more clauses come later.
DEFECTS = (
    *(
        defect(name, "RP-05", *(f"CV-0{number}" for number in range(count)))
        for count, name in enumerate(("first", "second", "third", "fourth", "fifth", "sixth"))
    ),
    defect("seen in public", "RP-05", "CV-01", "CV-02", seen=("someone/something#1",)),
    defect("another", "RP-03"),
)
REMEDIES = (Remedy("Let a unique key decide", ("RP-05",), {"any": "Put a unique key.", "Django": "unique=True"}),)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load()


def shown(contract: Contract, clause_id: str = "", *, terminal: bool = False, width: int = 80) -> list[str]:
    """The lines printed for one clause, or for all, without the blanks that fill a column."""
    out = StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, no_color=True, color_system=None)
    if clause_id:
        print_one(contract, clause_id, console)
    else:
        print_all(contract, console)
    return [line.rstrip() for line in out.getvalue().splitlines()]


class TestPrintAll:
    def test_every_clause_has_one_line(self, contract: Contract) -> None:
        """Away from a terminal each clause is one line: id, level and whole sentence."""
        lines = shown(contract)

        assert [line for line in lines if line.startswith("  ")] == [
            f"  {clause.id}  {clause.level:6}  {clause.title}" for clause in contract
        ]

    def test_counts(self, contract: Contract) -> None:
        """The first line says which contract it is and how much it demands."""
        assert shown(contract)[0] == "Contract 2026.1: 115 clauses (93 MUST, 21 SHOULD, 1 MAY)"

    def test_groups(self, contract: Contract) -> None:
        """Each group is introduced by its id, name and claim."""
        assert "FG forged  What Stripe did not sign changes nothing." in shown(contract)

    def test_next_step(self, contract: Contract) -> None:
        """The last line says how to see more of one clause."""
        assert shown(contract)[-1].startswith("`hookassay clauses RP-05`")

    def test_long_sentences_wrap_under_themselves(self, contract: Contract) -> None:
        """On a terminal a long sentence goes on under its own beginning."""
        lines = shown(contract, terminal=True, width=60)
        first = lines.index("  SG-03  MUST    When several v1 items are present, one")

        assert lines[first + 1] == " " * 17 + "match (first, middle or last) is enough."


class TestPrintOne:
    def test_everything_known(self, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
        """A clause is shown with its reason, source, allowances, needs, test, examples, defects and what to do."""
        monkeypatch.setattr(clauses, "examples", lambda: {"RP-05": ("example of RP-05",)})
        monkeypatch.setattr(clauses, "known_defects", lambda: DEFECTS)
        monkeypatch.setattr(clauses, "remedies_of", lambda clause_id: REMEDIES)

        assert shown(contract, "RP-05") == [
            "RP-05  MUST  replayed",
            "N concurrent deliveries of one event produce exactly one effect.",
            "",
            "Prevents   An implementation that looks for the order with SELECT and then",
            "           inserts it: two workers race, and both insert.",
            "",
            "Source     docs.stripe.com/checkout/fulfillment: fulfilment “might be called",
            "           multiple times, possibly concurrently”",
            "",
            "Allowed    - a 409, 425, 429 or 5xx (a lock, 'database is locked') for the",
            "             losers, provided that a retry gets a 2xx",
            "",
            "Needs      - an order reader (--orders)",
            "           - an order reader that yields every row of a session, or a counter of",
            "             effects ([effects] count)",
            "           - an endpoint reached over HTTP (a URL in place of --app)",
            "           - a subscription to checkout.session.completed,",
            "             payment_intent.succeeded or charge.succeeded",
            "",
            "Rests on   SG-01, OR-01 (not testable where one of them fails)",
            "",
            "Tested by  Copies of one event are delivered in volleys, whose last bytes leave",
            "           at the same instant on separate connections; then what got no 2xx is",
            "           retried. There must be one effect.",
            "",
            "Examples   - example of RP-05",
            "",
            "Typical    - seen in public: It looks and inserts. Fix: Insert at once.",
            "           - first: It looks and inserts. Fix: Insert at once.",
            "           - second: It looks and inserts. Fix: Insert at once.",
            "           - third: It looks and inserts. Fix: Insert at once.",
            "           - fourth: It looks and inserts. Fix: Insert at once.",
            "           - fifth: It looks and inserts. Fix: Insert at once.",
            "           - and 1 more (docs/kill-matrix.md)",
            "",
            "To do      Let a unique key decide",
            "           - Put a unique key.",
            "           - Django: unique=True",
        ]

    def test_a_clause_without_a_known_defect(self, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where no defect is known, that is said."""
        monkeypatch.setattr(clauses, "known_defects", lambda: DEFECTS)

        assert "Typical    no defect is known" in shown(contract, "SG-01")

    def test_case_does_not_matter(self, contract: Contract) -> None:
        """An id is found in lower case."""
        assert shown(contract, "rp-05") == shown(contract, "RP-05")

    def test_group(self, contract: Contract) -> None:
        """A group's name shows each of its clauses in full."""
        lines = shown(contract, "exposure")

        assert [line for line in lines if line.endswith("  exposure")] == [
            "EX-01  MUST  exposure",
            "EX-02  SHOULD  exposure",
            "EX-03  SHOULD  exposure",
            "EX-04  SHOULD  exposure",
            "EX-05  SHOULD  exposure",
        ]

    def test_brackets_are_text(self, contract: Contract) -> None:
        """What stands in brackets is shown, not taken for markup."""
        assert any("[bad, good]" in line for line in shown(contract, "SG-03"))

    def test_unknown_id(self, contract: Contract) -> None:
        """An unknown id is refused with the nearest one."""
        with pytest.raises(UsageError, match=r"Did you mean RP-08\?"):
            shown(contract, "RP-88")

    def test_every_clause(self, contract: Contract) -> None:
        """Every clause of the contract can be shown."""
        for clause in contract:
            assert shown(contract, clause.id)[0].startswith(f"{clause.id}  {clause.level}")
