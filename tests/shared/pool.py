"""Judging several servers at a time, because most of the time of a judgement is waiting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType

import judged
import pytest

AT_A_TIME = 6

Judgements = Mapping[str, "Future[judged.Judged]"]
"""The judgement of each server by its name, under way or done."""


@contextmanager
def under_way(
    session: pytest.Session, tmp_path_factory: pytest.TempPathFactory, asked_by: str
) -> Iterator[Mapping[ModuleType, Judgements]]:
    """The judgements that the chosen tests of each module are about: those that ask for the fixture `asked_by`.

    Such a module has a function `judge`, which is given the `name` that a test is about and a folder of its own.
    """
    wanted: dict[ModuleType, dict[str, None]] = {}
    for item in session.items:
        if isinstance(item, pytest.Function) and asked_by in item.fixturenames and "name" in item.callspec.params:
            wanted.setdefault(item.module, {})[str(item.callspec.params["name"])] = None
    pool = ThreadPoolExecutor(AT_A_TIME)
    try:
        # What is asked for last begins first. That is the right servers, whose long waits the wrong ones then fill.
        yield {
            module: {name: pool.submit(module.judge, name, tmp_path_factory.mktemp("judged")) for name in names}
            for module, names in reversed(wanted.items())
        }
    finally:
        pool.shutdown(cancel_futures=True)
