"""Mutates the reference server and judges every mutant by the contract: `python tests/mutation/run.py`.

What was found is kept in a file, so that a run that was interrupted goes on with --resume. Where that file is missing,
--survivors begins with what was published (score.json): examples that are added revive no mutant.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1] / "shared"))

from mutation import page
from mutation.equivalent import Equivalents
from mutation.mutants import MODULES, Mutant, all_mutants, source
from mutation.profiles import PROFILES, Profile

STATE = Path(__file__).parents[2] / ".mutation.jsonl"
PUBLISHED = "published"
"""What killed a mutant of which it was only published that it was killed."""


@dataclass
class Found:
    """What is known of one mutant.

    Attributes:
        mutant: The mutant.
        survived: The names of the profiles that it survived.
        killed_by: What killed it, as `judge.Outcome` says it; empty while nothing did.
        profile: In which profile.
    """

    mutant: Mutant
    survived: list[str] = field(default_factory=list)
    killed_by: str = ""
    profile: str = ""


class State:
    """What was found so far, in a file of one line for each judgement."""

    def __init__(self, path: Path, mutants: Iterable[Mutant]) -> None:
        """Read what `path` says of these mutants, where it exists."""
        self.path = path
        self.found = {mutant.key: Found(mutant) for mutant in mutants}
        self._prints = {module: fingerprint(source(module)) for module in MODULES}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            self._take(json.loads(line))

    def keep(self, mutant: Mutant, profile: str, killed_by: str, detail: str, seconds: float) -> None:
        """Write down how a mutant fared in one profile."""
        said = {
            "mutant": mutant.key,
            "source": self._prints[mutant.module],
            "profile": profile,
            "killed_by": killed_by,
            "detail": detail,
            "seconds": round(seconds, 2),
        }
        self._take(said)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(said, ensure_ascii=False)}\n")

    def believe(self, score: Mapping[str, Any], equivalents: Equivalents) -> None:
        """Take for killed what was published as killed: neither a survivor then, nor listed as equivalent.

        Modules whose source has changed since are left to be judged.

        Raises:
            ValueError: that are not as many as were published, so that the list of equivalents has changed since.
        """
        survivors = set(score["survivors"])
        for row in score["modules"]:
            module = row["module"]
            if score["sources"].get(module) != self._prints.get(module, ""):
                continue
            killed = [
                one.mutant
                for one in self.found.values()
                if one.mutant.module == module and one.mutant.key not in survivors and one.mutant not in equivalents
            ]
            if len(killed) != row["killed"]:
                raise ValueError(
                    f"{row['killed']} mutants of {module} were published as killed, and {len(killed)} are neither "
                    "survivors nor listed in equivalent.toml; run --survivors before you change that list"
                )
            for mutant in killed:
                self.keep(mutant, PUBLISHED, PUBLISHED, "", 0.0)

    def prints(self) -> dict[str, str]:
        """Module → a short name of its source."""
        return dict(self._prints)

    def _take(self, said: Mapping[str, str]) -> None:
        one = self.found.get(said["mutant"])
        # What was said of another text of the module says nothing of this one.
        if one is None or said["source"] != self._prints[one.mutant.module]:
            return
        if said["killed_by"]:
            one.killed_by, one.profile = said["killed_by"], said["profile"]
        elif said["profile"] not in one.survived:
            one.survived.append(said["profile"])


def fingerprint(text: str) -> str:
    """A short name of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Score:
    """What became of the mutants of a module.

    Attributes:
        module: Its name, `all` for all of them.
        mutants: How many there are.
        killed: How many the contract kills.
        same: How many of the others are equivalent.
        allowed: How many of the others the contract allows.
        unseen: How many of the others were not judged yet.
    """

    module: str
    mutants: int
    killed: int
    same: int
    allowed: int
    unseen: int

    @property
    def survived(self) -> int:
        """How many should have been killed."""
        return self.mutants - self.killed - self.same - self.allowed

    @property
    def percent(self) -> float:
        """How many are killed, of those that should be."""
        return 100 * self.killed / max(1, self.killed + self.survived)


