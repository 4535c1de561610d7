"""Judging defects: a wrong server is started, and the contract must blame it for what it does wrong and nothing else.

A defect is judged by its own clauses and by a few others, which it must pass; by every order of arrival (CV-01 to
CV-03) only where that is what it is about; without a server where none of its clauses is about what a server does. With
HOOKASSAY_WHOLE=1 in the environment each is served and judged by the whole contract.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import judged
from defects.registry import Defect, load
from gunicorn_process import running
from kill_matrix import SEVERAL_FAULTS

from hookassay.judging.contract import Contract
from hookassay.reference import free_port

DEFECTS = load()
CONTRACT = Contract.load()
PATH = Path(__file__).parent
RACES = sorted(name for name, defect in DEFECTS.items() if "races" in defect.make.__module__)
"""Those that must be judged alone: another run beside them would keep the copies apart."""
CONVERGING = {name for name, defect in DEFECTS.items() if "convergence" in defect.make.__module__} | {
    *RACES,
    "expiry_overwrites",
}
"""Those that are about orders of arrival."""
EVERY_ORDER = frozenset({"CV-01", "CV-02", "CV-03"})
ALL_ELSE = ",".join(clause.id for clause in CONTRACT if clause.id not in EVERY_ORDER)
"""What there is to judge besides every order of arrival, which takes longer than all of it."""
APP = "defects.wsgi:app"
WEBHOOK = "/stripe/webhook"
SMOKE = "SG-01,FG-03,RP-03,RF-01,DP-01"
"""A few clauses that each defect is judged by besides its own and what they rest on."""
WHOLE = bool(os.environ.get("HOOKASSAY_WHOLE"))


def environment(defect: Defect, folder: Path) -> dict[str, str]:
    """What a defect and its judge are told; it keeps its orders in `folder`."""
    stripe_api = f"127.0.0.1:{free_port()}"
    return {
        "PYTHON": sys.executable,
        "SHARED": str(PATH),
        "STRIPE_API": stripe_api,
        "STRIPE_API_BASE": f"http://{stripe_api}",
        "HOOKASSAY_DEFECT": defect.name,
        "STRIPE_SECRET_KEY": "sk_test_51OfAServerWithADefect",
        "DATABASE_URL": f"sqlite:///{folder / 'orders.db'}",
    }


@contextmanager
def serving(
    defect: Defect, folder: Path, *, secret: str = judged.SECRET, env: Mapping[str, str] | None = None
) -> Iterator[str]:
    """The URL of a defect's webhook, whose orders are kept in `folder`; it is told `env`, or what it needs."""
    told = {**(env or environment(defect, folder)), "STRIPE_WEBHOOK_SECRET": secret}
    log = folder / ("gunicorn.log" if secret else "gunicorn-without-secret.log")
    pid = folder / ("gunicorn.pid" if secret else "gunicorn-without-secret.pid")
    with running(APP, env=told, args=["--pythonpath", str(PATH), "--pid", str(pid)], log=log) as url:
        yield f"{url}{WEBHOOK}"


def short(name: str) -> frozenset[str]:
    """The clauses of its own that a defect is judged by in the short form, those that it may fail included.

    To try every order of arrival takes longer than all else: that is done for the defects that are about it.
    """
    defect = DEFECTS[name]
    listed = defect.fails | defect.may_fail
    return listed if name in CONVERGING else listed - EVERY_ORDER


def judge(name: str, folder: Path) -> judged.Judged:
    """What the contract says about a defect; a SHOULD counts where the defect breaks nothing else."""
    defect = DEFECTS[name]
    arguments = [*defect.arguments]
    if not WHOLE:
        arguments += ["--only", ",".join([*sorted(short(name)), SMOKE])]
    if all(CONTRACT[clause].level == "SHOULD" for clause in _judged_by(name)):
        arguments.append("--strict")
    env = environment(defect, folder)
    own_orders = f"sqlite:///{folder / 'orders.db'}"
    if not WHOLE and not any("socket" in CONTRACT[clause].needs for clause in _judged_by(name)):
        arguments += ["--app", APP, "--orders", defect.orders.replace("${SHOP}", "") or own_orders]
        return judged.certify(folder, *arguments, config=defect.config, env={**env, "PYTHONPATH": str(PATH)})
    config = defect.config
    with ExitStack() as servers:
        url = servers.enter_context(serving(defect, folder, env=env))
        if defect.without_secret:
            twin = servers.enter_context(serving(defect, folder, secret=""))
            config = f'[endpoint]\nurl_without_secret = "{twin}"\n\n{config}'
        orders = defect.orders.replace("${SHOP}", url.removesuffix(WEBHOOK)) or own_orders
        return judged.certify(folder, url, "--orders", orders, *arguments, config=config, env=env)


def check(name: str, found: judged.Judged) -> None:
    """Assert that a defect failed the clauses that it lists and no others, and that the report recognises it."""
    defect = DEFECTS[name]
    blamed = found.having("failed", "warned", "error")
    reasons = {clause: found.clause(clause)["reason"] for clause in sorted(blamed - defect.fails - defect.may_fail)}
    assert (found.verdict, found.exit_code) == ("not certified", 1), found.output
    assert sorted(_judged_by(name) - found.having("failed", "warned")) == [], found.output
    assert reasons == {}
    recognised = {one["defect"] for told in found.report["diagnoses"] for one in told["behaves_like"]}
    assert name in recognised | SEVERAL_FAULTS


def _judged_by(name: str) -> frozenset[str]:
    """The clauses that a defect must fail, as far as it is judged by them."""
    fails = DEFECTS[name].fails
    return fails if WHOLE else fails & short(name)
