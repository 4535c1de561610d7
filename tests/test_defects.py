"""The certification of defects: what is wrong on purpose must be seen, and blamed on the clauses concerned only.

A defect is judged by its own clauses and by a few of every group, which it must pass. With HOOKASSAY_WHOLE=1 in the
environment each is judged by the whole contract.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path

import judged
import pytest
from defects.registry import Defect, load
from gunicorn_process import running
from pool import under_way

from hookassay.judging.contract import Contract

DEFECTS = load()
CONTRACT = Contract.load()
PATH = Path(__file__).parent / "shared"
RACES = sorted(name for name, defect in DEFECTS.items() if "races" in defect.make.__module__)
WEBHOOK = "/stripe/webhook"
AT_A_TIME = 3
SMOKE = "SG-01,SG-03,FG-03,FG-09,RP-03,RP-06,OO-01,OO-04,OR-01,OR-09,RF-01,RF-06,DP-01,DP-02,FL-01,DL-01,DL-04,EX-04"
"""Clauses of every group that each defect is judged by besides its own."""
WHOLE = bool(os.environ.get("HOOKASSAY_WHOLE"))
REPEAT = int(os.environ.get("HOOKASSAY_REPEAT", "3"))
"""How often what shows only with luck is judged anew: few times in CI, more to be sure."""


@contextmanager
def _serving(defect: Defect, folder: Path, *, secret: str = judged.SECRET) -> Iterator[str]:
    """The URL of a defect's webhook, whose orders are kept in `folder`."""
    env = {
        "HOOKASSAY_DEFECT": defect.name,
        "STRIPE_SECRET_KEY": "sk_test_51OfAServerWithADefect",
        "STRIPE_WEBHOOK_SECRET": secret,
        "DATABASE_URL": f"sqlite:///{folder / 'orders.db'}",
    }
    log = folder / ("gunicorn.log" if secret else "gunicorn-without-secret.log")
    with running("defects.wsgi:app", env=env, args=["--pythonpath", str(PATH)], log=log) as url:
        yield f"{url}{WEBHOOK}"


def judge(name: str, folder: Path) -> judged.Judged:
    """What the contract says about a defect; a SHOULD counts where the defect breaks nothing else."""
    defect = DEFECTS[name]
    arguments = [*defect.arguments]
    if not WHOLE:
        arguments += ["--only", ",".join([*sorted(defect.fails | defect.may_fail), SMOKE])]
    if all(CONTRACT[clause].level == "SHOULD" for clause in defect.fails):
        arguments.append("--strict")
    config = defect.config
    with ExitStack() as servers:
        url = servers.enter_context(_serving(defect, folder))
        if defect.without_secret:
            twin = servers.enter_context(_serving(defect, folder, secret=""))
            config = f'[endpoint]\nurl_without_secret = "{twin}"\n\n{config}'
        orders = defect.orders.replace("${SHOP}", url.removesuffix(WEBHOOK)) or f"sqlite:///{folder / 'orders.db'}"
        return judged.certify(folder, url, "--orders", orders, *arguments, config=config)


def check(name: str, found: judged.Judged) -> None:
    """Assert that a defect failed the clauses that it lists and no others."""
    defect = DEFECTS[name]
    blamed = found.having("failed", "warned", "error")
    reasons = {clause: found.clause(clause)["reason"] for clause in sorted(blamed - defect.fails - defect.may_fail)}
    assert (found.verdict, found.exit_code) == ("not certified", 1), found.output
    assert sorted(defect.fails - found.having("failed", "warned")) == [], found.output
    assert reasons == {}


# Races come first and alone: another run beside them would keep the copies apart.


@pytest.mark.slow
@pytest.mark.parametrize("name", RACES)
def test_a_race_is_seen_and_blamed_on_its_clause(name: str, tmp_path: Path) -> None:
    """A server that races with itself is not certified, for the clause about races alone."""
    check(name, judge(name, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("name", RACES)
def test_a_race_is_seen_every_time(name: str, tmp_path: Path) -> None:
    """A short run sees the race whenever it is run."""
    arguments = ["--orders", f"sqlite:///{tmp_path / 'orders.db'}", "--only", "RP-05"]
    with _serving(DEFECTS[name], tmp_path) as url:
        runs = [judged.certify(tmp_path, url, *arguments) for _ in range(REPEAT)]
    assert [(run.exit_code, run.statuses["RP-05"]) for run in runs] == [(1, "failed")] * REPEAT


@pytest.mark.slow
def test_no_race_is_seen_where_there_is_none(tmp_path: Path) -> None:
    """A short run passes the reference server whenever it is run."""
    runs = [judged.certify(tmp_path, "--only", "RP-05") for _ in range(REPEAT)]
    assert [(run.exit_code, run.statuses["RP-05"]) for run in runs] == [(0, "passed")] * REPEAT


@pytest.mark.slow
def test_forgeries_that_are_applied_late_are_seen_every_time(tmp_path: Path) -> None:
    """However the background threads happen to be busy, a short run sees what a forgery does after its refusal."""
    defect = DEFECTS["queued_unverified"]
    arguments = ["--orders", f"sqlite:///{tmp_path / 'orders.db'}", "--only", "FG-01"]
    with _serving(defect, tmp_path) as url:
        runs = [judged.certify(tmp_path, url, *arguments) for _ in range(REPEAT)]
    assert [(run.exit_code, run.statuses["FG-01"]) for run in runs] == [(1, "failed")] * REPEAT


@pytest.fixture(scope="module")
def judgements(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[judged.Judged]]]:
    """The judgement of every other defect that was asked for, under way or done."""
    with under_way(request, tmp_path_factory, judge, AT_A_TIME) as judgements:
        yield judgements


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(DEFECTS) - set(RACES)))
def test_a_defect_is_seen_and_blamed_on_its_clauses(name: str, judgements: Mapping[str, Future[judged.Judged]]) -> None:
    """A wrong server is not certified, for the clauses that its fault breaks and for no others."""
    check(name, judgements[name].result())


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_defect_names_clauses_of_the_contract(name: str) -> None:
    """Every clause that a defect lists exists, is listed once, and at least one must fail."""
    defect = DEFECTS[name]
    known = {clause.id for clause in CONTRACT}
    assert defect.fails
    assert sorted((defect.fails | defect.may_fail) - known) == []
    assert sorted(defect.fails & defect.may_fail) == []


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_defect_says_what_is_wrong_in_one_line(name: str) -> None:
    """A defect's description is one sentence that fits a row of the matrix."""
    description = DEFECTS[name].description
    assert description.endswith(".")
    assert len(description) <= 120
