"""The mutation of the reference server: what is changed, who judges it, and what is said of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mutation import page
from mutation.equivalent import KINDS, Equivalents
from mutation.mutants import MODULES, Mutant, all_mutants, mutants, source
from mutation.run import STATE, Found, State, counted, scores

RUN = Path(__file__).parent / "mutation" / "run.py"
ALL = all_mutants()
KEYS = {mutant.key: mutant for mutant in ALL}


def published() -> dict[str, Any]:
    """The score that stands in the repository."""
    score: dict[str, Any] = json.loads(page.SCORE.read_text(encoding="utf-8"))
    return score


def changes(text: str) -> dict[str, set[str]]:
    """Kind of change → what it does, of a module with this text."""
    found: dict[str, set[str]] = {}
    for mutant in mutants("module", text):
        found.setdefault(mutant.operator, set()).add(mutant.change)
    return found


class TestWhatIsChanged:
    @pytest.mark.parametrize(
        ("text", "kind", "expected"),
        [
            ("a < b", "comparison", {"< → <=", "< → >="}),
            ("a is not b", "comparison", {"is not → is"}),
            ("a not in b", "comparison", {"not in → in"}),
            ("x = a and b", "and, or", {"a and b → ((a) or (b))"}),
            ("x = a or b", "operand left out", {"a or b → ((a))", "a or b → ((b))"}),
            ("x = not a", "sign", {"not a → (a)"}),
            ("x = 2", "constant", {"2 → 3"}),
            ("x = True", "constant", {"True → False"}),
            ("x = 'paid'", "constant", {"'paid' → 'XXpaid'"}),
            ("if a:\n    b()", "condition", {"a → True", "a → False", "a → not (a)"}),
            ("x = [a for a in b if a == 1]", "condition", {"a == 1 → True", "a == 1 → False"}),
            ("def f():\n    return a", "nothing returned", {"a → None"}),
            ("a.b = c", "statement removed", {"a.b = c → pass"}),
            ("def f():\n    raise E(t)", "another exception", {"raise E(t) → raise RuntimeError"}),
            ("f(a, b)", "swapped", {"a, b → b, a"}),
            ("f(a, b=c, d=e)", "argument left out", {"b=c, → ", "d=e → "}),
            ("x = {'a', 'b'}", "element left out", {"'a', → ", "'b' → "}),
            ("x = {'a': b, 'c': d}", "entry left out", {"'a': b, → ", "'c': d → "}),
            ("try:\n    a()\nexcept (B, C):\n    pass", "exception not caught", {"B, → ", "C → "}),
            ("try:\n    a()\nexcept B:\n    pass", "exception not caught", {"B → ()"}),
            (
                "with a, b:\n    c()",
                "context left out",
                {f'{x} → __import__("contextlib").nullcontext()' for x in "ab"},
            ),
            ("@a\ndef f():\n    pass", "decorator removed", {"@a → "}),
            ("x = max(a, b)", "another function", {"max → min"}),
            ("x = a + b", "arithmetic", {"a + b → (a) - (b)"}),
            ("for a in b:\n    c()", "no round", {"b → ()"}),
        ],
    )
    def test_operators(self, text: str, kind: str, expected: set[str]) -> None:
        """Each kind of change does what its name says, and nothing else."""
        assert changes(text)[kind] == expected

    @pytest.mark.parametrize(
        ("statement", "kind", "expected"),
        [
            (
                "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO NOTHING",
                "SQL conflict",
                "ON CONFLICT (a) DO NOTHING → ",
            ),
            ("SELECT a FROM t WHERE x IS NULL", "SQL condition", "x IS NULL → TRUE"),
            ("SELECT a FROM t WHERE x = 'y' AND z", "SQL text", "'y' → 'XXy'"),
            ("SELECT a, b FROM t", "SQL columns", "a, b → b, a"),
            ("UPDATE t SET a = COALESCE(b, c)", "SQL value", "COALESCE(b, c) → COALESCE(c, b)"),
            (
                "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO UPDATE SET b = 1, c = 2",
                "SQL assignment",
                "b = 1, → ",
            ),
        ],
    )
    def test_statements(self, statement: str, kind: str, expected: str) -> None:
        """A statement is changed in its clauses, its conditions and its columns, and stays one otherwise."""
        assert expected in changes(f'SQL = """{statement}"""')[kind]

    @pytest.mark.parametrize(
        "text",
        [
            '"""What it is."""',
            "from a import b",
            "x: int",
            "def f(a: int | None) -> str | None:\n    'Meaning.'",
            "log.warning('refused: %s', error + 1)",
            "logging.basicConfig(format='a')",
            "f'{a + 1}'",
        ],
    )
    def test_what_is_left_alone(self, text: str) -> None:
        """Documentation, annotations, imports, logging and texts for a person are not changed."""
        assert [mutant for mutant in mutants("module", text) if mutant.operator != "statement removed"] == []

    def test_messages(self) -> None:
        """What an exception says is left alone, what it carries is not."""
        found = changes("def f():\n    raise E(title='Busy', retry_after=1)")
        assert found["constant"] == {"1 → 2"}
        assert found["argument left out"] == {"retry_after=1 → "}

    def test_one_change(self) -> None:
        """A mutant differs from the source in the place that it names and nowhere else."""
        for mutant in ALL[::37]:
            before, after = source(mutant.module).encode(), mutant.applied(source(mutant.module)).encode()
            assert after[: mutant.start] == before[: mutant.start]
            assert after[len(after) - (len(before) - mutant.end) :] == before[mutant.end :]
            assert before != after

    def test_names(self) -> None:
        """Every mutant has a name of its own, by which it is found again."""
        assert len(KEYS) == len(ALL)

    def test_every_module(self) -> None:
        """Each module that a delivery passes through has mutants."""
        assert {mutant.module for mutant in ALL} == set(MODULES)


class TestWhoJudges:
    def test_killed_and_survived(self, tmp_path: Path) -> None:
        """A mutant that breaks a promise is killed by its clause; one that changes no behaviour survives."""
        killed = next(one.key for one in ALL if one.where == "refund_status" and one.change == ">= → >")
        survivor = next(one.key for one in ALL if one.change == "index=True → ")
        state = tmp_path / "state.jsonl"
        options = ["--clauses", "RF-01", "--profiles", "rows", "--equivalents", "--state", str(state)]
        done = subprocess.run(
            [sys.executable, RUN, "--mutant", killed, "--mutant", survivor, *options],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        said = {line["mutant"]: line["killed_by"] for line in map(json.loads, state.read_text().splitlines())}

        assert said[killed] == "RF-01", done.stdout + done.stderr
        assert said[survivor] == ""

    def test_it_goes_on(self, tmp_path: Path) -> None:
        """What was found is read back, as long as the module is the same."""
        one, other = ALL[:2]
        state = State(tmp_path / "state.jsonl", ALL)
        state.keep(one, "rows", "RP-03", "two orders", 1.0)
        state.keep(other, "rows", "", "", 1.0)
        text = state.path.read_text().replace(one.key, ALL[2].key, 1)
        old = json.loads(text.splitlines()[0]) | {"source": "another"}
        state.path.write_text(f"{state.path.read_text()}{json.dumps(old)}\n")

        found = State(state.path, ALL).found

        assert (found[one.key].killed_by, found[one.key].profile) == ("RP-03", "rows")
        assert found[other.key].survived == ["rows"]
        assert found[ALL[2].key] == Found(ALL[2])

    def test_what_was_published_is_believed(self, tmp_path: Path) -> None:
        """Where nothing was judged, all are killed but those published as survivors and those that are listed."""
        state = State(tmp_path / "state", ALL)
        score = published()
        state.believe(score, Equivalents.load())

        alive = {key for key, one in state.found.items() if not one.killed_by}
        listed = {key for entry in Equivalents.load().entries for key in entry.keys}
        assert alive == {*score["survivors"], *listed}
        assert State(state.path, ALL).found == state.found
        assert counted((one.killed_by for one in state.found.values()), {"RP-03": 3}) == {"RP-03": 3}

    def test_a_module_that_changed_is_judged_anew(self, tmp_path: Path) -> None:
        """What was published of another text of a module says nothing of this one."""
        state = State(tmp_path / "state", ALL)
        score = published()
        state.believe({**score, "sources": {**score["sources"], "money": "another"}}, Equivalents.load())

        assert {one.killed_by for one in state.found.values() if one.mutant.module == "money"} == {""}

    def test_a_list_that_changed_is_told(self, tmp_path: Path) -> None:
        """Mutants that are no longer listed as equivalent were never judged, and are not taken for killed."""
        with pytest.raises(ValueError, match="before you change that list"):
            State(tmp_path / "state", ALL).believe(published(), Equivalents(()))

    def test_the_state_is_no_part_of_the_project(self) -> None:
        """Git ignores where it is kept what was found."""
        assert STATE.name in (RUN.parents[2] / ".gitignore").read_text().splitlines()


class TestWhatIsSaid:
    def test_the_score(self) -> None:
        """The score counts the killed among those that are not equivalent."""
        some = [Mutant("money", "", number, f"{number}", "constant", 0, 1, "1", "2") for number in range(4)]
        found = [Found(some[0], [], "OR-10", "rows"), Found(some[1], ["rows"]), Found(some[2], ["rows"])]

        money, everything = scores(found, Equivalents(()))

        assert (money.mutants, money.killed, money.survived, round(money.percent)) == (3, 1, 2, 33)
        assert everything.percent == money.percent

    def test_equivalents_exist(self) -> None:
        """Each mutant that is listed as equivalent is still made."""
        listed = [key for entry in Equivalents.load().entries for key in entry.keys]
        assert [key for key in listed if key not in KEYS] == []
        assert len(set(listed)) == len(listed)

    def test_equivalents_have_reasons(self) -> None:
        """Each says why, in a sentence, and of which kind it is."""
        for entry in Equivalents.load().entries:
            assert entry.kind in KINDS
            assert entry.reason.endswith(".")

    def test_the_page_is_current(self) -> None:
        """docs/mutation.md shows what was measured, and every equivalent: `python tests/mutation/page.py` writes it."""
        assert page.PAGE.read_text(encoding="utf-8") == page.page()