def scores(found: Iterable[Found], equivalents: Equivalents) -> list[Score]:
    """The score of each module, and of all."""
    by_module: dict[str, list[Found]] = {}
    for one in found:
        by_module.setdefault(one.mutant.module, []).append(one)
    rows = [_score(module, some, equivalents) for module, some in by_module.items()]
    return [*rows, _score("all", [one for some in by_module.values() for one in some], equivalents)]


def _score(module: str, found: Sequence[Found], equivalents: Equivalents) -> Score:
    alive = [one for one in found if not one.killed_by]
    kinds = Counter(equivalents[one.mutant].kind for one in alive if one.mutant in equivalents)
    unseen = sum(not one.survived and one.mutant not in equivalents for one in alive)
    return Score(module, len(found), len(found) - len(alive), kinds["same"], kinds["allowed"], unseen)


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge, tell the score, and list who survived; 0 where nobody did who is not listed as equivalent."""
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument("--only", metavar="MODULE[,…]", help=f"of {', '.join(MODULES)}")
    parser.add_argument("--resume", action="store_true", help="go on where the last run ended")
    parser.add_argument("--survivors", action="store_true", help="as --resume, and judge survivors again")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="mutants at a time; default 2")
    parser.add_argument("--mutant", action="append", metavar="TEXT", help="only those whose name holds this text")
    parser.add_argument("--clauses", default="", metavar="ID[,…]", help="judge by these clauses only")
    parser.add_argument("--profiles", metavar="NAME[,…]", help=f"of {', '.join(one.name for one in PROFILES)}")
    parser.add_argument("--equivalents", action="store_true", help="judge those that are listed as equivalent too")
    parser.add_argument("--write", action="store_true", help="write docs/mutation.md")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="every Nth mutant only")
    parser.add_argument("--state", type=Path, default=STATE, metavar="FILE", help="where it is kept what was found")
    told = parser.parse_args(arguments)
    modules = told.only.split(",") if told.only else MODULES
    mutants = all_mutants(modules)[:: told.sample]
    if told.mutant:
        mutants = [mutant for mutant in mutants if any(text in mutant.key for text in told.mutant)]
    if not (told.resume or told.survivors):
        told.state.unlink(missing_ok=True)
    state = State(told.state, mutants)
    equivalents = Equivalents.load()
    if told.survivors and not told.state.exists() and len(mutants) == len(all_mutants()):
        state.believe(json.loads(page.SCORE.read_text(encoding="utf-8")), equivalents)
    chosen = told.profiles.split(",") if told.profiles else [one.name for one in PROFILES]
    profiles = sorted((one for one in PROFILES if one.name in chosen), key=lambda one: chosen.index(one.name))
    todo = [
        one for one in state.found.values() if not one.killed_by and (told.equivalents or one.mutant not in equivalents)
    ]
    if told.survivors:
        for one in todo:
            one.survived.clear()
    if any(profile.name not in one.survived for one in todo for profile in profiles):
        judge(state, todo, profiles, told.workers, [name for name in told.clauses.split(",") if name])
    if told.write:
        write(state, equivalents)
    return tell(state, equivalents)


def judge(
    state: State, todo: Sequence[Found], profiles: Sequence[Profile], workers: int, clauses: Sequence[str] = ()
) -> None:
    """Judge those mutants in each profile until they are killed, the server itself first."""
    import postgres
    from mutation.judge import Judge, Outcome, Task

    from hookassay.judging.contract import Contract

    console = sys.__stdout__
    assert console is not None
    with ExitStack() as stack:
        database: Callable[[], object] | None = None
        if any(profile.database == "postgresql" for profile in profiles):
            binaries = postgres.binaries()
            if binaries is None:
                print("No PostgreSQL is installed: what only it shows is not judged.", file=console)
                profiles = [profile for profile in profiles if profile.database != "postgresql"]
            else:
                server = stack.enter_context(postgres.running(binaries))

                def database() -> object:
                    return postgres.fresh_database(server)

        judging = Judge(Contract.load(), database, clauses)
        began = time.monotonic()
        done = 0

        def next_of(one: Found) -> Task | None:
            left = [profile for profile in profiles if profile.name not in one.survived]
            return Task(one.mutant, left[0]) if left and not one.killed_by else None

        def tasks() -> Iterator[Task]:
            for profile in profiles:
                yield Task(None, profile)
            for one in todo:
                if task := next_of(one):
                    yield task

        def told(task: Task, outcome: Outcome) -> Task | None:
            nonlocal done
            if task.mutant is None:
                if outcome.killed_by:
                    raise RuntimeError(f"the server itself does not pass: {task.profile.name}: {outcome}")
                return None
            if outcome.killed_by == "broken":
                raise RuntimeError(f"{task.mutant.key}: {outcome.detail}")
            state.keep(task.mutant, task.profile.name, outcome.killed_by, outcome.detail, outcome.seconds)
            following = next_of(state.found[task.mutant.key])
            if following is None:
                done += 1
                mark = outcome.killed_by or "SURVIVED"
                if done % 25 == 0 or not outcome.killed_by:
                    spent = time.monotonic() - began
                    print(f"{done}/{len(todo)} {spent:.0f} s  {mark}  {task.mutant.key}", file=console, flush=True)
            return following

        judging.run(tasks(), told, workers)


def tell(state: State, equivalents: Equivalents) -> int:
    """Print the score of each module and every survivor that is not listed."""
    print(f"{'module':10} {'mutants':>8} {'killed':>7} {'equivalent':>11} {'allowed':>8} {'survived':>9} {'score':>7}")
    for score in scores(state.found.values(), equivalents):
        print(
            f"{score.module:10} {score.mutants:8} {score.killed:7} {score.same:11} {score.allowed:8} "
            f"{score.survived:9} {score.percent:6.1f}%" + (f"  ({score.unseen} not judged)" if score.unseen else "")
        )
    by = counted(one.killed_by for one in state.found.values())
    print("killed by:", ", ".join(f"{name} {count}" for name, count in by.items()))
    alive = survivors(state, equivalents)
    for one in alive:
        print(f"survived: {one.mutant.module}.py:{one.mutant.line} {one.mutant.operator}: {one.mutant.key}")
    for one in state.found.values():
        if one.killed_by and one.mutant in equivalents:
            print(f"listed as equivalent, and killed by {one.killed_by} ({one.profile}): {one.mutant.key}")
    return 1 if alive else 0


def survivors(state: State, equivalents: Equivalents) -> list[Found]:
    """Those that nothing killed and that are not listed."""
    return [one for one in state.found.values() if not one.killed_by and one.mutant not in equivalents]


def counted(names: Iterable[str], published: Mapping[str, int] | None = None) -> dict[str, int]:
    """How often each name is there, most first; in place of `published`, what was published under the names."""
    counts = Counter(name for name in names if name)
    if published is not None and counts.pop(PUBLISHED, 0):
        counts.update(published)
    return dict(counts.most_common())


def write(state: State, equivalents: Equivalents) -> None:
    """Write the score to where the page takes it from, and the page."""
    before = json.loads(page.SCORE.read_text(encoding="utf-8"))
    killed = [one for one in state.found.values() if one.killed_by]
    said = {
        "modules": [
            {
                "module": score.module,
                "mutants": score.mutants,
                "killed": score.killed,
                "same": score.same,
                "allowed": score.allowed,
                "survived": score.survived,
            }
            for score in scores(state.found.values(), equivalents)
        ],
        "sources": state.prints(),
        "profiles": counted((one.profile for one in killed), before["profiles"]),
        "killers": counted((one.killed_by for one in killed), before["killers"]),
        "survivors": [one.mutant.key for one in survivors(state, equivalents)],
    }
    page.SCORE.write_text(f"{json.dumps(said, indent=1, ensure_ascii=False)}\n", encoding="utf-8")
    page.PAGE.write_text(page.page(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
